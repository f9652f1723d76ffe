package listener

import (
	"bufio"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/textproto"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	gosmtp "github.com/emersion/go-smtp"
	"github.com/rs/zerolog"

	"postern/mail/returns/returnstest"
	"postern/mail/smtp/smtptest"
	"postern/store"
)

// serve runs a server, and returns its address and what stops it.
func serve(t *testing.T, d *returnstest.Desk, change func(*Server)) (address string, stop func()) {
	t.Helper()
	on, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s := New(Options{Desk: d.Desk, Name: "client.example", Log: zerolog.Nop()})
	if change != nil {
		change(s)
	}
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		if err := s.Run(ctx, on); err != nil {
			t.Error(err)
		}
	}()
	stop = sync.OnceFunc(func() { cancel(); <-ended })
	t.Cleanup(stop)
	return on.Addr().String(), stop
}

// send brings a message, and returns the code of the first answer that is no success.
func send(t *testing.T, address, to string, message []byte) (code int, text string) {
	t.Helper()
	client, err := gosmtp.Dial(address)
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	err = client.SendMail("", []string{to}, strings.NewReader(string(message)))
	if refused, is := err.(*gosmtp.SMTPError); is {
		return refused.Code, fmt.Sprint(refused.EnhancedCode, refused.Message)
	} else if err != nil {
		t.Fatal(err)
	}
	return 250, ""
}

// report brings the report of a letter to its code.
func report(t *testing.T, address string, d *returnstest.Desk, letter store.Letter) (code int, text string) {
	t.Helper()
	return send(t, address, d.Sender(letter), returnstest.Report("x", letter, "failed", "5.1.1"))
}

// TestListener holds what is taken and what is not, and what has become of the letter when the 250 is there.
func TestListener(t *testing.T) {
	d := returnstest.NewDesk(t)
	address, _ := serve(t, d, nil)
	letter, other := d.Sent("jan@far.example"), d.Sent("an@far.example")
	returned := returnstest.Report("x", letter, "failed", "5.1.1")
	for _, test := range []struct {
		name, to string
		message  []byte
		code     int
	}{
		{"somebody else", "postmaster@client.example", returned, 550},
		{"a relay", "jan@far.example", returned, 550},
		{"without a code", "gate@client.example", returned, 550},
		{"too large", d.Sender(letter), append(returned, strings.Repeat("too much\r\n", 1<<17)...), 552},
		{"a forged code", strings.Replace(d.Sender(other), "+a", "+b", 1),
			[]byte("Subject: x\r\n\r\n550 5.1.1 no such user\r\n"), 250},
	} {
		if code, text := send(t, address, test.to, test.message); code != test.code {
			t.Errorf("%s: %d %s", test.name, code, text)
		}
	}
	if d.Letter(letter).State != store.LetterSent || d.Letter(other).State != store.LetterSent {
		t.Error("a letter is failed")
	}
	if code, text := send(t, address, strings.ToUpper(d.Sender(letter)), returned); code != 250 {
		t.Fatalf("%d %s", code, text)
	}
	if got := d.Letter(letter); got.State != store.LetterFailed {
		t.Errorf("%+v", got)
	}
	if counted := d.Counted(); counted["listener failed"] != 1 {
		t.Errorf("%v", counted)
	}
}

// TestSizes holds that a message of 1 MiB is taken and nothing larger, however its sender says or brings it.
func TestSizes(t *testing.T) {
	d := returnstest.NewDesk(t)
	address, _ := serve(t, d, nil)
	to := d.Sender(d.Sent("jan@far.example"))
	for size, want := range map[int]int{1<<20 - 1: 250, 1 << 20: 250, 1<<20 + 1: 552, 1<<20 + 100: 552} {
		lines := strings.Repeat(strings.Repeat("y", 78)+"\r\n", size/80-1)
		exact := []byte(strings.Repeat("x", size-len(lines)-2) + "\r\n" + lines)
		if code, text := send(t, address, to, exact); code != want {
			t.Errorf("%d bytes: %d %s", len(exact), code, text)
		}
		client, err := gosmtp.Dial(address)
		if err != nil {
			t.Fatal(err)
		}
		defer client.Close()
		code := 250
		if refused, is := errors.AsType[*gosmtp.SMTPError](client.Mail("", &gosmtp.MailOptions{Size: int64(size)})); is {
			code = refused.Code
		}
		if code != want {
			t.Errorf("%d bytes announced: %d", size, code)
		}
	}
}

