package webhook

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/rs/zerolog"
	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"

	"postern/store"
	"postern/store/file"
	"postern/store/guid"
)

const (
	oldSecret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
	newSecret = "whsec_c3ludGhldGljIHNlY3JldCBvZiB0aGUgdGVzdHM="
)

// received is a message that the receiver has looked at: the signature by the Standard Webhooks library, the rest by
// itself.
type received struct {
	id   string
	seq  uint64
	kind string
	body string
	at   time.Time
}

// receiver is an HTTP server in memory, so that time can be the test's own. It keeps what it is sent, and answers as
// its script says.
type receiver struct {
	t      *testing.T
	script func(n int, w http.ResponseWriter, r *http.Request) // n counts from 1; nil answers 204
	down   func() bool                                         // no connection can be made
	server http.Server

	mu    sync.Mutex
	all   []received // guarded by mu
	tries []time.Time
}

// pipes is a listener of connections in memory.
type pipes struct {
	conns chan net.Conn
	done  chan struct{}
}

func (p pipes) Accept() (net.Conn, error) {
	select {
	case conn := <-p.conns:
		return conn, nil
	case <-p.done:
		return nil, net.ErrClosed
	}
}

func (p pipes) Close() error   { close(p.done); return nil }
func (p pipes) Addr() net.Addr { return &net.UnixAddr{} }

// transport starts the receiver and returns the way to it.
func (r *receiver) transport() *http.Transport {
	listener := pipes{make(chan net.Conn), make(chan struct{})}
	r.server.Handler = r
	go func() { _ = r.server.Serve(listener) }()
	transport := newTransport()
	transport.DialContext = func(context.Context, string, string) (net.Conn, error) {
		if r.down != nil && r.down() {
			r.try()
			return nil, errors.New("connection refused")
		}
		ours, theirs := net.Pipe()
		listener.conns <- theirs
		return ours, nil
	}
	return transport
}

func (r *receiver) try() (n int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.tries = append(r.tries, time.Now())
	return len(r.tries)
}

func (r *receiver) ServeHTTP(w http.ResponseWriter, request *http.Request) {
	n := r.try()
	body, err := io.ReadAll(request.Body)
	if err != nil {
		r.t.Error(err)
	}
	for _, secret := range []string{oldSecret, newSecret} {
		judge, err := standardwebhooks.NewWebhook(secret)
		if err == nil {
			err = judge.Verify(body, request.Header)
		}
		if err != nil {
			r.t.Errorf("%s: %v", secret, err)
		}
	}
	var m message
	if err := json.Unmarshal(body, &m); err != nil || m.Type != m.Data.Type || !m.Timestamp.Equal(m.Data.At) {
		r.t.Errorf("%s: %v", body, err)
	}
	answer := &noted{ResponseWriter: w, gone: request.Context().Done()}
	if r.script != nil {
		r.script(n, answer, request)
	}
	if answer.status >= 300 {
		return
	}
	r.mu.Lock()
	r.all = append(r.all, received{request.Header.Get("webhook-id"), m.Data.Seq, m.Type, string(body), time.Now()})
	r.mu.Unlock()
	if answer.status == 0 {
		w.WriteHeader(http.StatusNoContent)
	}
}

// noted knows the status that a script has answered.
type noted struct {
	http.ResponseWriter
	status int
	gone   <-chan struct{} // the sender has given up
}

func (n *noted) WriteHeader(status int) {
	n.status = status
	n.ResponseWriter.WriteHeader(status)
}

// hook is a store, a sender and its receiver, all real, in a test's own time.
type hook struct {
	*testing.T
	*receiver
	store  *store.Store
	sender *Sender
	log    bytes.Buffer
	posted []int
	stop   func()
}

