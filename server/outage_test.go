package server

import (
	"bytes"
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/rs/zerolog"

	"postern/mail/smtp"
	"postern/mail/smtp/smtptest"
	"postern/server/config"
	"postern/server/web"
	"postern/store"
	"postern/store/fixture"
)

// outage is an appliance whose smarthost is down for days, in made time: all of it but listeners, and calls that go
// straight to its handler.
type outage struct {
	*App
	t         *testing.T
	handler   http.Handler
	smarthost *smtptest.Server
	how       atomic.Pointer[string] // how the smarthost is down: a phase; empty: it is well
	began     time.Time
	table     bytes.Buffer
	owed      []string // to whom a letter is
}

func newOutage(t *testing.T, changes ...func(*config.Settings)) *outage {
	t.Helper()
	settings := config.Settings{Data: t.TempDir(), PublicURL: "https://gate.example.org"}
	settings.SMTP.URL, settings.Mail.From = "smtp://smarthost.example:587?tls=off", "gate@example.org"
	settings.Limit.Register = "off"
	for _, change := range changes {
		change(&settings)
	}
	parsed, err := settings.Parse()
	if err != nil {
		t.Fatal(err)
	}
	o := &outage{t: t, began: time.Now()}
	o.down("")
	o.smarthost = smtptest.NewServer(func(phase string, _ int) string {
		switch how := *o.how.Load(); {
		case how != phase:
			return ""
		case how == "dial":
			return smtptest.Drop
		case how == "greet":
			return "421 4.3.2 down for maintenance"
		}
		return smtptest.Stall
	})
	if o.App, err = Open(Options{Config: parsed, Log: zerolog.Nop(), Offline: true}); err != nil {
		t.Fatal(err)
	}
	o.App.smarthost, err = smtp.New(smtp.Options{Addr: "smarthost.example:587", Plain: true, Dial: o.smarthost.Dial})
	if err != nil {
		t.Fatal(err)
	}
	if err := o.makeRooms(); err != nil {
		t.Fatal(err)
	}
	middleware, err := web.NewMiddleware(web.Options{Random: o.random, Observe: o.observed})
	if err != nil {
		t.Fatal(err)
	}
	routes, err := o.publicRoutes(nil)
	if err != nil {
		t.Fatal(err)
	}
	o.handler = middleware.Handler(web.ForAnybody, routes)
	return o
}

func (o *outage) down(how string) { o.how.Store(&how) }

func (o *outage) call(method, path, body string) *httptest.ResponseRecorder {
	request := httptest.NewRequest(method, path, strings.NewReader(body))
	request.Header.Set("Content-Type", "application/json")
	w := httptest.NewRecorder()
	o.handler.ServeHTTP(w, request)
	return w
}

// register has somebody register, who is owed a letter.
func (o *outage) register() {
	o.t.Helper()
	address := fmt.Sprintf("driver-%d@example.net", len(o.owed))
	o.owed = append(o.owed, address)
	answer := o.call("POST", "/non-license-user/register",
		`{"email":"`+address+`","firstName":"A","lastName":"B","organisationName":"C"}`)
	if answer.Code != http.StatusCreated {
		o.t.Fatalf("registering while the smarthost is down: %d %s", answer.Code, answer.Body)
	}
}

// metric is a number of /metrics.
func (o *outage) metric(name string) string {
	o.t.Helper()
	found := regexp.MustCompile(`(?m)^` + regexp.QuoteMeta(name) + ` (\S+)$`).
		FindStringSubmatch(o.call("GET", "/metrics", "").Body.String())
	if found == nil {
		o.t.Fatalf("no metric %s", name)
	}
	return found[1]
}

// record writes a line of what the operator sees at this moment.
func (o *outage) record() readinessDetail {
	o.t.Helper()
	answer := o.call("GET", "/readyz", "")
	var seen readiness
	if err := json.Unmarshal(answer.Body.Bytes(), &seen); err != nil || seen.Details == nil {
		o.t.Fatalf("%d %s: %v", answer.Code, answer.Body, err)
	}
	again := "-"
	if until := seen.Details.Sending.PausedUntil; !until.IsZero() {
		again = "now"
		if until.After(time.Now()) {
			again = time.Until(until).Round(time.Second).String()
		}
	}
	fmt.Fprintf(&o.table, "%5.1f  %d  %6d  %4d  %5s  %6s  %6s  %8s  %5d  %s\n", time.Since(o.began).Hours(), answer.Code,
		seen.Details.Letters[store.LetterQueued], seen.Details.Letters[store.LetterSent],
		o.metric("postern_smarthost_at_fault"), o.metric("postern_oldest_due_letter_seconds"),
		o.metric("postern_smarthost_pauses_total"), again, o.smarthost.Count("dial"), seen.Details.Sending.Fault)
	return *seen.Details
}

// TestOutage has the smarthost down for 72 hours, a day each by refusing connections, by turning away who connects, and
// by never answering, while people go on registering. Everything is taken, nothing fails, and everybody gets a letter,
// once, within minutes after it is back. What the operator saw, hour by hour, is in testdata/outage.txt.
func TestOutage(t *testing.T) {
	if testing.Short() {
		t.Skip("a thousand tries in vain, each on the disk")
	}
	synctest.Test(t, func(t *testing.T) {
		o := newOutage(t)
		ctx, stop := context.WithCancel(t.Context())
		done := make(chan error, 2)
		go func() { done <- o.courier.Run(ctx) }()
		go func() { done <- o.keepHouse(ctx) }()
		o.table.WriteString(" hour   is  queued  sent  fault  oldest  pauses  again in  dials  why\n")
		o.record()
		for hour := range 72 {
			o.down([]string{"dial", "greet", "ehlo"}[hour/24])
			for range 2 {
				o.register()
				synctest.Wait() // one letter's try ends before the other's begins: how many connect at once is chance
			}
			time.Sleep(time.Hour)
			synctest.Wait()
			o.during(o.record())
		}
		o.down("")
		time.Sleep(10 * time.Minute)
		synctest.Wait()
		o.after(o.record())
		stop()
		if err := <-done; err != nil {
			t.Error(err)
		}
		if err := <-done; err != nil {
			t.Error(err)
		}
		if err := o.Close(); err != nil {
			t.Error(err)
		}
		o.smarthost.Wait()
		fixture.Golden(t, "outage.txt", o.table.Bytes())
	})
}

// during holds what an operator must see while the smarthost is down.
func (o *outage) during(seen readinessDetail) {
	o.t.Helper()
	if seen.Letters[store.LetterQueued] != len(o.owed) || seen.Failed != 0 || seen.Sending.Fault == "" ||
		len(seen.Reasons) > 0 || len(seen.Attention) != 1 || !strings.Contains(seen.Attention[0], "smarthost is at fault") {
		o.t.Errorf("after %s: %+v", time.Since(o.began), seen)
	}
	if wait := time.Until(seen.Sending.PausedUntil); wait > 5*time.Minute {
		o.t.Errorf("the next try is %s away", wait)
	}
}

// after holds that everybody has got a letter, once, and nothing is left to look at.
func (o *outage) after(seen readinessDetail) {
	o.t.Helper()
	got := map[string]int{}
	for _, arrival := range o.smarthost.Arrivals() {
		got[arrival.To]++
	}
	for _, address := range o.owed {
		if got[address] != 1 {
			o.t.Errorf("%s got %d letters", address, got[address])
		}
	}
	if len(got) != len(o.owed) || seen.Letters[store.LetterSent] != len(o.owed) || len(seen.Attention) > 0 {
		o.t.Errorf("%d got letters; %+v", len(got), seen)
	}
}
