package inbox

import (
	"context"
	"crypto/rand"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/go-json-experiment/json"

	"postern/mail/inbox"
	"postern/server/apitest"
	"postern/server/web"
)

// site is a room behind a real server.
type site struct {
	*inbox.Inbox
	url       string
	stop      context.CancelFunc
	transport http.RoundTripper // holds each answer to its description
}

func open(t *testing.T) site {
	t.Helper()
	box := inbox.New(time.Now, rand.Reader)
	stopping, stop := context.WithCancel(t.Context())
	room, err := New(box, stopping)
	if err != nil {
		t.Fatal(err)
	}
	frame, err := web.NewMiddleware(web.Options{Random: rand.Reader})
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(frame.Handler(web.ForLoopback, room.Routes()))
	t.Cleanup(server.Close)
	t.Cleanup(stop)
	checked := apitest.Must(t, room.Routes()...).Transport(http.DefaultTransport)
	return site{Inbox: box, url: server.URL, stop: stop, transport: checked}
}

// deliver puts a letter in and gives its ID.
func (s site) deliver(t *testing.T, to, subject, rest string) string {
	t.Helper()
	source := "From: Postern <postern@localhost>\r\nTo: " + to + "\r\nSubject: " + subject +
		"\r\nMessage-ID: <m@localhost>\r\n" + rest
	if err := s.Deliver("bounce@localhost", to, []byte(source)); err != nil {
		t.Fatal(err)
	}
	letter, _ := s.Latest(inbox.Query{})
	return letter.ID
}

const multipart = "Content-Type: multipart/mixed; boundary=x\r\n\r\n" +
	"--x\r\n\r\nOpen http://localhost/a?b=1&c=2 now\r\n" +
	"--x\r\nContent-Type: text/html\r\n\r\n<!doctype html><html><head><title>t</title></head>" +
	"<body><script>alert(1)</script><p>Hi</p></body></html>\r\n" +
	"--x\r\nContent-Type: application/pdf\r\nContent-Disposition: attachment; filename=\"a b.pdf\"\r\n\r\n%PDF\r\n" +
	"--x\r\nContent-Type: text/html; name=evil.html\r\nContent-ID: <cid>\r\n\r\n<script>alert(2)</script>\r\n--x--\r\n"

// call sends a request and gives status, header and body. A body makes it JSON.
func (s site) call(t *testing.T, method, path, body string, header ...string) (int, http.Header, string) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, s.url+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	if body != "" {
		r.Header.Set("Content-Type", "application/json")
	}
	for i := 0; i < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	stay := func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	client := http.Client{Transport: s.transport, CheckRedirect: stay}
	answer, err := client.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = answer.Body.Close() }()
	text, err := io.ReadAll(answer.Body)
	if err != nil {
		t.Fatal(err)
	}
	return answer.StatusCode, answer.Header, string(text)
}

// get reads a JSON answer, which must be a 200.
func get[T any](t *testing.T, s site, path string) (v T) {
	t.Helper()
	status, _, body := s.call(t, "GET", path, "")
	if status != http.StatusOK {
		t.Fatalf("%s: %d %s", path, status, body)
	}
	if err := json.Unmarshal([]byte(body), &v); err != nil {
		t.Fatalf("%s: %v in %s", path, err, body)
	}
	return v
}
