package smtptest

import (
	"bufio"
	"cmp"
	"context"
	"crypto/tls"
	"encoding/base64"
	"fmt"
	"io"
	"net"
	netmail "net/mail"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

// What a script may say of a phase beside a reply's text; empty is the ordinary answer.
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

// arrival is a message that the sink took.
type Arrival struct {
	From, To, ID string
	Data         string
	At           time.Time
}

// sink is an SMTP server that does what its script says. It serves any number of connections.
type Server struct {
	Script     func(phase string, n int) string // n counts a phase's turns, from 1; "to <address>" is a phase too
	TLS        *tls.Config                      // nil: STARTTLS is not offered
	Implicit   bool
	OtherTLS   map[string]*tls.Config // other ones, which phase "tls" may name
	Mechanisms string                 // of AUTH; empty: not offered
	Questions  []string               // that AUTH LOGIN asks, as base64; nil: Username: and Password:
	Extensions []string
	Discard    bool                      // a benchmark: nothing is kept
	Rewrite    func(reply string) string // how whole replies are written; nil: as they should be

	mu       sync.Mutex
	turns    map[string]int
	arrived  []Arrival
	commands []string // what clients said, AUTH's answers decoded
	poured   int64    // bytes of answers without an end, on all connections
	clear    bool     // a command other than EHLO and STARTTLS came in the clear
	serving  sync.WaitGroup
	Notify   chan struct{} // gets one for each arrival, where it is made
}

func NewServer(script func(phase string, n int) string) *Server {
	return &Server{Script: script}
}

// once makes a script of one phase's first answer.
func Once(phase, answer string) func(string, int) string { return Times(1, phase, answer) }

// times makes a script of one phase's first answers.
func Times(most int, phase, answer string) func(string, int) string {
	return func(p string, n int) string {
		if p == phase && n <= most {
			return answer
		}
		return ""
	}
}

// listen serves on loopback until the test ends, and gives the address.
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

// dialPipe serves connections in memory, for tests in a synctest bubble.
func (s *Server) Dial(context.Context, string) (net.Conn, error) {
	if s.turn("dial") == Drop {
		return nil, fmt.Errorf("connection refused")
	}
	client, server := net.Pipe()
	s.serving.Go(func() { s.talk(server) })
	return client, nil
}

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

// offer changes the extensions while the sink serves.
func (s *Server) SetExtensions(extensions ...string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.Extensions = extensions
}

// count tells how often a phase was reached.
func (s *Server) Count(phase string) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.turns[phase]
}

// arrivals lists what was taken.
func (s *Server) Arrivals() []Arrival {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.arrived)
}

// secured reports whether every command so far but EHLO and STARTTLS came through TLS.
func (s *Server) Secured() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return !s.clear
}

// said lists what clients said, the answers of AUTH decoded.
func (s *Server) Said() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.commands)
}

// pouredBytes is how much of answers without an end was written, on all connections.
func (s *Server) Poured() int64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.poured
}

// wait waits until all connections have ended.
func (s *Server) Wait() { s.serving.Wait() }

// heard reports whether any client said something with this in it.
func (s *Server) Heard(text string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.ContainsFunc(s.commands, func(command string) bool { return strings.Contains(command, text) })
}

// talker is one connection's dialogue.
type talker struct {
	*Server
	conn     net.Conn
	in       *bufio.Reader
	secure   bool
	from, to string
}

func (s *Server) talk(raw net.Conn) {
	defer raw.Close()
	s.turn("connection")
	k := &talker{Server: s, conn: raw, in: bufio.NewReader(raw)}
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

func (k *talker) secureNow() bool {
	config, said := k.TLS, k.turn("tls")
	if other := k.OtherTLS[said]; other != nil {
		config = other
	} else if said != "" {
		return k.say(said, "")
	}
	secured := tls.Server(k.conn, config)
	if secured.Handshake() != nil {
		return false
	}
	k.conn, k.in, k.secure = secured, bufio.NewReader(secured), true
	return true
}

// answer says what the script wants, or else the ordinary reply; false ends the connection.
func (k *talker) answer(phase, ordinary string) bool { return k.say(k.turn(phase), ordinary) }

func (k *talker) say(said, ordinary string) bool {
	switch said {
	case "":
		said = ordinary
	case Drop:
		return false
	case Stall:
		io.Copy(io.Discard, k.conn)
		return false
	case Slowly:
		time.Sleep(time.Second)
		said = ordinary
	case EightBit:
		said = ordinary + " d\xe9j\xe0 vu"
	case Garbage:
		said = "\x00\xff what?"
	case Endless:
		k.pour("250 " + strings.Repeat("x", 1000))
		return false
	case Flood:
		k.pour("250-more\r\n")
		return false
	}
	return k.write(said) == nil && !strings.HasPrefix(said, "421")
}

// write says a whole reply in the sink's manner.
func (k *talker) write(reply string) error {
	reply += "\r\n"
	if k.Rewrite != nil {
		reply = k.Rewrite(reply)
	}
	_, err := io.WriteString(k.conn, reply)
	return err
}

// pouredMost is how long an answer without an end is.
const pouredMost = 1 << 30

func (k *talker) pour(text string) {
	for sum := 0; sum < pouredMost; sum += len(text) {
		if _, err := io.WriteString(k.conn, text); err != nil {
			k.mu.Lock()
			defer k.mu.Unlock()
			k.poured += int64(sum)
			return
		}
	}
	panic("a client that hears everything")
}

func (k *talker) note(command string) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if !k.Discard {
		k.commands = append(k.commands, command)
	}
	k.clear = k.clear || !k.secure && !strings.HasPrefix(command, "EHLO") && command != "STARTTLS"
}

