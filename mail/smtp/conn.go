package smtp

import (
	"context"
	"errors"

	"postern/mail/letters"
	"postern/store"
)

// Conn is one worker's connection to the smarthost. It dials when there is something to send, keeps the connection for
// the next letter, and replaces it when it is used up or gone. It belongs to one goroutine.
type Conn struct {
	host    *Smarthost
	hard    context.Context // its end cuts off everything
	session *session        // nil: none
}

// Send sends a message to the smarthost, over the kept connection where there is one. A kept connection that turns out
// to be gone at its first command is replaced silently: that was no attempt. The end of stop cuts it off as long as
// nothing of the message has been sent.
func (c *Conn) Send(stop context.Context, m letters.Message) store.Attempt {
	if err := checkEnvelope(m); err != nil {
		return (&fault{phase: PhaseMail, err: err, class: store.AttemptPermanent}).attempt()
	}
	if c.session != nil && c.session.usedUp() {
		c.CloseIdle()
	}
	// A server may end an idle connection at any time; that shows at the first command alone, when nothing of the
	// letter has been said. So it is tried once more, on a new connection, where the same fault counts.
	reused := c.session != nil
	answer, fail := c.try(stop, m)
	if reused && fail != nil && fail.stale() && stop.Err() == nil {
		answer, fail = c.try(stop, m)
	}
	if fail == nil {
		return acceptedAttempt(answer)
	}
	a := fail.attempt()
	if c.wasCut(stop, fail) {
		a.Class, a.Text = store.AttemptSmarthost, errCutOff.Error()
	}
	return a
}

// wasCut reports whether a message was not sent because the appliance stops. Once the final dot is sent, that is no
// excuse: the smarthost may have the message.
func (c *Conn) wasCut(stop context.Context, fail *fault) bool {
	if isReply(fail.err) || fail.phase == PhaseDot {
		return false
	}
	return c.hard.Err() != nil || stop.Err() != nil && (beforeMail(fail.phase) || fail.phase == PhaseMail)
}

// try is one transaction on the kept connection, or on a new one. A connection that is out of step is dropped: on it
// the next letter would get this one's answer. So is that of a smarthost at fault, as the pause is longer than it would
// be kept, and a new one meets what has been mended.
func (c *Conn) try(stop context.Context, m letters.Message) (string, *fault) {
	if c.session == nil {
		opened, fail := c.host.connect(stop, c.hard)
		if fail != nil {
			return "", fail
		}
		c.session = opened
	}
	answer, fail := c.session.send(stop, m)
	if fail != nil && (!isReply(fail.err) && fail.class == "" || fail.attempt().Class == store.AttemptSmarthost) {
		c.session.drop()
		c.session = nil
	}
	return answer, fail
}

// CloseIdle ends the kept connection with QUIT.
func (c *Conn) CloseIdle() {
	if c.session != nil {
		c.session.quit()
		c.session = nil
	}
}

// checkEnvelope refuses an envelope that would tell the smarthost more than two addresses: go-smtp passes on whatever
// has no line break in it, parameters of MAIL and RCPT too.
func checkEnvelope(m letters.Message) error {
	if !letters.IsPlainAddress(m.From) || !letters.IsPlainAddress(m.To) {
		return errors.New("the envelope has an address that is not a plain one")
	}
	return nil
}
