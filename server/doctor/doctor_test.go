package doctor

import (
	"context"
	"crypto/rand"
	"encoding/pem"
	"errors"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"postern/mail/smtp"
	"postern/mail/smtp/smtptest"
	"postern/store"
	"postern/store/file"
	"postern/tokens"
)

const (
	domain = "doctor-of-postern.net" // asked of the test's own DNS server alone
	spf    = "v=spf1 include:relay.net -all"
)

// patient is an appliance that is well, to be spoilt by a test: a real data file and key file, a real SMTP server, a
// DNS server and a web server on loopback.
type patient struct {
	Options
	t         *testing.T
	zone      zone
	smarthost *smtptest.Server
	public    func(http.ResponseWriter, *http.Request) // answers PUBLIC_URL
	authority *smtptest.Authority
	seen      Appliance
}

func newPatient(t *testing.T) *patient {
	t.Helper()
	p := &patient{t: t, authority: smtptest.NewAuthority(t), zone: zone{
		"MX " + domain:         {"mx." + domain},
		"TXT " + domain:        {"some=other", spf},
		"TXT _dmarc." + domain: {"v=DMARC1; p=reject"},
	}}
	p.Dir, p.KeyFile = t.TempDir(), filepath.Join(t.TempDir(), "postern.keys")
	check(t, os.Chmod(p.Dir, 0o700))
	opened, err := store.Open(p.Dir, store.Options{})
	check(t, err)
	check(t, opened.Close())
	_, err = tokens.CreateKeyring(p.KeyFile, rand.Reader, time.Now())
	check(t, err)
	p.Sender, p.Now, p.Visits = "gate@"+domain, time.Now, &Visits{}
	p.Sync = func(string) (time.Duration, error) { return time.Millisecond, nil }
	p.Space = func(string) (file.Space, error) {
		return file.Space{Free: 1 << 40, Total: 1 << 41, Reserve: 64 << 20}, nil
	}
	p.smarthost = smtptest.NewServer(func(phase string, _ int) string {
		if phase == "greet" {
			return "220 mail." + domain + " ready at " + time.Now().Format(time.RFC1123Z)
		}
		return ""
	})
	p.smarthost.TLS, p.smarthost.Mechanisms = p.authority.Server(t, "127.0.0.1"), "PLAIN"
	p.Roots = p.authority.Roots
	p.public = p.answer
	p.Backups = &Backups{Dir: t.TempDir(), Every: time.Hour, At: time.Now().Add(-time.Hour)}
	p.Console = "http://127.0.0.1:8081"
	p.ComesHome, p.Home = true, "mail comes back by SMTP"
	p.seen.Glance = store.Glance{Schema: 1, Current: 1, LastEvent: time.Now()}
	p.Appliance = func() (Appliance, error) { return p.seen, nil }
	return p
}

func check(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// answer is what the appliance itself answers at PUBLIC_URL.
func (p *patient) answer(w http.ResponseWriter, r *http.Request) {
	p.Visits.Note(r.URL.Query().Get(VisitQuery), Visit{Came: true, Secure: r.TLS != nil,
		Peer: netip.MustParseAddrPort(r.RemoteAddr).Addr()})
}

// serve answers PUBLIC_URL with the certificate that the authority has for it; of what kind: as smtptest's Untrusted.
func (p *patient) serve(kind string) {
	answer := func(w http.ResponseWriter, r *http.Request) { p.public(w, r) }
	server := httptest.NewUnstartedServer(http.HandlerFunc(answer))
	server.TLS = p.authority.Server(p.t, "127.0.0.1")
	if kind != "" {
		server.TLS = p.authority.Untrusted(p.t, "127.0.0.1")[kind]
	}
	server.Config.ErrorLog = log.New(io.Discard, "", 0) // of handshakes that must fail
	server.StartTLS()
	p.t.Cleanup(server.Close)
	p.PublicURL, _ = url.Parse(server.URL)
}

// examine serves what the options name, unless the test has done so, and examines.
func (p *patient) examine() Report {
	p.t.Helper()
	if p.Smarthost == nil && p.smarthost != nil {
		host, err := smtp.New(smtp.Options{Addr: p.smarthost.Listen(p.t), Username: "u", Password: "s3cret",
			Roots: p.authority.Roots})
		check(p.t, err)
		p.Smarthost = func(ctx context.Context) ([]smtp.Step, error) { return host.Check(ctx), nil }
	}
	if p.PublicURL == nil {
		p.serve("")
	}
	p.Resolver = p.zone.resolver(p.t)
	return Examine(p.t.Context(), p.Options)
}

// write makes a certificate's file that lasts until then.
func (p *patient) write(authority *smtptest.Authority, host string) string {
	path := filepath.Join(p.t.TempDir(), "cert.pem")
	leaf := authority.Server(p.t, host).Certificates[0].Certificate[0]
	check(p.t, os.WriteFile(path, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: leaf}), 0o600))
	return path
}

