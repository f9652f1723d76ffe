package command

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"time"

	"postern/server/backups"
	"postern/server/config"
	"postern/server/operator"
)

// leastEvery is the shortest interval between two backups that are made of themselves.
const leastEvery = time.Second

func backup() command {
	return command{
		name: "backup", args: "FILE|-|--every 24h [--keep 14] DIR", least: 1, most: 1,
		short: "writes a checked copy of the data file, of a running appliance too",
		long: `Writes go on meanwhile. FILE is replaced once the new one is whole; - is standard output. The queue is in it,
and the fingerprints of the keys that it needs, but no key: keep the key file apart, once.

With --every the command stays, makes a backup now and then in the directory DIR, and keeps the newest ones there
(--keep). The appliance does the same by itself with the setting BACKUP_DIR.`,
		examples: []string{
			"postern backup postern.backup",
			"postern backup - > postern.backup",
			"postern backup --every 24h --keep 14 /var/backups/postern",
		},
		prepare: func(f *flag.FlagSet) action {
			every := f.Duration("every", 0, "stay, and make a backup so often, as `24h`")
			keep := f.Int("keep", 14, "with --every: keep so `MANY` of the newest backups")
			return func(c *call, args []string) error {
				kept := false
				f.Visit(func(given *flag.Flag) { kept = kept || given.Name == "keep" })
				settings, err := config.ReadSettings()
				switch {
				case err != nil:
					return err
				case *every == 0 && kept:
					return wrongUse("--keep goes with --every")
				case *every == 0:
					return c.backUp(settings.DataDir(), args[0])
				case *every < leastEvery:
					return wrongUse("--every must be at least %s", leastEvery)
				case *keep < 1:
					return wrongUse("--keep must be at least 1")
				}
				return c.keepBackingUp(settings.DataDir(), backups.Dir{Path: args[0], Keep: *keep}, *every)
			}
		},
	}
}

// taken is a backup on its way to where it is kept.
type taken struct {
	io.ReadCloser
	size int64
	at   time.Time
}

// takeBackup asks the appliance that runs for a backup, or makes one of the directory of a stopped one.
func (a *asker) takeBackup(dir string) (taken, error) {
	running, err := a.dial(dir)
	if err != nil {
		return taken{}, err
	}
	if running {
		return a.fetchBackup()
	}
	if err := hasData(dir); err != nil {
		return taken{}, err
	}
	made, err := operator.BackupStopped(a.ctx, dir, time.Now(), nil)
	if err != nil {
		return taken{}, err
	}
	return taken{made.File, made.Size, made.At}, nil
}

func (a *asker) fetchBackup() (taken, error) {
	request, err := a.request(http.MethodPost, "/backup", nil, nil)
	if err != nil {
		return taken{}, err
	}
	response, err := a.session.RoundTrip(request)
	if err != nil {
		return taken{}, fmt.Errorf("the appliance did not answer: %w", err)
	}
	if response.StatusCode != http.StatusOK {
		defer response.Body.Close()
		body, err := io.ReadAll(response.Body)
		return taken{}, errors.Join(err, refused(response.StatusCode, body, true))
	}
	at, err := time.Parse(time.RFC3339, response.Header.Get(operator.BackupTime))
	if err != nil || response.ContentLength < 0 {
		return taken{}, errors.Join(errors.New("the appliance answered with something else than a backup"),
			response.Body.Close())
	}
	return taken{response.Body, response.ContentLength, at}, nil
}

// backUp makes one backup.
func (c *call) backUp(dir, to string) error {
	if to != "-" {
		if err := notItself(dir, to); err != nil {
			return err
		}
	}
	made, err := c.takeBackup(dir)
	if err != nil {
		return err
	}
	defer made.Close()
	if to == "-" {
		n, err := io.Copy(c.Out, made)
		if err == nil && n != made.size {
			err = io.ErrUnexpectedEOF
		}
		return err
	}
	if err := backups.Write(to, made, made.size); err != nil {
		return err
	}
	fmt.Fprintf(c.Out, "backed up: %s, %s, as of %s\n", to, sizeText(made.size), clock(made.at))
	return nil
}

// notItself refuses a backup that would take the place of what it is made of.
func notItself(dir, to string) error {
	into, err := os.Stat(filepath.Dir(to))
	if err != nil {
		return fmt.Errorf("the backup cannot be written: %w", err)
	}
	data, err := os.Stat(dir)
	if err == nil && os.SameFile(into, data) && strings.HasPrefix(filepath.Base(to), "postern.") {
		return fmt.Errorf("%s is a name that Postern uses in its data directory: name another file", to)
	}
	return nil
}

// keepBackingUp fills a directory until the command is interrupted. What goes wrong is said, and tried again.
func (c *call) keepBackingUp(dataDir string, dir backups.Dir, every time.Duration) error {
	if err := notItself(dataDir, filepath.Join(dir.Path, "postern-")); err != nil {
		return err
	}
	for c.ctx.Err() == nil {
		due, err := dir.Next(every, time.Now())
		if err != nil {
			return err // the directory cannot be read: nothing will come of it
		}
		if !rest(c.ctx, time.Until(due)) {
			return nil
		}
		path, err := c.addBackup(dataDir, dir)
		if path != "" {
			fmt.Fprintln(c.Out, "backed up:", path)
		}
		if err != nil && c.ctx.Err() == nil {
			fmt.Fprintf(c.Err, "postern: %v\n", err)
			rest(c.ctx, min(every, 5*time.Minute))
		}
	}
	return nil
}

// addBackup makes one of many backups. Each asks anew: the appliance may run by now, or have stopped.
func (c *call) addBackup(dataDir string, dir backups.Dir) (path string, err error) {
	asker := asker{ctx: c.ctx, errors: c.Err}
	made, err := asker.takeBackup(dataDir)
	if err != nil {
		return "", errors.Join(err, asker.close())
	}
	path, err = dir.Add(made, made.size, made.at)
	return path, errors.Join(err, made.Close(), asker.close())
}

// rest waits, and reports whether ctx has not ended meanwhile.
func rest(ctx context.Context, wait time.Duration) bool {
	timer := time.NewTimer(wait)
	defer timer.Stop()
	select {
	case <-timer.C:
		return ctx.Err() == nil
	case <-ctx.Done():
		return false
	}
}

// sizeText writes a size for people.
func sizeText(size int64) string {
	if size < 1<<20 {
		return fmt.Sprintf("%d KiB", max(0, size)>>10)
	}
	return fmt.Sprintf("%.1f MiB", float64(size)/(1<<20))
}
