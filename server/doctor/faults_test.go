package doctor

import (
	"context"
	"errors"
	"net"
	"net/http"
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
)

// fault is something wrong, and what is said of it.
type fault struct {
	spoil func(p *patient)
	check string
	state State
	found string
}

var faults = map[string]fault{
	"a setting that is warned of": {func(p *patient) { p.Warnings = []string{"POSTERN_SMTP_URL says tls=off"} },
		"settings", Warning, "says tls=off"},
	"others may write to the directory": {func(p *patient) { check(p.t, os.Chmod(p.Dir, 0o770)) },
		"files", MustMend, "Other accounts may write"},
	"others may open the data file": {func(p *patient) { check(p.t, os.Chmod(file.DataFile(p.Dir), 0o644)) },
		"files", MustMend, "run chmod 600"},
	"a copy from before an upgrade": {func(p *patient) {
		path := file.DataFile(p.Dir) + ".schema-1.bak"
		check(p.t, os.WriteFile(path, nil, 0o600))
		old := time.Now().Add(-30 * 24 * time.Hour)
		check(p.t, os.Chtimes(path, old, old))
	}, "files", Warning, "copy from before an upgrade"},
	"others may read the keys": {func(p *patient) { check(p.t, os.Chmod(p.KeyFile, 0o640)) },
		"keys", MustMend, "open to other accounts"},
	"the keys are missing": {func(p *patient) {
		check(p.t, os.Remove(p.KeyFile))
	}, "keys", MustMend, "is missing"},
	"the keys lie beside the data": {func(p *patient) {
		beside := filepath.Join(p.Dir, "postern.keys")
		check(p.t, os.Rename(p.KeyFile, beside))
		p.KeyFile = beside
	}, "keys", Warning, "beside the data"},
	"the disk is nearly full": {func(p *patient) {
		p.Space = func(string) (file.Space, error) { return file.Space{Free: 9, Total: 1 << 40, Reserve: 64 << 20}, nil }
	}, "disk", MustMend, "nearly full: 9 bytes"},
	"the disk has little room": {func(p *patient) {
		p.Space = func(string) (file.Space, error) {
			return file.Space{Free: 1 << 30, Total: 1 << 40, Reserve: 64 << 20, File: 1 << 30}, nil
		}
	}, "disk", Warning, "1.0 GiB are free"},
	"the disk is slow": {func(p *patient) {
		p.Sync = func(string) (time.Duration, error) { return 300 * time.Millisecond, nil }
	}, "disk", Warning, "takes 300ms"},
	"the disk is about to fail": {func(p *patient) {
		p.Sync = func(string) (time.Duration, error) { return 4 * time.Second, nil }
	}, "disk", MustMend, "takes 4s"},
	"the disk takes no writes": {func(p *patient) {
		p.Sync = func(string) (time.Duration, error) { return 0, errors.New("read-only file system") }
	}, "disk", MustMend, "read-only"},
	"the clock is behind": {func(p *patient) {
		p.Now = func() time.Time { return time.Now().Add(-20 * time.Minute) }
	}, "clock", MustMend, "behind, compared with the smarthost's greeting"},
	"the clock is a little ahead": {func(p *patient) {
		p.Now = func() time.Time { return time.Now().Add(2 * time.Minute) }
	}, "clock", Warning, "ahead"},
	"the clock was set back": {func(p *patient) { p.seen.LastEvent = time.Now().Add(time.Hour) },
		"clock", MustMend, "The newest event is dated"},
	"the smarthost lets nobody in": {func(p *patient) { p.smarthost.Script = smtptest.Once("auth", "535 5.7.8 wrong") },
		"smarthost", MustMend, "AUTH failed: the smarthost answers 535"},
	"the smarthost is down": {func(p *patient) {
		listener, err := net.Listen("tcp", "127.0.0.1:0")
		check(p.t, err)
		host, err := smtp.New(smtp.Options{Addr: listener.Addr().String()})
		check(p.t, errors.Join(err, listener.Close()))
		p.Smarthost = func(ctx context.Context) ([]smtp.Step, error) { return host.Check(ctx), nil }
	}, "smarthost", MustMend, "dial failed"},
	"there is no smarthost": {func(p *patient) { p.smarthost = nil }, "smarthost", Warning, "reach nobody"},
	"the smarthost's certificate ends": {func(p *patient) {
		steps := []smtp.Step{{Name: "TLS", Until: time.Now().Add(5 * 24 * time.Hour)}}
		p.Smarthost = func(context.Context) ([]smtp.Step, error) { return steps, nil }
	}, "smarthost", Warning, "certificate ends on"},
	"the sender's domain is not there": {func(p *patient) {
		p.zone = zone{}
	}, "sender", MustMend, "neither MX nor address"},
	"the sender's domain has no MX": {func(p *patient) {
		p.set("MX")
		p.set("A", "192.0.2.1")
	}, "sender", Warning, "no MX"},
	"the sender's domain takes no mail": {func(p *patient) { p.set("MX", "") }, "sender", Warning, "null MX"},
	"the sender's domain is for examples": {func(p *patient) {
		p.Sender = "gate@example.org"
	}, "sender", Warning, "for examples"},
	"DNS does not answer": {func(p *patient) {
		p.zone, p.Patience = nil, 300*time.Millisecond
	}, "sender", Warning, "DNS does not answer"},
	"the sender's domain has no SPF": {func(p *patient) {
		p.set("TXT", "some=other")
	}, "SPF", Warning, "no SPF record"},
	"the sender's domain has two SPFs": {func(p *patient) {
		p.set("TXT", spf, spf)
	}, "SPF", MustMend, "2 SPF records"},
	"nobody may send for the domain": {func(p *patient) {
		p.set("TXT", "v=spf1 -all")
	}, "SPF", MustMend, "nobody may send"},
	"anybody may send for the domain": {func(p *patient) {
		p.set("TXT", "v=spf1 +all")
	}, "SPF", Warning, "lets anybody"},
	"the sender's domain has no DMARC": {func(p *patient) {
		delete(p.zone, "TXT _dmarc."+domain)
	}, "DMARC", Warning, "no DMARC record"},
	"the public URL leads elsewhere": {func(p *patient) {
		p.public = func(http.ResponseWriter, *http.Request) {}
	}, "public URL", MustMend, "somebody else"},
	"the proxy does not reach it": {func(p *patient) {
		p.public = status(502)
	}, "public URL", MustMend, "502 Bad Gateway"},
	"the public URL leads on": {func(p *patient) {
		p.public = http.RedirectHandler("https://www.example.org/", http.StatusMovedPermanently).ServeHTTP
	}, "public URL", Warning, "leads on to"},
	"the public URL's certificate ended": {func(p *patient) {
		p.serve("expired")
	}, "public URL", MustMend, "has ended"},
	"the public URL's is another name's": {func(p *patient) {
		p.serve("wrong name")
	}, "public URL", MustMend, "another name's"},
	"the public URL's authority": {func(p *patient) {
		p.serve("unknown root")
	}, "public URL", Warning, "authority that this machine does not know"},
	"nobody listens at the public URL": {func(p *patient) {
		p.PublicURL, _ = url.Parse("http://127.0.0.1:1")
	}, "public URL", MustMend, "cannot be called"},
	"the public URL is not seen from here": {func(p *patient) {
		p.PublicURL, _ = url.Parse("http://gate." + domain)
	}, "public URL", Warning, "cannot be reached from this machine"},
	"the proxy is not trusted": {func(p *patient) {
		p.public = func(w http.ResponseWriter, r *http.Request) {
			p.Visits.Note(r.URL.Query().Get(VisitQuery), Visit{Came: true, Secure: true, Forwarded: true,
				Peer: netip.MustParseAddr("192.0.2.7")})
		}
	}, "public URL", Warning, "proxy at 192.0.2.7 that is not trusted"},
	"the proxy does not tell of HTTPS": {func(p *patient) {
		p.public = func(w http.ResponseWriter, r *http.Request) {
			p.Visits.Note(r.URL.Query().Get(VisitQuery), Visit{Came: true, Forwarded: true, Trusted: true})
		}
	}, "public URL", Warning, "does not say that it speaks HTTPS"},
	"the certificate is another name's": {func(p *patient) { p.Certificate = p.write(p.authority, "other.net") },
		"certificate", Warning, "is not for 127.0.0.1"},
	"the certificate ends": {func(p *patient) {
		p.Certificate = p.write(p.authority, "127.0.0.1")
		p.Now = func() time.Time { return time.Now().Add(20 * 24 * time.Hour) }
	}, "certificate", Warning, "ends on"},
	"the certificate has ended": {func(p *patient) {
		p.Certificate = p.write(p.authority, "127.0.0.1")
		p.Now = func() time.Time { return time.Now().Add(40 * 24 * time.Hour) }
	}, "certificate", MustMend, "ended on"},
	"the certificate is none": {func(p *patient) {
		p.Certificate = p.KeyFile
	}, "certificate", MustMend, "no certificate"},
	"the operator's address is everywhere": {func(p *patient) { p.Operator = ":9090" }, "operator", Warning,
		"on every network"},
	"the operator's address is public": {func(p *patient) { p.Operator = "192.0.2.1:9090" }, "operator", Warning,
		"told to strangers"},
	"no write is taken": {func(p *patient) { p.seen.NotReady = "the disk is nearly full" }, "data", MustMend,
		"Nothing new is taken: the disk"},
	"the data file cannot be read": {func(p *patient) {
		p.Appliance = func() (Appliance, error) { return Appliance{}, errors.New("a page is damaged") }
	}, "data", MustMend, "a page is damaged"},
	"sending is paused": {func(p *patient) {
		p.seen.Paused = true
	}, "letters", Warning, "is paused, by the operator"},
	"the smarthost was at fault": {func(p *patient) { p.seen.Pause = Pause{Until: time.Now(), Fault: "auth: 535"} },
		"letters", MustMend, "at fault (auth: 535)"},
	"letters wait": {func(p *patient) { p.seen.Queue.Oldest = time.Now().Add(-time.Hour) }, "letters", Warning,
		"waited for 1h0m0s"},
	"letters are held": {func(p *patient) {
		p.seen.Queue.Counts = map[store.LetterState]int{store.LetterHeld: 1}
	}, "letters", Warning, "1 letter is held"},
	"letters failed": {func(p *patient) {
		p.seen.FailedLastDay = 2
	}, "letters", Warning, "2 letters have failed"},
	"backups are old": {func(p *patient) { p.Backups = &Backups{At: time.Now().Add(-5 * 24 * time.Hour)} },
		"backup", Warning, "is 120h0m0s old"},
	"there is no backup": {func(p *patient) { p.Backups = &Backups{} }, "backup", Warning, "No backup was ever made"},
	"backups fail": {func(p *patient) {
		p.Backups = &Backups{Dir: p.t.TempDir(), Every: time.Hour, At: time.Now(), Fault: "the disk is full"}
	}, "backup", Warning, "the disk is full"},
	"backups lie in the data directory": {func(p *patient) {
		p.Backups = &Backups{Dir: filepath.Join(p.Dir, "backups"), Every: time.Hour, At: time.Now()}
	}, "backup", Warning, "within the data directory"},
	"the keys lie beside the backups": {func(p *patient) {
		p.Backups = &Backups{Dir: p.t.TempDir(), Every: time.Hour, At: time.Now()}
		check(p.t, os.WriteFile(filepath.Join(p.Backups.Dir, "old-postern.keys"), nil, 0o600))
	}, "keys", Warning, "beside the backups"},
	"nobody reaches the console": {func(p *patient) { p.NoConsole = errors.New("set POSTERN_OPERATOR_LISTEN") },
		"console", Warning, "Set POSTERN_OPERATOR_LISTEN."},
	"nothing comes home": {func(p *patient) { p.ComesHome, p.Home = false, "what comes back goes elsewhere" },
		"bounces", Warning, "What comes back goes"},
	"a partner is silent": {func(p *patient) {
		p.seen.Silent = []string{"payroll"}
	}, "partners", Warning, "payroll"},
	"a limit is in force": {func(p *patient) {
		p.seen.Limits = []string{"people get 429"}
	}, "limits", Warning, "people get 429"},
	"few files may be open": {func(p *patient) { p.seen.Descriptors = 1024 }, "limits", Warning, "Only 1024"},
	"the webhook is at fault": {func(p *patient) { p.seen.Webhook = &Webhook{Receiver: "hooks", Fault: "503"} },
		"webhook", Warning, "hooks takes no events"},
	"the webhook has lost events": {func(p *patient) { p.seen.Webhook = &Webhook{Receiver: "hooks", Lost: 3} },
		"webhook", Warning, "3 events were deleted"},
}

