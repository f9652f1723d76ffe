package smtp

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"net/textproto"
	"os"
	"slices"
	"strconv"
	"strings"

	gosmtp "github.com/emersion/go-smtp"

	"postern/mail/refusal"
	"postern/store"
)

// The phases of an attempt, as store.Attempt names them.
const (
	PhaseConnect = "connect"
	PhaseTLS     = "tls"
	PhaseHello   = "hello"
	PhaseAuth    = "auth"
	PhaseReset   = "reset" // on a reused connection, before MAIL
	PhaseSize    = "size"  // the smarthost has named a SIZE that the message exceeds
	PhaseMail    = "mail"
	PhaseRcpt    = "rcpt"
	PhaseData    = "data"
	PhaseBody    = "body"
	PhaseDot     = "dot"
)

// fault is an error with the phase of the attempt that it ended.
type fault struct {
	phase string
	err   error
	class store.AttemptClass // where neither phase nor reply decides it
	login bool               // a user name and its password, or token, were not taken
}

// attempt returns the record of a fault.
func (f *fault) attempt() store.Attempt {
	a := store.Attempt{Phase: f.phase, Class: f.class}
	if reply, ok := errors.AsType[*gosmtp.SMTPError](f.err); ok {
		a.Code, a.Text = reply.Code, refusal.Printable(reply.Message)
		a.Enhanced = cmp.Or(enhanced(reply.EnhancedCode), refusal.StatusIn(reply.Code, reply.Message))
		if a.Class == "" {
			a.Class = classOfReply(f.phase, a.Code, a.Enhanced, reply.Message)
		}
		return a
	}
	a.Text = refusal.Printable(causeOf(f.err))
	if a.Class == "" {
		a.Class = classOfBreak(f.phase)
	}
	return a
}

// classOfReply decides whose fault a refusal is. Before RCPT nothing of the letter has been said but our own address. A
// mailbox that is full (552, 5.2.2, or in words alone) will not be so for ever.
//
// What is wrong here is dear in both ways: a smarthost's fault that is taken for the letter's fails letters for good,
// one by one; a letter's that is taken for the smarthost's stops all mail. What one reply cannot tell, as a sender that
// is refused at RCPT, is left to the courier, which sees several.
func classOfReply(phase string, code int, status, said string) store.AttemptClass {
	switch {
	case ofSmarthost(code) || beforeMail(phase):
		return store.AttemptSmarthost
	case code/100 == 4:
		return store.AttemptTemporary
	case code/100 == 5 && phase == PhaseMail:
		return store.AttemptSmarthost
	case code/100 == 5 && refusal.IsFull(refusal.Reply{Code: code, Status: status, Text: said}):
		return store.AttemptTemporary
	case code/100 == 5:
		return store.AttemptPermanent
	}
	return classOfBreak(phase) // a code that has no meaning there: as good as no answer
}

// ofSmarthost reports whether a smarthost speaks by this code of itself or of its client, whatever the command: going
// away, TLS or login not there or wanted, and what a wrong order of commands or a wrong name in EHLO gets.
func ofSmarthost(code int) bool {
	return slices.Contains([]int{421, 454, 503, 504, 530}, code)
}

// classOfBreak decides whose fault a lost connection, a timeout or an unreadable answer is.
func classOfBreak(phase string) store.AttemptClass {
	switch {
	case beforeMail(phase), phase == PhaseMail: // MAIL was not accepted
		return store.AttemptSmarthost
	case phase == PhaseDot: // all was sent, and nobody knows what became of it
		return store.AttemptUncertain
	}
	return store.AttemptTemporary
}

// beforeMail reports whether a phase comes before MAIL.
func beforeMail(phase string) bool {
	switch phase {
	case PhaseConnect, PhaseTLS, PhaseHello, PhaseAuth, PhaseReset:
		return true
	}
	return false
}

// AfterMail reports whether a phase comes after the smarthost took MAIL.
func AfterMail(phase string) bool {
	switch phase {
	case PhaseRcpt, PhaseData, PhaseBody, PhaseDot:
		return true
	}
	return false
}

// ignore2xx drops the error that go-smtp makes of any 2xx but the one that it expects: the first digit decides (RFC
// 5321 §4.3.2).
func ignore2xx(err error) error {
	if reply, ok := errors.AsType[*gosmtp.SMTPError](err); ok && reply.Code/100 == 2 {
		return nil
	}
	return err
}

// isReply reports whether the smarthost answered, so that the dialogue is still in step. After a 421 it closes the
// connection (RFC 5321 §3.8), and what has no code of 4 or 5 may be the rest of anything.
func isReply(err error) bool {
	reply, ok := errors.AsType[*gosmtp.SMTPError](err)
	return ok && (reply.Code/100 == 4 || reply.Code/100 == 5) && reply.Code != 421
}

// enhanced returns an enhanced status code as it is written; empty where there is none.
func enhanced(code gosmtp.EnhancedCode) string {
	if code == (gosmtp.EnhancedCode{}) || code == gosmtp.NoEnhancedCode {
		return ""
	}
	return fmt.Sprintf("%d.%d.%d", code[0], code[1], code[2])
}

// replyOf returns an answer that did not come through go-smtp as if it had.
func replyOf(answer *textproto.Error) *gosmtp.SMTPError {
	reply := &gosmtp.SMTPError{Code: answer.Code, Message: answer.Msg}
	if first, rest, _ := strings.Cut(answer.Msg, " "); refusal.IsStatus(first) {
		for i, part := range strings.Split(first, ".") {
			reply.EnhancedCode[i], _ = strconv.Atoi(part)
		}
		reply.Message = rest
	}
	return reply
}

// acceptedAttempt returns the record of an accepted message, made of its answer, which holds the smarthost's queue id.
func acceptedAttempt(answer string) store.Attempt {
	a := store.Attempt{Class: store.AttemptSent, Phase: PhaseDot, Code: 250}
	first, rest, _ := strings.Cut(answer, " ")
	if refusal.IsStatus(first) {
		a.Enhanced, answer = first, strings.ReplaceAll(rest, "\n"+first+" ", "\n")
	}
	a.Text = refusal.Printable(answer)
	return a
}

// causeOf says what happened to a connection, with the cause as the system names it.
func causeOf(err error) string {
	switch {
	case errors.Is(err, os.ErrDeadlineExceeded), errors.Is(err, context.DeadlineExceeded):
		return "no answer in time (" + err.Error() + ")"
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return "the smarthost closed the connection"
	}
	return err.Error()
}
