package server

import (
	"net"
	"strconv"
	"strings"

	"postern/mail"
	"postern/mail/letters"
	"postern/server/inbox"
)

// inboxConnections is how many letters are put into the built-in inbox at the same time.
const inboxConnections = 2

// mailDomain is the sender's, for Message-IDs.
func mailDomain(c Config) string {
	_, domain, _ := strings.Cut(c.MailFrom.Address, "@")
	return domain
}

func (a *App) letterOptions() letters.Options {
	c := a.config
	o := letters.Options{
		From: c.MailFrom, Organisation: c.Organisation, PrivacyURL: c.PrivacyURL, PublicURL: c.PublicURL,
		ActivationURL: c.ActivationURL, ConfirmationTTL: c.ConfirmationTTL, NotMeTTL: c.Keep.Unconfirmed,
		InvitationTTL: c.InvitationTTL, RecoveryTTL: c.RecoveryTTL, Sealer: a.sealer,
	}
	if c.Contact != nil {
		o.ReplyTo = c.Contact.String()
	}
	return o
}

// transport is the smarthost, or the built-in inbox and the room that shows it.
func (a *App) transport() (mail.Transport, error) {
	smtp := a.config.SMTP
	if smtp == nil {
		box := mail.NewInbox(a.now, a.random)
		var err error
		a.rooms.inbox, err = inbox.New(box, a.draining)
		return mail.Capture(box), err
	}
	return mail.NewSmarthost(mail.SmarthostOptions{
		Addr: net.JoinHostPort(smtp.Host, strconv.Itoa(smtp.Port)), Implicit: smtp.ImplicitTLS, Plain: smtp.NoTLS,
		Username: smtp.User, Password: smtp.Password, Auth: smtp.Auth, Hello: smtp.Hello, Roots: smtp.Roots,
	})
}

func (a *App) connections() int {
	if a.config.SMTP == nil {
		return inboxConnections
	}
	return a.config.SMTP.Connections
}
