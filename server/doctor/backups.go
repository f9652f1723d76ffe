package doctor

import (
	"context"
	"path/filepath"
	"time"
)

// Backups says how it stands with backups.
type Backups struct {
	Dir   string        // that the appliance fills; empty: none is made by itself
	Every time.Duration // how often
	At    time.Time     // whose state the newest has; zero: none is known
	Fault string        // why the last one of itself could not be made; empty: it could
}

// backupOld is how old the newest backup may be where an operator makes them: one a day, and one that is late.
const backupOld = 48 * time.Hour

// judge looks at how old the newest backup is.
func (b Backups) judge(now time.Time) Finding {
	const check = "backup"
	mend, allowed := "Set POSTERN_BACKUP_DIR, or run postern backup FILE every day.", backupOld
	if b.Dir != "" {
		mend = "The log says why none is made; see that there is room, and whose the directory is."
		allowed = 2*b.Every + time.Hour
	}
	switch age := now.Sub(b.At); {
	case b.Fault != "":
		return warn(check, mend, "No backup can be made: %s.", words(errorText(b.Fault)))
	case b.At.IsZero() && b.Dir != "":
		return warn(check, "", "No backup is there yet; the first is made in %s.", b.Dir)
	case b.At.IsZero():
		return warn(check, mend, "No backup was ever made: a lost disk loses everybody.")
	case age > allowed:
		return warn(check, mend, "The newest backup is %s old.", age.Round(time.Hour))
	default:
		return fine(check, "The newest backup is %s old.", age.Round(time.Minute))
	}
}

// Attention is what an operator should look at of backups, as Appliance's; where none was ever made, and none is made
// by itself, only an examination says so.
func (b Backups) Attention(now time.Time) []string {
	if b.At.IsZero() && b.Fault == "" {
		return nil
	}
	return attention([]Finding{b.judge(now)})
}

// backups looks at how old the newest backup is, and at where backups lie.
func (e *examination) backups(context.Context) (found []Finding) {
	const check = "backup"
	b := e.Backups
	if b == nil {
		return nil
	}
	found = append(found, b.judge(e.Now()))
	if b.Dir != "" && within(b.Dir, e.Dir) {
		found = append(found, warn(check, "Set POSTERN_BACKUP_DIR to a directory on another disk.",
			"Backups lie within the data directory (%s): what takes one takes the other.", b.Dir))
	}
	if e.KeyFile != "" && b.Dir != "" {
		copies, _ := filepath.Glob(filepath.Join(b.Dir, "*"+filepath.Base(e.KeyFile)+"*"))
		for _, path := range copies {
			found = append(found, warn("keys", "Keep it elsewhere: apart from the backups, and once.",
				"%s looks like a copy of the keys, beside the backups that they protect.", path))
		}
	}
	return found
}

// bounces tells whether mail that comes back finds its way to the appliance.
func (e *examination) bounces(context.Context) []Finding {
	const check = "bounces"
	switch {
	case e.Smarthost == nil || e.Home == "":
		return nil
	case !e.ComesHome:
		return []Finding{warn(check, "", "%s.", sentence(errorText(e.Home)))}
	}
	return []Finding{fine(check, "%s.", sentence(errorText(e.Home)))}
}
