package web

import (
	"bufio"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/rs/zerolog"

	"postern/server/web/fields"
	"postern/server/web/page"
	"postern/store/refuse"
)

const secretCause = "the cause is secret"

// options are those of most tests: a trusted proxy on loopback, one allowed origin.
func options(log io.Writer) Options {
	return Options{
		Log: zerolog.New(log), Random: rand.Reader, PublicOrigin: "https://postern.example",
		TrustedProxies: []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8")},
		AllowedOrigins: []string{"https://app.example"}, CrossOrigin: []string{"/api/"},
		Look: page.Look{Organisation: "Tank & Co", PrivacyURL: "https://tank.example/privacy",
			Contact: "help@tank.example"}, OperatorHosts: []string{"ops.example"},
	}
}

var byToken = Caller{Proof: &Proof{Name: "token"}}

// testRoutes has one route of every sort.
func testRoutes(t testing.TB) []Route {
	content, err := page.Parse(os.DirFS("testdata"), "content.html")
	if err != nil {
		t.Fatal(err)
	}
	shown := func(c *Call) error {
		return c.Page(200, page.Page{Title: "A <page>", Content: content, Data: c.R.URL.Query().Get("q")})
	}
	form := func(c *Call) error {
		if _, err := c.Form(); err != nil {
			return err
		}
		return c.SeeOther("/page")
	}
	who := func(c *Call) error {
		return c.JSON(200, map[string]any{"client": c.Client, "secure": c.Secure, "operator": c.Operator()})
	}
	return []Route{
		{Method: "GET", Path: "/who", Handle: who},
		{Method: "GET", Path: "/api/things/:id", Handle: func(c *Call) error {
			return c.JSON(200, map[string]string{"id": c.Param("id")})
		}},
		{Method: "GET", Path: "/api/things/:id/email", NoHead: true, Handle: func(c *Call) error { return c.NoContent() }},
		{Method: "POST", Path: "/api/things", Handle: decodeThing, BodyLimit: 100, BodyTime: 200 * time.Millisecond},
		{Method: "POST", Path: "/partner/things", Handle: decodeThing, Caller: byToken},
		{Method: "GET", Path: "/partner/things", Caller: byToken, Handle: func(*Call) error {
			return refuse.New(refuse.Unauthorized, "No token.")
		}},
		{Method: "GET", Path: "/api/fail/:how", Handle: failing},
		{Method: "GET", Path: "/page/fail/:how", Handle: failing, Page: true},
		{Method: "GET", Path: "/page", Handle: shown, Page: true, Languages: []string{"en", "nl"}},
		{Method: "POST", Path: "/page", Handle: form, Page: true},
		{Method: "GET", Path: "/pdf", Handle: func(c *Call) error { return c.Bytes("application/pdf", []byte("%PDF-")) }},
		{Method: "GET", Path: "/metrics", Operator: true, Handle: who},
		{Method: "POST", Path: "/metrics/reset", Operator: true, Handle: who},
	}
}

func decodeThing(c *Call) error {
	var name string
	err := c.Decode(fields.Object{"Name": fields.Text(&name, fields.Limits{Required: true, Max: 5})})
	if err != nil {
		return err
	}
	return c.JSON(http.StatusCreated, map[string]any{"name": name})
}

// failing ends in every way that a handler can.
func failing(c *Call) error {
	refusals := map[string]*refuse.Refusal{
		"invalid":     {Kind: refuse.Invalid, Reason: "Wrong.", Fields: map[string][]string{"a": {"Wrong."}}},
		"forbidden":   {Kind: refuse.Forbidden, Reason: "No."},
		"missing":     {Kind: refuse.NotFound, Reason: "Nothing."},
		"conflict":    {Kind: refuse.Conflict, Reason: "Decided.", Extra: map[string]any{"loadStatus": "rejected"}},
		"gone":        {Kind: refuse.Gone, Reason: "Gone."},
		"often":       {Kind: refuse.TooMany, Reason: "Too often.", RetryAfter: 1500 * time.Millisecond},
		"unavailable": {Kind: refuse.Unavailable, Reason: "Disk full.", Cause: errors.New(secretCause)},
		"unencodable": {Kind: refuse.Conflict, Reason: "Decided.", Extra: map[string]any{"f": func() {}}},
	}
	if refusal, ok := refusals[c.Param("how")]; ok {
		return fmt.Errorf("wrapped: %w", refusal)
	}
	switch c.Param("how") {
	case "panic":
		panic(secretCause)
	case "json":
		return c.JSON(200, func() {})
	case "half":
		_, _ = c.W.Write([]byte("half"))
	case "teapot":
		return &Problem{Status: http.StatusTeapot, Detail: "Short and stout."}
	case "cancelled":
		return fmt.Errorf("waiting: %w", context.Canceled)
	}
	return errors.New(secretCause)
}

// start serves on loopback until the test ends.
func start(t testing.TB, h http.Handler, o ServerOptions) (address string) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	return serve(t, l, h, o)
}

func serve(t testing.TB, l net.Listener, h http.Handler, o ServerOptions) (address string) {
	s, done := NewServer(h, o), make(chan error, 1)
	go func() {
		if o.Certificate != nil {
			done <- s.ServeTLS(l, "", "")
			return
		}
		done <- s.Serve(l)
	}()
	t.Cleanup(func() {
		_ = s.Close()
		if err := <-done; !errors.Is(err, http.ErrServerClosed) {
			t.Errorf("server ended with %v", err)
		}
	})
	return l.Addr().String()
}

func newHandler(t testing.TB, access Access, o Options) http.Handler {
	t.Helper()
	f, err := NewMiddleware(o)
	if err != nil {
		t.Fatal(err)
	}
	return f.Handler(access, append(testRoutes(t), f.Files()...))
}

// exchange sends a request as it stands, with the line ends made CRLF, and reads one answer. Closing ends what the
// server still waits for.
func exchange(t testing.TB, address, request string) (*http.Response, string) {
	t.Helper()
	conn, err := net.Dial("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	_ = conn.SetDeadline(time.Now().Add(20 * time.Second))
	head, body, _ := strings.Cut(request, "\n\n")
	if !strings.Contains(strings.ToLower(head), "\nhost:") {
		head += "\nHost: postern.example"
	}
	if !strings.Contains(strings.ToLower(head), "\ncontent-length:") && body != "" {
		head += fmt.Sprintf("\nContent-Length: %d", len(body))
	}
	if _, err := io.WriteString(conn, strings.ReplaceAll(head, "\n", "\r\n")+"\r\n\r\n"+body); err != nil {
		t.Fatal(err)
	}
	method, _, _ := strings.Cut(request, " ")
	answer, err := http.ReadResponse(bufio.NewReader(conn), &http.Request{Method: method})
	if err != nil {
		t.Fatalf("%.60q: %v", request, err)
	}
	text, err := io.ReadAll(answer.Body)
	if err != nil {
		text = append(text, "!"+err.Error()...)
	}
	return answer, string(text)
}
