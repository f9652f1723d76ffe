package operator

import (
	"time"

	"postern/server/web"
)

// longestWait bounds how long a request waits for what it asks for.
const longestWait = 30 * time.Second

// events lists the events after ?after=, and with ?wait= waits for the first where there is none yet.
func (o *Operator) events(c *web.Call) error {
	q := readQuery(c)
	after, limit, wait := q.number("after"), q.limit(), q.duration("wait", longestWait)
	if err := q.err(); err != nil {
		return err
	}
	ctx, cancel := c.Waiting(o.Draining, wait)
	defer cancel()
	feed, err := o.Events(ctx, after, limit)
	return answer(c, feed, err)
}
