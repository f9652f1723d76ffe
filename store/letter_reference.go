package store

import (
	"strings"

	"postern/store/guid"
	"postern/store/refuse"
)

// LetterReferred finds the newest letter with a reference, the short form of its id that letters tell. It looks through
// the keys of all letters: a reference is for an operator who has a question from somebody who got one.
func (s *Store) LetterReferred(reference string) (guid.ID, error) {
	reference = strings.ToLower(reference)
	return read(s, func(t tx) (guid.ID, error) {
		c := t.Cursor(letterBucket)
		for key, _ := c.Last(); len(key) == len(guid.ID{}); key, _ = c.Prev() {
			if id := guid.ID(key); id.Short() == reference {
				return id, nil
			}
		}
		return guid.ID{}, refuse.New(refuse.NotFound, "There is no letter with the reference "+reference+".")
	})
}
