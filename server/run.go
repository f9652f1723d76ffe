package server

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/rs/zerolog"

	"postern/store"
	"postern/store/private"
	"postern/store/refuse"
)

// drainTime is how long running requests may take once the appliance is told to stop; one of the 20 seconds of a stop
// is for the rest of it. What is cut off then loses nothing that was promised: its caller has had no answer, and a
// letter on the wire is sent again.
const drainTime = 19 * time.Second

// errUnknownOutcome ends Run where the disk left open whether a commit is on it.
var errUnknownOutcome = errors.New("the disk failed during a commit, and whether that was written is unknown: " +
	"the appliance stops; started again, it goes on with what is on the disk")

// worker is a part of the appliance with a goroutine of its own. It works until ctx ends, and then finishes what it has
// begun: when run returns, no goroutine that it has started is left. An error, which is returned before that, stops the
// whole appliance: half of one would take registrations and send nothing, and nobody would look.
type worker struct {
	name string
	run  func(ctx context.Context) error
}

// workers lists all that runs.
func (a *App) workers() ([]worker, error) {
	all, err := a.servers()
	all = append(all,
		worker{"the courier", a.courier.Run},
		worker{"the data file", a.watchDisk},
		worker{"pruning", a.keepHouse},
		worker{"counting for the plots", a.history.Run},
		worker{"the console", a.rooms.console.Run},
		worker{"counting people", a.people.run},
		worker{"watching for silent partners", a.watchPartners},
	)
	if a.config.Backup.Dir != "" {
		all = append(all, worker{"making backups", a.makeBackups})
	}
	all = append(all, a.returnWorkers()...)
	if a.webhook != nil {
		all = append(all, worker{"the webhook", a.webhook.Run})
	}
	if a.supervisor.Watches() {
		all = append(all, worker{"the supervisor's watchdog",
			func(ctx context.Context) error { a.supervisor.Watch(ctx, a.touch); return nil }})
	}
	if a.certificate != nil {
		all = append(all, worker{"the certificate",
			func(ctx context.Context) error { a.certificate.Run(ctx); return nil }})
	}
	return all, err
}

// Run answers and sends until ctx ends, then drains: no new connections, running requests and letters on the wire
// finish, for at most 20 s. It also returns, with an error, where it cannot go on.
func (a *App) Run(ctx context.Context) error {
	workers, err := a.workers()
	if err != nil {
		return err
	}
	a.settleWebhook(ctx)
	ctx, fail := context.WithCancelCause(ctx)
	defer fail(nil)
	// The workers do not see ctx, which ends at the signal: they end after the calls that wait have been told.
	working, stop := context.WithCancel(context.WithoutCancel(ctx))
	defer stop()
	var all sync.WaitGroup
	for _, w := range workers {
		all.Go(func() {
			if err := w.run(working); err != nil {
				fail(fmt.Errorf("%s: %w", w.name, err))
			}
		})
	}
	a.warn()
	a.log.Info().Stringer("address", a.Addr()).Str("publicUrl", a.PublicURL()).Bool("inbox", a.rooms.inbox != nil).
		Msg("listening")
	a.supervisor.Ready("answers on " + a.Addr().String() + " as " + a.PublicURL())
	<-ctx.Done()
	a.supervisor.Stopping("running requests and letters on the wire finish")
	a.log.Info().Msg("stopping: running requests and letters on the wire finish")
	a.drain() // before the servers stop: they wait for calls that would wait for events until their own end
	stop()
	all.Wait()
	a.log.Info().Msg("stopped")
	// The first worker's error. The end of the caller's context is what was wanted, and no error.
	if cause := context.Cause(ctx); !errors.Is(cause, context.Canceled) {
		return cause
	}
	return nil
}

// touch returns where the data file is read: an appliance in which that hangs does nothing for anybody any more.
func (a *App) touch() { _, _ = a.store.SendingPaused() }

// watchDisk ends the appliance after a commit whose outcome is unknown. Whatever it still did would rest on what is
// perhaps not on the disk; whoever started it starts it again, and that one reads what is.
func (a *App) watchDisk(ctx context.Context) error {
	select {
	case <-a.store.Fatal():
		return errUnknownOutcome
	case <-ctx.Done():
		return nil
	}
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

// fault begins the log line of an error of the store.
func (a *App) fault(err error) *zerolog.Event {
	if detail := refuse.Detail(err); detail != "" {
		a.log.Debug().Str("detail", detail).Msg("more of the cause")
	}
	return a.log.Error().Err(err)
}

// houseEvery is how often records past their time are removed: once an hour, oftener where some are kept for a few
// hours or less, so that none stays much longer than its time.
func houseEvery(keep store.Keep) time.Duration {
	shortest := min(keep.Unconfirmed, keep.Sent, keep.Events, keep.Cleanings)
	return min(max(shortest/4, time.Second), time.Hour)
}

// keepHouse removes records past their time, at once and then again and again. A failure is logged and no end: nothing
// that people are owed depends on it, and what is left over is removed the next time.
func (a *App) keepHouse(ctx context.Context) error {
	every := houseEvery(a.config.Keep)
	tick := time.NewTicker(every)
	defer tick.Stop()
	for {
		if n, err := a.store.Prune(ctx, a.config.Keep); err != nil && ctx.Err() == nil {
			a.fault(err).Msgf("removing records past their time failed; it is tried again in %s", every)
		} else if n > 0 {
			a.log.Info().Int("records", n).Msg("records past their time removed")
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return nil
		}
	}
}
