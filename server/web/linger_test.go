package web

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"strings"
	"testing"
	"time"
)

// TestRefusedWhileSending: a caller that reads nothing before it has sent all gets the refusal, not a broken pipe, on
// connections that stay open and those that do not.
func TestRefusedWhileSending(t *testing.T) {
	address := start(t, newHandler(t, ForNobody, options(io.Discard)), ServerOptions{})
	const large, medium = 24 << 20, 200 << 10
	for _, c := range []struct {
		name, head string
		length     int
		status     int
	}{
		{"too large", "POST /api/things HTTP/1.1", large, 413},
		{"too large, closing", "POST /api/things HTTP/1.1\r\nConnection: close", large, 413},
		{"a little too large", "POST /api/things HTTP/1.1", medium, 413},
		{"a little too large, closing", "POST /api/things HTTP/1.1\r\nConnection: close", medium, 413},
		{"encoded", "POST /partner/things HTTP/1.1\r\nContent-Encoding: br", large, 415},
		{"unknown path", "POST /nowhere HTTP/1.1", large, 404},
		{"another method", "DELETE /who HTTP/1.1", large, 405},
		{"no token", "GET /partner/things HTTP/1.1", large, 401},
		{"chunks", "POST /api/things HTTP/1.1", -large, 413},
	} {
		t.Run(c.name, func(t *testing.T) {
			answer, err := sendAll(address, c.head, c.length)
			if err != nil {
				t.Fatal(err)
			}
			if answer.StatusCode != c.status {
				t.Errorf("got %d, want %d", answer.StatusCode, c.status)
			}
		})
	}
}

// sendAll sends a body of that many octets, in one chunk where it is negative, and only then reads the answer.
func sendAll(address, head string, length int) (*http.Response, error) {
	conn, err := net.Dial("tcp", address)
	if err != nil {
		return nil, err
	}
	defer conn.Close()
	framing := fmt.Sprintf("Content-Length: %d\r\n\r\n", length)
	end := ""
	if length < 0 {
		length = -length
		framing, end = fmt.Sprintf("Transfer-Encoding: chunked\r\n\r\n%x\r\n", length), "\r\n0\r\n\r\n"
	}
	request := append([]byte(head+"\r\nHost: localhost\r\nContent-Type: application/json\r\n"+framing),
		bytes.Repeat([]byte(" "), length)...)
	if _, err := conn.Write(append(request, end...)); err != nil {
		return nil, err
	}
	answer, err := http.ReadResponse(bufio.NewReader(conn), nil)
	if err != nil {
		return nil, err
	}
	_, err = io.Copy(io.Discard, answer.Body)
	return answer, err
}

// TestRefusedAndLeft: what follows a refused call whose body did not end is part of that body, and never a call of its
// own: behind a proxy it would be answered to somebody else.
func TestRefusedAndLeft(t *testing.T) {
	address := start(t, newHandler(t, ForNobody, options(io.Discard)), ServerOptions{})
	const call = "GET /who HTTP/1.1\r\nHost: localhost\r\n\r\n"
	for _, c := range []struct {
		name, framing, begin string
		stalls               bool
	}{
		{"a length, stalled", "Content-Length: 300000", strings.Repeat(" ", 100_000), true},
		{"a chunk, stalled", "Transfer-Encoding: chunked", "1000\r\n ", true},
		{"between chunks, stalled", "Transfer-Encoding: chunked", "1\r\n \r\n", true},
		{"a broken chunk", "Transfer-Encoding: chunked", "no chunk\r\n", false},
		{"a broken trailer", "Transfer-Encoding: chunked", "0\r\nno trailer\r\n\r\n", false},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			conn, err := net.Dial("tcp", address)
			if err != nil {
				t.Fatal(err)
			}
			defer conn.Close()
			send(t, conn, "GET /partner/things HTTP/1.1\r\nHost: localhost\r\n"+c.framing+"\r\n\r\n"+c.begin)
			answers := bufio.NewReader(conn)
			if got := nextStatus(t, answers); got != http.StatusUnauthorized {
				t.Fatalf("got %d, want 401", got)
			}
			if !c.stalls {
				_, _ = io.WriteString(conn, call) // the server may have hung up before
			}
			// Of a body that stalls the server shows that it waits for no more by ending its side, long before an idle
			// connection would end: what came then would be read as a call.
			_ = conn.SetReadDeadline(time.Now().Add(defaultIdleTimeout / 4))
			rest, err := io.ReadAll(answers)
			if len(rest) > 0 {
				t.Errorf("what was in the body has been answered: %q", rest)
			}
			if errors.Is(err, os.ErrDeadlineExceeded) {
				t.Error("the connection is open still")
			}
		})
	}
}

func send(t *testing.T, conn net.Conn, text string) {
	t.Helper()
	if _, err := io.WriteString(conn, text); err != nil {
		t.Fatal(err)
	}
}

func nextStatus(t *testing.T, answers *bufio.Reader) int {
	t.Helper()
	answer, err := http.ReadResponse(answers, nil)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := io.Copy(io.Discard, answer.Body); err != nil {
		t.Fatal(err)
	}
	return answer.StatusCode
}
