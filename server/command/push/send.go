package push

import (
	"bytes"
	"context"
	"crypto/sha256"
	"crypto/tls"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"
)

// A part is what the receiver registers in one transaction at most: a larger one would wait longer and be done no
// sooner.
const (
	partPeople = 500      // people a call
	partBytes  = 4 << 20  // of a call's body, unless one person alone has more
	maxAnswer  = 64 << 20 // bytes of an answer that are read

	// callTime is how long an answer may take. The receiver goes on without us, and answers 409 until it is done.
	callTime = time.Minute
	// patience is how long a part is tried, from its first call's answer on.
	patience               = 2 * time.Minute
	firstPause, mostPause  = time.Second, 20 * time.Second
	connectTime, shakeTime = 10 * time.Second, 10 * time.Second
)

// SenderOptions are what a Sender is made from.
type SenderOptions struct {
	Target    *url.URL               // ParseTarget's
	Token     func() (string, error) // bearer token, asked for with each call: it may be rotated meanwhile
	DryRun    bool                   // only asks what would happen: nothing is stored, no letter goes out
	Transport http.RoundTripper      // nil: NewTransport's
	Now       func() time.Time
	Progress  func(text string) // is told how far it is, and what is waited for; nil: nobody is
	// is told when calls begin to come to nothing, and when they go through again; nil: nobody is
	Trouble func(text string)
}

// Sender sends files to one receiver, one call after the other, from one goroutine.
type Sender struct {
	options SenderOptions
	url     string
	client  *http.Client

	troubled time.Time // when Trouble was last told of an outage; zero: calls go through
}

// NewTransport makes the connections of a Sender: TLS verified, through a proxy where the environment names one.
func NewTransport() *http.Transport {
	t := http.DefaultTransport.(*http.Transport).Clone()
	t.TLSHandshakeTimeout = shakeTime
	return t
}

// NewSender makes a Sender. It follows no redirects: they would take the token to somewhere else.
func NewSender(o SenderOptions) *Sender {
	if o.Progress == nil {
		o.Progress = func(string) {}
	}
	if o.Trouble == nil {
		o.Trouble = func(string) {}
	}
	target := *o.Target
	if o.DryRun {
		target.RawQuery = "dryRun=true"
	}
	stay := func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	client := &http.Client{Transport: o.Transport, CheckRedirect: stay, Timeout: callTime}
	return &Sender{options: o, url: target.String(), client: client}
}

// unsent says why people are not sent. elsewhere: other files will fare no better.
type unsent struct {
	text      string
	elsewhere bool
}

func (u *unsent) Error() string { return u.text }

// Send sends a file's readable people part after part and reports each person, the unreadable ones first. Where a part
// gets no answer that can be understood, it and what follows are unsent, and the error says why: sending the same file
// again is safe. When ctx ends, the call under way is finished and nothing else is sent.
func (s *Sender) Send(ctx context.Context, f *File, report func(Result)) (Tally, error) {
	tally := Tally{Count: make(map[Outcome]int)}
	tell := func(r Result) { tally.add(r); report(r) }
	var good []*Person
	for _, p := range f.People {
		if len(p.Faults) > 0 {
			tell(Result{Person: p, Outcome: Skipped, Reasons: p.Faults})
		} else {
			good = append(good, p)
		}
	}
	for number := 1; len(good) > 0; number++ {
		people, body := f.part(good)
		results, again, err := s.part(ctx, people, body, f.key(number, body))
		if err != nil {
			for _, p := range good {
				tell(Result{Person: p, Outcome: Unsent})
			}
			return tally, err
		}
		for _, r := range results {
			tell(r)
		}
		if again {
			tally.Again += len(people)
		}
		good = good[len(people):]
		s.options.Progress(fmt.Sprintf("%s: %d of %d people", f.Name, len(f.People)-len(good), len(f.People)))
	}
	return tally, nil
}

// part takes as many people as go into one call. How a file is cut depends on nothing but the file: a repeat must send
// the same parts, or its keys would fit none.
func (f *File) part(people []*Person) (taken []*Person, body []byte) {
	body = []byte(`{"users":[`)
	for i, p := range people[:min(len(people), partPeople)] {
		person := p.body
		if f.Format == CSV {
			person = f.bodyOf(p)
		}
		if i > 0 && len(body)+len(person) > partBytes {
			break
		}
		if i > 0 {
			body = append(body, ',')
		}
		body = append(body, person...)
		taken = append(taken, p)
	}
	return taken, append(body, "]}"...)
}

