package e2e

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net"
	"strconv"
	"testing"
)

// rawClient is one kept connection that speaks as little HTTP/1.1 as it takes: it shares the processors with the
// server, and net/http's client would cost as much as what is measured.
type rawClient struct {
	conn net.Conn
	buf  []byte
}

// rawClients opens so many connections, for as long as the benchmark runs.
func rawClients(b *testing.B, address string, n int) []*rawClient {
	b.Helper()
	var clients []*rawClient
	for range n {
		conn, err := net.Dial("tcp", address)
		if err != nil {
			b.Fatal(err)
		}
		b.Cleanup(func() { _ = conn.Close() })
		clients = append(clients, &rawClient{conn: conn, buf: make([]byte, 16<<10)})
	}
	return clients
}

// ask sends one request and reads the answer, which must have a Content-Length and the status that is wanted.
func (c *rawClient) ask(request []byte, want int) error {
	answer, err := c.exchange(request)
	if err == nil && string(answer[9:12]) != strconv.Itoa(want) {
		err = fmt.Errorf("answered %s", answer)
	}
	return err
}

// exchange sends one request and reads the answer, which is valid until the next.
func (c *rawClient) exchange(request []byte) (answer []byte, err error) {
	if _, err := c.conn.Write(request); err != nil {
		return nil, err
	}
	have := 0
	for {
		n, err := c.conn.Read(c.buf[have:])
		if err != nil {
			return nil, err
		}
		have += n
		whole, err := answerLength(c.buf[:have])
		if err != nil {
			return nil, err
		}
		if whole > 0 && have >= whole {
			return c.buf[:have], nil
		}
		if have == len(c.buf) {
			return nil, io.ErrShortBuffer
		}
	}
}

var (
	headEnd    = []byte("\r\n\r\n")
	lengthName = []byte("\r\nContent-Length: ")
)

// answerLength is how many octets an answer has, head and body; 0 while the head is not whole.
func answerLength(answer []byte) (int, error) {
	end := bytes.Index(answer, headEnd)
	if end < 0 {
		return 0, nil
	}
	at := bytes.Index(answer[:end+2], lengthName)
	if at < 0 {
		return 0, errors.New("an answer without Content-Length")
	}
	length := 0
	for _, digit := range answer[at+len(lengthName) : end+2] {
		if digit == '\r' {
			break
		}
		length = 10*length + int(digit-'0')
	}
	return end + len(headEnd) + length, nil
}

// registerRequest is a registration of an address.
func registerRequest(email string) []byte {
	body := fmt.Sprintf(`{"email":%q,"firstName":%q,"lastName":%q,"organisationName":%q}`, email, benchFirst, benchLast,
		benchOrganisation)
	return fmt.Appendf(nil, "POST /non-license-user/register HTTP/1.1\r\nHost: 127.0.0.1\r\n"+
		"Content-Type: application/json\r\nContent-Length: %d\r\n\r\n%s", len(body), body)
}

// registering lets clients register fresh people. Each has its own request, in which only the address changes.
func registering(clients []*rawClient) func(worker int) error {
	requests, places := make([][]byte, len(clients)), make([][]byte, len(clients))
	for i := range clients {
		email := freshAddress()
		requests[i] = registerRequest(email)
		at := bytes.Index(requests[i], []byte(email))
		places[i] = requests[i][at : at+len(email)]
	}
	return func(worker int) error {
		copy(places[worker], freshAddress())
		return clients[worker].ask(requests[worker], 201)
	}
}
