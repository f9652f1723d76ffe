package smtp

import (
	"bytes"
	"context"
	"io"
	"net"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"
	"unicode/utf8"

	"golang.org/x/oauth2"

	"postern/mail/letters"
	"postern/mail/refusal"
	"postern/mail/smtp/smtptest"
	"postern/store"
)

// testMessage has what dot-stuffing and line ends are about.
var testMessage = letters.Message{From: "postern@postern.example", To: "driver+tag@drivers.example",
	Data: []byte("Message-ID: <1@postern.example>\r\n\r\n.\r\n..two\r\nthe end\r\n")}

// noTokens is a source that must not be asked.
type noTokens struct{}

func (noTokens) Token(context.Context) (*oauth2.Token, error) { panic("a token was wanted") }

// TestSession takes one message through the ways of TLS and AUTH that smarthosts know: phase, code, what was said
// before TLS. (TestFaults has what may go wrong.)
func TestSession(t *testing.T) {
	const host = "smarthost.example"
	synctest.Test(t, func(t *testing.T) {
		ca := smtptest.NewAuthority(t)
		good := ca.Server(t, host)
		tests := map[string]struct {
			o      Options
			server *smtptest.Server
			phase  string
			code   int
			text   string
			heard  string // credentials as the server heard them; empty: none
		}{
			"STARTTLS, PLAIN": {Options{Username: "u", Password: "p"},
				&smtptest.Server{TLS: good, Mechanisms: "LOGIN PLAIN"}, "", 0, "", "\x00u\x00p"},
			"STARTTLS, LOGIN": {Options{Username: "u", Password: "p"},
				&smtptest.Server{TLS: good, Mechanisms: "LOGIN"}, "", 0, "", "u\x00p"},
			"implicit, LOGIN": {Options{Implicit: true, Auth: "login", Username: "u"},
				&smtptest.Server{TLS: good, Implicit: true, Mechanisms: "PLAIN LOGIN"}, "", 0, "", "u\x00"},
			"no AUTH wanted": {Options{}, &smtptest.Server{TLS: good, Mechanisms: "PLAIN"}, "", 0, "", ""},
			"plain text named": {Options{Plain: true, Username: "u"}, &smtptest.Server{Mechanisms: "PLAIN"}, "", 0, "",
				"\x00u\x00"},
			"handshake stalls": {Options{Implicit: true},
				&smtptest.Server{TLS: good, Implicit: true, Script: smtptest.Once("tls", smtptest.Stall)}, PhaseTLS, 0,
				"no answer in time", ""},
			"expired, implicit": {Options{Implicit: true, Username: "u"},
				&smtptest.Server{Implicit: true, TLS: ca.Untrusted(t, host)["expired"]}, PhaseTLS, 0, "expired", ""},
			"no TLS behind it": {Options{Implicit: true, Username: "u"}, &smtptest.Server{Mechanisms: "PLAIN"},
				PhaseTLS, 0, "", ""},
			"LOGIN, odd words": {Options{Username: "u", Password: "p"},
				&smtptest.Server{TLS: good, Mechanisms: "LOGIN",
					Questions: []string{"VXNlciBOYW1lAA==", "UGFzc3dvcmQA"}}, "", 0, "", "u\x00p"},
			"LOGIN, no words": {Options{Username: "u", Password: "p"},
				&smtptest.Server{TLS: good, Mechanisms: "LOGIN", Questions: []string{"", ""}}, "", 0, "", "u\x00p"},
			"LOGIN asks thrice": {Options{Username: "u", Password: "p"},
				&smtptest.Server{TLS: good, Mechanisms: "LOGIN", Questions: []string{"YQ==", "YQ==", "YQ=="}},
				PhaseAuth, 0, "challenge", ""},
			"LOGIN refused": {Options{Username: "u", Password: "p"},
				&smtptest.Server{TLS: good, Mechanisms: "LOGIN", Script: smtptest.Once("auth", "535 5.7.8 wrong")},
				PhaseAuth, 535, "wrong", "u\x00p"},
			"AUTH not that": {Options{Username: "u", Auth: "plain"},
				&smtptest.Server{TLS: good, Mechanisms: "LOGIN XOAUTH2"}, PhaseAuth, 0, `offers "LOGIN XOAUTH2"`, ""},
			"AUTH not XOAUTH2": {Options{Username: "u", Auth: "xoauth2", Tokens: noTokens{}},
				&smtptest.Server{TLS: good, Mechanisms: "LOGIN PLAIN"}, PhaseAuth, 0, `offers "LOGIN PLAIN"`, ""},
		}
		for name, tt := range tests {
			t.Log(name)
			tt.o.Addr, tt.o.Roots = host+":587", ca.Roots
			s := tt.server
			a := sendOnce(t, tt.o, s)
			if ok := tt.phase == ""; ok != (a.Class == store.AttemptSent) ||
				!ok && (a.Class != store.AttemptSmarthost || a.Phase != tt.phase) ||
				!ok && a.Code != tt.code || !strings.Contains(a.Text, tt.text) {
				t.Errorf("%s: %+v", name, a)
			}
			if !s.Heard("credentials "+tt.heard) != (tt.heard == "") || s.Heard("*") || !s.Secured() && !tt.o.Plain {
				t.Errorf("%s: the server heard %q", name, s.Said())
			}
			if got := s.Arrivals(); tt.phase == "" &&
				(len(got) != 1 || got[0].Data != string(testMessage.Data) || got[0].To != testMessage.To) {
				t.Errorf("%s: arrived %+v", name, got)
			}
			if tt.phase != "" && s.Count("mail") > 0 {
				t.Errorf("%s: MAIL was said", name)
			}
		}
	})
}

