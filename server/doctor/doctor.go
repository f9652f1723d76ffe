// Package doctor looks at an appliance from all sides and says what to mend: at its settings, its disk and its files,
// its clock, its keys, the way to the smarthost, what DNS says of the sender, and the way back in by the public URL. It
// changes nothing but that it writes a small file to see how fast the disk is, and removes it.
//
// It works on an appliance that runs, in its process, and without one. What it needs it gets as plain values; what it
// asks of others, over the network, is bounded in time, and all of that goes on side by side.
//
// A finding is in order, is a warning, or must be mended: that is for what loses mail or keeps it from going out, lets
// links lead nowhere, or keeps the appliance from starting. What only cannot be seen from here is a warning.
package doctor

import (
	"context"
	"crypto/x509"
	"fmt"
	"net"
	"net/url"
	"slices"
	"sync"
	"time"

	"postern/mail/smtp"
	"postern/store/file"
)

// State says how something stands.
type State string

// The states.
const (
	OK       State = "ok"
	Warning  State = "warning"
	MustMend State = "mustMend"
)

// Words lists the states.
func (State) Words() []string { return []string{string(OK), string(Warning), string(MustMend)} }

// Finding is one thing that was looked at.
type Finding struct {
	Check string `json:"check" doc:"What was looked at, as disk."`
	State State  `json:"state" doc:"mustMend: mail is lost or does not go out, links lead nowhere, or a start is refused."`
	Found string `json:"found" doc:"A sentence."`
	Mend  string `json:"mend,omitzero" doc:"What to do; none where nothing is to be done."`
}

// Report is all that was found.
type Report struct {
	Running  bool      `json:"running" doc:"Whether an appliance runs on the data directory."`
	Mend     int       `json:"mustMend" doc:"How many findings must be mended."`
	Findings []Finding `json:"findings"`
}

// Add puts findings behind those of a report.
func (r *Report) Add(findings ...Finding) {
	for _, f := range findings {
		if f.State == MustMend {
			r.Mend++
		}
	}
	r.Findings = append(r.Findings, findings...)
}

func fine(check, format string, args ...any) Finding {
	return Finding{Check: check, State: OK, Found: fmt.Sprintf(format, args...)}
}

func warn(check, mend, format string, args ...any) Finding {
	return Finding{Check: check, State: Warning, Found: fmt.Sprintf(format, args...), Mend: mend}
}

func must(check, mend, format string, args ...any) Finding {
	return Finding{Check: check, State: MustMend, Found: fmt.Sprintf(format, args...), Mend: mend}
}

// Options are the plain values that an examination is made of. A zero value leaves out what rests on it.
type Options struct {
	Unsettled bool     // the settings are wrong, so that little more than Dir is known
	Warnings  []string // of the settings, sentences that begin with a setting's name
	Denied    error    // why no appliance was asked that may run on Dir: the files there are not this user's alone

	Dir, KeyFile string
	Sender       string   // the address of MAIL_FROM
	PublicURL    *url.URL // nil: it is not known, as the settings are wrong
	Certificate  string   // TLS_CERT
	Operator     string   // OPERATOR_LISTEN
	Backups      *Backups // nil: nothing is known of them
	ComesHome    bool     // whether mail that comes back finds its way to the appliance by itself
	Home         string   // which way that is, or why there is none, as a sentence; empty: it is not known
	Console      string   // where it answers; empty, as where no appliance runs: nothing is known of it
	NoConsole    error    // why it answers nobody, with what to do; nil: it answers
	ClockURL     string   // an HTTP server whose Date is asked for, beside PUBLIC_URL's: SMTP_OAUTH_URL

	Smarthost func(context.Context) ([]smtp.Step, error) // nil: letters go to the built-in inbox
	Visits    *Visits                                    // nil: no appliance runs
	Appliance func() (Appliance, error)                  // nil: its data file is looked at by its name

	Now      func() time.Time                                 // nil: time.Now
	Resolver *net.Resolver                                    // nil: the system's
	Roots    *x509.CertPool                                   // for PUBLIC_URL and ClockURL; nil: the system's
	Space    func(dir string) (file.Space, error)             // nil: statfs(2)
	Sync     func(dir string) (took time.Duration, err error) // nil: writes a file and syncs it
	Patience time.Duration                                    // for each check that asks others; 0: 10 s
}

const patience = 10 * time.Second

// examination is one run of all checks.
type examination struct {
	Options

	mu     sync.Mutex
	clocks []reading // guarded by mu: the clocks of others that the checks came by
}

// Examine looks at everything. It takes no longer than its slowest check, which is bounded.
func Examine(ctx context.Context, o Options) Report {
	e := &examination{Options: o.withDefaults()}
	checks := []func(context.Context) []Finding{
		e.settings, e.files, e.keys, e.data, e.disk, e.smarthost, e.sender, e.publicURL, e.certificate, e.operator,
		e.console, e.backups, e.bounces, e.askClock,
	}
	found := make([][]Finding, len(checks))
	var all sync.WaitGroup
	for i, check := range checks {
		all.Go(func() {
			bounded, cancel := context.WithTimeout(ctx, e.Patience)
			defer cancel()
			found[i] = check(bounded)
		})
	}
	all.Wait()
	report := Report{Running: o.Visits != nil}
	report.Add(slices.Concat(found...)...)
	report.Add(e.clock()...)
	return report
}

func (o Options) withDefaults() Options {
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Resolver == nil {
		o.Resolver = net.DefaultResolver
	}
	if o.Space == nil {
		o.Space = file.SpaceOf
	}
	if o.Sync == nil {
		o.Sync = syncTime
	}
	if o.Patience == 0 {
		o.Patience = patience
	}
	return o
}

// settings repeats what the settings are warned of at the start. Faults of theirs are told by whoever reads them: with
// them there is nothing to examine.
func (e *examination) settings(context.Context) (found []Finding) {
	if e.Unsettled {
		return nil
	}
	for _, sentence := range e.Warnings {
		found = append(found, Finding{Check: "settings", State: Warning, Found: sentence})
	}
	switch {
	case len(found) == 0 && e.Visits != nil:
		found = append(found, fine("settings", "The settings that the appliance runs with are right."))
	case len(found) == 0:
		found = append(found, fine("settings", "All settings are right."))
	}
	return found
}

// Settings are the findings of settings that are wrong.
func Settings(faults []string) (found []Finding) {
	for _, fault := range faults {
		found = append(found, must("settings",
			"Mend it where the environment is set; postern config lists all settings.", "%s", fault))
	}
	return found
}
