package config

import (
	"fmt"
	"path/filepath"
	"reflect"
	"strings"

	"postern/server/input"
	"postern/store"
)

// Error lists everything that is wrong with the settings, in the order in which they are checked.
type Error struct {
	Faults []string // sentences that begin with the setting's name; none holds a secret
}

// Error gives one fault a line.
func (e *Error) Error() string { return strings.Join(e.Faults, "\n") }

const defaultSender = "Postern <postern@localhost>"

// Parse reads the settings. Its error is an *Error with every fault. Beside the settings it looks only at the
// files that it names.
func (s Settings) Parse() (Config, error) {
	s.fill()
	p := &parser{variables: make(map[*string]Variable)}
	// A field's address stands for its setting, so that a check is called with the field alone, and name and tags
	// cannot be those of another one.
	s.Each(func(v Variable) { p.variables[v.Value.Addr().Interface().(*string)] = v })
	p.unknown(s)
	c := Config{
		Listen:             p.listen(&s.Listen),
		OperatorListen:     p.listen(&s.OperatorListen),
		OperatorHosts:      p.hosts(&s.OperatorHosts),
		Data:               s.DataDir(),
		PublicURL:          p.publicURL(s.PublicURL),
		TLSCert:            s.TLS.Cert,
		TLSKey:             s.TLS.Key,
		Timezone:           p.timezone(&s.Timezone),
		TrustedProxies:     p.prefixes(&s.TrustedProxies),
		AllowedOrigins:     p.origins(s.AllowedOrigins),
		SMTP:               p.smtp(&s),
		MailFrom:           p.sender(s.Mail.From),
		GiveUpAfter:        p.duration(&s.Mail.GiveUpAfter),
		Contact:            p.contact(s.Contact),
		Organisation:       p.text(&s.Organisation),
		PrivacyURL:         p.link(&s.PrivacyURL),
		BrandLogo:          p.logo(&s.Brand.Logo),
		BrandColour:        p.colour(&s.Brand.Colour),
		LettersDir:         p.lettersDir(s.LettersDir),
		ActivationURL:      p.activationURL(s.EECDActivationURL),
		ConfirmationTTL:    p.duration(&s.ConfirmationTTL),
		ConfirmationReuse:  p.duration(&s.ConfirmationReuse),
		InvitationTTL:      p.duration(&s.InvitationTTL),
		RecoveryTTL:        p.duration(&s.RecoveryTTL),
		PasswordMin:        p.number(&s.PasswordMin),
		RepeatLettersAfter: p.duration(&s.RepeatLettersAfter),
		UserTokenTTL:       p.duration(&s.UserTokenTTL),
		ReactivateAfter:    p.duration(&s.ReactivateAfter),
		MailboxSignIn:      p.oneOf(&s.SignIn) == "mailbox",
		Keep: store.Keep{
			Unconfirmed: p.duration(&s.Keep.Unconfirmed),
			Sent:        p.duration(&s.Keep.Sent),
			Events:      p.duration(&s.Keep.Events),
			Cleanings:   p.duration(&s.Keep.Cleanings),
		},
		Backup: Backup{
			Dir:   p.backupDir(&s),
			Every: p.duration(&s.Backup.Every),
			Keep:  p.number(&s.Backup.Keep),
		},
		Webhook:   p.webhook(&s),
		KeyFile:   s.KeyFile,
		LogLevel:  p.level(&s.Log.Level),
		LogFormat: p.oneOf(&s.Log.Format),
		Limits: Limits{
			Register:        p.rate(&s.Limit.Register),
			SignIn:          p.rate(&s.Limit.SignIn),
			Exempt:          p.prefixes(&s.Limit.Exempt),
			StrangerLetters: p.rate(&s.Limit.StrangerLetters),
			AddressLetters:  p.rate(&s.Limit.AddressLetters),
			PartnerLetters:  p.rate(&s.Limit.PartnerLetters),
			PartnerPeople:   p.rate(&s.Limit.PartnerPeople),
			PartnerAnswers:  p.rate(&s.Limit.PartnerAnswers),
			Login:           p.tries(&s.Limit.Login),
		},
	}
	c.Bounce = p.bounce(&s, c.MailFrom.Address)
	if c.KeyFile == "" {
		c.KeyFile = filepath.Join(c.Data, "postern.keys")
	}
	p.together(s, c) // also after faults: what is found there is one more to be told
	if len(p.faults) > 0 {
		return Config{}, &Error{Faults: p.faults}
	}
	c.computed.publicURL = s.PublicURL == ""
	c.computed.activationURL = s.EECDActivationURL == ""
	c.computed.origins = s.AllowedOrigins == ""
	c.compute()
	p.warnOfClearText(c)
	c.Warnings, c.settings = p.warnings, s
	return c, nil
}

