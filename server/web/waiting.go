package web

import (
	"context"
	"time"
)

// Waiting is for a call that waits for something to happen (long polling). It ends with the request, after so long, and
// when the appliance begins to stop.
func (c *Call) Waiting(draining context.Context, longest time.Duration) (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithTimeout(c.R.Context(), longest)
	unhook := context.AfterFunc(draining, cancel)
	return ctx, func() { unhook(); cancel() }
}
