package web

import (
	"bufio"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// pipes is a listener of connections in memory, whose deadlines follow the test's clock.
type pipes chan net.Conn

func (p pipes) Accept() (net.Conn, error) {
	conn, open := <-p
	if !open {
		return nil, net.ErrClosed
	}
	return conn, nil
}

func (p pipes) Close() error   { return nil }
func (p pipes) Addr() net.Addr { return &net.UnixAddr{} }

// TestTimes holds the time limits of a call against peers that stall.
func TestTimes(t *testing.T) {
	slow := Route{Method: "POST", Path: "/slow", BodyTime: 120 * time.Second, Handle: func(c *Call) error {
		if _, err := c.Body(); err != nil {
			return err
		}
		select { // a handler that takes longer than its body was allowed to
		case <-c.R.Context().Done():
			return c.R.Context().Err()
		case <-time.After(3 * time.Minute):
			return c.NoContent()
		}
	}}
	for _, test := range []struct {
		name, sent string
		status     int // 0: closed without an answer
		after      time.Duration
	}{
		{"nothing", "", 0, 5 * time.Second},
		{"half a header", "GET /who HTTP/1.1\r\nHost: a", 0, 5 * time.Second},
		{"half a body", "POST /partner/things HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\n{", 408,
			30 * time.Second},
		{"half a body that nobody reads", "POST /nothing HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\n{", 404,
			30 * time.Second},
		{"half a body on a slow route", "POST /slow HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\n{", 408,
			120 * time.Second},
		{"a whole body on a slow route", "POST /slow HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\n\r\n{", 204,
			180 * time.Second},
	} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				f, err := NewMiddleware(options(io.Discard))
				if err != nil {
					t.Fatal(err)
				}
				l := make(pipes, 1)
				s, done := NewServer(f.Handler(ForNobody, append(testRoutes(t), slow)), ServerOptions{}),
					make(chan error, 1)
				go func() { done <- s.Serve(l) }()
				client, server := net.Pipe()
				l <- server
				began := time.Now()
				_, _ = io.Copy(client, strings.NewReader(test.sent))
				status := 0
				if answer, err := http.ReadResponse(bufio.NewReader(client), nil); err == nil {
					status = answer.StatusCode
				}
				if took := time.Since(began); status != test.status || took < test.after ||
					took > test.after+time.Second {
					t.Errorf("%d after %v", status, took)
				}
				_ = client.Close()
				close(l)
				_ = s.Close()
				<-done
			})
		})
	}
}
