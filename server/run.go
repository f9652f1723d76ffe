package server

import (
	"context"
	"errors"
	"sync"
	"time"

	"postern/server/web"
	"postern/store/private"
)

// drainTime is how long running requests and letters on the wire may take once the appliance is told to stop.
const drainTime = 20 * time.Second

// errUnknownOutcome ends Run where the disk left open whether a commit is on it.
var errUnknownOutcome = errors.New("the disk failed in the middle of a commit: the appliance ends, to start again on what the disk says")

// Run answers and sends until ctx ends, then drains: no new connections, running requests and letters on the wire finish,
// for at most 20 s. It also returns, with an error, where it cannot go on.
func (a *App) Run(ctx context.Context) error {
	certificate, err := a.certificate()
	if err != nil {
		return err
	}
	if a.listeners == nil {
		if err := a.Listen(); err != nil {
			return err
		}
	}
	servers, err := a.servers(certificate)
	if err != nil {
		return err
	}
	ctx, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	var work sync.WaitGroup
	for _, s := range servers {
		work.Go(func() {
			if err := s.serve(); err != nil {
				stop(err)
			}
		})
	}
	work.Go(func() {
		if err := a.courier.Run(ctx); err != nil {
			stop(err)
		}
	})
	work.Go(func() { a.keepHouse(ctx) })
	work.Go(func() { a.watchPartners(ctx) })
	if certificate != nil {
		work.Go(func() { certificate.Run(ctx) })
	}
	a.warn()
	a.log.Info().Stringer("address", a.Addr()).Str("publicUrl", a.PublicURL()).Bool("inbox", a.rooms.inbox != nil).Msg("listening")
	select {
	case <-ctx.Done():
	case <-a.store.Fatal():
		stop(errUnknownOutcome)
	}
	fault := a.shutDown(ctx, servers)
	work.Wait()
	a.log.Info().Msg("stopped")
	return fault
}

// warn logs what is taken, and should be mended all the same.
func (a *App) warn() {
	for _, sentence := range a.config.Warnings {
		a.log.Warn().Msg(sentence)
	}
	if owner, is := private.Foreign(a.config.Data); is {
		a.log.Warn().Msgf("the data directory %s belongs to %s, and this is root: what is made there now is root's; "+
			"run Postern as %[2]s", a.config.Data, owner)
	}
}

// certificate reads TLS_CERT and TLS_KEY, where they are set.
func (a *App) certificate() (*web.CertReloader, error) {
	if a.config.TLSCert == "" {
		return nil, nil
	}
	return web.NewCertReloader(a.config.TLSCert, a.config.TLSKey, a.log)
}

// shutDown ends the servers, at the same time, and gives the fault that made it necessary, if there was one.
func (a *App) shutDown(ctx context.Context, servers []server) error {
	a.log.Info().Msg("stopping: running requests and letters on the wire finish")
	a.drain()
	limit, cancel := context.WithTimeout(context.WithoutCancel(ctx), drainTime)
	defer cancel()
	var ending sync.WaitGroup
	for _, s := range servers {
		ending.Go(func() {
			if s.Shutdown(limit) != nil {
				_ = s.Close() // whoever is still there after that time has been told often enough
			}
		})
	}
	ending.Wait()
	if cause := context.Cause(ctx); !errors.Is(cause, context.Canceled) {
		return cause
	}
	return nil
}

// houseEvery is how often records past their time are removed.
const houseEvery = time.Hour

// keepHouse removes records past their time, at once and then every hour.
func (a *App) keepHouse(ctx context.Context) {
	tick := time.NewTicker(houseEvery)
	defer tick.Stop()
	for {
		if n, err := a.store.Prune(ctx, a.config.Keep); err != nil && ctx.Err() == nil {
			a.log.Error().Err(err).Msg("removing records past their time failed; it is tried again in an hour")
		} else if n > 0 {
			a.log.Info().Int("records", n).Msg("records past their time removed")
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return
		}
	}
}
