package store

import "postern/store/file"

// migration brings a file from one schema to the next; see file.Migration.
type migration struct {
	prepare func(s *Store, update file.Runner) error // nil: nothing
	apply   func(tx) error
}

// migrations are in order: the first one makes a file of schema 1 one of schema 2. What is released stays as it is; a
// change of the schema adds one.
var migrations = []migration{{apply: addBikers}, {prepare: stageHashes, apply: keyHashes}}

// bind gives a migration the store that its transactions belong to.
func (m migration) bind(s *Store) file.Migration {
	bound := file.Migration{Apply: func(t *file.Tx) error { return m.apply(tx{t, s}) }}
	if m.prepare != nil {
		bound.Prepare = func(update file.Runner) error { return m.prepare(s, update) }
	}
	return bound
}

// addBikers makes what partners and bikers need (schema 2).
func addBikers(t tx) error {
	for _, name := range []string{
		"partners", "partners.token", "plans", "bikers", "bikers.address", "bikers.employee", "sessions",
		"sessions.biker", "logins", "told", "answers", "answers.results", "answers.person", "answers.begun",
		"letters.held",
	} {
		if err := t.CreateBucket([]byte(name)); err != nil {
			return err
		}
	}
	return nil
}
