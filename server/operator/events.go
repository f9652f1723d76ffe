package operator

import (
	"context"
	"net/http"
	"time"

	"postern/server/web"
)

// longestWait bounds how long a request for events waits for the first.
const longestWait = 30 * time.Second

// events gives the events after ?after=, and with ?wait= waits for the first where there is none yet.
func (o *Operator) events(c *web.Call) error {
	q := readQuery(c)
	after, limit, wait := q.number("after"), q.limit(), q.duration("wait", longestWait)
	if err := q.err(); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(c.R.Context(), wait)
	defer cancel()
	unhook := context.AfterFunc(o.Draining, cancel)
	defer unhook()
	feed, err := o.Store.EventsFrom(ctx, after, limit)
	if err != nil {
		return err
	}
	return c.JSON(http.StatusOK, feed)
}
