package smtp

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"postern/mail/smtp/smtptest"
)

// TestCheck: each step in words, up to the one that comes to nothing, and no mail.
func TestCheck(t *testing.T) {
	const host = "smarthost.example"
	synctest.Test(t, func(t *testing.T) {
		ca := smtptest.NewAuthority(t)
		good := ca.Server(t, host)
		user := Options{Username: "u", Password: "s3cret"}
		fine := "dial: " + host + ":587 is reached at pipe\nTLS: TLS 1.3; certificate for " + host +
			", by CN=ca, until 2000-01-31 (30 days)\n"
		for name, tt := range map[string]struct {
			o      Options
			server *smtptest.Server
			want   string // a line for each step, "!" before its error
		}{
			"all well": {user, &smtptest.Server{
				TLS: good, Mechanisms: "LOGIN PLAIN", Extensions: []string{"SIZE 36700160"}},
				fine + "EHLO: letters of up to 36700160 octets (SIZE); AUTH LOGIN PLAIN\nAUTH: u is let in, by " +
					"PLAIN\nQUIT: done; no letter was sent\n"},
			"no user": {Options{}, &smtptest.Server{TLS: good},
				fine + "EHLO: no limit of size named; no AUTH\nAUTH: not wanted: no user name is set\nQUIT: done; no " +
					"letter was sent\n"},
			"plain": {Options{Plain: true}, &smtptest.Server{Script: smtptest.Once("quit", smtptest.Drop)},
				"dial: " + host + ":587 is reached at pipe\nTLS: none, as SMTP_URL says: whoever is in between can " +
					"read letters and password\n" +
					"EHLO: no limit of size named; no AUTH\nAUTH: not wanted: no user name is set\nQUIT: done; no " +
					"letter was sent"},
			"unreachable": {user, &smtptest.Server{Script: smtptest.Once("dial", smtptest.Drop)},
				"dial: !connection refused; look at host and port"},
			"greeting": {user, &smtptest.Server{TLS: good, Script: smtptest.Once("greet", "554 5.7.1 go away")},
				"dial: …\nEHLO: !the smarthost answers 554 5.7.1 go away"},
			"stalls": {user, &smtptest.Server{TLS: good, Script: smtptest.Once("greet", smtptest.Stall)},
				"dial: …\nEHLO: !no answer in time…; this port may want TLS at once"},
			"no STARTTLS": {user, &smtptest.Server{}, "dial: …\nTLS: !the smarthost does not offer STARTTLS"},
			"expired": {user, &smtptest.Server{TLS: ca.Untrusted(t, host)["expired"]},
				"dial: …\nTLS: !tls: failed to verify certificate: x509: certificate has expired"},
			"wrong name": {user, &smtptest.Server{TLS: ca.Untrusted(t, host)["wrong name"]},
				"dial: …\nTLS: !…other.example, not smarthost.example; name the host in SMTP_URL"},
			"self-signed": {user, &smtptest.Server{TLS: ca.Untrusted(t, host)["self-signed"]},
				"dial: …\nTLS: !…SMTP_CA_FILE"},
			"EHLO in TLS": {user, &smtptest.Server{TLS: good, Script: smtptest.Once("again", "550 who?")},
				fine + "EHLO: !the smarthost answers 550 who?"},
			"no AUTH": {user, &smtptest.Server{TLS: good},
				fine + "EHLO: …\nAUTH: !the smarthost offers no way to authenticate"},
			"wrong": {user, &smtptest.Server{
				TLS: good, Mechanisms: "PLAIN", Script: smtptest.Once("auth", "535 5.7.8 wrong")},
				fine + "EHLO: …\nAUTH: !the smarthost answers 535 5.7.8 wrong; look at the user name"},
		} {
			tt.o.Addr, tt.o.Roots, tt.o.Hello = host+":587", ca.Roots, "postern.example"
			s := tt.server
			tt.o.Dial = s.Dial
			h := mustNew(t, tt.o)
			ctx, cancel := context.WithTimeout(t.Context(), 5*time.Minute)
			steps := h.Check(ctx)
			cancel()
			s.Wait()
			if said := described(steps); !matches(said, tt.want) || strings.Contains(said, "s3cret") {
				t.Errorf("%s:\n%s\nwant:\n%s", name, said, tt.want)
			}
			if s.Count("mail") > 0 || h.Connections() != 0 {
				t.Errorf("%s: MAIL was said, or a connection is left", name)
			}
		}
	})
}

func described(steps []Step) (said string) {
	for _, step := range steps {
		detail := step.Detail
		if step.Fault != "" {
			detail = "!" + step.Fault
		}
		said += fmt.Sprintf("%s: %s\n", step.Name, detail)
	}
	return said
}

// matches compares line by line; … stands for anything, and a line's end may be left out.
func matches(said, want string) bool {
	lines, wanted := strings.Split(strings.TrimSpace(said), "\n"), strings.Split(strings.TrimSpace(want), "\n")
	for i := range lines {
		if i >= len(wanted) {
			return false
		}
		before, after, _ := strings.Cut(wanted[i], "…")
		if !strings.HasPrefix(lines[i], before) || !strings.Contains(lines[i], after) {
			return false
		}
	}
	return len(lines) == len(wanted)
}

// TestCheckPort: a port that was taken for one of TLS from the first byte on.
func TestCheckPort(t *testing.T) {
	h := mustNew(t, Options{Addr: smtptest.NewServer(nil).Listen(t), Implicit: true})
	if steps := h.Check(t.Context()); !matches(
		described(steps), "dial: …\nTLS: !…smtp:// instead of smtps:// in SMTP_URL") {
		t.Error(described(steps))
	}
}