// key is the part's Idempotency-Key. It follows from the file, the part's number and what is sent, so that a repeat has
// the same one, and another way to cut a file into parts, as another version's, never meets a key of this one.
func (f *File) key(number int, body []byte) string {
	sum := sha256.Sum256(body)
	key := sha256.Sum256(fmt.Appendf(nil, "postern push\n%x\n%d\n%x", f.hash, number, sum))
	return "push-" + hex.EncodeToString(key[:])
}

// part sends one part until it is answered, refused, or patience is at its end. again: the answer is that of an earlier
// call, and not of one that was made just now and whose answer was lost.
func (s *Sender) part(ctx context.Context, people []*Person, body []byte, key string) (results []Result, again bool,
	err error) {
	var end time.Time // zero until a call has come to nothing
	for pause := firstPause; ; pause = min(2*pause, mostPause) {
		if ctx.Err() != nil {
			return nil, false, &unsent{"stopped before everything was sent: push the same file again, nothing is " +
				"done twice", true}
		}
		results, again, fault := s.call(ctx, people, body, key)
		if fault == nil {
			s.through()
			return results, again && end.IsZero(), nil
		}
		if !fault.passing {
			return nil, false, &fault.unsent
		}
		if end.IsZero() {
			end = s.options.Now().Add(patience)
		}
		wait := max(pause, fault.after)
		if s.options.Now().Add(wait).After(end) {
			return nil, false, &unsent{s.givingUp(fault), true}
		}
		s.outage(fault.text)
		s.options.Progress(fmt.Sprintf("%s; trying again in %v", fault.text, wait))
		rest(ctx, wait)
	}
}

// outageEvery is how often an outage that goes on is told of again.
const outageEvery = 15 * time.Minute

// outage tells that calls come to nothing, where that is news.
func (s *Sender) outage(why string) {
	if now := s.options.Now(); s.troubled.IsZero() || now.Sub(s.troubled) >= outageEvery {
		s.troubled = now
		s.options.Trouble(why + "; trying again, nothing is lost")
	}
}

// through tells that calls go through again, where they did not.
func (s *Sender) through() {
	if !s.troubled.IsZero() {
		s.troubled = time.Time{}
		s.options.Trouble(origin(s.options.Target) + " answers again")
	}
}

func (s *Sender) givingUp(fault *fault) string {
	when := "later"
	if fault.after > 0 {
		when = "in " + fault.after.String()
	}
	return fmt.Sprintf("%s; push the same file again %s, nothing is done twice", fault.text, when)
}

// rest waits, or until ctx ends.
func rest(ctx context.Context, wait time.Duration) {
	timer := time.NewTimer(wait)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
	}
}

// fault is why a call has no results.
type fault struct {
	unsent
	passing bool          // it is worth another try
	after   time.Duration // the receiver's Retry-After
}

// replayedHeader is what user.create says beside an answer that it gives again.
const replayedHeader = "Idempotent-Replayed"

// call makes one call. It is finished even where ctx ends meanwhile: the answer may be on its way. callTime bounds
// that, so that Ctrl-C takes a minute at worst. again reports whether the answer was kept from an earlier one.
func (s *Sender) call(ctx context.Context, people []*Person, body []byte, key string) (results []Result, again bool,
	_ *fault) {
	request, err := http.NewRequestWithContext(context.WithoutCancel(ctx), http.MethodPost, s.url,
		bytes.NewReader(body))
	if err != nil {
		return nil, false, &fault{unsent: unsent{err.Error(), true}}
	}
	token, err := s.options.Token()
	if err != nil {
		return nil, false, &fault{unsent: unsent{err.Error(), true}}
	}
	request.Header.Set("Authorization", "Bearer "+token)
	request.Header.Set("Content-Type", "application/json")
	request.Header.Set("Accept", "application/json, application/problem+json")
	request.Header.Set("User-Agent", "postern-push")
	if !s.options.DryRun {
		request.Header.Set("Idempotency-Key", key)
	}
	response, err := s.client.Do(request)
	if err != nil {
		return nil, false, s.unreachable(err)
	}
	defer response.Body.Close()
	answer, err := io.ReadAll(io.LimitReader(response.Body, maxAnswer))
	if err != nil {
		return nil, false, s.unreachable(err)
	}
	results, wrong := s.read(response, answer, people)
	return results, response.Header.Get(replayedHeader) == "true", wrong
}

