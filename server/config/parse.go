package config

import (
	"fmt"
	"path/filepath"
	"strings"
	"time"

	"postern/server/input"
	"postern/store"
)

// Error lists everything that is wrong with the settings.
type Error struct {
	Faults []string // sentences that begin with the setting's name; none holds a secret
}

// Error gives one fault a line.
func (e *Error) Error() string { return strings.Join(e.Faults, "\n") }

// Bounds of the settings that are lengths of time.
const (
	day  = 24 * time.Hour
	year = 366 * day
)

const defaultSender = "Postern <postern@localhost>"

// Parse reads the settings. Its error is an *Error with every fault. Beside the settings it looks only at the
// files that it names.
func (s Settings) Parse() (Config, error) {
	s.fill()
	p := &parser{}
	p.unknown(s)
	c := Config{
		Listen:             p.listen("LISTEN", s.Listen),
		OperatorListen:     p.listen("OPERATOR_LISTEN", s.OperatorListen),
		OperatorHosts:      p.hosts("OPERATOR_HOSTS", s.OperatorHosts),
		Data:               s.DataDir(),
		PublicURL:          p.publicURL(s.PublicURL),
		TLSCert:            s.TLS.Cert,
		TLSKey:             s.TLS.Key,
		TrustedProxies:     p.prefixes("TRUSTED_PROXIES", s.TrustedProxies),
		AllowedOrigins:     p.origins(s.AllowedOrigins),
		SMTP:               p.smtp(s),
		MailFrom:           p.sender(s.Mail.From),
		GiveUpAfter:        p.duration("MAIL_GIVE_UP_AFTER", s.Mail.GiveUpAfter, time.Second, year),
		Contact:            p.contact(s.Contact),
		Organisation:       p.text("ORGANISATION", s.Organisation),
		PrivacyURL:         p.link("PRIVACY_URL", s.PrivacyURL),
		LettersDir:         p.lettersDir(s.LettersDir),
		ActivationURL:      p.activationURL(s.EECDActivationURL),
		ConfirmationTTL:    p.duration("CONFIRMATION_TTL", s.ConfirmationTTL, time.Second, 30*day),
		ConfirmationReuse:  p.duration("CONFIRMATION_REUSE", s.ConfirmationReuse, time.Second, day),
		InvitationTTL:      p.duration("INVITATION_TTL", s.InvitationTTL, time.Second, year),
		RecoveryTTL:        p.duration("RECOVERY_TTL", s.RecoveryTTL, time.Second, 30*day),
		PasswordMin:        p.number("PASSWORD_MIN", s.PasswordMin, 8, 64),
		RepeatLettersAfter: p.duration("REPEAT_LETTERS_AFTER", s.RepeatLettersAfter, time.Second, 100*year),
		UserTokenTTL:       p.duration("USER_TOKEN_TTL", s.UserTokenTTL, time.Second, year),
		ReactivateAfter:    p.duration("REACTIVATE_AFTER", s.ReactivateAfter, time.Second, 10*year),
		MailboxSignIn:      p.oneOf("SIGN_IN", s.SignIn, "email", "mailbox") == "mailbox",
		Keep: store.Keep{
			Unconfirmed: p.duration("KEEP_UNCONFIRMED", s.Keep.Unconfirmed, time.Minute, 100*year),
			Sent:        p.duration("KEEP_SENT", s.Keep.Sent, time.Minute, 100*year),
			Events:      p.duration("KEEP_EVENTS", s.Keep.Events, time.Minute, 100*year),
			Cleanings:   p.duration("KEEP_CLEANINGS", s.Keep.Cleanings, time.Minute, 100*year),
		},
		KeyFile:   s.KeyFile,
		LogLevel:  p.level(s.Log.Level),
		LogFormat: p.oneOf("LOG_FORMAT", s.Log.Format, "", "json", "console"),
		Limits: Limits{
			Register:        p.rate("LIMIT_REGISTER", s.Limit.Register),
			SignIn:          p.rate("LIMIT_SIGN_IN", s.Limit.SignIn),
			Exempt:          p.prefixes("LIMIT_EXEMPT", s.Limit.Exempt),
			StrangerLetters: p.rate("LIMIT_STRANGER_LETTERS", s.Limit.StrangerLetters),
			AddressLetters:  p.rate("LIMIT_ADDRESS_LETTERS", s.Limit.AddressLetters),
			PartnerLetters:  p.rate("LIMIT_PARTNER_LETTERS", s.Limit.PartnerLetters),
			PartnerPeople:   p.rate("LIMIT_PARTNER_PEOPLE", s.Limit.PartnerPeople),
			PartnerAnswers:  p.rate("LIMIT_PARTNER_ANSWERS", s.Limit.PartnerAnswers),
			Login:           p.tries("LIMIT_LOGIN", s.Limit.Login),
		},
	}
	if c.KeyFile == "" {
		c.KeyFile = filepath.Join(c.Data, "postern.keys")
	}
	p.together(s, c)
	if len(p.faults) > 0 {
		return Config{}, &Error{Faults: p.faults}
	}
	c.computed.publicURL = s.PublicURL == ""
	c.computed.activationURL = s.EECDActivationURL == ""
	c.computed.origins = s.AllowedOrigins == ""
	c.compute()
	p.warnOfClearText(c)
	c.Warnings = p.warnings
	return c, nil
}

