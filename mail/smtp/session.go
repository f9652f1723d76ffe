package smtp

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"time"

	gosmtp "github.com/emersion/go-smtp"

	"postern/mail/letters"
	"postern/store"
)

// stale reports whether a fault was that of the first command on a connection that was gone by then.
func (f *fault) stale() bool {
	return f.phase == PhaseReset || f.phase == PhaseMail && f.class == "" && !isReply(f.err)
}

// session is one connection on which MAIL can begin.
type session struct {
	host         *Smarthost
	wire         *limitedConn
	dialogue     *dialogue // between wire and client
	client       *gosmtp.Client
	stopWatching func() bool // stops waiting for the end of the Conn's context
	since        time.Time
	sent         int
	dirty        bool // a transaction was refused halfway: RSET comes first
}

// usedUp reports whether a connection has carried enough letters, or is too old, to be taken for one more. Smarthosts
// count both, and behind a load balancer an old connection never moves to another host.
func (s *session) usedUp() bool {
	return s.sent >= s.host.limits.letters || time.Since(s.since) >= s.host.limits.age
}

// send runs one transaction: one message to one recipient. There is no RSET after success, which would cost go-smtp a
// second EHLO as well; after a refusal that is still cheaper than a new connection with its TLS and AUTH.
func (s *session) send(stop context.Context, m letters.Message) (string, *fault) {
	defer s.wire.cutBy(stop)()
	if s.dirty {
		if err := s.client.Reset(); err != nil {
			return "", &fault{phase: PhaseReset, err: err}
		}
		s.dirty = false
	}
	if fail := s.checkSize(len(m.Data)); fail != nil {
		return "", fail
	}
	if err := ignore2xx(s.client.Mail(m.From, mailOptions(m))); err != nil {
		return "", &fault{phase: PhaseMail, err: err}
	}
	// From here on a stop waits for the answer: the letter is on its way, and breaking off saves nothing.
	if !s.wire.begin() {
		return "", &fault{phase: PhaseMail, err: errCutOff}
	}
	s.dirty = true // an open transaction: without RSET the next MAIL would be nested in it
	if err := s.client.Rcpt(m.To, rcptOptions); err != nil {
		return "", &fault{phase: PhaseRcpt, err: err}
	}
	data, err := s.client.Data()
	if err != nil {
		return "", &fault{phase: PhaseData, err: err}
	}
	return s.body(data, m.Data)
}

// mailOptions asks for what makes a report find its letter again, where the smarthost offers that (DSN, RFC 3461): the
// ENVID, and the returned header, whose Message-ID is the letter's. The body, with a person's link in it, need not
// travel back.
func mailOptions(m letters.Message) *gosmtp.MailOptions {
	return &gosmtp.MailOptions{Return: gosmtp.DSNReturnHeaders, EnvelopeID: m.EnvelopeID}
}

// rcptOptions asks for reports of what is not delivered, and none of what is: most servers would not send it, and
// nothing would follow from it.
var rcptOptions = &gosmtp.RcptOptions{Notify: []gosmtp.DSNNotify{gosmtp.DSNNotifyFailure, gosmtp.DSNNotifyDelayed}}

// leastSize is the message size that any SMTP server takes, in bytes (RFC 5321 §4.5.3.1.7).
const leastSize = 64 << 10

// checkSize compares a message with the SIZE that the smarthost has named (RFC 1870). It is compared here and not sent
// along with MAIL: a 552 to MAIL would look like the smarthost's fault, for ever. A limit that servers may have is the
// letter's own trouble; a lower one is so only when it is known that some letters are small enough for it.
func (s *session) checkSize(size int) *fault {
	smallest := s.host.smallestOf(size)
	most, named := s.client.MaxMessageSize()
	if !named || most == 0 || size <= most {
		return nil
	}
	class := store.AttemptPermanent
	if most < leastSize && most < smallest {
		class = store.AttemptSmarthost
	}
	return &fault{phase: PhaseSize, class: class,
		err: fmt.Errorf("the message has %d octets, the smarthost takes %d", size, most)}
}

// body writes the message and its final dot. After an error while writing, the connection must go without a dot: that
// would submit half a message.
func (s *session) body(to *gosmtp.DataCommand, message []byte) (string, *fault) {
	if err := s.wire.SetDeadline(time.Now().Add(s.host.limits.body)); err != nil {
		return "", &fault{phase: PhaseBody, err: err}
	}
	if _, err := to.Write(withCRLF(message)); err != nil {
		return "", &fault{phase: PhaseBody, err: err}
	}
	response, err := to.CloseWithResponse() // writes the dot, and waits as limits.dot says
	if reply, ok := errors.AsType[*gosmtp.SMTPError](err); ok && reply.Code/100 == 2 {
		response, err = &gosmtp.DataResponse{StatusText: reply.Message}, nil
	}
	switch {
	case err == nil:
		s.dirty = false
		s.sent++
		return response.StatusText, nil
	// This tells "surely not sent" from "perhaps sent": only the latter may arrive twice.
	case s.wire.broken.Load(): // the last piece, with the dot in it, did not get out
		return "", &fault{phase: PhaseBody, err: err}
	}
	s.dirty = false // an answer to the dot ends the transaction, whatever it says
	return "", &fault{phase: PhaseDot, err: err}
}

// quit sends QUIT, whatever the answer, and closes the connection.
func (s *session) quit() {
	s.client.CommandTimeout = s.host.limits.quit
	_ = s.client.Quit()
	s.drop()
}

// drop closes the connection.
func (s *session) drop() {
	s.stopWatching()
	s.wire.Conn.Close()
	s.host.open.Add(-1)
}

// withCRLF makes every line end in CRLF. The composer does so already; but a CR or LF by itself would end a line for
// some servers and not for others, which is how a second message is smuggled into one (SMTP smuggling).
func withCRLF(message []byte) []byte {
	n := bytes.Count(message, []byte("\r\n"))
	if n == bytes.Count(message, []byte("\r")) && n == bytes.Count(message, []byte("\n")) {
		return message
	}
	message = bytes.ReplaceAll(message, []byte("\r\n"), []byte("\n"))
	message = bytes.ReplaceAll(message, []byte("\r"), []byte("\n"))
	return bytes.ReplaceAll(message, []byte("\n"), []byte("\r\n"))
}
