// Package webhook posts the operator's feed to one receiver as Standard Webhooks has it
// (https://www.standardwebhooks.com): an event a request, in order, at least once. It reads the durable feed by a
// cursor that the data file keeps, so that a receiver which is down for a week gets everything later. It has one
// goroutine of its own, and nobody waits for it.
package webhook

import (
	"cmp"
	"context"
	"errors"
	"net/http"
	"net/url"
	"sync"
	"time"

	"github.com/rs/zerolog"

	"postern/store"
	"postern/store/guid"
	"postern/store/refuse"
)

// Options are the plain values that a Sender is made of.
type Options struct {
	Store     *store.Store
	URL       *url.URL
	Secrets   []Secret // at least one
	Log       zerolog.Logger
	Now       func() time.Time
	Posted    func(status int)  // nil, or told of every try: the answer's status, 0 where none came
	Transport http.RoundTripper // nil: net/http's, for one receiver
}

// Sender posts events. It is made by New.
type Sender struct {
	Options
	client *http.Client

	// The goroutine's own.
	begun    bool
	cursor   store.WebhookCursor
	kept     store.WebhookCursor // as the data file has it
	keptAt   time.Time
	failures int // in a row

	mu     sync.Mutex
	status Status // guarded by mu
}

// Status says how posting goes.
type Status struct {
	LastStatus int       // of the last answer; 0: none came, or nothing has been posted since the start
	Fault      string    // why the last try came to nothing; empty: it did not
	Since      time.Time // since when nothing has been taken; zero without a fault
	NextTry    time.Time // zero without a fault
}

const (
	pageSize  = 100
	pageFor   = 5 * time.Second        // then it is read anew: an erasure since must reach what is posted
	keepEvery = 100 * time.Millisecond // the cursor, while events follow each other

	// Rests between tries that come to nothing. They are not spread: there is one sender, and no crowd to come back.
	firstRest   = time.Second // doubling with each in a row
	doubledRest = 5 * time.Minute
	longestRest = time.Hour   // where the receiver asks for it
	storageRest = time.Minute // where the data file could not be read
)

// New makes a Sender. Nothing is posted before Run.
func New(o Options) *Sender {
	if o.Transport == nil {
		o.Transport = newTransport()
	}
	if o.Posted == nil {
		o.Posted = func(int) {}
	}
	return &Sender{Options: o, client: &http.Client{Transport: o.Transport,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}}
}

// Status returns how posting goes.
func (s *Sender) Status() Status {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.status
}

// Run posts events until ctx ends; then the request under way finishes. It returns no error: whatever happens here, the
// rest of the appliance goes on.
func (s *Sender) Run(ctx context.Context) error {
	for ctx.Err() == nil {
		news := s.Store.Watch()
		more, err := s.advance(ctx)
		switch {
		case ctx.Err() != nil:
		case err != nil:
			s.keep(ctx)
			s.rest(ctx, err)
		case !more:
			s.recovered()
			s.keep(ctx)
			select {
			case <-news:
			case <-ctx.Done():
			}
		}
	}
	s.keep(context.WithoutCancel(ctx))
	s.client.CloseIdleConnections()
	return nil
}

// advance posts the next events; more tells that there may be others behind them.
func (s *Sender) advance(ctx context.Context) (more bool, err error) {
	if !s.begun {
		if s.cursor, err = s.Store.BeginWebhook(ctx); err != nil {
			return false, err
		}
		s.kept, s.begun = s.cursor, true
	}
	feed, err := s.Store.Events(s.cursor.After, pageSize)
	if refuse.Is(err, refuse.Gone) {
		return true, s.skip()
	}
	if err != nil {
		return false, err
	}
	read := s.Now()
	for _, event := range feed.Events {
		if err := s.deliver(ctx, feed.ID, event); err != nil {
			return false, err
		}
		if s.Now().Sub(s.keptAt) >= keepEvery {
			s.keep(ctx)
		}
		if ctx.Err() != nil || s.Now().Sub(read) >= pageFor {
			break
		}
	}
	return len(feed.Events) > 0, nil
}

// deliver posts one event, and notes how that went.
func (s *Sender) deliver(ctx context.Context, feed guid.ID, event store.Event) error {
	status, err := s.post(ctx, feed, event)
	s.Posted(status)
	s.mu.Lock()
	s.status.LastStatus = status
	s.mu.Unlock()
	if err != nil {
		return err
	}
	s.cursor.After = event.Seq
	s.recovered()
	return nil
}

// recovered ends a row of tries that came to nothing, if there is one.
func (s *Sender) recovered() {
	if s.failures == 0 {
		return
	}
	s.failures = 0
	s.mu.Lock()
	defer s.mu.Unlock()
	s.Log.Info().Dur("after", s.Now().Sub(s.status.Since)).Msg("events are posted to the webhook's receiver again")
	s.status = Status{LastStatus: s.status.LastStatus}
}

// skip goes on with the oldest event that is kept. Those before it are lost to the receiver: what is past its time is
// deleted, whoever has not had it.
func (s *Sender) skip() error {
	oldest, _, err := s.Store.KeptEvents()
	if err != nil {
		return err
	}
	lost := oldest - 1 - s.cursor.After
	s.cursor = store.WebhookCursor{After: oldest - 1, Lost: s.cursor.Lost + lost}
	s.Log.Error().Uint64("events", lost).Uint64("from", s.cursor.After-lost+1).Uint64("to", s.cursor.After).
		Msg("events were past KEEP_EVENTS before the webhook's receiver took them: it never gets them")
	return nil
}

// keep writes the cursor where it has moved.
func (s *Sender) keep(ctx context.Context) {
	s.keptAt = s.Now()
	if s.cursor == s.kept {
		return
	}
	if err := s.Store.MoveWebhook(ctx, s.cursor); err != nil {
		if ctx.Err() == nil {
			s.Log.Warn().Err(err).Msg("how far the webhook has got could not be written: some events are posted again")
		}
		return
	}
	s.kept = s.cursor
}

// rest waits before the next try. The log has the first of a row alone.
func (s *Sender) rest(ctx context.Context, cause error) {
	rest := min(firstRest<<min(s.failures, 20), doubledRest)
	said := "the webhook's receiver does not take an event: it is tried again without end, and all later ones wait"
	var failed *failure
	if errors.As(cause, &failed) {
		rest = max(rest, failed.rest)
	} else {
		rest = storageRest
		said = "events cannot be read, and none is posted to the webhook: it is tried again without end"
	}
	s.failures++
	now := s.Now()
	s.mu.Lock()
	s.status.Fault, s.status.NextTry = cause.Error(), now.Add(rest)
	s.status.Since = cmp.Or(s.status.Since, now)
	s.mu.Unlock()
	if s.failures == 1 {
		s.Log.Warn().Uint64("event", s.cursor.After+1).Str("fault", cause.Error()).Msg(said)
	}
	timer := time.NewTimer(rest)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
	}
}