// set makes the records of the sender's domain of one type.
func (p *patient) set(kind string, values ...string) { p.zone[kind+" "+domain] = values }

func status(code int) func(http.ResponseWriter, *http.Request) {
	return func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(code) }
}

// named reports whether a fault is among the findings.
func (f fault) named(report Report) bool {
	for _, one := range report.Findings {
		if one.Check == f.check && one.State == f.state && strings.Contains(one.Found, f.found) {
			return true
		}
	}
	return false
}

// TestFaults holds that each fault by itself is named, and what to do about it.
func TestFaults(t *testing.T) {
	for name, f := range faults {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := newPatient(t)
			f.spoil(p)
			report := p.examine()
			if !f.named(report) {
				t.Errorf("not %s of %s: %+v", f.state, f.check, report.Findings)
			}
			must := 0
			for _, one := range report.Findings {
				if one.State == MustMend {
					must++
				}
			}
			if must != report.Mend || must == 0 && f.state == MustMend {
				t.Errorf("%d must be mended, and it counts %d", must, report.Mend)
			}
		})
	}
}

// TestAllAtOnce holds that one fault hides no other: fifteen of them are all named.
func TestAllAtOnce(t *testing.T) {
	p := newPatient(t)
	names := []string{"a setting that is warned of", "others may write to the directory", "others may open the data file",
		"others may read the keys", "the disk is slow", "the clock was set back", "the smarthost lets nobody in",
		"the sender's domain has two SPFs", "the sender's domain has no DMARC", "the public URL leads elsewhere",
		"the certificate is another name's", "the operator's address is everywhere", "sending is paused",
		"letters are held", "a partner is silent", "the webhook is at fault", "backups are old", "nothing comes home"}
	for _, name := range names {
		faults[name].spoil(p)
	}
	report := p.examine()
	for _, name := range names {
		if !faults[name].named(report) {
			t.Errorf("%s is not named: %+v", name, report.Findings)
		}
	}
}
