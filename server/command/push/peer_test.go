package push

import (
	"context"
	"crypto/sha256"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/go-json-experiment/json"
)

const testToken = "pstp_test"

// peer is a receiver that does as section 4 of the contract says: each address once, kept answers under an
// Idempotency-Key. Its script answers the first calls in another way.
type peer struct {
	mu     sync.Mutex
	ids    map[string]string
	kept   map[string]kept
	calls  []received
	script []http.HandlerFunc // one a call; nil: as usual
	made   map[string]int     // how often each address was registered
}

type kept struct {
	body   [32]byte
	answer []byte
}

type received struct {
	key, query string
	people     []map[string]any
	at         time.Time
}

func newPeer(script ...http.HandlerFunc) *peer {
	return &peer{ids: map[string]string{}, kept: map[string]kept{}, made: map[string]int{}, script: script}
}

func (p *peer) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	var list struct {
		Users []map[string]any `json:"users"`
	}
	_ = json.Unmarshal(body, &list)
	p.mu.Lock()
	defer p.mu.Unlock()
	p.calls = append(p.calls, received{r.Header.Get("Idempotency-Key"), r.URL.RawQuery, list.Users, time.Now()})
	if n := len(p.calls); n <= len(p.script) && p.script[n-1] != nil {
		r.Body = io.NopCloser(strings.NewReader(string(body)))
		p.script[n-1](w, r)
		return
	}
	p.register(w, r, body, list.Users)
}

// register is the endpoint proper; p is locked.
func (p *peer) register(w http.ResponseWriter, r *http.Request, body []byte, users []map[string]any) {
	switch {
	case r.Header.Get("Authorization") != "Bearer "+testToken:
		problemAnswer(401, "The token is unknown.")(w, r)
		return
	case r.Method != "POST" || r.URL.Path != createPath:
		problemAnswer(404, "There is nothing at this path.")(w, r)
		return
	}
	key, sum := r.Header.Get("Idempotency-Key"), sha256.Sum256(body)
	before, again := p.kept[key]
	if again && before.body != sum {
		problemAnswer(422, "The same key came with another body.")(w, r)
		return
	}
	if !again || key == "" {
		before = kept{sum, p.answer(users, r.URL.Query().Get("dryRun") == "true")}
		p.kept[key] = before
	}
	w.Header().Set("Content-Type", "application/json")
	if again {
		w.Header().Set("Idempotent-Replayed", "true")
	}
	_, _ = w.Write(before.answer)
}

func (p *peer) answer(users []map[string]any, dry bool) []byte {
	results, counts := []map[string]any{}, map[string]int{}
	for i, user := range users {
		email, _ := user["Email"].(string)
		result := map[string]any{"index": i, "Email": email, "id": nil, "letter": nil}
		id, known := p.ids[strings.ToLower(email)]
		switch {
		case !strings.Contains(email, "@"):
			result["outcome"], result["errors"] = "failed",
				map[string][]string{"Email": {"This must be a plain e-mail address."}}
		case known:
			result["outcome"], result["id"], result["updated"] = "existing", id, []string{"FirstName"}
		default:
			result["outcome"] = "created"
			if !dry {
				id = fmt.Sprintf("id-%d", len(p.ids)+1)
				p.ids[strings.ToLower(email)], result["id"], result["letter"] = id, id, "letter-"+id
				p.made[email]++
			}
		}
		counts[result["outcome"].(string)]++
		results = append(results, result)
	}
	body, _ := json.Marshal(map[string]any{"success": counts["failed"] == 0, "created": counts["created"],
		"existing": counts["existing"],
		"failed":   counts["failed"], "results": results})
	return body
}

func problemAnswer(status int, detail string, headers ...string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/problem+json")
		for i := 0; i < len(headers); i += 2 {
			w.Header().Set(headers[i], headers[i+1])
		}
		w.WriteHeader(status)
		fmt.Fprintf(w, `{"type":"about:blank","title":%q,"status":%d,"detail":%q,"traceId":"t1"}`,
			http.StatusText(status), status, detail)
	}
}

func plainAnswer(status int, kind, body string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", kind)
		w.WriteHeader(status)
		_, _ = io.WriteString(w, body)
	}
}

func broken(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }

// lost does what it is asked to, but its answer never arrives.
func (p *peer) lost(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	p.register(httptest.NewRecorder(), r, body, p.calls[len(p.calls)-1].people)
	broken(w, r)
}

// pipes are connections within the process, which a bubble of synctest can see through.
type pipes struct {
	conns  chan net.Conn
	closed chan struct{}
	once   sync.Once
}

func (p *pipes) Accept() (net.Conn, error) {
	select {
	case conn := <-p.conns:
		return conn, nil
	case <-p.closed:
		return nil, net.ErrClosed
	}
}

func (p *pipes) Close() error   { p.once.Do(func() { close(p.closed) }); return nil }
func (p *pipes) Addr() net.Addr { return &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: 80} }

func (p *pipes) dial(ctx context.Context, _, _ string) (net.Conn, error) {
	ours, theirs := net.Pipe()
	select {
	case p.conns <- theirs:
		return ours, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// senderTo starts the peer and gives a Sender to it; to be called in a bubble.
func senderTo(t *testing.T, p *peer, change func(*SenderOptions)) *Sender {
	t.Helper()
	listener := &pipes{conns: make(chan net.Conn), closed: make(chan struct{})}
	server := httptest.NewUnstartedServer(p)
	server.Listener.Close()
	server.Listener = listener
	server.Config.ErrorLog = nil
	server.Start()
	transport := NewTransport()
	transport.DialContext, transport.Proxy = listener.dial, nil
	t.Cleanup(func() { transport.CloseIdleConnections(); server.Close() })
	target, err := ParseTarget("http://localhost", false)
	if err != nil {
		t.Fatal(err)
	}
	o := SenderOptions{Target: target, Token: func() (string, error) { return testToken, nil }, Transport: transport,
		Now: time.Now}
	if change != nil {
		change(&o)
	}
	return NewSender(o)
}

// people makes a CSV of so many.
func people(n int) []byte {
	var out strings.Builder
	out.WriteString("Email;FirstName;LastName;Language;BikePlanCode\r\n")
	for i := range n {
		fmt.Fprintf(&out, "p%d@example.org;Zoë;D'Hondt;NL;SYN\r\n", i)
	}
	return []byte(out.String())
}

func mustRead(t *testing.T, name string, content []byte) *File {
	t.Helper()
	f, err := Read(name, content, FormatOf(name, content), "")
	if err != nil {
		t.Fatal(err)
	}
	return f
}