// unreachable tells a certificate that will not become right by waiting from all other faults of a connection. Those
// are tried again whatever they are: a name that cannot be resolved is as often a network that is down as a misspelt
// one.
func (s *Sender) unreachable(err error) *fault {
	var wrapped *url.Error
	if errors.As(err, &wrapped) {
		err = wrapped.Err // without the URL, which the sentence has anyway
	}
	var certificate *tls.CertificateVerificationError
	if errors.As(err, &certificate) {
		text := fmt.Sprintf(
			"%s has no certificate that can be trusted (%v): ask the receiver, or name its roots in SSL_CERT_FILE",
			origin(s.options.Target), err)
		return &fault{unsent: unsent{text, true}}
	}
	return &fault{unsent: unsent{fmt.Sprintf("%s does not answer (%v)", origin(s.options.Target), err), true},
		passing: true}
}

// read makes of an answer the people's results, or says why there are none.
func (s *Sender) read(response *http.Response, body []byte, people []*Person) ([]Result, *fault) {
	status := response.StatusCode
	about, isProblem := problemIn(response.Header, body)
	answered := fmt.Sprintf("%s answered %d", origin(s.options.Target), status)
	if text := http.StatusText(status); text != "" {
		answered += " " + text
	}
	if isProblem {
		answered += ": " + strings.Join(about.sentences(), " ")
	}
	switch {
	case status == http.StatusOK:
		items, err := understand(response.Header, body, len(people))
		if err != nil {
			return nil, &fault{unsent: unsent{fmt.Sprintf(
				"%s, but that is no answer of user.create: %v. Is %s the right address? "+
					"Nobody counts as registered; push the same file again when that is "+
					"mended", answered, err, s.options.Target), false}}
		}
		return resultsOf(people, items), nil
	case slices.Contains(passing, status):
		return nil, &fault{unsent{answered, true}, true, retryAfter(response.Header, s.options.Now())}
	case isProblem && slices.Contains(refusing, status):
		return refused(people, append([]string{fmt.Sprintf("the whole call was refused (%d)", status)},
			about.sentences()...)), nil
	}
	return nil, &fault{unsent: unsent{answered + s.advice(response), status < 400 || slices.Contains(general, status)}}
}

var (
	// passing are the statuses that another try may change; 409: the same call is still under way.
	passing = []int{http.StatusRequestTimeout, http.StatusConflict, http.StatusTooManyRequests, http.StatusBadGateway,
		http.StatusServiceUnavailable, http.StatusGatewayTimeout}
	// refusing are those that concern what was sent, where it is the receiver that answers and not something before it.
	refusing = []int{http.StatusBadRequest, http.StatusRequestEntityTooLarge, http.StatusUnprocessableEntity}
	// general are those that every other call would meet, too.
	general = []int{http.StatusUnauthorized, http.StatusForbidden, http.StatusNotFound, http.StatusMethodNotAllowed}
)

// advice says what to do about a status.
func (s *Sender) advice(response *http.Response) string {
	switch status := response.StatusCode; {
	case status == http.StatusUnauthorized:
		return "; look at the token: it is not one that the receiver knows"
	case status == http.StatusForbidden:
		return "; the token may not register people from here: ask the receiver"
	case status == http.StatusNotFound || status == http.StatusMethodNotAllowed:
		return fmt.Sprintf("; is %s the right address?", s.options.Target)
	case status >= 300 && status < 400:
		return fmt.Sprintf(" to %.200q; push does not follow: give the right address with --to",
			response.Header.Get("Location"))
	}
	return "; nobody in this call counts as registered: push the same file again, nothing is done twice"
}

func resultsOf(people []*Person, items []itemAnswer) []Result {
	results := make([]Result, len(people))
	for i, item := range items {
		results[i] = Result{people[i], item.Outcome, item.ID, item.Letter, item.Updated, sentencesOf(item.Errors),
			item.Warnings}
	}
	return results
}

func refused(people []*Person, reasons []string) []Result {
	results := make([]Result, len(people))
	for i, p := range people {
		results[i] = Result{Person: p, Outcome: Failed, Reasons: reasons}
	}
	return results
}
