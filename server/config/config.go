// Package config reads the settings from the environment, checks them all, and says what each means.
//
// There are two forms. Settings are the texts of the environment, each with its meaning, default and bounds in the tags
// of one struct: the only place where a setting is written down, from which the reading, the checks, postern config and
// a test of the README's list come. Config is what they come to, and what the appliance runs with. Between them stands
// Parse, which finds all faults before it answers: an operator mends a file of settings once, not once per fault.
//
// Secrets are read here and nowhere else. No fault quotes a text that may hold one.
package config

import (
	"crypto/x509"
	"net"
	"net/mail"
	"net/netip"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/rs/zerolog"

	"postern/server/web"
	"postern/server/web/page"
	"postern/store"
	"postern/store/limit"
)

// Config is what the settings come to: parsed, checked against each other, with every default filled in. Settings.Parse
// makes it. The fields have the settings' names. It is passed by value and does not change once the appliance listens;
// rooms get single fields of it, never the whole.
type Config struct {
	Listen         string   // host:port; port 0 lets the system choose
	OperatorListen string   // host:port; empty: LISTEN, for this machine alone
	OperatorHosts  []string // names in lower case that OPERATOR_LISTEN answers to, beside PUBLIC_URL's and its own
	Data           string   // directory
	PublicURL      *url.URL
	TLSCert        string // file names, both or neither
	TLSKey         string
	Timezone       *time.Location // of the times that people read; APIs and logs have UTC
	TrustedProxies []netip.Prefix
	AllowedOrigins []string // scheme://host[:port] in lower case, no default port

	SMTP        *SMTP // nil: letters go to the built-in inbox
	MailFrom    mail.Address
	GiveUpAfter time.Duration
	Bounce      Bounce

	Contact       *mail.Address // nil: no Reply-To
	Organisation  string
	PrivacyURL    string
	BrandLogo     *page.Logo // nil: the organisation's name
	BrandColour   page.Colour
	LettersDir    string // empty: the embedded texts
	ActivationURL string // with {token} and {cleaningId} not yet filled in

	ConfirmationTTL    time.Duration
	ConfirmationReuse  time.Duration
	InvitationTTL      time.Duration
	RecoveryTTL        time.Duration
	PasswordMin        int // code points
	RepeatLettersAfter time.Duration
	UserTokenTTL       time.Duration
	ReactivateAfter    time.Duration
	MailboxSignIn      bool // SIGN_IN=mailbox
	Keep               store.Keep

	Backup    Backup
	Webhook   *Webhook // nil: events are posted nowhere
	KeyFile   string
	LogLevel  zerolog.Level
	LogFormat string // json, console; empty: by where the log goes
	Limits    Limits

	Demo     bool     // made-up data to try: no setting, the demo says so
	Warnings []string // sentences for the log: what is taken, and should be mended

	computed struct{ publicURL, activationURL, origins bool } // not set, so following LISTEN
	settings Settings                                         // that it came of
}

// Backup says where the appliance puts backups.
type Backup struct {
	Dir   string // empty: nowhere
	Every time.Duration
	Keep  int
}

// SMTP says how to reach the smarthost.
type SMTP struct {
	Host        string
	Port        int
	ImplicitTLS bool           // smtps: TLS from the first octet (RFC 8314 §3.3)
	NoTLS       bool           // tls=off: no STARTTLS either
	Roots       *x509.CertPool // nil: the system's
	User        string         // empty: no AUTH
	Password    string
	Auth        string // plain, login, xoauth2; empty: what the server offers
	OAuth       *OAuth // with xoauth2
	Hello       string // name in EHLO; empty: this machine's
	Connections int
	PerMinute   int // letters; 0: no limit
}

// OAuth says how tokens for the smarthost are got: by client credentials (RFC 6749 §4.4).
type OAuth struct{ URL, ClientID, Secret, Scope string }

// Limits bound what strangers and partners may cause. A zero Rate limits nothing.
type Limits struct {
	Register        limit.Rate
	SignIn          limit.Rate
	Exempt          []netip.Prefix // clients without the two above and without Login's part per client
	StrangerLetters limit.Rate
	AddressLetters  limit.Rate
	PartnerLetters  limit.Rate
	PartnerPeople   limit.Rate
	PartnerAnswers  limit.Rate // megabytes
	Login           int        // wrong passwords before delays; 0: no delays
}

// WithAddress is the configuration after listening: LISTEN gets the port that the system has chosen, and with it,
// unless they are set, PUBLIC_URL and what follows it.
func (c Config) WithAddress(address net.Addr) Config {
	if tcp, ok := address.(*net.TCPAddr); ok {
		host, _, _ := net.SplitHostPort(c.Listen)
		c.Listen = net.JoinHostPort(host, strconv.Itoa(tcp.Port))
		c.compute()
	}
	return c
}

// compute fills in what is derived from other settings. It runs again after listening, since a port that the system has
// chosen is in all of them; each rests on the one before, so the order matters.
func (c *Config) compute() {
	if c.computed.publicURL {
		c.PublicURL = addressURL(c.Listen, c.TLSCert != "")
	}
	if c.computed.activationURL {
		c.ActivationURL = c.PublicURL.JoinPath("eecd", "activate").String()
	}
	if c.computed.origins {
		c.AllowedOrigins = nil
		if target, err := url.Parse(c.ActivationURL); err == nil {
			c.AllowedOrigins = []string{origin(target)}
		}
	}
}

// InboxURL is where the operator finds the built-in inbox. It goes by the listening address, not by PUBLIC_URL: what
// comes through a proxy may not see it.
func (c Config) InboxURL() *url.URL {
	if c.OperatorListen != "" {
		return addressURL(c.OperatorListen, false).JoinPath("inbox")
	}
	return addressURL(c.Listen, c.TLSCert != "").JoinPath("inbox")
}

// AllOperatorHosts are the names that OPERATOR_LISTEN answers to where others than this machine reach it: what an
// operator has set, PUBLIC_URL's and its own.
func (c Config) AllOperatorHosts() []string {
	own, _, _ := net.SplitHostPort(c.OperatorListen)
	hosts := slices.Clone(c.OperatorHosts)
	for _, host := range []string{c.PublicURL.Hostname(), own} {
		if host != "" {
			hosts = append(hosts, hostKey(host))
		}
	}
	return hosts
}

// hostKey is a host name as it is compared.
func hostKey(host string) string { return strings.ToLower(strings.TrimSuffix(host, ".")) }

// origin is the origin of a URL as browsers write it: without the scheme's default port, or comparing would fail.
func origin(u *url.URL) string {
	text, err := web.ParseOrigin(u.Scheme + "://" + u.Host)
	if err != nil { // no browser has a page there
		return ""
	}
	return text
}

// addressURL is the URL of a listening address, with a name that a browser on this machine can use.
func addressURL(listen string, secure bool) *url.URL {
	host, port, _ := net.SplitHostPort(listen)
	if ip, err := netip.ParseAddr(host); host == "" || err == nil && ip.IsUnspecified() {
		host = "localhost"
	}
	scheme := "http"
	if secure {
		scheme = "https"
	}
	u := &url.URL{Scheme: scheme, Host: net.JoinHostPort(host, port)}
	if port == defaultPort(scheme) {
		u.Host = strings.TrimSuffix(u.Host, ":"+port)
	}
	return u
}

func defaultPort(scheme string) string {
	if scheme == "https" {
		return "443"
	}
	return "80"
}
