package server

import (
	"context"
	"net"
	"strconv"
	"time"

	"postern/mail"
	"postern/mail/bounce"
	"postern/mail/returns"
	"postern/mail/returns/listener"
	"postern/mail/returns/mailbox"
	"postern/mail/smtp"
	"postern/server/web"
)

// How many connections to BOUNCE_LISTEN are open at once: a mail system opens some twenty to one destination.
const (
	bounceConnections          = 256
	bounceConnectionsPerClient = 32
)

// newDesk makes what takes mail that comes back, by whatever way.
func (a *App) newDesk() *returns.Desk {
	return returns.New(returns.Options{Store: a.store, Marks: a.marks, Address: a.config.Bounce.Address, Log: a.log,
		Counted: func(from returns.Source, outcome returns.Outcome) {
			a.metrics.MailCameBack(string(from), string(outcome))
		}})
}

// newPlayback plays the reports of letters that the built-in inbox has taken.
func (a *App) newPlayback() *mail.Playback {
	return mail.NewPlayback(func(ctx context.Context, report []byte, to string) {
		envelope := bounce.Envelope{To: []string{to}, NullSender: true}
		if _, err := a.desk.Take(ctx, returns.FromInbox, report, envelope); err != nil && ctx.Err() == nil {
			a.fault(err).Msg("a report that the inbox plays cannot be written down")
		}
	})
}

// listenForBounces opens BOUNCE_LISTEN.
func (a *App) listenForBounces() (err error) {
	if a.config.Bounce.Listen == "" {
		return nil
	}
	raw, err := listenAt("BOUNCE_LISTEN", a.config.Bounce.Listen)
	if err == nil {
		a.listeners.bounces = web.LimitConnections(raw, bounceConnections, bounceConnectionsPerClient, nil)
	}
	return err
}

// returnWorkers are those by which mail comes back.
func (a *App) returnWorkers() (all []worker) {
	if a.playback != nil {
		all = append(all, worker{"the inbox's reports", a.playback.Run})
	}
	if a.listeners.bounces != nil {
		o := listener.Options{Desk: a.desk, Name: a.config.Bounce.Address.Domain(), Log: a.log}
		if a.certificate != nil {
			o.Certificate = a.certificate.Get
		}
		server := listener.New(o)
		all = append(all, worker{"BOUNCE_LISTEN",
			func(ctx context.Context) error { return server.Run(ctx, a.listeners.bounces) }})
	}
	if a.mailbox != nil {
		all = append(all, worker{"the mailbox of returned mail", a.mailbox.Run})
	}
	return all
}

// newMailbox makes the reader of BOUNCE_IMAP_URL's mailbox; nil where there is none.
func (a *App) newMailbox() *mailbox.Reader {
	c := a.config.Bounce.IMAP
	if c == nil {
		return nil
	}
	o := mailbox.Options{Desk: a.desk, Host: c.Host, Addr: net.JoinHostPort(c.Host, strconv.Itoa(c.Port)), User: c.User,
		Password: c.Password, Roots: c.Roots, Folder: c.Folder, MoveTo: c.MoveTo, Back: a.config.Keep.Sent, Log: a.log}
	if c.OAuth != nil {
		o.Login = smtp.NewTokens(tokensOf(c.OAuth))
	}
	return mailbox.New(o)
}

// bouncesDetail is what readiness tells the operator of mail that comes back.
type bouncesDetail struct {
	Home     bool      `json:"home"` // there is a way in
	Ways     string    `json:"ways"`
	LookedAt time.Time `json:"mailboxLookedAt,omitzero"`
	Fault    string    `json:"mailboxFault,omitzero"` // why the mailbox cannot be read
	Since    time.Time `json:"mailboxFaultSince,omitzero"`
	NextTry  time.Time `json:"mailboxNextTry,omitzero"`
}

func (a *App) bouncesDetail() *bouncesDetail {
	detail := &bouncesDetail{}
	detail.Home, detail.Ways = a.config.Bounce.Home()
	if a.mailbox != nil {
		s := a.mailbox.Status()
		detail.LookedAt, detail.Fault = s.LookedAt.UTC(), s.Fault
		if s.Fault != "" {
			detail.Since, detail.NextTry = s.Since.UTC(), s.NextTry.UTC()
		}
		if s.LookedAt.IsZero() {
			detail.LookedAt = time.Time{}
		}
	}
	return detail
}