// inBubble runs a test in time of its own. The sender does not run yet.
func inBubble(t *testing.T, test func(h *hook)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		h := &hook{T: t, receiver: &receiver{t: t}, stop: func() {}}
		dir := t.TempDir()
		var err error
		if h.store, err = store.Open(dir, store.Options{MailDomain: "postern.example"}); err != nil {
			t.Fatal(err)
		}
		defer func() {
			h.stop()
			if err := errors.Join(h.server.Close(), h.store.Close()); err != nil {
				t.Error(err)
			}
			if faults, err := store.CheckFile(file.DataFile(dir)); err != nil || len(faults) > 0 {
				t.Errorf("the file is not consistent: %v, %v", faults, err)
			}
		}()
		transport := h.transport()
		h.make(transport)
		test(h)
	})
}

// make makes a sender, as a new process does.
func (h *hook) make(transport http.RoundTripper) {
	secrets, err := ParseSecrets(newSecret + " " + oldSecret)
	if err != nil {
		h.Fatal(err)
	}
	to := &url.URL{Scheme: "http", Host: "receiver.example", Path: "/hook", RawQuery: "sig=hidden"}
	h.sender = New(Options{Store: h.store, URL: to, Secrets: secrets, Log: zerolog.New(&h.log), Now: time.Now,
		Transport: transport,
		Posted:    func(status int) { h.posted = append(h.posted, status) }})
}

// start lets the sender run until stop.
func (h *hook) start() {
	ctx, cancel := context.WithCancel(context.Background())
	var all sync.WaitGroup
	all.Go(func() {
		if err := h.sender.Run(ctx); err != nil {
			h.Error(err)
		}
	})
	h.stop = sync.OnceFunc(func() { cancel(); all.Wait() })
	synctest.Wait()
}

// happen makes so many events.
func (h *hook) happen(n int) {
	h.Helper()
	for range n {
		_, last, err := h.store.KeptEvents()
		if err != nil {
			h.Fatal(err)
		}
		code := fmt.Sprintf("SYN-%d", last)
		if _, err := h.store.AddPlan(h.Context(), store.Plan{Code: code, Client: "Synth NV"}); err != nil {
			h.Fatal(err)
		}
	}
}

// numbers are those of the events that the receiver has taken.
func (h *hook) numbers() string {
	h.mu.Lock()
	defer h.mu.Unlock()
	var all []string
	for _, m := range h.all {
		all = append(all, fmt.Sprint(m.seq))
	}
	return strings.Join(all, " ")
}

// gaps are the times between the tries, from a moment on.
func (h *hook) gaps(from time.Time) string {
	h.mu.Lock()
	defer h.mu.Unlock()
	var all []string
	for _, at := range h.tries {
		all = append(all, at.Sub(from).String())
		from = at
	}
	return strings.Join(all, " ")
}

// backlog is where the data file says that the receiver stands.
func (h *hook) backlog() store.WebhookBacklog {
	h.Helper()
	backlog, is, err := h.store.Webhook()
	if err != nil || !is {
		h.Fatal(is, err)
	}
	return backlog
}

// employee makes a biker, and so an event that names one by the partner's id.
func (h *hook) employee(email, id string) {
	h.Helper()
	ctx := h.Context()
	_, err := h.store.AddPartner(ctx, store.PartnerInput{Name: "paye",
		Token: store.PartnerToken{Hash: [32]byte{1}, Last: "last"}})
	if err == nil {
		_, err = h.store.AddPlan(ctx, store.Plan{Code: "SYN", Client: "Synth NV"})
	}
	var answer store.BikerAnswer
	if err == nil {
		person := store.Candidate{Email: email, Said: email, BikerData: store.BikerData{BikePlanCode: "SYN",
			FirstName: "Zoë", LastName: "Claes", Language: "nl", EmployeeID: id}}
		answer, err = h.store.RegisterBikers(ctx, store.BikerList{Partner: "paye", People: []store.Candidate{person}})
	}
	if err != nil || answer.Results[0].Biker == (guid.ID{}) {
		h.Fatal(answer, err)
	}
}
