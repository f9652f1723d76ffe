package server

import (
	"strings"

	"postern/mail"
	mailinbox "postern/mail/inbox"
	"postern/mail/letters"
	"postern/server/config"
	"postern/server/inbox"
	"postern/server/web/page"
)

// inboxConnections is how many letters are put into the built-in inbox at the same time: as many as to a smarthost
// unless told otherwise, so that a trial behaves as the real thing does.
const inboxConnections = 2

// mailDomain is the sender's, for Message-IDs.
func mailDomain(c config.Config) string {
	_, domain, _ := strings.Cut(c.MailFrom.Address, "@")
	return domain
}

func (a *App) letterOptions() letters.Options {
	c := a.config
	o := letters.Options{
		From: c.MailFrom, Organisation: c.Organisation, PrivacyURL: c.PrivacyURL, PublicURL: c.PublicURL,
		Zone: c.Timezone, ActivationURL: c.ActivationURL,
		ConfirmationTTL: c.ConfirmationTTL, NotMeTTL: c.Keep.Unconfirmed,
		InvitationTTL: c.InvitationTTL, RecoveryTTL: c.RecoveryTTL, Dir: c.LettersDir, Sealer: a.sealer,
		EnvelopeSender: c.Bounce.Address.Sender(a.marks),
	}
	if c.Contact != nil {
		o.ReplyTo = c.Contact.String()
	}
	return o
}

// look is what the pages have of the organisation's own.
func (a *App) look() page.Look {
	c := a.config
	look := page.Look{Organisation: c.Organisation, Logo: c.BrandLogo, Colour: c.BrandColour, PrivacyURL: c.PrivacyURL}
	if c.Contact != nil {
		look.Contact = c.Contact.Address
	}
	return look
}

// transport is the smarthost, or the built-in inbox and the room that shows it.
func (a *App) transport() (mail.Transport, error) {
	if a.smarthost == nil {
		box := mailinbox.New(a.now, a.random)
		var err error
		a.rooms.inbox, err = inbox.New(box, a.draining)
		a.playback = a.newPlayback()
		return mail.Capture(box, a.playback), err
	}
	return mail.Relay(a.smarthost), nil
}

// perMinute is how many letters the smarthost takes; 0: no limit.
func (a *App) perMinute() int {
	if a.config.SMTP == nil {
		return 0
	}
	return a.config.SMTP.PerMinute
}

func (a *App) connections() int {
	if a.config.SMTP == nil {
		return inboxConnections
	}
	return a.config.SMTP.Connections
}
