package server

import (
	"context"
	"crypto/tls"

	"postern/mail"
	"postern/mail/bounce"
	"postern/mail/returns"
	"postern/mail/returns/listener"
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
			o.Certificate = func(hello *tls.ClientHelloInfo) (*tls.Certificate, error) { return a.certificate.Get(hello) }
		}
		server := listener.New(o)
		all = append(all, worker{"BOUNCE_LISTEN",
			func(ctx context.Context) error { return server.Run(ctx, a.listeners.bounces) }})
	}
	return all
}
