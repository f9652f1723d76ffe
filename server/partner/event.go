package partner

import (
	"net/http"

	"postern/server/web"
	"postern/server/web/schema"
	"postern/server/wire"
	"postern/store"
)

var eventsDoc = web.Doc{
	ID: "getEvents", Summary: "Read what has happened to your bikers and cleanings, and wait for it",
	Text: `
		Call again with after = next, which passes over the events of others: keep it once you have dealt with what
		came. feed names the numbering: where it is another one, the data file has been put back from a backup.`,
	Params: []web.Param{
		web.InQuery("after", schema.AtLeast(0),
			"The last number that you have looked at; none: from the oldest that is kept."),
		web.InQuery("limit", schema.AtLeast(1), "How many at most; 100 where it is not said, 500 where it is more."),
		web.InQuery("wait", schema.Of(schema.String), "How long to wait where there is none yet, as 30s; 60s where it "+
			"is longer."),
	},
	Out: []web.Answer{
		web.Returns[wire.Feed](http.StatusOK, "Events in the order of their numbers, none skipped."),
		web.Refuses(http.StatusBadRequest, "A parameter is wrong; errors says which."),
		web.RefusesWith[wire.AheadProblem](http.StatusConflict, "There is no event of that number yet."),
		web.RefusesWith[wire.GoneProblem](http.StatusGone, "Events of that age are not kept any more; oldest is."),
		web.Refuses(http.StatusTooManyRequests, "Too many calls of yours wait already."),
		web.Refuses(http.StatusServiceUnavailable, "Too many calls wait already."),
	},
}

// events answers what has happened to the partner's own bikers and cleanings after a number. With ?wait= it waits for
// the first event where there is none yet (long polling).
func (p *Handlers) events(c *web.Call, partner store.Partner) error {
	asked, err := askedEvents(c.R.URL)
	if err != nil {
		return err
	}
	if asked.fromOldest {
		oldest, _, err := p.Store.KeptEvents()
		if err != nil {
			return err
		}
		asked.after = oldest - 1
	}
	feed, err := p.Store.PartnerEvents(partner.Name, asked.after, asked.limit)
	if err == nil && len(feed.Events) == 0 && asked.wait > 0 {
		feed, err = p.awaitEvents(c, partner, asked, feed)
	}
	if err != nil {
		return err
	}
	return c.JSON(http.StatusOK, ownFeed(feed))
}

// awaitEvents waits for events beyond an empty feed. It ends without any after the time that was asked for and when the
// appliance begins to stop, and is refused where the token does not let the caller in any more.
func (p *Handlers) awaitEvents(c *web.Call, partner store.Partner, asked eventQuery, feed store.Feed) (store.Feed,
	error) {
	leave, err := p.waiters.take(partner.Name)
	if err != nil {
		return feed, err
	}
	defer leave()
	ctx, cancel := c.Waiting(p.Draining, asked.wait)
	defer cancel()
	for {
		news := p.Store.WatchPartner(partner.Name)
		feed, err = p.Store.PartnerEvents(partner.Name, feed.Next, asked.limit)
		if err != nil || len(feed.Events) > 0 || ctx.Err() != nil {
			return feed, err
		}
		select {
		case <-news:
		case <-ctx.Done():
		}
		if _, err := p.admit(c, store.ScopeEvents); err != nil {
			return feed, err
		}
	}
}

// ownFeed is a feed as its partner sees it, who knows its own name.
func ownFeed(f store.Feed) wire.Feed {
	feed := wire.ViewFeed(f)
	for i := range feed.Events {
		feed.Events[i].Partner = ""
	}
	return feed
}
