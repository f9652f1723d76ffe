package file

import (
	"fmt"
	"path/filepath"

	"go.etcd.io/bbolt"
)

// Schema is what the engine has to know of the records in a file.
type Schema struct {
	Buckets [][]byte // all that a file of the current schema holds

	// Fill writes what a new file begins with, the number of its schema too. The buckets are there.
	Fill func(t *Tx, number int) error

	// Number returns the number of a file's schema, which is at least 1. Its error says what is wrong with the file.
	Number func(*Tx) (int, error)

	// Raise notes a new number.
	Raise func(t *Tx, number int) error

	// Migrations are in order: the first one makes a file of schema 1 one of schema 2.
	Migrations []Migration
}

// number is that of the current schema.
func (s Schema) number() int { return len(s.Migrations) + 1 }

// A Runner runs a function in a transaction of its own.
type Runner func(fn func(*Tx) error) error

// Migration brings a file from one schema to the next.
type Migration struct {
	// Prepare makes ready what one transaction would need too much memory for, beside what the former schema has; nil:
	// nothing. Where it was interrupted it runs again, and begins anew.
	Prepare func(update Runner) error

	// Apply runs in a transaction of its own, and writes everything that the new schema has and the old one lacks, the
	// new buckets too.
	Apply func(*Tx) error
}

// migrate brings the file to the current schema. A file of an older one is copied first, beside itself, under the name
// of its schema: who has to go back to the older program has a file for it. A migration that is interrupted goes on
// with the next start, from the schema that the file has by then: each step raises it in its own transaction.
func (f *File) migrate() error {
	has, current := 0, f.options.Schema.number()
	err := f.look(func(t *Tx) (err error) {
		has, err = f.readSchema(t)
		return err
	})
	if err != nil || has == current {
		return err
	}
	copied := filepath.Join(f.dir, fmt.Sprintf("%s.schema-%d.bak", dataName, has))
	if err := f.replaceCopy(copied); err != nil {
		return fmt.Errorf(
			"the data file has the older schema %d and could not be copied before its migration: %w", has, err)
	}
	for from := has; from < current; from++ {
		if err := f.step(from, f.options.Schema.Migrations[from-1]); err != nil {
			return fmt.Errorf(
				"the data file's migration from schema %d to %d failed, and the file still has the former: %w",
				from, from+1, err)
		}
	}
	return nil
}

// readSchema reads the number of the file's schema, and refuses one that is newer than this program.
func (f *File) readSchema(t *Tx) (int, error) {
	has, err := f.options.Schema.Number(t)
	if err != nil {
		return 0, &DamagedFile{Path: f.path, What: err.Error()}
	}
	if current := f.options.Schema.number(); has > current {
		return 0, fmt.Errorf("the data file %s has schema %d, and this Postern knows schemas up to %d: "+
			"use the newer Postern that wrote it, or restore a backup of this one", f.path, has, current)
	}
	return has, nil
}

// step runs one migration and raises the schema with it.
func (f *File) step(from int, step Migration) error {
	if step.Prepare != nil {
		if err := step.Prepare(f.update); err != nil {
			return err
		}
	}
	return f.update(func(t *Tx) error {
		if err := step.Apply(t); err != nil {
			return err
		}
		return f.options.Schema.Raise(t, from+1)
	})
}

// update runs fn in a write transaction of its own, while the committer has not begun. Its functions are run once.
func (f *File) update(fn func(*Tx) error) error {
	return f.bolt.Update(func(bolt *bbolt.Tx) error { return fn(newTx(f, bolt)) })
}

// look runs fn in a read transaction on a file that may be damaged.
func (f *File) look(fn func(*Tx) error) error {
	return Guard(f.path, func() error {
		return f.bolt.View(func(bolt *bbolt.Tx) error { return fn(newTx(f, bolt)) })
	})
}

// checkBuckets looks whether a file of the current schema has all tables.
func (f *File) checkBuckets(t *Tx) error {
	for _, name := range f.options.Schema.Buckets {
		if !t.HasBucket(name) {
			return &DamagedFile{Path: f.path, What: fmt.Sprintf("the table %s is missing", name)}
		}
	}
	return nil
}
