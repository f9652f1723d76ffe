package web

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"testing"
	"testing/iotest"
	"testing/synctest"
	"time"
)

// largeAnswers are one answer of a megabyte, streamed and from memory.
func largeAnswers() []Route {
	large := bytes.Repeat([]byte("postern "), 1<<17)
	return []Route{
		{Method: "GET", Path: "/streamed", Handle: func(c *Call) error {
			return c.Stream("application/pdf", len(large), bytes.NewReader(large), func() {})
		}},
		{Method: "GET", Path: "/whole", Handle: func(c *Call) error { return c.Bytes("application/pdf", large) }},
	}
}

const largeSize = 1 << 20

// slowReader takes what it asks for at a rate, and nothing more after some bytes.
type slowReader struct {
	from    io.Reader
	rate    int // bytes a second
	stopsAt int // 0: it goes on to the end
	taken   int
}

const sip = 4 << 10

func (s *slowReader) Read(p []byte) (int, error) {
	time.Sleep(time.Second * sip / time.Duration(s.rate))
	if s.stopsAt > 0 && s.taken >= s.stopsAt {
		time.Sleep(time.Hour)
	}
	n, err := s.from.Read(p[:min(len(p), sip)])
	s.taken += n
	return n, err
}

// TestPace: who takes a large answer too slowly is cut off, and nobody else, over HTTP/1.1 and HTTP/2.
func TestPace(t *testing.T) {
	for _, test := range []struct {
		name    string
		rate    int
		stopsAt int
		whole   bool
		busy    time.Duration // the call has ended by then
	}{
		{name: "fast", rate: 1 << 20, whole: true, busy: 5 * time.Second},
		{name: "slow, and fast enough", rate: 20 << 10, whole: true, busy: 55 * time.Second},
		{name: "too slow", rate: 8 << 10, busy: 90 * time.Second},
		{name: "stops at once", rate: 1 << 20, stopsAt: sip, busy: 45 * time.Second},
		{name: "stops in the middle", rate: 1 << 20, stopsAt: largeSize / 2, busy: 65 * time.Second},
	} {
		for _, path := range []string{"/streamed", "/whole"} {
			for _, version := range []int{1, 2} {
				t.Run(test.name+path+string(rune('0'+version)), func(t *testing.T) {
					synctest.Test(t, func(t *testing.T) {
						s := startSlow(t, version, largeAnswers())
						defer s.stop()
						body := s.get(path)
						n, err := io.Copy(io.Discard, &slowReader{from: body, rate: test.rate, stopsAt: test.stopsAt})
						if whole := err == nil && n == largeSize; whole != test.whole {
							t.Errorf("%d bytes, %v", n, err)
						}
						if took := <-s.took; took > test.busy {
							t.Errorf("the call took %v", took)
						}
					})
				})
			}
		}
	}
}

// slowServer is a server at the other end of connections in memory.
type slowServer struct {
	*testing.T
	server  *http.Server
	client  *http.Transport
	pipes   pipes
	stopped chan error
	took    chan time.Duration // by each call
}

func startSlow(t *testing.T, version int, routes []Route) *slowServer {
	f, err := NewMiddleware(options(io.Discard))
	if err != nil {
		t.Fatal(err)
	}
	s := &slowServer{T: t, stopped: make(chan error, 1), took: make(chan time.Duration, 1)}
	handler := f.Handler(ForNobody, routes)
	s.server = NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		begun := time.Now()
		defer func() { s.took <- time.Since(begun) }()
		handler.ServeHTTP(w, r)
	}), ServerOptions{})
	protocols := new(http.Protocols)
	protocols.SetHTTP1(version == 1)
	protocols.SetUnencryptedHTTP2(version == 2)
	s.server.Protocols = protocols
	s.pipes = make(pipes, 1)
	go func() { s.stopped <- s.server.Serve(s.pipes) }()
	s.client = &http.Transport{Protocols: protocols, ReadBufferSize: 1,
		HTTP2: &http.HTTP2Config{MaxReceiveBufferPerStream: 64 << 10},
		DialContext: func(context.Context, string, string) (net.Conn, error) {
			client, server := net.Pipe()
			s.pipes <- server
			return client, nil
		}}
	return s
}

func (s *slowServer) get(path string) io.Reader {
	request, err := http.NewRequestWithContext(s.Context(), "GET", "http://postern.example"+path, nil)
	if err != nil {
		s.Fatal(err)
	}
	answer, err := s.client.RoundTrip(request)
	if err != nil {
		s.Fatal(err)
	}
	s.Cleanup(func() { _ = answer.Body.Close() })
	return answer.Body
}

func (s *slowServer) stop() {
	close(s.pipes)
	_ = s.server.Close()
	<-s.stopped
	s.client.CloseIdleConnections()
}

