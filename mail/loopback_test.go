package mail

import (
	"testing"

	"postern/mail/smtp"
	"postern/mail/smtp/smtptest"
)

// TestLoopback brings letters over real sockets with STARTTLS and AUTH, two connections at a time.
func TestLoopback(t *testing.T) {
	t.Parallel()
	ca := smtptest.NewAuthority(t)
	s := smtptest.NewServer(nil)
	s.TLS, s.Mechanisms = ca.Server(t, "127.0.0.1"), "PLAIN"
	o := newHarness(t, 2)
	defer o.close()
	h, err := smtp.New(smtp.Options{Addr: s.Listen(t), Username: "u", Password: "p", Roots: ca.Roots})
	if err != nil {
		t.Fatal(err)
	}
	o.register(150)
	o.start(h)
	o.wait(150)
	o.eachOnce(s, 150)
	if n := s.Count("connection"); n > 4 || s.Count("auth") != n || !s.Secured() {
		t.Errorf("%d connections, %d logins, everything but EHLO in TLS: %t", n, s.Count("auth"), s.Secured())
	}
}
