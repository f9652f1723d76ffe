// Package listener is the SMTP server (RFC 5321) that mail systems bring reports to: it takes mail for one address, and
// relays nothing. It stands in front of strangers, so that all that a peer may cost is bounded: connections (by the
// net.Listener that it is given), time, bytes and memory.
//
// A 250 after the final dot means that what follows from the report is on the disk. Where it cannot be written now the
// answer is a 451, and the peer comes again. There is no spool, so that there is none to lose.
package listener

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/netip"
	"strings"
	"time"

	gosmtp "github.com/emersion/go-smtp"
	"github.com/rs/zerolog"

	"postern/mail/bounce"
	"postern/mail/returns"
)

// Options is what a Server is made of.
type Options struct {
	Desk        *returns.Desk
	Name        string                                               // of this host, for the greeting
	Certificate func(*tls.ClientHelloInfo) (*tls.Certificate, error) // nil: no STARTTLS
	Log         zerolog.Logger
}

// limits bound one connection, and held the messages of all.
type limits struct {
	line     time.Duration // for the next command, and for a message from DATA to its final dot
	life     time.Duration // of a connection
	commands int64         // bytes beside messages, until the next message
	held     int64         // bytes of the messages that are being read, all together; half of it for one peer
}

var defaultLimits = limits{line: time.Minute, life: 10 * time.Minute, commands: 64 << 10, held: 32 << 20}

// excess is how much more of a message that is too long is read, so that its sender hears the answer.
const excess = 16 << 20

// recipients is how many addresses a message may have. All of them are the one that is taken.
const recipients = 10

// Server takes reports by SMTP.
type Server struct {
	options Options
	limits  limits
	room    room
}

// New makes a server; Run serves.
func New(o Options) *Server { return &Server{options: o, limits: defaultLimits} }

// Run answers on a listener until ctx ends; messages that are being read then are finished, for at most the time that a
// message may take. It owns all goroutines of its connections: none is left when it returns.
func (s *Server) Run(ctx context.Context, on net.Listener) error {
	server := gosmtp.NewServer(gosmtp.BackendFunc(s.newSession))
	server.Domain = s.options.Name
	server.MaxMessageBytes = bounce.MaxMessage + 1 // go-smtp refuses a message that is just as long; see read
	server.MaxRecipients = recipients
	server.MaxLineLength = 64 << 10 // returned messages have lines that no standard allows
	server.ReadTimeout, server.WriteTimeout = s.limits.line, s.limits.line
	server.EnableSMTPUTF8 = true // reports about international addresses (RFC 6533)
	server.ErrorLog = log{s.options.Log}
	if s.options.Certificate != nil {
		server.TLSConfig = &tls.Config{GetCertificate: s.options.Certificate, MinVersion: tls.VersionTLS12}
	}
	ended := make(chan error, 1)
	go func() { ended <- server.Serve(watched{on, s, ctx}) }()
	select {
	case err := <-ended: // by itself: the listener is broken
		return errors.Join(err, server.Close())
	case <-ctx.Done():
	}
	// Connections without a message under way are closed by now (newConn), and the others end with their message.
	limit, cancel := context.WithTimeout(context.WithoutCancel(ctx), s.limits.line)
	defer cancel()
	_ = server.Shutdown(limit)
	<-ended
	return nil
}

// session is one connection's, from EHLO on, and again after STARTTLS.
type session struct {
	server   *Server
	conn     *conn
	envelope bounce.Envelope
}

func (s *Server) newSession(c *gosmtp.Conn) (gosmtp.Session, error) {
	under := c.Conn()
	if secured, is := under.(*tls.Conn); is {
		under = secured.NetConn()
	}
	return &session{server: s, conn: under.(*conn)}, nil
}

// Reset forgets the message that is being received.
func (k *session) Reset() { k.envelope = bounce.Envelope{} }

// Logout is of nothing.
func (k *session) Logout() error { return nil }

// Mail takes any sender: reports have none, and what else is sent to the address is looked at as well.
func (k *session) Mail(from string, options *gosmtp.MailOptions) error {
	if options.Size > bounce.MaxMessage {
		return gosmtp.ErrDataTooLarge
	}
	k.envelope = bounce.Envelope{From: from, NullSender: from == ""}
	return nil
}

var errNoMailbox = &gosmtp.SMTPError{Code: 550, EnhancedCode: gosmtp.EnhancedCode{5, 1, 1},
	Message: "no such mailbox: reports to one address are taken here, and nothing else"}

// Rcpt takes the one address, whatever its code says: a forged one leads nowhere, and tells nobody whether it is right.
func (k *session) Rcpt(to string, _ *gosmtp.RcptOptions) error {
	if !k.server.options.Desk.Address.Takes(to) {
		return errNoMailbox
	}
	k.envelope.To = append(k.envelope.To, to)
	return nil
}

var (
	errBusy = &gosmtp.SMTPError{
		Code:         452,
		EnhancedCode: gosmtp.EnhancedCode{4, 3, 1},
		Message:      "busy, come again later",
	}
	errLater = &gosmtp.SMTPError{Code: 451, EnhancedCode: gosmtp.EnhancedCode{4, 3, 0},
		Message: "it cannot be written down now, come again later"}
)

// Data takes a message. It returns once what follows from it is on the disk.
func (k *session) Data(r io.Reader) error {
	limits := k.server.limits
	k.conn.busy.Store(true)
	k.conn.left.Store(limits.commands + bounce.MaxMessage)
	peer := peerOf(k.conn)
	message, err := k.server.read(r, peer)
	defer k.server.room.give(peer, int64(len(message)))
	defer k.conn.busy.Store(false)
	if err != nil {
		k.conn.left.Store(limits.commands + excess)
		return err
	}
	k.conn.left.Store(limits.commands)
	_, err = k.server.options.Desk.Take(
		context.WithoutCancel(k.conn.stopping),
		returns.FromListener,
		message,
		k.envelope,
	)
	if err != nil {
		k.server.options.Log.Error().Err(err).Msg("a report cannot be written down; its sender comes again")
		return errLater
	}
	return nil
}

// read reads a message into memory, as far as there is room among those of all connections. The room is taken as the
// bytes come, so that who sends none takes none.
func (s *Server) read(r io.Reader, peer netip.Prefix) (message []byte, err error) {
	part := make([]byte, 16<<10)
	for {
		n, err := r.Read(part)
		message = append(message, part[:n]...)
		if !s.room.take(peer, int64(n), s.limits.held) {
			return message, errBusy
		}
		switch {
		case len(message) > bounce.MaxMessage:
			return message, gosmtp.ErrDataTooLarge
		case errors.Is(err, io.EOF):
			return message, nil
		case err != nil:
			return message, err
		}
	}
}

// log takes what go-smtp logs: faults of connections, which are strangers' doing, and panics, which are ours.
type log struct{ zerolog.Logger }

func (l log) Printf(format string, args ...any) {
	line := l.Debug()
	if strings.HasPrefix(format, "panic") {
		line = l.Error()
	}
	line.Str("cause", fmt.Sprintf(format, args...)).Msg("the listener for returned mail")
}

func (l log) Println(args ...any) {
	l.Debug().Str("cause", fmt.Sprint(args...)).Msg("the listener for returned mail")
}
