package operator

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"postern/store"
	"postern/store/file"
	"postern/tokens"
)

// Stopped says on which data directory something is done that no appliance runs on.
type Stopped struct {
	Dir     string
	KeyFile string
	Now     func() time.Time
	Random  io.Reader
	Check   Checker      // nil: CheckInChild
	Step    func(string) // told before each step that changes something on the disk; nil: nobody
}

func (s Stopped) check(ctx context.Context, path string) ([]string, error) {
	if s.Check == nil {
		return CheckInChild(ctx, path)
	}
	return s.Check(ctx, path)
}

// step tells of a step that is not the directory's own.
func (s Stopped) step(name string) {
	if s.Step != nil {
		s.Step(name)
	}
}

// Restored is what a restore came to.
type Restored struct {
	From      string         `json:"from"`
	BackedUp  time.Time      `json:"backedUpAt,omitzero"` // of an earlier backup that it knows of
	Kept      string         `json:"kept,omitzero"`       // the former data file
	Adopted   *store.Adopted `json:"adopted,omitempty"`   // nil: the keys are those of the backup
	Missing   []string       `json:"missingKeys"`         // token keys that the key file has no more
	Letters   int            `json:"lettersWaiting"`
	FeedBegan time.Time      `json:"at"`
}

// Restore puts a backup in the data file's place: checked, brought to this schema, and made safe to go on with
// (store.BeginAnew). The former file stays beside it. With keysLost it goes on without the keys of the backup, and
// makes new ones where there is no key file. Whatever ends it on the way leaves the former data file, or the new one,
// whole.
func (s Stopped) Restore(ctx context.Context, from string, keysLost bool) (out Restored, err error) {
	held, err := file.Hold(s.Dir, s.Step)
	if err != nil {
		return Restored{}, err
	}
	defer func() { err = errors.Join(err, held.Release()) }()
	stage, err := held.Stage()
	if err == nil {
		err = held.Fetch(stage, from)
	}
	if err != nil {
		return Restored{}, err
	}
	if out, err = s.prepare(ctx, stage, from, keysLost); err != nil {
		return Restored{}, fmt.Errorf("%s cannot be restored: %w", from, named(err, stage, from))
	}
	out.From = from
	out.Kept, err = held.Swap(stage, "before-restore", s.Now())
	return out, err
}

// named has an error name the file that was given, not the copy in the stage.
func named(err error, stage, from string) error {
	text := strings.ReplaceAll(err.Error(), file.DataFile(stage), from)
	if text == err.Error() {
		return err
	}
	return errors.New(text)
}

// prepare makes the data file of what was fetched.
func (s Stopped) prepare(ctx context.Context, stage, from string, keysLost bool) (out Restored, err error) {
	staged := file.DataFile(stage)
	if faults, err := s.check(ctx, staged); err != nil && !errors.Is(err, file.ErrOlderSchema) {
		return out, err
	} else if len(faults) > 0 {
		return out, damaged("it", faults, "use another backup")
	}
	s.step("open")
	var ring *tokens.Keyring
	opened, err := store.Open(stage, store.Options{
		Now: s.Now, Random: s.Random, KeysLost: keysLost,
		AddressKey: func(knowsPeople bool) (key [32]byte, err error) {
			if ring, err = s.ring(knowsPeople && !keysLost); err == nil {
				key = ring.AddressKey()
			}
			return key, err
		},
	})
	if err != nil {
		return out, s.explain(err)
	}
	s.step("begin anew")
	if out, err = s.beginAnew(ctx, opened, ring, keysLost); err != nil {
		return out, errors.Join(err, opened.Close())
	}
	s.step("close")
	if err := opened.Close(); err != nil {
		return out, err
	}
	s.step("check")
	if faults, err := s.check(ctx, staged); err != nil {
		return out, err
	} else if len(faults) > 0 {
		return out, damaged("what became of it", faults, "use another backup")
	}
	return out, nil
}

// ring reads the key file, and makes it where it is missing and nothing was sealed before.
func (s Stopped) ring(mustBeThere bool) (*tokens.Keyring, error) {
	ring, err := tokens.LoadKeyring(s.KeyFile)
	if errors.Is(err, fs.ErrNotExist) && !mustBeThere {
		return tokens.CreateKeyring(s.KeyFile, s.Random, s.Now())
	}
	return ring, err
}

