package mail

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
	drop     = "drop"     // close the connection
	stall    = "stall"    // never answer
	garbage  = "garbage"  // answer what is no SMTP
	endless  = "endless"  // answer a line without an end
	flood    = "flood"    // answer lines without an end
	takeDrop = "takeDrop" // dot: keep the message, and close without an answer
	takeWait = "takeWait" // dot: keep the message, and never answer
	half     = "half"     // dot: keep the message, and break off within the answer
	inject   = "inject"   // starttls: answer, and go on in clear text
	eight    = "eight"    // answer as usual, in words that are no UTF-8
	slowly   = "slowly"   // answer as usual, a second later
)

// arrival is a message that the sink took.
type arrival struct {
	from, to, id string
	data         string
	at           time.Time
}

// sink is an SMTP server that does what its script says. It serves any number of connections.
type sink struct {
	script     func(phase string, n int) string // n counts a phase's turns, from 1; "to <address>" is a phase too
	tls        *tls.Config                      // nil: STARTTLS is not offered
	implicit   bool
	bad        map[string]*tls.Config // other ones, which phase "tls" may name
	mechanisms string                 // of AUTH; empty: not offered
	questions  []string               // that AUTH LOGIN asks, as base64; nil: Username: and Password:
	extensions []string
	hush       bool                      // a benchmark: nothing is kept
	manner     func(reply string) string // how whole replies are written; nil: as they should be

	mu       sync.Mutex
	turns    map[string]int
	arrived  []arrival
	commands []string // what clients said, AUTH's answers decoded
	poured   int64    // octets of answers without an end, on all connections
	secured  bool     // every command so far but EHLO and STARTTLS came through TLS
	serving  sync.WaitGroup
	taken    chan struct{} // gets one for each arrival, where it is made
}

func newSink(script func(phase string, n int) string) *sink {
	return &sink{script: script, turns: make(map[string]int), secured: true}
}

// once makes a script of one phase's first answer.
func once(phase, answer string) func(string, int) string { return times(1, phase, answer) }

// times makes a script of one phase's first answers.
func times(most int, phase, answer string) func(string, int) string {
	return func(p string, n int) string {
		if p == phase && n <= most {
			return answer
		}
		return ""
	}
}

// listen serves on loopback until the test ends, and gives the address.
func (s *sink) listen(t testing.TB) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s.serve(t, listener)
	return listener.Addr().String()
}

func (s *sink) serve(t testing.TB, listener net.Listener) {
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
func (s *sink) dialPipe(context.Context, string) (net.Conn, error) {
	if s.turn("dial") == drop {
		return nil, fmt.Errorf("connection refused")
	}
	client, server := net.Pipe()
	s.serving.Go(func() { s.talk(server) })
	return client, nil
}

func (s *sink) turn(phase string) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.turns[phase]++
	if s.script == nil {
		return ""
	}
	return s.script(phase, s.turns[phase])
}

// offer changes the extensions while the sink serves.
func (s *sink) offer(extensions ...string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.extensions = extensions
}

// count tells how often a phase was reached.
func (s *sink) count(phase string) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.turns[phase]
}

// arrivals lists what was taken.
func (s *sink) arrivals() []arrival {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.arrived)
}

// heard tells whether any client said something with this in it.
func (s *sink) heard(text string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.ContainsFunc(s.commands, func(command string) bool { return strings.Contains(command, text) })
}

// talker is one connection's dialogue.
type talker struct {
	*sink
	conn     net.Conn
	in       *bufio.Reader
	secure   bool
	from, to string
}

func (s *sink) talk(raw net.Conn) {
	defer raw.Close()
	s.turn("connection")
	k := &talker{sink: s, conn: raw, in: bufio.NewReader(raw)}
	if s.implicit && !k.secureNow() || !k.answer("greet", "220 sink ESMTP") {
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
	config, said := k.tls, k.turn("tls")
	if other := k.bad[said]; other != nil {
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
	case drop:
		return false
	case stall:
		io.Copy(io.Discard, k.conn)
		return false
	case slowly:
		time.Sleep(time.Second)
		said = ordinary
	case eight:
		said = ordinary + " d\xe9j\xe0 vu"
	case garbage:
		said = "\x00\xff what?"
	case endless:
		k.pour("250 " + strings.Repeat("x", 1000))
		return false
	case flood:
		k.pour("250-more\r\n")
		return false
	}
	return k.write(said) == nil && !strings.HasPrefix(said, "421")
}

// write says a whole reply in the sink's manner.
func (k *talker) write(reply string) error {
	reply += "\r\n"
	if k.manner != nil {
		reply = k.manner(reply)
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
	if !k.hush {
		k.commands = append(k.commands, command)
	}
	k.secured = k.secured && (k.secure || strings.HasPrefix(command, "EHLO") || command == "STARTTLS")
}

func (k *talker) command(line string) bool {
	k.note(line)
	verb, rest, _ := strings.Cut(line, " ")
	switch strings.ToUpper(verb) {
	case "EHLO":
		if k.secure && !k.implicit {
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
	lines := append([]string{"sink"}, k.extensions...)
	k.mu.Unlock()
	if k.tls != nil && !k.secure {
		lines = append(lines, "STARTTLS")
	}
	if k.mechanisms != "" {
		lines = append(lines, "AUTH "+k.mechanisms)
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
	if said == inject {
		io.WriteString(k.conn, "220 go on\r\n250 injected\r\n")
		return k.secureNow()
	}
	return k.say(said, "220 go on") && (said != "" && said != eight || k.secureNow())
}

// auth takes PLAIN and XOAUTH2 with their initial responses, and LOGIN by questions. A refusal of XOAUTH2 comes after a
// question that wants an empty line.
func (k *talker) auth(rest string) bool {
	mechanism, initial, _ := strings.Cut(rest, " ")
	answers := []string{decoded(initial)}
	if mechanism == "LOGIN" {
		answers = nil
		questions := k.questions
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
	if said := k.turn("data"); said != "" && said != eight {
		return k.say(said, "")
	} else if !k.say(said, "354 go on") {
		return false
	}
	if said := k.turn("body"); said == drop {
		k.in.ReadString('\n')
		return false
	} else if said == stall {
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
		if !k.hush {
			message.WriteString(strings.TrimPrefix(line, "."))
		}
	}
	return k.dot(message.String())
}

func (k *talker) dot(message string) bool {
	said := k.turn("dot")
	took := said == "" || said == takeDrop || said == takeWait || said == half || strings.HasPrefix(said, "2") || said == garbage || said == eight || said == slowly
	if took {
		k.keep(message)
	}
	switch said {
	case takeDrop:
		return false
	case half:
		io.WriteString(k.conn, "250 2.0.0 O")
		return false
	case takeWait:
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
	if k.taken != nil {
		defer func() { k.taken <- struct{}{} }()
	}
	if k.hush {
		return
	}
	a := arrival{from: k.from, to: k.to, data: message, at: time.Now()}
	if parsed, err := netmail.ReadMessage(strings.NewReader(message)); err == nil {
		a.id = parsed.Header.Get("Message-ID")
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	k.arrived = append(k.arrived, a)
}
