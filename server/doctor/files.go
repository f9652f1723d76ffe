package doctor

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"postern/store"
	"postern/store/file"
	"postern/store/private"
	"postern/tokens"
)

// files looks at whose the data directory and what is in it are. It goes by what a start would refuse.
func (e *examination) files(context.Context) []Finding {
	const check = "files"
	about, err := os.Stat(e.Dir)
	if errors.Is(err, fs.ErrNotExist) {
		return []Finding{warn(check, "Start the appliance, or name the right directory in POSTERN_DATA.",
			"The data directory %s is not there yet; the first start makes it.", e.Dir)}
	}
	if err = private.Own(e.Dir); err != nil {
		return []Finding{must(check, "", "%s.", sentence(err))}
	}
	var found []Finding
	switch mode := about.Mode().Perm(); {
	case mode&0o022 != 0:
		found = append(found, must(check, "See that all in it is yours, then run chmod 700 "+e.Dir+".",
			"Other accounts may write to the data directory %s (mode %04o); the next start is refused.", e.Dir, mode))
	case mode&0o077 != 0:
		found = append(found, warn(check, "Run chmod 700 "+e.Dir+".",
			"Other accounts may enter the data directory %s (mode %04o).", e.Dir, mode))
	}
	if err := private.File("the data file", file.DataFile(e.Dir)); err != nil {
		found = append(found, must(check, "", "%s.", sentence(err)))
	}
	if owner, is := private.Foreign(e.Dir); is {
		found = append(found, warn(check, "Run Postern and its commands as "+owner+".",
			"The data directory %s belongs to %s, and this is another user: what is made there is not %[2]s's.",
			e.Dir, owner))
	}
	found = append(found, e.leftovers()...)
	if e.Denied != nil && !slices.ContainsFunc(found, func(f Finding) bool { return f.State == MustMend }) {
		found = append(found, must(check, "", "%s.", sentence(e.Denied)))
	}
	if len(found) == 0 {
		found = append(found, fine(check, "The data directory %s and what is in it are its user's alone.", e.Dir))
	}
	return found
}

// leftoverAfter is how long a copy of the data file from before a migration may be of use.
const leftoverAfter = 7 * 24 * time.Hour

// leftovers looks for copies of the data file that were made before a migration.
func (e *examination) leftovers() (found []Finding) {
	copies, _ := filepath.Glob(file.DataFile(e.Dir) + ".schema-*.bak")
	for _, path := range copies {
		about, err := os.Stat(path)
		if err == nil && e.Now().Sub(about.ModTime()) > leftoverAfter {
			found = append(found, warn("files", "Remove it once you are sure that you do not go back.",
				"%s is a copy from before an upgrade: people who were erased since are still in it.", path))
		}
	}
	return found
}

// keys looks at the key file, and at where it lies.
func (e *examination) keys(context.Context) []Finding {
	const check = "keys"
	if e.KeyFile == "" {
		return nil
	}
	_, err := tokens.LoadKeyring(e.KeyFile)
	switch _, absent := os.Stat(file.DataFile(e.Dir)); {
	case errors.Is(err, fs.ErrNotExist) && errors.Is(absent, fs.ErrNotExist):
		return []Finding{fine(check, "There are no keys yet; the first start makes them.")}
	case errors.Is(err, fs.ErrNotExist):
		return []Finding{must(check, "Put it back from where it was kept, or set POSTERN_KEY_FILE to it.",
			"The key file %s is missing: without it no link and no token that is out opens again, and where people are "+
				"registered no start succeeds.", e.KeyFile)}
	case err != nil:
		return []Finding{must(check, "", "%s.", sentence(err))}
	case within(e.KeyFile, e.Dir):
		return []Finding{warn(check, "Move the key file to another directory and set POSTERN_KEY_FILE to it; "+
			"keep a copy of it, once, apart from the backups.",
			"The keys lie beside the data that they protect (%s): a copy of the directory has both.", e.KeyFile)}
	}
	return []Finding{fine(check, "The key file %s can be read, and lies apart from the data.", e.KeyFile)}
}

// within reports whether a file lies in a directory, or below it, whatever links lead there.
func within(path, dir string) bool {
	path, dir = resolved(path), resolved(dir)
	below, err := filepath.Rel(dir, path)
	return err == nil && below != ".." && !strings.HasPrefix(below, "../")
}

func resolved(path string) string {
	if absolute, err := filepath.Abs(path); err == nil {
		path = absolute
	}
	if target, err := filepath.EvalSymlinks(path); err == nil {
		return target
	}
	return path
}

// data looks at the data file where no appliance has it open: whether it can be opened, and what is in it.
func (e *examination) data(context.Context) []Finding {
	const check = "data"
	if e.Denied != nil {
		return []Finding{warn(check, "Mend what is said of the files, and run postern doctor again.",
			"Whether an appliance runs on %s was not asked: whoever answers there may be anybody.", e.Dir)}
	}
	if e.Appliance != nil {
		seen, err := e.Appliance()
		if err != nil {
			return []Finding{must(check, "Run postern check.", "The data file cannot be read: %s.", words(err))}
		}
		return seen.judge(e.Now())
	}
	path := file.DataFile(e.Dir)
	if _, err := os.Lstat(path); errors.Is(err, fs.ErrNotExist) {
		return []Finding{fine(check, "There is no data file yet; the first start makes it.")}
	}
	seen, err := store.GlanceAt(path, e.Now())
	switch {
	case err != nil:
		return []Finding{must(check, "Run postern check; where it finds damage, restore a backup.", "%s.", sentence(err))}
	case seen.Schema > seen.Current:
		return []Finding{must(check, "Run that version, or restore a backup from before the upgrade.",
			"The data file is of a newer version of Postern (schema %d; this one knows %d).", seen.Schema, seen.Current)}
	case seen.Schema < seen.Current:
		return []Finding{fine(check, "The data file is of an older version (schema %d); the next start copies and "+
			"migrates it (to %d).", seen.Schema, seen.Current)}
	}
	idle := warn(check, "Start it: postern serve, by a supervisor that restarts it.",
		"No appliance runs on %s: nothing is taken, and nothing is sent.", e.Dir)
	return append([]Finding{idle}, Appliance{Glance: seen}.judge(e.Now())...)
}

// words is an error's text without its end, to go on a sentence.
func words(err error) string {
	return strings.TrimSuffix(strings.ReplaceAll(strings.TrimSpace(err.Error()), "\n", "; "), ".")
}

// sentence is an error's text as the beginning of one, without its end.
func sentence(err error) string {
	text := words(err)
	if text == "" {
		return text
	}
	return strings.ToUpper(text[:1]) + text[1:]
}
