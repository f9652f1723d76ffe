package partner

import (
	"net/http"

	"postern/server/web"
	"postern/server/wire"
	"postern/store"
)

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