// TestSize: a message that the smarthost says it will not take is not even begun. A SIZE below what any server takes is
// the smarthost's fault, unless it is known to be large enough for others.
func TestSize(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		big := testMessage
		big.Data = append(bytes.Clone(testMessage.Data), bytes.Repeat([]byte("x\r\n"), leastSize/3)...)
		for size, want := range map[string][3]store.AttemptClass{ // of a big letter, a small one, the big one again
			"10":     {store.AttemptSmarthost, store.AttemptSmarthost, store.AttemptSmarthost},
			"60":     {store.AttemptSmarthost, store.AttemptSent, store.AttemptPermanent},
			"65536":  {store.AttemptPermanent, store.AttemptSent, store.AttemptPermanent},
			"0":      {store.AttemptSent, store.AttemptSent, store.AttemptSent},
			"1e9":    {store.AttemptSent, store.AttemptSent, store.AttemptSent},
			"100000": {store.AttemptSent, store.AttemptSent, store.AttemptSent},
		} {
			s := smtptest.NewServer(nil)
			s.Extensions = []string{"SIZE " + size}
			h := withoutTLS(t, s.Dial)
			conn := h.Conn(t.Context())
			for i, m := range []letters.Message{big, testMessage, big} {
				said := s.Count("mail")
				a := conn.Send(t.Context(), m)
				if a.Class != want[i] || a.Class != store.AttemptSent &&
					(s.Count("mail") > said || a.Phase != PhaseSize || !strings.Contains(a.Text, "takes "+size)) {
					t.Errorf("SIZE %s, letter %d: %+v", size, i+1, a)
				}
			}
			conn.CloseIdle()
		}
	})
}

// TestEnvelope: nothing but two plain addresses gets into MAIL and RCPT.
func TestEnvelope(t *testing.T) {
	for _, to := range []string{"x@y.example> ORCPT=rfc822;z@z.example", "x@y.example\r\nRCPT TO:<z@z.example>",
		`"x y"@y.example`,
		"x@y.example,z@z.example", "x", "@y.example", "x@", "x@@y", "é@y.example", "", "x@[127.0.0.1]"} {
		s := smtptest.NewServer(nil)
		a := withoutTLS(t, s.Dial).Conn(t.Context()).
			Send(t.Context(), letters.Message{From: testMessage.From, To: to, Data: testMessage.Data})
		if a.Class != store.AttemptPermanent || s.Count("dial") != 0 || to != "" && strings.Contains(a.Text, to) {
			t.Errorf("%q: %+v", to, a)
		}
	}
}

// TestDSN: where the smarthost offers delivery status notifications, a letter asks for what makes reports find it, and
// elsewhere it says nothing of them.
func TestDSN(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for offered, want := range map[string][2]string{
			"DSN": {"MAIL FROM:<gate+code@postern.example> RET=HDRS ENVID=ref0123",
				"RCPT TO:<driver+tag@drivers.example> NOTIFY=FAILURE,DELAY"},
			"HELP": {"MAIL FROM:<gate+code@postern.example>", "RCPT TO:<driver+tag@drivers.example>"},
		} {
			s := smtptest.NewServer(nil)
			s.Extensions = []string{offered}
			m := testMessage
			m.From, m.EnvelopeID = "gate+code@postern.example", "ref0123"
			conn := withoutTLS(t, s.Dial).Conn(t.Context())
			if a := conn.Send(t.Context(), m); a.Class != store.AttemptSent {
				t.Errorf("%s: %+v", offered, a)
			}
			conn.CloseIdle()
			for _, command := range want {
				if !slices.Contains(s.Said(), command) {
					t.Errorf("%s: %q is not in %q", offered, command, s.Said())
				}
			}
		}
	})
}

