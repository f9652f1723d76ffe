package mail

import (
	"context"
	"strings"

	"postern/mail/inbox"
	"postern/mail/letters"
	"postern/mail/smtp"
	"postern/store"
)

// Capture makes the built-in inbox a Transport, for where no smarthost is set. Letters to the recipients of magic meet
// a fault there, and those to bounced@… come back, so that one can see what follows from it. back may be nil.
func Capture(inbox *inbox.Inbox, back *Playback) Transport { return capture{inbox, back} }

// capture is a Transport and its Conn at once: the inbox is in memory, so that there are no connections, no faults to
// forget and nothing to mend.
type capture struct {
	inbox *inbox.Inbox
	back  *Playback
}

func (c capture) Conn(context.Context) Conn { return c }

func (c capture) Connections() int { return 0 }

func (c capture) ForgetFaults() {}

func (c capture) Mended() <-chan struct{} { return nil }

func (c capture) CloseIdle() {}

// magic are local parts, at whatever domain and also with a tag (temperror+x), and how attempts at letters to them end.
// The timeout is over at once, since others wait behind it.
var magic = map[string]store.Attempt{
	"temperror": {Class: store.AttemptTemporary, Phase: smtp.PhaseRcpt, Code: 451, Enhanced: "4.3.0",
		Text: "the inbox plays a temporary refusal for this recipient"},
	"permerror": {Class: store.AttemptPermanent, Phase: smtp.PhaseRcpt, Code: 550, Enhanced: "5.1.1",
		Text: "the inbox plays an unknown mailbox for this recipient"},
	"timeout": {Class: store.AttemptTemporary, Phase: smtp.PhaseRcpt,
		Text: "no answer in time (the inbox plays that for this recipient)"},
}

// returning is the local part whose letters are taken, and come back.
const returning = "bounced"

// Send puts the message into the inbox. One that the inbox cannot take now, it can never take.
func (c capture) Send(_ context.Context, m letters.Message) store.Attempt {
	local, _, _ := strings.Cut(m.To, "@")
	local, _, _ = strings.Cut(local, "+")
	if fault, met := magic[strings.ToLower(local)]; met {
		return fault
	}
	if err := c.inbox.DeliverKind(m.Kind, m.From, m.To, m.Data); err != nil {
		return store.Attempt{Class: store.AttemptPermanent, Text: err.Error()}
	}
	if c.back != nil && strings.EqualFold(local, returning) {
		c.back.add(m)
	}
	return store.Attempt{Class: store.AttemptSent, Text: "kept in the inbox"}
}