// explain says what to do about keys that are not those of the backup.
func (s Stopped) explain(err error) error {
	var other *store.OtherKeys
	needs := ""
	if errors.As(err, &other) {
		needs = fmt.Sprintf(" (it needs: %v)", other.Needs)
	}
	switch {
	case other != nil && other.Cause == nil:
		return fmt.Errorf("its keys are not in the key file %s%s: put the key file of that time there, or set "+
			"POSTERN_KEY_FILE to it; if those keys are lost, say --after-loss", s.KeyFile, needs)
	case errors.Is(err, fs.ErrNotExist):
		return fmt.Errorf("the key file %s is missing%s: put it back from where it was kept, or set POSTERN_KEY_FILE "+
			"to it; if the keys are lost, say --after-loss", s.KeyFile, needs)
	}
	return err
}

func (s Stopped) beginAnew(ctx context.Context, opened *store.Store, ring *tokens.Keyring, keysLost bool) (
	out Restored, err error) {
	noted, err := opened.KeysNoted()
	if err != nil {
		return out, err
	}
	if keysLost && noted.Address != store.AddressPrint(ring.AddressKey()) {
		adopted, err := opened.AdoptKeys(ctx)
		if err != nil {
			return out, err
		}
		out.Adopted = &adopted
	}
	out.Missing = missing(noted, ring)
	if err := opened.NoteKeys(ctx, Prints(ring), "", ""); err != nil {
		return out, err
	}
	if out.BackedUp, err = opened.BackedUpAt(); err != nil {
		return out, err
	}
	counts, err := opened.LetterCounts()
	out.Letters = counts[store.LetterQueued] + counts[store.LetterHeld]
	out.FeedBegan = s.Now()
	return out, errors.Join(err, opened.BeginAnew(ctx))
}

// missing lists the token keys that a file needs and a ring lacks.
func missing(needs store.FileKeys, ring *tokens.Keyring) []string {
	has, lacks := map[string]bool{}, []string{}
	for _, k := range Prints(ring) {
		has[k.Print] = true
	}
	for _, k := range needs.Tokens {
		if !has[k.Print] {
			lacks = append(lacks, k.ID)
		}
	}
	return lacks
}

// Prints are the fingerprints of a ring's token keys, for the data file.
func Prints(ring *tokens.Keyring) (prints []store.KeyPrint) {
	for _, k := range ring.Keys() {
		prints = append(prints, store.KeyPrint{ID: k.ID, Print: k.Print})
	}
	return prints
}

// Compacted is what compacting a data file came to.
type Compacted struct {
	Before int64    `json:"bytesBefore"`
	After  int64    `json:"bytesAfter"`
	Older  []string `json:"older"` // files beside it that still have what was deleted since
}

// Compact writes the data file anew, without the pages that are free and without what stood in them, and puts the new
// one in its place once it is checked. Whatever ends it on the way leaves the former data file, or the new one whole.
func (s Stopped) Compact(ctx context.Context) (out Compacted, err error) {
	held, err := file.Hold(s.Dir, s.Step)
	if err != nil {
		return out, err
	}
	defer func() { err = errors.Join(err, held.Release()) }()
	path := file.DataFile(s.Dir)
	before, err := os.Stat(path)
	if err != nil {
		return out, err
	}
	// Before it is read here, where a damaged page would end the process.
	if faults, err := s.check(ctx, path); err != nil {
		return out, err
	} else if len(faults) > 0 {
		return out, damaged("the data file", faults, restoreIt)
	}
	stage, err := held.Stage()
	if err != nil {
		return out, err
	}
	if err := held.Compact(stage); err != nil {
		return out, err
	}
	s.step("check")
	staged := file.DataFile(stage)
	if faults, err := s.check(ctx, staged); err != nil {
		return out, err
	} else if len(faults) > 0 {
		return out, damaged("the new data file", faults, "the former one stays")
	}
	after, err := os.Stat(staged)
	if err != nil {
		return out, err
	}
	_, err = held.Swap(stage, "", s.Now())
	out = Compacted{Before: before.Size(), After: after.Size(), Older: []string{}}
	for _, path := range file.Older(s.Dir) {
		out.Older = append(out.Older, filepath.Base(path))
	}
	return out, err
}
