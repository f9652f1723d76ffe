package operator

import (
	"context"

	"postern/server/wire"
)

// Events lists the events after a number, at most limit. Where there is none yet it waits for the first, until ctx ends
// (long polling).
func (o *Operator) Events(ctx context.Context, after uint64, limit int) (wire.Feed, error) {
	feed, err := o.Store.EventsFrom(ctx, after, limit)
	return wire.ViewFeed(feed), err
}