// TestWell holds that nothing is found where all is well.
func TestWell(t *testing.T) {
	report := newPatient(t).examine()
	for _, f := range report.Findings {
		if f.State != OK && !strings.Contains(f.Found, "lies on tmpfs") {
			t.Errorf("%+v", f)
		}
	}
	if len(report.Findings) < 12 || report.Mend != 0 || !report.Running {
		t.Errorf("%+v", report)
	}
}

// TestStopped holds what is said where no appliance runs: of the file by its name, and nothing is changed there.
func TestStopped(t *testing.T) {
	stopped := func(t *testing.T) *patient {
		p := newPatient(t)
		p.Visits, p.Appliance = nil, nil
		return p
	}
	t.Run("sound", func(t *testing.T) {
		p := stopped(t)
		before, err := os.ReadFile(file.DataFile(p.Dir))
		check(t, err)
		report := p.examine()
		if !(fault{check: "data", state: Warning, found: "No appliance runs"}).named(report) || report.Running ||
			!(fault{check: "public URL", state: Warning, found: "was not called"}).named(report) || report.Mend > 0 {
			t.Errorf("%+v", report)
		}
		after, err := os.ReadFile(file.DataFile(p.Dir))
		if entries, _ := os.ReadDir(p.Dir); err != nil || string(before) != string(after) || len(entries) > 2 {
			t.Errorf("something was changed: %v, %v", err, entries)
		}
	})
	t.Run("damaged", func(t *testing.T) {
		p := stopped(t)
		opened, err := os.OpenFile(file.DataFile(p.Dir), os.O_RDWR, 0)
		check(t, err)
		_, err = opened.WriteAt(make([]byte, 16<<10), 0)
		check(t, errors.Join(err, opened.Close()))
		if report := p.examine(); !(fault{check: "data", state: MustMend, found: "damaged"}).named(report) {
			t.Errorf("%+v", report)
		}
	})
	t.Run("nothing there", func(t *testing.T) {
		p := stopped(t)
		p.Dir, p.KeyFile = filepath.Join(t.TempDir(), "none"), filepath.Join(t.TempDir(), "none.keys")
		report := p.examine()
		if report.Mend > 0 || !(fault{check: "files", state: Warning, found: "not there yet"}).named(report) {
			t.Errorf("%+v", report)
		}
	})
}

// TestGreetingTime reads the dates that servers greet with, and no others.
func TestGreetingTime(t *testing.T) {
	want := time.Date(2026, 3, 2, 8, 0, 5, 0, time.UTC)
	for greeting, told := range map[string]bool{
		"mail.example ESMTP Sendmail 8.17.1/8.17.1; Mon, 2 Mar 2026 09:00:05 +0100":                      true,
		"outlook.office365.com Microsoft ESMTP MAIL Service ready at Mon, 2 Mar 2026 08:00:05 +0000 [x]": true,
		"mail.example ESMTP Postfix (Debian/GNU)":                                                        false,
		"":                         false,
		"ready at Mon, 2 Mar 2026": false,
	} {
		if at, is := greetingTime(greeting); is != told || is && !at.Equal(want) {
			t.Errorf("%q: %s, %v", greeting, at, is)
		}
	}
}

// TestVisits holds that a call is known by its word alone, and once.
func TestVisits(t *testing.T) {
	var v Visits
	word, end := v.await()
	v.Note("guessed", Visit{Came: true})
	v.Note(word, Visit{Came: true, Secure: true})
	if visit := end(); !visit.Came || !visit.Secure {
		t.Errorf("%+v", visit)
	}
	v.Note(word, Visit{Came: true})
	if len(v.awaits) != 0 {
		t.Errorf("kept: %v", v.awaits)
	}
}

// TestBounded holds that nobody who does not answer keeps the examination, and that all of them are waited for at once.
func TestBounded(t *testing.T) {
	p := newPatient(t)
	p.Patience, p.zone = 300*time.Millisecond, nil
	p.smarthost.Script = func(phase string, _ int) string {
		if phase == "greet" {
			return smtptest.Stall
		}
		return ""
	}
	p.public = func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }
	began := time.Now()
	report := p.examine()
	if took := time.Since(began); took > 5*time.Second {
		t.Errorf("it took %s", took)
	}
	for _, f := range []fault{{check: "smarthost", state: MustMend, found: "no answer in the time"},
		{check: "sender", state: Warning, found: "DNS does not answer"},
		{check: "public URL", state: MustMend, found: "cannot be called"}} {
		if !f.named(report) {
			t.Errorf("not told of %s: %+v", f.check, report.Findings)
		}
	}
}
