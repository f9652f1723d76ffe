package smtptest

import (
	"bufio"
	"cmp"
	"crypto/tls"
	"encoding/base64"
	"io"
	"net"
	netmail "net/mail"
	"strings"
	"time"
)

// session is one connection's dialogue.
type session struct {
	*Server
	conn     net.Conn
	in       *bufio.Reader
	secure   bool
	from, to string
}

// secureNow makes TLS, with the configuration that the script names in phase "tls".
func (k *session) secureNow() bool {
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

// answer does what the script wants, or else sends the ordinary reply; false ends the connection.
func (k *session) answer(phase, ordinary string) bool { return k.say(k.turn(phase), ordinary) }

// say does what the script said: an answer of the constants, or a reply's text; false ends the connection.
func (k *session) say(said, ordinary string) bool {
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
		k.pour(strings.Repeat("250-more\r\n", 100))
		return false
	}
	return k.write(said) == nil && !strings.HasPrefix(said, "421")
}

// write sends a whole reply, as Rewrite wants it.
func (k *session) write(reply string) error {
	reply += "\r\n"
	if k.Rewrite != nil {
		reply = k.Rewrite(reply)
	}
	_, err := io.WriteString(k.conn, reply)
	return err
}

// pouredMost is how long an answer without an end is.
const pouredMost = 1 << 30

// pour writes a text without an end, to find out how much a client takes. A client that takes pouredMost fails the test
// by a panic.
func (k *session) pour(text string) {
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

// note keeps what the client said. Credentials are kept like everything else: the tests' own are no secret, and must be
// seen to come through TLS alone.
func (k *session) note(command string) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if !k.Discard {
		k.commands = append(k.commands, command)
	}
	k.clear = k.clear || !k.secure && !strings.HasPrefix(command, "EHLO") && command != "STARTTLS"
}

// command answers one command; false ends the connection.
func (k *session) command(line string) bool {
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

func (k *session) hello() string {
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

func (k *session) startTLS() bool {
	said := k.turn("starttls")
	if said == Inject {
		io.WriteString(k.conn, "220 go on\r\n250 injected\r\n")
		return k.secureNow()
	}
	return k.say(said, "220 go on") && (said != "" && said != EightBit || k.secureNow())
}

// auth takes PLAIN and XOAUTH2 with their initial responses, and LOGIN by questions. A refusal of XOAUTH2 comes after a
// question that wants an empty line.
func (k *session) auth(rest string) bool {
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

func (k *session) ask(question string) (answer string, ok bool) {
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

// data takes a message, up to its final dot, and undoes dot-stuffing.
func (k *session) data() bool {
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

// dot answers the final dot, and keeps the message where that is what the script wants.
func (k *session) dot(message string) bool {
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

// keep keeps a message before its answer is sent: a client that gets none is right to send it again, and the test
// counts both.
func (k *session) keep(message string) {
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
