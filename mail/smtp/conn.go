package smtp

import (
	"context"
	"errors"

	"postern/mail/letters"
	"postern/store"
)

// lane is one worker's way to the smarthost. It keeps one connection.
type Conn struct {
	host    *Smarthost
	hard    context.Context
	session *session // nil: none
}

// Send hands a message to the smarthost, over the kept connection where there is one. A kept connection that turns out
// to be gone at its first command is replaced silently: that was no attempt.
func (l *Conn) Send(stop context.Context, m letters.Message) store.Attempt {
	if err := fit(m); err != nil {
		return (&fault{phase: PhaseMail, err: err, class: store.AttemptPermanent}).attempt()
	}
	if l.session != nil && l.session.usedUp() {
		l.Rest()
	}
	reused := l.session != nil
	answer, fail := l.try(stop, m)
	if reused && fail != nil && fail.stale() && stop.Err() == nil {
		answer, fail = l.try(stop, m)
	}
	if fail == nil {
		return accept(answer)
	}
	a := fail.attempt()
	if l.wasCut(stop, fail) {
		a.Class, a.Text = store.AttemptSmarthost, errCutOff.Error()
	}
	return a
}

// wasCut tells whether a message was not handed over because the appliance stops. Once the final dot is sent, that is no
// excuse: the smarthost may have it.
func (l *Conn) wasCut(stop context.Context, fail *fault) bool {
	if isReply(fail.err) || fail.phase == PhaseDot {
		return false
	}
	return l.hard.Err() != nil || stop.Err() != nil && (beforeMail(fail.phase) || fail.phase == PhaseMail)
}

// try is one transaction on the kept connection, or on a new one. A connection that is out of step is dropped.
func (l *Conn) try(stop context.Context, m letters.Message) (string, *fault) {
	if l.session == nil {
		opened, fail := l.host.connect(stop, l.hard)
		if fail != nil {
			return "", fail
		}
		l.session = opened
	}
	answer, fail := l.session.send(stop, m)
	if fail != nil && (!isReply(fail.err) && fail.class == "" || fail.attempt().Class == store.AttemptSmarthost) {
		l.session.drop()
		l.session = nil
	}
	return answer, fail
}

// Rest ends the kept connection politely.
func (l *Conn) Rest() {
	if l.session != nil {
		l.session.quit()
		l.session = nil
	}
}

// fit refuses an envelope that would say more to the smarthost than two addresses: go-smtp passes on whatever has no line
// break in it, parameters of MAIL and RCPT too.
func fit(m letters.Message) error {
	if !letters.IsPlainAddress(m.From) || !letters.IsPlainAddress(m.To) {
		return errors.New("the envelope has an address that is not a plain one")
	}
	return nil
}
