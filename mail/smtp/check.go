package smtp

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"slices"
	"strings"
	"time"

	gosmtp "github.com/emersion/go-smtp"

	"postern/mail/refusal"
)

// Step is one step on the way to the smarthost, in words for the operator.
type Step struct {
	Name   string `json:"name"`            // dial, TLS, EHLO, AUTH or QUIT
	Detail string `json:"detail,omitzero"` // what was found; empty where the step failed
	Fault  string `json:"fault,omitzero"`  // why it failed; empty: it did not
}

// The names of the steps, by the phase whose fault ends them.
var stepNames = map[string]string{PhaseConnect: "dial", PhaseTLS: "TLS", PhaseHello: "EHLO", PhaseAuth: "AUTH"}

// Check goes to the smarthost as a letter would, up to AUTH, and sends nothing. It returns the steps up to the first
// that failed, which has a fault. The login is tried also where letters may try none, since too many were refused; one
// that is refused counts with theirs. After a check without a fault, letters are tried again at once.
//
// It takes the very functions that a letter's connection does, so that what it says holds for letters. ctx is both ends
// of such a connection, stop and hard.
func (h *Smarthost) Check(ctx context.Context) []Step {
	s, fail := h.reach(ctx, ctx)
	if fail != nil {
		return []Step{h.failedStep(ctx, fail)}
	}
	defer s.drop()
	defer s.wire.cutBy(ctx)()
	steps := []Step{{Name: "dial", Detail: fmt.Sprintf("%s is reached at %s", h.options.Addr, s.wire.RemoteAddr())}}
	fail = h.greet(ctx, s)
	if s.dialogue != nil {
		steps = append(steps, Step{Name: "TLS", Detail: s.dialogue.security()})
	}
	if fail != nil {
		return append(steps, h.failedStep(ctx, fail))
	}
	steps = append(steps, Step{Name: "EHLO", Detail: extensionsInWords(s.client)})
	said, fail := h.checkLogin(ctx, s)
	if fail != nil {
		return append(steps, h.failedStep(ctx, fail))
	}
	// One slot: the courier needs to know that the smarthost is well, not how many checks found it so.
	select {
	case h.mended <- struct{}{}:
	default: // the courier has not looked yet
	}
	return append(steps, Step{Name: "AUTH", Detail: said}, quitStep(s))
}

// checkLogin authenticates, where a user name is set.
func (h *Smarthost) checkLogin(ctx context.Context, s *session) (string, *fault) {
	if h.options.Username == "" {
		return "not wanted: no user name is set", nil
	}
	h.logins.beginForced()
	name, fail := h.authenticate(ctx, s)
	h.logins.end(fail, ctx.Err() != nil) // in any case: others wait for how it ended
	if fail == nil {
		h.logins.forgive()
	}
	return fmt.Sprintf("%s is let in, by %s", h.options.Username, name), fail
}

// quitStep sends QUIT. A smarthost that does not answer that as it should takes letters all the same.
func quitStep(s *session) Step {
	s.client.CommandTimeout = s.host.limits.quit
	_ = s.client.Quit()
	return Step{Name: "QUIT", Detail: "done; no letter was sent"}
}

// failedStep returns the step that a fault ended.
func (h *Smarthost) failedStep(ctx context.Context, f *fault) Step {
	a := f.attempt()
	text := a.Text
	if a.Code != 0 {
		text = strings.TrimSpace(fmt.Sprintf(
			"the smarthost answers %d %s", a.Code, strings.TrimSpace(a.Enhanced+" "+a.Text)))
	}
	if ctx.Err() != nil {
		text = "no answer in the time given for the check"
	}
	if hint := h.hint(f); hint != "" {
		text += "; " + hint
	}
	return Step{Name: stepNames[f.phase], Fault: text}
}

// hint returns what an operator would look at first; empty: nothing in particular.
func (h *Smarthost) hint(f *fault) string {
	_, unknown := errors.AsType[x509.UnknownAuthorityError](f.err)
	_, misnamed := errors.AsType[x509.HostnameError](f.err)
	_, noTLS := errors.AsType[tls.RecordHeaderError](f.err)
	_, unresolved := errors.AsType[*net.DNSError](f.err)
	switch {
	case unknown:
		return "if the certificate is of an authority of your own, name that one in SMTP_CA_FILE"
	case misnamed:
		return "name the host in SMTP_URL as its certificate does"
	case noTLS && h.options.Implicit:
		return "this port may want STARTTLS: smtp:// instead of smtps:// in SMTP_URL"
	case unresolved, f.phase == PhaseConnect:
		return "look at host and port in SMTP_URL, and whether a firewall is in between"
	case f.phase == PhaseHello && !h.options.Implicit && !isReply(f.err):
		return "this port may want TLS at once: smtps:// instead of smtp:// in SMTP_URL"
	case f.login:
		return "look at the user name and the password or client secret"
	}
	return ""
}

// security describes in words what protects a connection.
func (d *dialogue) security() string {
	state, secured := d.tlsState()
	if !secured {
		return "none, as SMTP_URL says: whoever is in between can read letters and password"
	}
	leaf := state.PeerCertificates[0]
	names := slices.Clone(leaf.DNSNames)
	for _, ip := range leaf.IPAddresses {
		names = append(names, ip.String())
	}
	return refusal.Printable(fmt.Sprintf("%s; certificate for %s, by %s, until %s (%d days)",
		tls.VersionName(state.Version), strings.Join(names, " "),
		leaf.Issuer, leaf.NotAfter.UTC().Format(time.DateOnly), int(time.Until(leaf.NotAfter)/(24*time.Hour))))
}

// tlsState returns the state of TLS; false where there is none.
func (d *dialogue) tlsState() (tls.ConnectionState, bool) {
	secured, ok := d.Conn.(*tls.Conn)
	if !ok {
		return tls.ConnectionState{}, false
	}
	return secured.ConnectionState(), true
}

// extensionsInWords describes the answer to EHLO, as far as it matters here.
func extensionsInWords(client *gosmtp.Client) string {
	size := "no limit of size named"
	if most, named := client.MaxMessageSize(); named && most > 0 {
		size = fmt.Sprintf("letters of up to %d octets (SIZE)", most)
	}
	auth := "no AUTH"
	if offered, ways := client.Extension("AUTH"); offered {
		auth = "AUTH " + ways
	}
	return refusal.Printable(size + "; " + auth)
}
