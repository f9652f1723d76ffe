package web

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"net"
	"net/http"
	"testing"
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
