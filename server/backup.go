package server

import (
	"context"
	"errors"
	"sync"
	"time"

	"postern/server/backups"
	"postern/server/metrics"
)

// retryBackup is how soon a backup is tried again that could not be made, unless they are made more often than that.
const retryBackup = 5 * time.Minute

// backupWatch notes how making backups goes. It is safe for concurrent use.
type backupWatch struct {
	mu     sync.Mutex
	failed uint64
	fault  string    // of the last try; empty: it went well
	since  time.Time // of the first try in a row that failed
}

func (w *backupWatch) note(err error, now time.Time) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if err == nil {
		w.fault, w.since = "", time.Time{}
		return
	}
	w.failed++
	if w.fault == "" {
		w.since = now
	}
	w.fault = err.Error()
}

func (w *backupWatch) look() (failed uint64, fault string, since time.Time) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.failed, w.fault, w.since
}

// makeBackups fills BACKUP_DIR. A failure is no end: it is logged, counted, and tried again.
func (a *App) makeBackups(ctx context.Context) error {
	c := a.config.Backup
	dir := backups.Dir{Path: c.Dir, Keep: c.Keep}
	for {
		due, err := dir.Next(c.Every, a.now())
		if wait := due.Sub(a.now()); err == nil && wait > 0 {
			if !rest(ctx, wait) {
				return nil
			}
		}
		path, err := a.makeBackup(ctx, dir)
		if ctx.Err() != nil {
			return nil
		}
		a.backups.note(err, a.now())
		switch {
		case err == nil:
			a.log.Info().Str("file", path).Msg("a backup is made")
			continue
		case path != "":
			a.fault(err).Str("file", path).Msg("a backup is made, and older ones could not be removed")
		default:
			a.fault(err).Msg("no backup could be made; it is tried again")
		}
		if !rest(ctx, min(c.Every, retryBackup)) {
			return nil
		}
	}
}

// makeBackup makes one backup. An error beside a path is one of removing older ones.
func (a *App) makeBackup(ctx context.Context, dir backups.Dir) (path string, err error) {
	made, err := a.acts.Backup(ctx)
	if err != nil {
		return "", err
	}
	defer made.Close()
	path, err = dir.Add(made.File, made.Size, made.At)
	if path == "" {
		return "", err
	}
	return path, errors.Join(err, a.acts.BackedUp(ctx, made))
}

// rest waits, and reports whether ctx has not ended meanwhile.
func rest(ctx context.Context, wait time.Duration) bool {
	timer := time.NewTimer(wait)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}

// backupDetail is what readiness tells the operator of backups.
type backupDetail struct {
	At    time.Time `json:"at,omitzero" doc:"Whose state the newest has that was handed out, or made of itself."`
	Fault string    `json:"fault,omitzero" doc:"Why the last one of itself could not be made."`
	Since time.Time `json:"faultSince,omitzero"`
}

// backupDetail is nil where no backup was ever made, and none is made of itself.
func (a *App) backupDetail() (*backupDetail, error) {
	at, err := a.store.BackedUpAt()
	if err != nil || at.IsZero() && a.config.Backup.Dir == "" {
		return nil, err
	}
	_, fault, since := a.backups.look()
	return &backupDetail{At: at.UTC(), Fault: fault, Since: since.UTC()}, nil
}

// backupMeasured is what the metrics tell of backups; is tells whether there is anything to tell.
func (a *App) backupMeasured() (b metrics.Backup, is bool) {
	at, err := a.store.BackedUpAt()
	if err != nil || at.IsZero() && a.config.Backup.Dir == "" {
		return metrics.Backup{}, false
	}
	failed, _, _ := a.backups.look()
	return metrics.Backup{At: at, Failed: failed}, true
}
