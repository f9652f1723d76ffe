package config

import (
	"net/url"

	"postern/mail/letters"
	"postern/server/input"
	"postern/server/webhook"
)

// Webhook says where events are posted.
type Webhook struct {
	URL     *url.URL
	Secrets []webhook.Secret
}

// webhook reads WEBHOOK_URL and its secret; nil where there is none. No fault repeats the URL: its query may hold a
// secret.
func (p *parser) webhook(s *Settings) *Webhook {
	address, file := s.Webhook.URL, s.Webhook.SecretFile
	if address == "" {
		if file != "" {
			p.fault("WEBHOOK_SECRET_FILE", "signs what is posted to POSTERN_WEBHOOK_URL, and that is not set")
		}
		return nil
	}
	u, err := letters.ParseWebURL(address)
	switch {
	case err != nil:
		p.fault("WEBHOOK_URL", "is wrong: %s", err)
	case u.Fragment != "":
		p.fault("WEBHOOK_URL", "is wrong: leave out the # and what follows it")
	case u.Scheme == "http" && !input.IsLoopback(u.Hostname()):
		p.fault("WEBHOOK_URL", "must be https: whoever reads along would learn what happens")
	}
	hook := &Webhook{URL: u}
	if file == "" {
		p.fault("WEBHOOK_SECRET_FILE", "must be set beside POSTERN_WEBHOOK_URL: its receiver knows messages by the "+
			`signature; printf 'whsec_%%s\n' "$(openssl rand -base64 32)" makes a secret`)
		return hook
	}
	if text := p.secret("WEBHOOK_SECRET_FILE", file); text != "" {
		if hook.Secrets, err = webhook.ParseSecrets(text); err != nil {
			p.fault("WEBHOOK_SECRET_FILE", "%s: %s", err, file)
		}
	}
	return hook
}