// warnOfClearText warns of what crosses a network unencrypted. It is no fault: the network may be one that the operator
// trusts, and only the operator knows.
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

// parser reads single settings and collects what is wrong with them. Its methods take a field of Settings, whose tags
// say the rest, or a setting's name without the prefix, and answer a zero value where they found a fault.
type parser struct {
	variables        map[*string]Variable // by the field of Settings
	oauthRead        *OAuth               // nil: not read yet
	faults, warnings []string
}

// setting returns what a field of Settings holds, its name without the prefix, and its tags.
func (p *parser) setting(field *string) (name, text string, tags reflect.StructTag) {
	v := p.variables[field]
	return strings.TrimPrefix(v.Name, SettingsPrefix+"_"), *field, v.tags
}

// bounds are the least and the most that a setting may be.
func bounds(tags reflect.StructTag) (least, most string) {
	least, most, _ = strings.Cut(tags.Get("bounds"), " ")
	return least, most
}

func (p *parser) fault(name, format string, args ...any) {
	p.faults = append(p.faults, SettingsPrefix+"_"+name+" "+fmt.Sprintf(format, args...))
}

// warn notes what is taken and should be mended all the same.
func (p *parser) warn(name, format string, args ...any) {
	p.warnings = append(p.warnings, SettingsPrefix+"_"+name+" "+fmt.Sprintf(format, args...))
}

// unknown lists the names that are no setting, each with the nearest one that is. A misspelt name is a fault and not
// passed over: the setting that was meant would silently have its default, as a limit that is off.
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

// together holds the rules between settings. A zero value is that of a setting which had a fault of its own, and breaks
// no rule: one cause gives one fault.
func (p *parser) together(s Settings, c Config) {
	p.certificate(s.TLS.Cert, s.TLS.Key)
	p.bounces(c)
	if c.OperatorListen != "" && c.OperatorListen == c.Listen && !strings.HasSuffix(c.Listen, ":0") {
		p.fault("OPERATOR_LISTEN", "is the same as POSTERN_LISTEN: leave it out, or name another port")
	}
	if len(c.OperatorHosts) > 0 && c.OperatorListen == "" {
		p.fault("OPERATOR_HOSTS", "says what POSTERN_OPERATOR_LISTEN answers to, and that is not set")
	}
	if c.Keep.Unconfirmed > 0 && c.Keep.Unconfirmed < c.ConfirmationTTL {
		p.warn("KEEP_UNCONFIRMED",
			"is shorter than POSTERN_CONFIRMATION_TTL: links outlive the registrations that they belong to, "+
				"and whoever follows one too late has to register again")
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

// withoutSmarthost refuses what makes no sense while letters go to the built-in inbox: most likely SMTP_URL was
// forgotten, and letters would be taken and reach nobody.
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
		forMailbox := s.mailboxTakesTokens() && strings.HasPrefix(setting.name, "SMTP_OAUTH_") ||
			s.Bounce.IMAP.URL != "" && setting.name == "SMTP_CA_FILE"
		if setting.value != "" && !forMailbox {
			p.fault(setting.name, "says how to reach a smarthost, but POSTERN_SMTP_URL names none")
		}
	}
}
