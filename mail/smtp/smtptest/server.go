// Package smtptest is a scripted SMTP server for tests, as net/http/httptest is for HTTP. It does in every phase of the
// dialogue what the test's script says, keeps the messages that it takes, and counts what it is asked. It serves over
// loopback, or in memory for tests in a testing/synctest bubble. An Authority issues its certificates.
//
// It is no go-smtp server on purpose: what a client makes of a server that breaks off, says nonsense or never ends can
// only be seen where the test has every byte in hand. It asserts nothing itself; a test asks it afterwards.
package smtptest

import (
	"bufio"
	"context"
	"crypto/tls"
	"fmt"
	"net"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

// What a script may answer beside a reply's text.
const (
	Drop     = "drop"     // close the connection
	Stall    = "stall"    // never answer
	Garbage  = "garbage"  // answer what is no SMTP
	Endless  = "endless"  // answer a line without an end
	Flood    = "flood"    // answer lines without an end
	TakeDrop = "takeDrop" // dot: keep the message, and close without an answer
	TakeWait = "takeWait" // dot: keep the message, and never answer
	Half     = "half"     // dot: keep the message, and break off within the answer
	Inject   = "inject"   // starttls: answer, and go on in clear text
	EightBit = "eight"    // answer as usual, in words that are no UTF-8
	Slowly   = "slowly"   // answer as usual, a second later
)

// Arrival is a message that the server took: its envelope, its Message-ID, and all of it without dot-stuffing.
type Arrival struct {
	From, To, ID string
	Data         string
	At           time.Time
}

// Server is an SMTP server that does what its script says. The zero value answers as an ordinary server without TLS and
// AUTH. It serves any number of connections; its fields are set before the first.
type Server struct {
	// Script says what to do in a phase: an answer of the constants, or a reply's text; empty is the ordinary reply.
	// The phases are dial, connection, greet, ehlo, starttls, tls, again (EHLO within TLS), auth, mail, rcpt,
	// "to <address>", data, body, dot, idle (after the dot's answer), rset and quit. n counts a phase's turns, from 1.
	Script func(phase string, n int) string

	TLS        *tls.Config               // nil: STARTTLS is not offered
	Implicit   bool                      // TLS from the first byte
	OtherTLS   map[string]*tls.Config    // other configurations, which the script may name in phase "tls"
	Mechanisms string                    // of AUTH; empty: not offered
	Questions  []string                  // that AUTH LOGIN asks, as base64; nil: Username: and Password:
	Extensions []string                  // lines of the answer to EHLO beside those that follow from the above
	Discard    bool                      // keep nothing, for benchmarks
	Rewrite    func(reply string) string // writes whole replies in another manner; nil: as they should be
	Notify     chan struct{}             // gets a value for each message taken, where it is made

	mu       sync.Mutex // guards what is below, but serving, and Extensions
	turns    map[string]int
	arrived  []Arrival
	commands []string // what clients said, AUTH's answers decoded
	poured   int64    // bytes of answers without an end, on all connections
	clear    bool     // a command other than EHLO and STARTTLS came in the clear
	serving  sync.WaitGroup
}

// NewServer returns a server with a script; nil: all answers are the ordinary ones.
func NewServer(script func(phase string, n int) string) *Server {
	return &Server{Script: script}
}

// Once returns a script of one phase's first answer.
func Once(phase, answer string) func(string, int) string { return Times(1, phase, answer) }

// Times returns a script of one phase's first answers.
func Times(most int, phase, answer string) func(string, int) string {
	return func(p string, n int) string {
		if p == phase && n <= most {
			return answer
		}
		return ""
	}
}

// Listen serves on loopback until the test ends, and returns the address.
func (s *Server) Listen(t testing.TB) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s.serve(t, listener)
	return listener.Addr().String()
}

func (s *Server) serve(t testing.TB, listener net.Listener) {
	var open sync.Map
	s.serving.Go(func() {
		for {
			raw, err := listener.Accept()
			if err != nil {
				return
			}
			open.Store(raw, true)
			s.serving.Go(func() { defer open.Delete(raw); s.talk(raw) })
		}
	})
	t.Cleanup(func() {
		listener.Close()
		open.Range(func(raw, _ any) bool { raw.(net.Conn).Close(); return true })
		s.serving.Wait()
	})
}

// Dial connects to the server in memory. It fails where the script drops the phase "dial". In a synctest bubble a
// network connection would keep the clock from going on, as a pipe does not.
func (s *Server) Dial(context.Context, string) (net.Conn, error) {
	if s.turn("dial") == Drop {
		return nil, fmt.Errorf("connection refused")
	}
	client, server := net.Pipe()
	s.serving.Go(func() { s.talk(server) })
	return client, nil
}

// turn counts a phase, and returns what the script says of it.
func (s *Server) turn(phase string) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.turns == nil {
		s.turns = make(map[string]int)
	}
	s.turns[phase]++
	if s.Script == nil {
		return ""
	}
	return s.Script(phase, s.turns[phase])
}

// SetExtensions changes the extensions while the server serves.
func (s *Server) SetExtensions(extensions ...string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.Extensions = extensions
}

// Count returns how often a phase was reached.
func (s *Server) Count(phase string) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.turns[phase]
}

// Arrivals lists the messages that were taken.
func (s *Server) Arrivals() []Arrival {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.arrived)
}

// Secured reports whether every command so far but EHLO and STARTTLS came through TLS.
func (s *Server) Secured() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return !s.clear
}

// Said lists what clients said, the answers of AUTH decoded.
func (s *Server) Said() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.commands)
}

// Poured returns how many bytes of answers without an end were written, on all connections.
func (s *Server) Poured() int64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.poured
}

// Wait waits until all connections have ended, so that a client which leaves one open is found out.
func (s *Server) Wait() { s.serving.Wait() }

// Heard reports whether any client said something with this text in it.
func (s *Server) Heard(text string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.ContainsFunc(s.commands, func(command string) bool { return strings.Contains(command, text) })
}

// talk is one connection, from the greeting to its end, in a goroutine of its own.
func (s *Server) talk(raw net.Conn) {
	defer raw.Close()
	s.turn("connection")
	k := &session{Server: s, conn: raw, in: bufio.NewReader(raw)}
	if s.Implicit && !k.secureNow() || !k.answer("greet", "220 sink ESMTP") {
		return
	}
	for {
		line, err := k.in.ReadString('\n')
		if err != nil {
			return
		}
		if !k.command(strings.TrimSpace(line)) {
			return
		}
	}
}
