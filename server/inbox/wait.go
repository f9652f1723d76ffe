package inbox

import (
	"net/http"
	"strconv"
	"time"

	"postern/server/web"
	"postern/store/refuse"
)

const (
	waitDefault = 10 * time.Second
	waitLongest = 60 * time.Second
	liveLongest = 25 * time.Second // shorter than what proxies and browsers let a silent request last
)

// wait returns the newest letter that matches, as message does, at once or as soon as it comes; 404 after the timeout
// (GET wait?to=&subject=&timeout=10s). ?query= narrows it further, in the language of search.
func (r *Handlers) wait(c *web.Call) error {
	q := c.R.URL.Query()
	timeout, err := timeoutOf(q.Get("timeout"))
	if err != nil {
		return err
	}
	query, err := parse(c, q.Get("query"))
	if err != nil {
		return err
	}
	query = query.To(q.Get("to")).Subject(q.Get("subject"))
	ctx, cancel := c.Waiting(r.draining, timeout)
	defer cancel()
	letter, err := r.box.Wait(ctx, query)
	switch {
	case err == nil:
		r.opened(c, letter)
		return c.JSON(http.StatusOK, describe(letter))
	case r.draining.Err() != nil:
		return &refuse.Refusal{Kind: refuse.Unavailable, Reason: "The appliance is stopping.", RetryAfter: time.Second}
	}
	return refuse.New(refuse.NotFound, "No such letter came within "+timeout.String()+".")
}

// timeoutOf reads how long to wait: a duration as 10s or 1m30s. More than a minute counts as a minute.
func timeoutOf(text string) (time.Duration, error) {
	if text == "" {
		return waitDefault, nil
	}
	timeout, err := time.ParseDuration(text)
	if err != nil || timeout < 0 {
		return 0, &refuse.Refusal{Kind: refuse.Invalid, Reason: "timeout must be a duration up to 60s, as 10s or 1m.",
			Fields: map[string][]string{"timeout": {"This must be a duration up to 60s, as 10s or 1m."}}}
	}
	return min(timeout, waitLongest), nil
}

// changed answers changes.
type changed struct {
	Version uint64 `json:"version"`
}

// changes answers as soon as the inbox differs from the state that ?after= names, and after a while in any case: it is
// what keeps the page live.
func (r *Handlers) changes(c *web.Call) error {
	version, news := r.box.Watch()
	if c.R.URL.Query().Get("after") == strconv.FormatUint(version, 10) {
		ctx, cancel := c.Waiting(r.draining, liveLongest)
		defer cancel()
		select {
		case <-news:
		case <-ctx.Done():
		}
		version, _ = r.box.Watch()
	}
	return c.JSON(http.StatusOK, changed{version})
}
