package webhook

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"github.com/go-json-experiment/json"

	"postern/server/wire"
	"postern/store"
	"postern/store/guid"
)

const (
	answerWithin = 30 * time.Second // from connecting to the end of the answer
	drainWithin  = 5 * time.Second  // for the request under way once the appliance stops
	answerRead   = 16 << 10         // octets of an answer's body; nobody looks at them
	headRead     = 64 << 10
)

// newTransport makes connections for one receiver. Proxies are the environment's, as HTTPS_PROXY.
func newTransport() *http.Transport {
	t := http.DefaultTransport.(*http.Transport).Clone()
	t.MaxIdleConnsPerHost = 1
	t.MaxResponseHeaderBytes = headRead
	t.DisableCompression = true
	return t
}

// message is an event as it is posted: type and timestamp as Standard Webhooks recommends, and the event itself as the
// operator's feed has it, with the name of that feed.
type message struct {
	Type      string    `json:"type"`
	Timestamp time.Time `json:"timestamp"`
	Data      posted    `json:"data"`
}

type posted struct {
	Feed guid.ID `json:"feed"`
	wire.Event
}

// failure is a try that came to nothing.
type failure struct {
	text string        // for the operator
	rest time.Duration // for which the receiver asked; 0: it did not
}

// Error tells the operator why.
func (f *failure) Error() string { return f.text }

// post sends one event, once. The status is the answer's, 0 where none came.
func (s *Sender) post(ctx context.Context, feed guid.ID, event store.Event) (status int, err error) {
	body, err := json.Marshal(message{Type: event.Type, Timestamp: event.At,
		Data: posted{Feed: feed, Event: wire.ViewEvent(event)}}, json.Deterministic(true))
	if err != nil {
		return 0, err
	}
	request, cancel := s.context(ctx)
	defer cancel()
	r, err := http.NewRequestWithContext(request, http.MethodPost, s.URL.String(), bytes.NewReader(body))
	if err != nil {
		return 0, err
	}
	id, now := feed.String()+"-"+strconv.FormatUint(event.Seq, 10), s.Now()
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("User-Agent", "Postern")
	r.Header.Set("Webhook-Id", id) // the same with every try
	r.Header.Set("Webhook-Timestamp", strconv.FormatInt(now.Unix(), 10))
	r.Header.Set("Webhook-Signature", sign(s.Secrets, id, now, body))
	answer, err := s.client.Do(r)
	if err != nil {
		return 0, &failure{text: "no answer: " + plain(err)}
	}
	defer answer.Body.Close()
	_, _ = io.CopyN(io.Discard, answer.Body, answerRead) // so that the connection can be used again
	return answer.StatusCode, s.judge(answer)
}

// context is that of one request: the receiver has its time also where the appliance begins to stop, but not all of it.
func (s *Sender) context(ctx context.Context) (context.Context, context.CancelFunc) {
	request, cancel := context.WithTimeout(context.WithoutCancel(ctx), answerWithin)
	unhook := context.AfterFunc(ctx, func() {
		select {
		case <-time.After(drainWithin):
			cancel()
		case <-request.Done():
		}
	})
	return request, func() { unhook(); cancel() }
}

// judge says what an answer means. Only 2xx takes the event.
func (s *Sender) judge(answer *http.Response) error {
	if answer.StatusCode >= 200 && answer.StatusCode < 300 {
		return nil
	}
	f := &failure{text: fmt.Sprintf("answered %d %s", answer.StatusCode, http.StatusText(answer.StatusCode))}
	switch {
	case answer.StatusCode < 400:
		f.text += ": redirects are not followed; set POSTERN_WEBHOOK_URL to where it is now"
	case answer.StatusCode == http.StatusGone:
		f.rest = longestRest
		f.text += ": it wants no more events; unset POSTERN_WEBHOOK_URL, or mend it"
	case answer.StatusCode == http.StatusTooManyRequests, answer.StatusCode == http.StatusServiceUnavailable:
		f.rest = min(retryAfter(answer.Header.Get("Retry-After"), s.Now()), longestRest)
	}
	return f
}

// retryAfter reads the header (RFC 9110 §10.2.3); 0 where it says nothing that makes sense.
func retryAfter(text string, now time.Time) time.Duration {
	if seconds, err := strconv.ParseUint(text, 10, 31); err == nil {
		return time.Duration(seconds) * time.Second
	}
	if at, err := http.ParseTime(text); err == nil {
		return max(0, at.Sub(now))
	}
	return 0
}

// plain is an error of net/http without the URL, whose path or query may hold a secret.
func plain(err error) string {
	var of *url.Error
	if errors.As(err, &of) {
		err = of.Err
	}
	if errors.Is(err, context.DeadlineExceeded) {
		return "none came within " + answerWithin.String()
	}
	return err.Error()
}