// TestStreamLeaves: whoever has read all of an answer finds its place free, as it was given back before the last piece.
func TestStreamLeaves(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		left := make(chan struct{})
		content := bytes.NewReader(make([]byte, 3*pieceSize))
		s := startSlow(t, 1, []Route{{Method: "GET", Path: "/streamed", Handle: func(c *Call) error {
			return c.Stream("application/pdf", content.Len(), content, func() { close(left) })
		}}})
		defer s.stop()
		body := s.get("/streamed")
		if _, err := io.ReadFull(body, make([]byte, pieceSize)); err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		select {
		case <-left:
			t.Error("the place was given back with two pieces to go")
		default:
		}
		if _, err := io.ReadFull(body, make([]byte, pieceSize)); err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		select {
		case <-left:
		default:
			t.Error("the place is held while the last piece waits to be read")
		}
	})
}

// TestStream: the head is the whole content's, HEAD has no body and reads nothing, and half a content breaks the
// connection.
func TestStream(t *testing.T) {
	const size = 3*pieceSize + 5
	content := bytes.Repeat([]byte{'x'}, size)
	stream := func(content io.Reader) Handler {
		return func(c *Call) error { return c.Stream("application/pdf", size, content, func() {}) }
	}
	broken := io.MultiReader(bytes.NewReader(content[:size-1]), iotest.ErrReader(errors.New("the disk is gone")))
	routes := []Route{
		{Method: "GET", Path: "/good", Handle: func(c *Call) error { return stream(bytes.NewReader(content))(c) }},
		{Method: "GET", Path: "/unread", Handle: stream(nil)},
		{Method: "GET", Path: "/short", Handle: stream(bytes.NewReader(content[:size-1]))},
		{Method: "GET", Path: "/broken", Handle: stream(broken)},
	}
	f, err := NewMiddleware(options(io.Discard))
	if err != nil {
		t.Fatal(err)
	}
	address := start(t, f.Handler(ForNobody, routes), ServerOptions{})
	for _, test := range []struct {
		request string
		length  int
		whole   bool
	}{
		{"GET /good HTTP/1.1\n\n", size, true},
		{"HEAD /unread HTTP/1.1\n\n", 0, true},
		{"GET /short HTTP/1.1\n\n", size, false},
		{"GET /broken HTTP/1.1\n\n", size, false},
	} {
		conn, err := net.Dial("tcp", address)
		if err != nil {
			t.Fatal(err)
		}
		method, _, _ := bytes.Cut([]byte(test.request), []byte(" "))
		_, _ = io.WriteString(conn, test.request[:len(test.request)-2]+"\r\nHost: a\r\n\r\n")
		answer, err := http.ReadResponse(bufio.NewReader(conn), &http.Request{Method: string(method)})
		if err != nil {
			t.Fatalf("%s: %v", test.request, err)
		}
		got, err := io.ReadAll(answer.Body)
		if answer.StatusCode != 200 || answer.ContentLength != size || (err == nil) != test.whole ||
			test.whole && len(got) != test.length {
			t.Errorf("%s: %s, %d bytes of %d, %v", test.request, answer.Status, len(got), answer.ContentLength, err)
		}
		_ = conn.Close()
	}
}

// TestStalledConnection: an HTTP/2 connection from which nothing is read at all ends, with the calls on it.
func TestStalledConnection(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := startSlow(t, 2, largeAnswers())
		defer s.stop()
		client, server := net.Pipe()
		s.pipes <- server
		const path = "/streamed"
		// GET, http, the path and the authority "a", with END_STREAM and END_HEADERS (RFC 9113 §6.2, RFC 7541 §6.2.1)
		fields := append([]byte{0x82, 0x86, 0x44, byte(len(path))}, path...)
		fields = append(fields, 0x41, 1, 'a')
		for _, part := range [][]byte{
			[]byte("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"),
			{0, 0, 0, 4, 0, 0, 0, 0, 0}, // SETTINGS, all as they are
			append([]byte{0, 0, byte(len(fields)), 1, 5, 0, 0, 0, 1}, fields...),
		} {
			if _, err := client.Write(part); err != nil {
				t.Fatal(err)
			}
		}
		if took := <-s.took; took > answerStall+time.Second {
			t.Errorf("the call took %v", took)
		}
		time.Sleep(answerStall)
		synctest.Wait()
		_ = client.SetWriteDeadline(time.Now().Add(time.Second))
		ping := []byte{0, 0, 8, 6, 0, 0, 0, 0, 0, 1, 2, 3, 4, 5, 6, 7, 8}
		if _, err := client.Write(ping); !errors.Is(err, io.ErrClosedPipe) {
			t.Errorf("a ping still goes: %v", err)
		}
		_ = client.Close()
	})
}