func (k *talker) command(line string) bool {
	k.note(line)
	verb, rest, _ := strings.Cut(line, " ")
	switch strings.ToUpper(verb) {
	case "EHLO":
		if k.secure && !k.Implicit {
			return k.answer("again", k.hello())
		}
		return k.answer("ehlo", k.hello())
	case "STARTTLS":
		return k.startTLS()
	case "AUTH":
		return k.auth(rest)
	case "MAIL":
		k.from = between(rest)
		return k.answer("mail", "250 2.1.0 ok")
	case "RCPT":
		k.to = between(rest)
		return k.say(cmp.Or(k.turn("to "+k.to), k.turn("rcpt")), "250 2.1.5 ok")
	case "DATA":
		return k.data()
	case "RSET":
		return k.answer("rset", "250 ok")
	case "QUIT":
		k.answer("quit", "221 bye")
		return false
	}
	return k.answer("other", "500 what?")
}

func between(text string) string {
	_, text, _ = strings.Cut(text, "<")
	text, _, _ = strings.Cut(text, ">")
	return text
}

func (k *talker) hello() string {
	k.mu.Lock()
	lines := append([]string{"sink"}, k.Extensions...)
	k.mu.Unlock()
	if k.TLS != nil && !k.secure {
		lines = append(lines, "STARTTLS")
	}
	if k.Mechanisms != "" {
		lines = append(lines, "AUTH "+k.Mechanisms)
	}
	lines = append(lines, "ENHANCEDSTATUSCODES")
	last := len(lines) - 1
	for i := range lines[:last] {
		lines[i] = "250-" + lines[i]
	}
	lines[last] = "250 " + lines[last]
	return strings.Join(lines, "\r\n")
}

func (k *talker) startTLS() bool {
	said := k.turn("starttls")
	if said == Inject {
		io.WriteString(k.conn, "220 go on\r\n250 injected\r\n")
		return k.secureNow()
	}
	return k.say(said, "220 go on") && (said != "" && said != EightBit || k.secureNow())
}

// auth takes PLAIN and XOAUTH2 with their initial responses, and LOGIN by questions. A refusal of XOAUTH2 comes after a
// question that wants an empty line.
func (k *talker) auth(rest string) bool {
	mechanism, initial, _ := strings.Cut(rest, " ")
	answers := []string{decoded(initial)}
	if mechanism == "LOGIN" {
		answers = nil
		questions := k.Questions
		if questions == nil {
			questions = []string{"VXNlcm5hbWU6", "UGFzc3dvcmQ6"}
		}
		for _, question := range questions {
			line, ok := k.ask(question)
			if !ok {
				return false
			}
			answers = append(answers, decoded(line))
		}
	}
	k.note("credentials " + strings.Join(answers, "\x00"))
	said := k.turn("auth")
	if mechanism == "XOAUTH2" && strings.HasPrefix(said, "535") {
		if line, ok := k.ask("eyJzdGF0dXMiOiI0MDAifQ=="); !ok || line != "\r\n" {
			said = "501 5.5.4 an empty line is wanted"
		}
	}
	return k.say(said, "235 2.7.0 welcome")
}

func (k *talker) ask(question string) (answer string, ok bool) {
	if err := k.write("334 " + question); err != nil {
		return "", false
	}
	line, err := k.in.ReadString('\n')
	return line, err == nil
}

func decoded(text string) string {
	plain, _ := base64.StdEncoding.DecodeString(strings.TrimSpace(text))
	return string(plain)
}

func (k *talker) data() bool {
	if said := k.turn("data"); said != "" && said != EightBit {
		return k.say(said, "")
	} else if !k.say(said, "354 go on") {
		return false
	}
	if said := k.turn("body"); said == Drop {
		k.in.ReadString('\n')
		return false
	} else if said == Stall {
		k.in.ReadString('\n')
		io.WriteString(k.conn, "250-") // a pipe's write ends with the peer
		return false
	}
	var message strings.Builder
	for {
		line, err := k.in.ReadString('\n')
		if err != nil {
			return false
		}
		if line == ".\r\n" {
			break
		}
		if !k.Discard {
			message.WriteString(strings.TrimPrefix(line, "."))
		}
	}
	return k.dot(message.String())
}

func (k *talker) dot(message string) bool {
	said := k.turn("dot")
	took := said == "" || said == TakeDrop || said == TakeWait || said == Half || strings.HasPrefix(said, "2") ||
		said == Garbage || said == EightBit || said == Slowly
	if took {
		k.keep(message)
	}
	switch said {
	case TakeDrop:
		return false
	case Half:
		io.WriteString(k.conn, "250 2.0.0 O")
		return false
	case TakeWait:
		io.Copy(io.Discard, k.conn)
		return false
	}
	if !k.say(said, "250 2.0.0 Ok: queued as 4XYZ") {
		return false
	}
	said = k.turn("idle")
	return said == "" || k.say(said, "")
}

func (k *talker) keep(message string) {
	if k.Notify != nil {
		defer func() { k.Notify <- struct{}{} }()
	}
	if k.Discard {
		return
	}
	a := Arrival{From: k.from, To: k.to, Data: message, At: time.Now()}
	if parsed, err := netmail.ReadMessage(strings.NewReader(message)); err == nil {
		a.ID = parsed.Header.Get("Message-ID")
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	k.arrived = append(k.arrived, a)
}
