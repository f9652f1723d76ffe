package config

import (
	"maps"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"postern/server/input"
)

// smtp reads the settings of the smarthost; nil where there is none. No fault repeats SMTP_URL: it may hold a password.
func (p *parser) smtp(s *Settings) *SMTP {
	connections := p.number(&s.SMTP.Connections) // before the URL is looked at: wrong ones are told in any case
	perMinute := 0
	if s.SMTP.PerMinute != "" {
		perMinute = p.number(&s.SMTP.PerMinute)
	}
	if s.SMTP.URL == "" {
		return nil
	}
	u, err := url.Parse(s.SMTP.URL)
	if err != nil || u.Scheme != "smtp" && u.Scheme != "smtps" || u.Hostname() == "" {
		p.fault("SMTP_URL", "is wrong: write smtp://user:password@host:587 or smtps://user:password@host:465 "+
			"(special characters as %%XX, as %%40 for @)")
		return nil
	}
	if strings.Trim(u.Path, "/") != "" || u.Fragment != "" {
		p.fault("SMTP_URL", "is wrong: after the host only ?tls=off, ?auth=… and ?hello=… may follow "+
			"(special characters in the password as %%XX)")
	}
	smtp := &SMTP{
		Host: u.Hostname(), Port: p.smtpPort(u), ImplicitTLS: u.Scheme == "smtps", User: u.User.Username(),
		Connections: connections, PerMinute: perMinute,
	}
	smtp.Password, _ = u.User.Password()
	p.smtpOptions(smtp, u.RawQuery)
	if smtp.Auth == authXOAuth2 {
		smtp.OAuth = p.oauth(s, smtp)
	} else {
		p.smtpPassword(smtp, s.SMTP.PasswordFile)
		p.noOAuth(s)
	}
	smtp.Roots = p.roots(s.SMTP.CAFile)
	if smtp.NoTLS && smtp.Roots != nil && s.Bounce.IMAP.URL == "" { // the mailbox's server may need them
		p.fault("SMTP_CA_FILE", "is of no use with tls=off in POSTERN_SMTP_URL: take one of them away")
	}
	return smtp
}

// authXOAuth2 is the one way to authenticate that takes tokens rather than a password.
const authXOAuth2 = "xoauth2"

// oauth reads how tokens for the smarthost are got.
func (p *parser) oauth(s *Settings, smtp *SMTP) *OAuth {
	if smtp.Password != "" || s.SMTP.PasswordFile != "" {
		p.fault("SMTP_URL",
			"is wrong: with auth=xoauth2 there is no password; leave it out, and POSTERN_SMTP_PASSWORD_FILE too")
	}
	return p.tokens(s)
}

// tokens reads the settings of tokens, once for the smarthost and the mailbox of what comes back.
func (p *parser) tokens(s *Settings) *OAuth {
	if p.oauthRead != nil {
		return p.oauthRead
	}
	o := &OAuth{ClientID: s.SMTP.OAuth.ClientID, Scope: s.SMTP.OAuth.Scope, URL: s.SMTP.OAuth.URL}
	p.oauthRead = o
	if o.URL == "" || o.ClientID == "" || s.SMTP.OAuth.SecretFile == "" {
		p.fault("SMTP_OAUTH_URL",
			"and POSTERN_SMTP_OAUTH_CLIENT_ID and POSTERN_SMTP_OAUTH_SECRET_FILE must be set with auth=xoauth2")
		return o
	}
	p.link(&s.SMTP.OAuth.URL)
	if u, err := url.Parse(o.URL); err == nil && u.Scheme == "http" && !input.IsLoopback(u.Hostname()) {
		p.fault("SMTP_OAUTH_URL", "must be https: the client's secret goes there")
	}
	o.Secret = p.secret("SMTP_OAUTH_SECRET_FILE", s.SMTP.OAuth.SecretFile)
	return o
}

