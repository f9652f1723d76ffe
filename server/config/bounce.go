package config

import (
	"crypto/x509"
	"maps"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"postern/mail/returns"
	"postern/server/input"
)

// Bounce says how mail that comes back finds its way.
type Bounce struct {
	Address returns.Address // envelope sender of letters
	Named   bool            // BOUNCE_ADDRESS is set: the address is not just MAIL_FROM's
	Listen  string          // host:port of the SMTP listener; empty: none
	IMAP    *IMAP           // the mailbox that is read; nil: none
}

// Home says in a sentence by which ways mail comes back to the appliance itself; known is false where none is set, and
// it can only be hoped that somebody pipes it into postern bounce.
func (b Bounce) Home() (known bool, sentence string) {
	var ways []string
	if b.Listen != "" {
		ways = append(ways, "by SMTP on "+b.Listen)
	}
	if b.IMAP != nil {
		ways = append(ways, "from the mailbox "+b.IMAP.User+" on "+b.IMAP.Host)
	}
	switch {
	case len(ways) > 0:
		return true, "mail to " + b.Address.String() + " comes back " + strings.Join(ways, " and ")
	case b.Named:
		return false, "mail to " + b.Address.String() + " comes back only if its mail system pipes it into postern " +
			"bounce; else set POSTERN_BOUNCE_LISTEN or POSTERN_BOUNCE_IMAP_URL"
	}
	return false, "what comes back goes to " + b.Address.String() + ", and stays there: a letter to a mailbox that is " +
		"not there counts as sent; set POSTERN_BOUNCE_LISTEN or POSTERN_BOUNCE_IMAP_URL, or pipe that mailbox into " +
		"postern bounce"
}

// IMAP says which mailbox is read, and how.
type IMAP struct {
	Host     string
	Port     int
	User     string
	Password string
	OAuth    *OAuth // auth=xoauth2, instead of a password; else nil
	Folder   string
	MoveTo   string         // where messages go that were understood; empty: they stay
	Roots    *x509.CertPool // nil: the system's
}

// bounce reads the settings of what comes back. from is MAIL_FROM's address, empty where that has a fault.
func (p *parser) bounce(s *Settings, from string) Bounce {
	b := Bounce{Listen: p.listen(&s.Bounce.Listen), Named: s.Bounce.Address != "", IMAP: p.imap(s)}
	name, text := "BOUNCE_ADDRESS", s.Bounce.Address
	if text == "" {
		name, text = "MAIL_FROM", from
	}
	if text == "" {
		return b
	}
	var err error
	if b.Address, err = returns.ParseAddress(text); err != nil {
		p.fault(name, "is %q, to where mail comes back: %s", text, err)
	}
	return b
}

// imap reads BOUNCE_IMAP_URL; nil where there is none. No fault repeats it: it may hold a password.
func (p *parser) imap(s *Settings) *IMAP {
	if s.Bounce.IMAP.URL == "" {
		if s.Bounce.IMAP.PasswordFile != "" {
			p.fault("BOUNCE_IMAP_PASSWORD_FILE", "is the password for POSTERN_BOUNCE_IMAP_URL, and that is not set")
		}
		return nil
	}
	const form = "is wrong: write imaps://user@host/Folder, as imaps://bounces%%40example.org@imap.example.org/INBOX " +
		"(special characters as %%XX, as %%40 for @)"
	u, err := url.Parse(s.Bounce.IMAP.URL)
	if err != nil || u.Scheme != "imaps" || u.Hostname() == "" || u.User.Username() == "" || u.Fragment != "" {
		p.fault("BOUNCE_IMAP_URL", form)
		return nil
	}
	box := &IMAP{Host: u.Hostname(), Port: 993, User: u.User.Username(), Folder: strings.Trim(u.Path, "/")}
	if box.Folder == "" {
		box.Folder = "INBOX"
	}
	if u.Port() != "" {
		port, err := strconv.ParseUint(u.Port(), 10, 16)
		if err != nil || port == 0 {
			p.fault("BOUNCE_IMAP_URL", "is wrong: the port is a number from 1 to 65535")
		}
		box.Port = int(port)
	}
	box.Password, _ = u.User.Password()
	if p.imapOptions(box, u.RawQuery) {
		box.OAuth = p.imapOAuth(s, box)
	} else {
		p.imapPassword(s, box)
	}
	box.Roots = p.imapRoots(s)
	return box
}

