package mail

import (
	"bytes"
	"context"
	"fmt"
	"net"
	netmail "net/mail"
	"strings"
	"sync"
	"testing"
	"time"

	"postern/mail/letters"
	"postern/mail/smtp"
	"postern/mail/smtp/smtptest"
	"postern/store"
	"postern/store/guid"
)

// tapped keeps what a client says on a connection.
type tapped struct {
	net.Conn
	mu   sync.Mutex
	said bytes.Buffer
}

func (c *tapped) Write(p []byte) (int, error) {
	c.mu.Lock()
	c.said.Write(p)
	c.mu.Unlock()
	return c.Conn.Write(p)
}

// FuzzWire puts hostile words wherever a person, a partner or a station chooses them, and follows the letter onto the
// wire: no bare CR or LF, no header that a harmless letter does not have, and nothing in the envelope but two
// addresses.
func FuzzWire(f *testing.F) {
	f.Add("Zoë", "zoe@drivers.example", "SYN-1", "Ethanol")
	f.Add("x\r\nBcc: a@b.example\r\n\r\n", "a@b.example> ORCPT=rfc822;z@z.example", "\"; filename=x\r\nX: y",
		"\r\n.\r\nMAIL FROM:<x@y.example>\r\n")
	f.Add("\r", "a@b.example\r\nRCPT TO:<z@z.example>", "=?utf-8?q?=0D=0A?=", "\n.\n")
	f.Add("\u2028\u0085", "é@b.example", strings.Repeat("N\r", 400), strings.Repeat("\r\n.", 300))
	o := newHarness(f, 1)
	defer o.close()
	headers := make(map[store.LetterKind]int)
	for kind, l := range wireLetters("Zoë", "zoe@drivers.example", "SYN-1", "Ethanol") {
		headers[kind] = o.onWire(f, l, "zoe@drivers.example", "postern@postern.example")
		if headers[kind] == 0 {
			f.Fatalf("%s: a harmless letter was refused", kind)
		}
	}
	f.Fuzz(func(t *testing.T, name, address, number, product string) {
		for kind, l := range wireLetters(name, address, number, product) {
			if got := o.onWire(t, l, address, "postern@postern.example"); got != 0 && got != headers[kind] {
				t.Errorf("%s: %d headers, a harmless letter has %d", kind, got, headers[kind])
			}
		}
		harmless := wireLetters("Zoë", "zoe@drivers.example", "SYN-1", "Ethanol")[store.LetterActivate]
		o.onWire(t, harmless, address, "postern@postern.example") // as if composing had not looked at it
		o.onWire(t, harmless, "zoe@drivers.example", address)
		sendTapped(t, letters.Message{From: "postern@postern.example", To: "zoe@drivers.example",
			Data: []byte("Subject: raw\r\n\r\n" + product + name + number)})
	})
}

// wireLetter is a letter, and what goes into it.
type wireLetter struct {
	letter store.Letter
	in     store.Contents
}

func wireLetters(name, address, number, product string) map[store.LetterKind]wireLetter {
	at := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	in := store.Contents{
		User: store.User{ID: guid.ID{1}, Email: address, FirstName: name, LastName: name, OrganisationName: name,
			Language: "en", ActivatedAt: at},
		Biker: store.Biker{ID: guid.ID{2}, Email: address,
			BikerData: store.BikerData{FirstName: name, LastName: name}},
		Client: name,
		Cleaning: store.Cleaning{ID: guid.ID{3},
			CleaningData: store.CleaningData{Number: number, Station: store.Station{Name: name}}},
		PDF: []byte("%PDF-1.4\r.\n\r\n.\r\n%%EOF"),
	}
	made := make(map[store.LetterKind]wireLetter)
	for _, kind := range []store.LetterKind{
		store.LetterActivate, store.LetterDocument, store.LetterDecided, store.LetterWelcome} {
		made[kind] = wireLetter{store.Letter{
			ID: guid.ID{9}, Kind: kind, Language: "en", To: address, MessageID: "1@postern.example", OwedAt: at,
			Cleaning: in.Cleaning.ID,
			Decision: &store.Load{Status: store.LoadCompleted, DecidedAt: at, ProductName: product,
				Comment: product}}, in}
	}
	return made
}

// onWire composes a letter, sends it within this envelope, and reads what was said. It returns the number of headers;
// 0: the letter was refused, and nothing was said.
func (o *harness) onWire(t testing.TB, l wireLetter, to, from string) int {
	message, err := o.options.Composer.Compose(l.letter, l.in, o.now())
	if err != nil {
		return 0
	}
	message.To, message.From = to, from
	data := sendTapped(t, message)
	for line := range strings.Lines(data) {
		if len(line) > 1000 {
			t.Errorf("a line of %d octets", len(line))
		}
	}
	if data == "" {
		return 0
	}
	parsed, err := netmail.ReadMessage(strings.NewReader(data))
	if err != nil {
		t.Fatalf("%v in %q", err, data)
	}
	for name, values := range parsed.Header {
		if len(values) != 1 {
			t.Errorf("%s is there %d times", name, len(values))
		}
	}
	return len(parsed.Header)
}

// sendTapped sends a message, looks at all that was said, and gives what came after DATA; empty: nothing was said.
func sendTapped(t testing.TB, message letters.Message) string {
	s := smtptest.NewServer(nil)
	var wire *tapped
	dial := func(ctx context.Context, address string) (net.Conn, error) {
		raw, err := s.Dial(ctx, address)
		wire = &tapped{Conn: raw}
		return wire, err
	}
	h := must(smtp.New(smtp.Options{Addr: "h.example:25", Plain: true, Hello: "postern.example", Dial: dial}))
	conn := h.Conn(t.Context())
	a := conn.Send(t.Context(), message)
	conn.CloseIdle()
	s.Wait()
	if wire == nil {
		if letters.IsPlainAddress(message.To) && letters.IsPlainAddress(message.From) {
			t.Errorf("not sent: %+v", a)
		}
		return ""
	}
	said := wire.said.String()
	if n := strings.Count(said, "\r\n"); n != strings.Count(said, "\r") || n != strings.Count(said, "\n") {
		t.Errorf("a bare CR or LF in %q", said)
	}
	before, data, begun := strings.Cut(said, "DATA\r\n")
	if want := fmt.Sprintf("EHLO postern.example\r\nMAIL FROM:<%s>\r\nRCPT TO:<%s>\r\n", message.From,
		message.To); !begun || before != want {
		t.Errorf("the envelope is %q", before)
	}
	data, after, ended := strings.Cut(data, "\r\n.\r\n")
	if !ended || after != "QUIT\r\n" || a.Class != store.AttemptSent {
		t.Errorf("after the message: %q", after)
	}
	return data
}
