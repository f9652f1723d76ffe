package doctor

import (
	"context"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"os"
	"sync"
	"time"

	"postern/server/input"
)

// Visits let an appliance know itself when it is called from outside. The doctor calls the public URL with a word that
// nobody can guess, and the appliance notes in memory that a call with that word has come. Nothing of it is in the
// answer: whoever else calls learns nothing of the instance, and can pretend nothing. It is safe for concurrent use.
type Visits struct {
	mu     sync.Mutex
	awaits map[string]*Visit // by word; guarded by mu
}

// Visit is how a call came in.
type Visit struct {
	Came      bool
	Peer      netip.Addr // whose connection it was
	Forwarded bool       // a proxy had added X-Forwarded-For
	Trusted   bool       // it is one of those that are believed
	Secure    bool       // it came over TLS, here or by a trusted proxy's word
}

// Note notes a call, where its word is awaited.
func (v *Visits) Note(word string, visit Visit) {
	v.mu.Lock()
	defer v.mu.Unlock()
	if awaited, is := v.awaits[word]; is {
		*awaited = visit
	}
}

// await makes a word to come with. end returns how a call came that had it; it is called once.
func (v *Visits) await() (word string, end func() Visit) {
	word = rand.Text()
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.awaits == nil {
		v.awaits = make(map[string]*Visit)
	}
	v.awaits[word] = &Visit{}
	return word, func() Visit {
		v.mu.Lock()
		defer v.mu.Unlock()
		defer delete(v.awaits, word)
		return *v.awaits[word]
	}
}

// VisitQuery is the parameter of /healthz that has the word.
const VisitQuery = "visit"

// client is one for a single call: no redirect is followed, and no connection is kept.
func (e *examination) client() (client *http.Client, end func()) {
	transport := &http.Transport{Proxy: http.ProxyFromEnvironment, DisableKeepAlives: true,
		DialContext:     (&net.Dialer{Resolver: e.Resolver}).DialContext,
		TLSClientConfig: &tls.Config{RootCAs: e.Roots, Time: e.Now}}
	return &http.Client{Transport: transport,
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }},
		transport.CloseIdleConnections
}

// publicURL calls the appliance as people's browsers do, and looks whether it is this one that answers.
func (e *examination) publicURL(ctx context.Context) []Finding {
	const check = "public URL"
	switch {
	case e.PublicURL == nil:
		return nil
	case e.Visits == nil:
		return []Finding{warn(check, "Run postern doctor again once it runs.",
			"No appliance was asked here, so that %s was not called.", e.PublicURL)}
	}
	word, end := e.Visits.await()
	target := e.PublicURL.JoinPath("healthz")
	target.RawQuery = VisitQuery + "=" + word
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, target.String(), nil)
	if err != nil {
		end()
		return []Finding{must(check, "Set POSTERN_PUBLIC_URL to what browsers call.", "%s.", sentence(err))}
	}
	client, hangUp := e.client()
	defer hangUp()
	answer, err := client.Do(request)
	visit := end()
	if err != nil {
		return []Finding{e.unreached(err)}
	}
	defer answer.Body.Close()
	_, _ = io.CopyN(io.Discard, answer.Body, 1<<10)
	if visit.Came && visit.Forwarded || !visit.Came {
		e.readDate("the Date that "+e.PublicURL.Host+" answers with", answer)
	}
	found := []Finding{e.answered(answer, visit)}
	if answer.TLS != nil && len(answer.TLS.PeerCertificates) > 0 {
		found = append(found, e.lasts("certificate", "that "+e.PublicURL.Host+" shows",
			answer.TLS.PeerCertificates[0].NotAfter))
	}
	return found
}

// answered judges who it was that answered, and how the call came.
func (e *examination) answered(answer *http.Response, visit Visit) Finding {
	const check = "public URL"
	location := answer.Header.Get("Location")
	switch {
	case visit.Came && visit.Forwarded && !visit.Trusted:
		return warn(check, fmt.Sprintf("Put %s into POSTERN_TRUSTED_PROXIES.", visit.Peer),
			"%s leads here through a proxy at %s that is not trusted: all people count as one client in the limits.",
			e.PublicURL, visit.Peer)
	case visit.Came && e.PublicURL.Scheme == "https" && !visit.Secure:
		return warn(check, "Have the proxy add X-Forwarded-Proto: https, and name it in POSTERN_TRUSTED_PROXIES.",
			"%s leads here, and the proxy before it does not say that it speaks HTTPS: cookies and HSTS lack their "+
				"protection.", e.PublicURL)
	case visit.Came:
		return fine(check, "%s leads to this appliance.", e.PublicURL)
	case answer.StatusCode/100 == 3 && location != "":
		return warn(check, "Set POSTERN_PUBLIC_URL to where it leads.",
			"%s leads on to %s: links work by that detour, and what programs send there is lost.", e.PublicURL,
			location)
	case answer.StatusCode >= 500:
		return must(check, "Look at the proxy: it does not reach the appliance.",
			"%s answers %s: no link in a letter opens.", e.PublicURL, answer.Status)
	}
	return must(check, "Let it lead to this appliance, or set POSTERN_PUBLIC_URL to the URL that does.",
		"%s is answered by somebody else (%s): no link in a letter opens here.", e.PublicURL, answer.Status)
}

