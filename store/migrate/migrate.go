// Package migrate brings data files of older schemas to the current one. It knows the records as each schema had them,
// and not as they are now: a step that has been released stays as it is, whatever becomes of the records after it. A
// change of the schema adds a step. A record that cannot be read stays as it is, or out: the check of the copy that was
// made of the file before names it.
package migrate

import (
	"encoding/binary"
	"time"

	"postern/store/file"
	"postern/store/guid"
)

// Steps are in order: the first one makes a file of schema 1 one of schema 2. Keyed is the HMAC under the file's key
// (package keyed); it is called while a step runs, and not before.
func Steps(keyed func(sum []byte) []byte) []file.Migration {
	return []file.Migration{
		{Apply: addBikers},
		hashes{keyed, stagedAtOnce}.step(),
		decisions(cleaningsAtOnce),
		{Apply: addReferences},
		eventsOfPeople(eventsAtOnce),
	}
}

// addBikers makes what partners and bikers need (schema 2).
func addBikers(t *file.Tx) error {
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

// addReferences makes what mail that comes back finds its letter by (schema 5). Letters of before have a Message-ID
// that everybody can make of their ids, and so are found by their code alone.
func addReferences(t *file.Tx) error { return t.CreateBucket([]byte("letters.reference")) }

// timeKey orders by time, then by id.
func timeKey(at time.Time, id guid.ID) []byte {
	key := binary.BigEndian.AppendUint64(make([]byte, 0, 24), uint64(at.UnixMilli()))
	return append(key, id[:]...)
}