// warnOfClearText warns of what crosses a network unencrypted.
func (p *parser) warnOfClearText(c Config) {
	if c.SMTP != nil && c.SMTP.NoTLS && c.SMTP.User != "" {
		p.warn("SMTP_URL", "says tls=off: the password and all letters go to the smarthost in the clear")
	}
	if c.PublicURL.Scheme == "http" && !input.IsLoopback(c.PublicURL.Hostname()) {
		p.warn("PUBLIC_URL",
			"is http, as %s: links, passwords and tokens cross the network in the clear; serve HTTPS, "+
				"by a proxy or POSTERN_TLS_CERT, and set it to the https address", c.PublicURL)
	}
}

// parser reads single settings and collects what is wrong with them. Its methods take a setting's name without the
// prefix, and answer a zero value where they found a fault.
type parser struct{ faults, warnings []string }

func (p *parser) fault(name, format string, args ...any) {
	p.faults = append(p.faults, SettingsPrefix+"_"+name+" "+fmt.Sprintf(format, args...))
}

// warn notes what is taken and should be mended all the same.
func (p *parser) warn(name, format string, args ...any) {
	p.warnings = append(p.warnings, SettingsPrefix+"_"+name+" "+fmt.Sprintf(format, args...))
}

// unknown lists the names that are no setting, each with the nearest one that is.
func (p *parser) unknown(s Settings) {
	var known []string
	s.Each(func(v Variable) { known = append(known, strings.TrimPrefix(v.Name, SettingsPrefix+"_")) })
	for _, name := range s.Unknown {
		short := strings.TrimPrefix(name, SettingsPrefix+"_")
		switch nearest := input.Nearest(short, known); {
		case strings.HasPrefix(short, "SERVICE_") || short == "PORT" || strings.HasPrefix(short, "PORT_"):
			p.fault(short,
				"is not a setting: Kubernetes sets it for a service named postern; turn enableServiceLinks off")
		case nearest != "":
			p.fault(short, "is not a setting: did you mean %s_%s?", SettingsPrefix, nearest)
		default:
			p.fault(short, "is not a setting: unset it (postern config lists them all)")
		}
	}
}

// together holds the rules between settings.
func (p *parser) together(s Settings, c Config) {
	p.certificate(s.TLS.Cert, s.TLS.Key)
	if c.OperatorListen != "" && c.OperatorListen == c.Listen && !strings.HasSuffix(c.Listen, ":0") {
		p.fault("OPERATOR_LISTEN", "is the same as POSTERN_LISTEN: leave it out, or name another port")
	}
	if len(c.OperatorHosts) > 0 && c.OperatorListen == "" {
		p.fault("OPERATOR_HOSTS", "says what POSTERN_OPERATOR_LISTEN answers to, and that is not set")
	}
	if c.Keep.Unconfirmed > 0 && c.Keep.Unconfirmed < c.ConfirmationTTL {
		p.fault("KEEP_UNCONFIRMED",
			"is shorter than POSTERN_CONFIRMATION_TTL: links would outlive the registrations that they belong to")
	}
	if s.SMTP.URL == "" {
		p.withoutSmarthost(s, c)
		return
	}
	if s.PublicURL == "" {
		p.fault("PUBLIC_URL", "must be set beside POSTERN_SMTP_URL: it is the base of the links in letters, as "+
			"https://postern.example.org")
	}
	if s.Mail.From == "" {
		p.fault("MAIL_FROM",
			"must be set beside POSTERN_SMTP_URL: it is the sender of all letters, as Postern <postern@example.org>")
	}
}

// withoutSmarthost refuses what makes no sense while letters go to the built-in inbox.
func (p *parser) withoutSmarthost(s Settings, c Config) {
	if c.PublicURL != nil && !input.IsLoopback(c.PublicURL.Hostname()) {
		p.fault("SMTP_URL",
			"must be set when POSTERN_PUBLIC_URL leads to another machine than this one: letters would reach nobody")
	}
	for _, setting := range []struct{ name, value string }{
		{"SMTP_PASSWORD_FILE", s.SMTP.PasswordFile}, {"SMTP_CA_FILE", s.SMTP.CAFile}, {"SMTP_PER_MINUTE",
			s.SMTP.PerMinute},
		{"SMTP_OAUTH_URL", s.SMTP.OAuth.URL}, {"SMTP_OAUTH_CLIENT_ID", s.SMTP.OAuth.ClientID},
		{"SMTP_OAUTH_SECRET_FILE", s.SMTP.OAuth.SecretFile}, {"SMTP_OAUTH_SCOPE", s.SMTP.OAuth.Scope},
	} {
		if setting.value != "" {
			p.fault(setting.name, "says how to reach a smarthost, but POSTERN_SMTP_URL names none")
		}
	}
}