// TestLines: no CR and no LF of its own goes out.
func TestLines(t *testing.T) {
	for in, want := range map[string]string{
		"": "", "a\r\nb\r\n": "a\r\nb\r\n", "a\nb": "a\r\nb", "a\rb\r\n": "a\r\nb\r\n", "\r\r\n\n": "\r\n\r\n\r\n",
		"\n\r": "\r\n\r\n"} {
		if got := string(withCRLF([]byte(in))); got != want {
			t.Errorf("%q became %q", in, got)
		}
	}
}

// scripted is a connection on which a server says what it is given, whatever it hears.
type scripted struct {
	net.Conn
	said io.Reader
}

func (s scripted) Read(p []byte) (int, error)       { return s.said.Read(p) }
func (s scripted) Write(p []byte) (int, error)      { return len(p), nil }
func (s scripted) Close() error                     { return nil }
func (s scripted) LocalAddr() net.Addr              { return &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1)} }
func (s scripted) SetReadDeadline(time.Time) error  { return nil }
func (s scripted) SetWriteDeadline(time.Time) error { return nil }

// FuzzAnswers lets a server say anything at all: the attempt ends in a class, with words that can be kept.
func FuzzAnswers(f *testing.F) {
	f.Add([]byte("220 a\r\n250-a\r\n250-SIZE 1000\r\n250 AUTH PLAIN\r\n235 ok\r\n250 ok\r\n250 ok\r\n354 go\r\n250 " +
		"2.0.0 queued\r\n"))
	f.Add([]byte("220 a\r\n250 a\r\n250 ok\r\n550-5.1.1 no\r\n550 5.1.1 such\x00\xff\r\n"))
	f.Add([]byte("220 a\r\n502 a\r\n250 a\r\n250 ok\r\n250 ok\r\n354 go\r\n99"))
	f.Fuzz(func(t *testing.T, said []byte) {
		for _, o := range []Options{{Addr: "h.example:25", Plain: true, Username: "u"},
			{Addr: "h.example:25", Plain: true}, {Addr: "h.example:25"}} {
			o.Dial = func(context.Context, string) (net.Conn, error) {
				return scripted{said: bytes.NewReader(said)}, nil
			}
			h := mustNew(t, o)
			conn := h.Conn(t.Context())
			a := conn.Send(t.Context(), testMessage)
			conn.CloseIdle()
			if a.Class == "" || a.Phase == "" || len(a.Text) > refusal.MaxKept || !utf8.ValidString(a.Text) ||
				strings.ContainsAny(a.Text, "\r\n\x00") {
				t.Errorf("%+v", a)
			}
			if a.Class == store.AttemptSent && (!bytes.Contains(said, []byte("354")) || o.Username == "" && !o.Plain) {
				t.Errorf("sent, though the server said %q", said)
			}
			if h.Connections() != 0 {
				t.Error("a connection is left open")
			}
		}
	})
}

// TestOutOfStep: answers that nobody asked for, on a kept connection, make no letter count as sent that was not.
func TestOutOfStep(t *testing.T) {
	for name, unasked := range map[string]string{
		"250": "250 2.0.0 ok\r\n", "250 twice": "250 ok\r\n250 ok\r\n", "354": "250 ok\r\n250 ok\r\n354 go\r\n"} {
		said := "220 a\r\n250 a\r\n250 ok\r\n250 ok\r\n354 go\r\n250 2.0.0 queued as ONE\r\n" + unasked
		dials := 0
		h := withoutTLS(t, func(context.Context, string) (net.Conn, error) {
			dials++
			return scripted{said: strings.NewReader(said)}, nil
		})
		conn := h.Conn(t.Context())
		if a := conn.Send(t.Context(), testMessage); a.Class != store.AttemptSent || a.Text != "queued as ONE" {
			t.Fatalf("%+v", a)
		}
		if a := conn.Send(t.Context(), testMessage); a.Class == store.AttemptSent && dials < 2 {
			t.Errorf("%s: sent, though only said of the letter before: %+v", name, a)
		}
		conn.CloseIdle()
	}
}