// TestBanner holds that no answer tells which program answers, and that nobody is asked who they are.
func TestBanner(t *testing.T) {
	d := returnstest.NewDesk(t)
	address, _ := serve(t, d, nil)
	conn, err := textproto.Dial("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	var said []string
	for _, command := range []string{"", "EHLO mx.example", "HELP", "VRFY jan", "EXPN all", "AUTH PLAIN AGEAYg==",
		"STARTTLS", "QUIT"} {
		if command != "" {
			if err := conn.PrintfLine("%s", command); err != nil {
				t.Fatal(err)
			}
		}
		code, text, err := conn.ReadResponse(-1)
		if err != nil {
			t.Fatal(command, err)
		}
		said = append(said, fmt.Sprintf("%d %s", code, text))
	}
	all := strings.Join(said, "\n")
	if !strings.HasPrefix(all, "220 client.example ESMTP") || strings.Contains(all, "STARTTLS\n") ||
		strings.Contains(all, "AUTH") ||
		strings.Contains(strings.ToLower(all), "postern") ||
		strings.Contains(strings.ToLower(all), "go-smtp") {
		t.Errorf("%s", all)
	}
}

// TestSTARTTLS holds that TLS is there where a certificate is, and that mail comes by both ways.
func TestSTARTTLS(t *testing.T) {
	d := returnstest.NewDesk(t)
	ca := smtptest.NewAuthority(t)
	pair := ca.Server(t, "client.example").Certificates[0]
	address, _ := serve(t, d, func(s *Server) {
		s.options.Certificate = func(*tls.ClientHelloInfo) (*tls.Certificate, error) { return &pair, nil }
	})
	one, two := d.Sent("jan@far.example"), d.Sent("an@far.example")
	client, err := gosmtp.DialStartTLS(address, &tls.Config{ServerName: "client.example", RootCAs: ca.Roots})
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	for range 3 {
		report := string(returnstest.Report("x", one, "failed", "5.1.1"))
		if err := client.SendMail("", []string{d.Sender(one)}, strings.NewReader(report)); err != nil {
			t.Fatal(err)
		}
	}
	if code, text := report(t, address, d, two); code != 250 {
		t.Errorf("in the clear: %d %s", code, text)
	}
	if d.Letter(one).State != store.LetterFailed || d.Letter(two).State != store.LetterFailed {
		t.Error("not failed")
	}
	if counted := d.Counted(); counted["listener failed"] != 2 || counted["listener repeated"] != 2 {
		t.Errorf("%v", counted)
	}
}

// TestStalled holds that fifty senders who stall, in every place, keep nobody out and are gone after their time, and
// that a stop ends them at once.
func TestStalled(t *testing.T) {
	d := returnstest.NewDesk(t)
	letter := d.Sent("jan@far.example")
	before := runtime.NumGoroutine()
	address, stop := serve(t, d, nil)
	for i := range 50 {
		conn, err := net.Dial("tcp", address)
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		in := bufio.NewReader(conn)
		commands := []string{"", "EHLO x\r\n", "MAIL FROM:<>\r\n", "RCPT TO:<" + d.Sender(letter) + ">\r\n"}
		for _, command := range commands[:1+i%len(commands)] {
			fmt.Fprint(conn, command)
			if _, _, err := textproto.NewReader(in).ReadResponse(-1); err != nil {
				t.Fatal(err)
			}
		}
	}
	if code, text := report(t, address, d, letter); code != 250 {
		t.Errorf("beside 50 who stall: %d %s", code, text)
	}
	began := time.Now()
	stop()
	if took := time.Since(began); took > 5*time.Second {
		t.Errorf("stopping took %s", took)
	}
	for until := time.Now().Add(time.Second); time.Now().Before(until); runtime.Gosched() {
		if runtime.NumGoroutine() <= before { // those that have returned are counted for a moment more
			return
		}
	}
	t.Errorf("%d goroutines, %d before", runtime.NumGoroutine(), before)
}

// TestLimits holds that a connection ends by its time, by what it brings beside messages, and that messages wait where
// there is no room for them.
func TestLimits(t *testing.T) {
	d := returnstest.NewDesk(t)
	letter := d.Sent("jan@far.example")
	dial := func(change func(*limits)) (*textproto.Conn, string) {
		address, _ := serve(t, d, func(s *Server) { change(&s.limits) })
		conn, err := textproto.Dial("tcp", address)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { conn.Close() })
		conn.ReadResponse(220)
		return conn, address
	}
	conn, _ := dial(func(l *limits) { l.life = 50 * time.Millisecond })
	if line, err := conn.ReadLine(); err == nil {
		t.Errorf("a connection outlives its time: %s", line)
	}
	conn, _ = dial(func(l *limits) { l.line = 50 * time.Millisecond })
	if _, _, err := conn.ReadResponse(421); err != nil {
		t.Errorf("idle: %v", err)
	}
	conn, _ = dial(func(l *limits) { l.commands = 1000 })
	var err error
	for i := 0; i < 1000 && err == nil; i++ {
		conn.PrintfLine("NOOP")
		_, _, err = conn.ReadResponse(250)
	}
	if err == nil {
		t.Error("a thousand commands")
	}
	_, address := dial(func(l *limits) { l.held = 100 })
	if code, text := report(t, address, d, letter); code != 452 {
		t.Errorf("no room: %d %s", code, text)
	}
	if d.Letter(letter).State != store.LetterSent {
		t.Error("it was taken all the same")
	}
}

// TestDiskFull holds that a report which cannot be written down is refused for now.
func TestDiskFull(t *testing.T) {
	d := returnstest.NewDesk(t)
	letter := d.Sent("jan@far.example")
	address, _ := serve(t, d, nil)
	if err := d.Store.Close(); err != nil {
		t.Fatal(err)
	}
	if code, text := report(t, address, d, letter); code != 451 {
		t.Errorf("%d %s", code, text)
	}
}