// unreached judges why nobody has answered. A network may keep the appliance from its own public address; what nobody
// could reach is told apart.
func (e *examination) unreached(err error) Finding {
	const check = "public URL"
	expired, invalid := errors.AsType[x509.CertificateInvalidError](err)
	_, misnamed := errors.AsType[x509.HostnameError](err)
	_, unknown := errors.AsType[x509.UnknownAuthorityError](err)
	_, plain := errors.AsType[tls.RecordHeaderError](err)
	switch {
	case invalid && expired.Reason == x509.Expired:
		return must(check, "Renew it.", "The certificate of %s has ended, or has not begun: browsers open no link. (%s)",
			e.PublicURL, words(err))
	case misnamed:
		return must(check, "Have a certificate made for that name, or set POSTERN_PUBLIC_URL to one that it has.",
			"The certificate of %s is another name's: browsers open no link. (%s)", e.PublicURL, words(err))
	case unknown:
		return warn(check, "Unless all people's devices know that authority, have one made that everybody knows.",
			"The certificate of %s is of an authority that this machine does not know.", e.PublicURL)
	case plain:
		return must(check, "Serve HTTPS there, by a proxy or POSTERN_TLS_CERT.", "%s does not speak TLS: %s.",
			e.PublicURL, words(err))
	case input.IsLoopback(e.PublicURL.Hostname()):
		return must(check, "Set POSTERN_PUBLIC_URL to what browsers call.", "%s cannot be called: %s.", e.PublicURL,
			words(err))
	}
	return warn(check, fmt.Sprintf("See from outside: curl -i %s/healthz", e.PublicURL),
		"%s cannot be reached from this machine, which some networks do not let: %s.", e.PublicURL, words(err))
}

// certificate looks at the file of TLS_CERT: whom it is for, and how long it lasts.
func (e *examination) certificate(context.Context) []Finding {
	const check = "certificate"
	if e.Certificate == "" {
		return nil
	}
	text, err := os.ReadFile(e.Certificate)
	if err != nil {
		return []Finding{must(check, "", "The certificate of POSTERN_TLS_CERT cannot be read: %s.", words(err))}
	}
	block, _ := pem.Decode(input.Text(text))
	if block == nil {
		return []Finding{must(check, "", "POSTERN_TLS_CERT names %s, which holds no certificate.", e.Certificate)}
	}
	leaf, err := x509.ParseCertificate(block.Bytes)
	if err != nil {
		return []Finding{must(check, "", "The certificate %s cannot be read: %s.", e.Certificate, words(err))}
	}
	found := []Finding{e.lasts(check, e.Certificate, leaf.NotAfter)}
	if e.PublicURL != nil && e.PublicURL.Scheme == "https" && leaf.VerifyHostname(e.PublicURL.Hostname()) != nil {
		found = append(found, warn(check,
			"Have one made for that name, unless a proxy with another one stands before it.",
			"The certificate %s is not for %s.", e.Certificate, e.PublicURL.Hostname()))
	}
	return found
}

// lasts judges how long a certificate lasts.
func (e *examination) lasts(check, which string, until time.Time) Finding {
	const mend = "Renew it; a new file in its place is taken up by itself."
	switch left := until.Sub(e.Now()); {
	case left <= 0:
		return must(check, mend, "The certificate %s ended on %s: browsers open no link.", which,
			until.UTC().Format(time.DateOnly))
	case left < certificateNow:
		return must(check, mend, "The certificate %s ends in %d hours.", which, int(left.Hours()))
	case left < certificateSoon:
		return warn(check, mend, "The certificate %s ends on %s, in %d days.", which, until.UTC().Format(time.DateOnly),
			int(left/(24*time.Hour)))
	}
	return fine(check, "The certificate %s lasts until %s.", which, until.UTC().Format(time.DateOnly))
}

// console tells where the operator's pages answer.
func (e *examination) console(context.Context) []Finding {
	const check = "console"
	switch {
	case e.NoConsole != nil:
		return []Finding{warn(check, "", "%s.", sentence(e.NoConsole))}
	case e.Console != "":
		return []Finding{fine(check, "The console answers at %s; postern console prints a link into it.", e.Console)}
	}
	return nil
}

// operator warns where strangers may reach what is the operator's.
func (e *examination) operator(context.Context) []Finding {
	host, _, err := net.SplitHostPort(e.Operator)
	if err != nil {
		return nil
	}
	switch ip, err := netip.ParseAddr(host); {
	case host == "" || err == nil && ip.IsUnspecified():
		return []Finding{warn("operator", "Name one address of a network of yours, as 10.0.0.5:9090.",
			"POSTERN_OPERATOR_LISTEN is %s, so that metrics and details are told on every network of this machine.",
			e.Operator)}
	case err == nil && !ip.IsPrivate() && !ip.IsLoopback() && !ip.IsLinkLocalUnicast():
		return []Finding{warn("operator", "Name an address of a network of yours.",
			"POSTERN_OPERATOR_LISTEN is the public address %s: metrics and details are told to strangers.", host)}
	}
	return []Finding{fine("operator", "POSTERN_OPERATOR_LISTEN answers on %s.", host)}
}
