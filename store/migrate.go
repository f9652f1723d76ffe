package store

import (
	"fmt"
	"path/filepath"

	"go.etcd.io/bbolt"
)

// migration brings a file from one schema to the next.
type migration struct {
	// prepare makes ready what one transaction would need too much memory for, beside what the former schema has; nil:
	// nothing. Where it was interrupted it runs again, and begins anew.
	prepare func(*Store) error

	// apply runs in a transaction of its own, and writes everything that the new schema has and the old one lacks, the new
	// buckets too.
	apply func(*tx) error
}

// migrations are in order: the first one makes a file of schema 1 one of schema 2. What is released stays as it is; a change of
// the schema adds one.
var migrations = []migration{{apply: addBikers}, {prepare: stageHashes, apply: keyHashes}}

// addBikers makes what partners and bikers need (schema 2).
func addBikers(t *tx) error {
	for _, name := range []string{
		"partners", "partners.token", "plans", "bikers", "bikers.address", "bikers.employee", "sessions", "sessions.biker",
		"logins", "told", "answers", "answers.results", "answers.person", "answers.begun", "letters.held",
	} {
		if _, err := t.bolt.CreateBucket([]byte(name)); err != nil {
			return err
		}
	}
	return nil
}

// migrate brings the file to the schema that steps lead to. A file of an older one is copied first, beside itself, under
// the name of its schema. One that is interrupted goes on with the next start.
func (s *Store) migrate(steps []migration) error {
	about, err := s.readSchema()
	if err != nil {
		return err
	}
	current := len(steps) + 1
	switch {
	case about > current:
		return newerSchema(s.bolt.Path(), about, current)
	case about == current:
		return nil
	}
	copied := filepath.Join(s.dir, fmt.Sprintf("%s.schema-%d.bak", dataName, about))
	if err := s.replaceCopy(copied); err != nil {
		return fmt.Errorf("the data file has the older schema %d and could not be copied before its migration: %w", about, err)
	}
	for schema := about; schema < current; schema++ {
		if err := s.step(schema, steps[schema-1]); err != nil {
			return fmt.Errorf("the data file's migration from schema %d to %d failed, and the file still has the former: %w", schema, schema+1, err)
		}
	}
	return nil
}

func (s *Store) readSchema() (schema int, err error) {
	err = s.bolt.View(func(bolt *bbolt.Tx) error {
		about, err := metaOf(s.bolt.Path(), newTx(s, bolt))
		schema = about.Schema
		return err
	})
	return schema, err
}

// step runs one migration and raises the schema with it.
func (s *Store) step(from int, step migration) error {
	if step.prepare != nil {
		if err := step.prepare(s); err != nil {
			return err
		}
	}
	return s.bolt.Update(func(bolt *bbolt.Tx) error {
		t := newTx(s, bolt)
		if err := step.apply(t); err != nil {
			return err
		}
		about, err := metaOf(s.bolt.Path(), t)
		if err != nil {
			return err
		}
		about.Schema = from + 1
		return metas.put(t, metaKey, about)
	})
}

func newerSchema(path string, has, knows int) error {
	return fmt.Errorf("the data file %s has schema %d, and this Postern knows schemas up to %d: "+
		"use the newer Postern that wrote it, or restore a backup of this one",
		path, has, knows)
}