// imapOptions reads the query of BOUNCE_IMAP_URL, and reports whether it wants tokens. Names and values are not
// repeated in faults: where a ? stands unescaped in a password, they are a part of it.
func (p *parser) imapOptions(box *IMAP, query string) (oauth bool) {
	values, err := url.ParseQuery(query)
	if err != nil {
		p.fault("BOUNCE_IMAP_URL", "is wrong: what follows the ? cannot be read")
		return false
	}
	for _, name := range slices.Sorted(maps.Keys(values)) {
		value := values[name]
		switch {
		case len(value) > 1:
			p.fault("BOUNCE_IMAP_URL", "is wrong: an option is given twice")
		case name == "auth" && value[0] == authXOAuth2:
			oauth = true
		case name == "auth":
			p.fault("BOUNCE_IMAP_URL", "is wrong: auth can only be xoauth2; leave it out for a password")
		case name == "move" && value[0] != "" && !strings.ContainsAny(value[0], "\r\n"):
			box.MoveTo = value[0]
		case name == "move":
			p.fault("BOUNCE_IMAP_URL", "is wrong: move names a folder")
		default:
			p.fault("BOUNCE_IMAP_URL", "is wrong: the options are auth and move")
		}
	}
	if box.MoveTo != "" && box.MoveTo == box.Folder {
		p.fault("BOUNCE_IMAP_URL", "is wrong: move names the folder that is read")
	}
	return oauth
}

// mailboxTakesTokens reports whether BOUNCE_IMAP_URL names the tokens' settings.
func (s *Settings) mailboxTakesTokens() bool {
	u, err := url.Parse(s.Bounce.IMAP.URL)
	return err == nil && u.Query().Get("auth") == authXOAuth2
}

// imapOAuth takes the tokens' settings, which are the smarthost's.
func (p *parser) imapOAuth(s *Settings, box *IMAP) *OAuth {
	if box.Password != "" || s.Bounce.IMAP.PasswordFile != "" {
		p.fault("BOUNCE_IMAP_URL", "is wrong: with auth=xoauth2 there is no password; leave it out, and "+
			"POSTERN_BOUNCE_IMAP_PASSWORD_FILE too")
	}
	return p.tokens(s)
}

// imapPassword takes the password from its file, where one is named.
func (p *parser) imapPassword(s *Settings, box *IMAP) {
	if file := s.Bounce.IMAP.PasswordFile; file != "" {
		if box.Password = p.secret("BOUNCE_IMAP_PASSWORD_FILE", file); box.Password == "" {
			return
		}
	}
	if box.Password == "" {
		p.fault("BOUNCE_IMAP_URL", "needs a password: set POSTERN_BOUNCE_IMAP_PASSWORD_FILE, or ?auth=xoauth2")
	}
}

// imapRoots are the system's and, as the mailbox is often the smarthost's, those of SMTP_CA_FILE.
func (p *parser) imapRoots(s *Settings) *x509.CertPool {
	if s.SMTP.CAFile == "" || s.SMTP.URL == "" && p.roots(s.SMTP.CAFile) == nil { // with a smarthost, that tells a fault
		return nil
	}
	pool, err := x509.SystemCertPool()
	if err != nil {
		pool = x509.NewCertPool()
	}
	content, err := input.ReadFile(s.SMTP.CAFile)
	if err != nil || !pool.AppendCertsFromPEM(input.Text(content)) {
		return nil // a fault that is told already
	}
	return pool
}

// bounces holds the rules between the settings of what comes back and others.
func (p *parser) bounces(c Config) {
	listen := c.Bounce.Listen
	if listen != "" && !strings.HasSuffix(listen, ":0") && (listen == c.Listen || listen == c.OperatorListen) {
		p.fault("BOUNCE_LISTEN", "is where HTTP is answered: name another port, as 25")
	}
}