// noOAuth refuses settings that are of no use without auth=xoauth2.
func (p *parser) noOAuth(s *Settings) {
	if s.mailboxTakesTokens() {
		return
	}
	o := s.SMTP.OAuth
	for _, setting := range []struct{ name, value string }{
		{"SMTP_OAUTH_URL", o.URL}, {"SMTP_OAUTH_CLIENT_ID", o.ClientID},
		{"SMTP_OAUTH_SECRET_FILE", o.SecretFile}, {"SMTP_OAUTH_SCOPE", o.Scope},
	} {
		if setting.value != "" {
			p.fault(setting.name, "is of no use without auth=xoauth2 in POSTERN_SMTP_URL: take one of them away")
		}
	}
}

// smtpPort is the port in the URL, or the scheme's own (RFC 6409 §3.1, RFC 8314 §3.3).
func (p *parser) smtpPort(u *url.URL) int {
	switch {
	case u.Port() == "" && u.Scheme == "smtps":
		return 465
	case u.Port() == "":
		return 587
	}
	port, err := strconv.ParseUint(u.Port(), 10, 16)
	if err != nil || port == 0 {
		p.fault("SMTP_URL", "is wrong: the port is a number from 1 to 65535")
	}
	return int(port)
}

// smtpOptions reads the query of SMTP_URL. Names and values are not repeated in faults: where a ? stands unescaped in a
// password, they are a part of it.
func (p *parser) smtpOptions(smtp *SMTP, query string) {
	values, err := url.ParseQuery(query)
	if err != nil {
		p.fault("SMTP_URL", "is wrong: what follows the ? cannot be read")
		return
	}
	for _, name := range slices.Sorted(maps.Keys(values)) {
		value := values[name]
		switch {
		case len(value) > 1:
			p.fault("SMTP_URL", "is wrong: an option is given twice")
		case name == "tls" && value[0] == "off":
			smtp.NoTLS = true
		case name == "auth" && slices.Contains([]string{"plain", "login", authXOAuth2}, value[0]):
			smtp.Auth = value[0]
		case name == "hello" && isHostName(value[0]):
			smtp.Hello = value[0]
		case name == "tls":
			p.fault("SMTP_URL", "is wrong: tls can only be off; leave it out for TLS")
		case name == "auth":
			p.fault("SMTP_URL", "is wrong: auth is plain, login or xoauth2")
		case name == "hello":
			p.fault("SMTP_URL", "is wrong: hello is this machine's name, as postern.example.org")
		default:
			p.fault("SMTP_URL", "is wrong: the options are tls, auth and hello")
		}
	}
	if smtp.NoTLS && smtp.ImplicitTLS {
		p.fault("SMTP_URL", "is wrong: smtps and tls=off contradict each other")
	}
	if smtp.Auth != "" && smtp.User == "" {
		p.fault("SMTP_URL", "is wrong: auth needs a user, as smtp://user:password@host")
	}
}

// smtpPassword takes the password from its file, where one is named. The file wins over the URL: it is what somebody
// adds later, to get the password out of the environment.
func (p *parser) smtpPassword(smtp *SMTP, file string) {
	if file != "" {
		if smtp.Password = p.secret("SMTP_PASSWORD_FILE", file); smtp.Password == "" {
			return
		}
	}
	switch {
	case smtp.User == "" && smtp.Password != "":
		p.fault("SMTP_URL", "is wrong: there is a password, but no user; write smtp://user@host")
	case smtp.User != "" && smtp.Password == "":
		p.fault("SMTP_URL", "is wrong: there is a user, but no password; write smtp://user:password@host, "+
			"or set POSTERN_SMTP_PASSWORD_FILE")
	}
}

// isHostName reports whether a text can stand in EHLO as a name (RFC 5321 §4.1.1.1); it goes on the wire as it is.
func isHostName(text string) bool {
	return text != "" && len(text) <= 253 && !strings.ContainsFunc(text, func(r rune) bool {
		return !(r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || r == '-' || r == '.')
	})
}
