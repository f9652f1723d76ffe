package operator

import (
	"net/http"
	"time"

	"postern/server/web"
)

// check looks through a copy of the data file. The larger the file, the longer this takes, also longer than answers may
// elsewhere; who waits can go at any time.
func (o *Operator) check(c *web.Call) error {
	_ = http.NewResponseController(c.W).SetWriteDeadline(time.Time{}) // called in process there is no deadline
	found, err := o.CheckData(c.R.Context())
	return answer(c, found, err)
}
