package migrate

import (
	"bytes"
	"slices"

	"postern/store/file"
	"postern/store/guid"
)

var (
	eventBucket       = []byte("events")
	eventPersonBucket = []byte("events.person")
)

// event5 is an event as schema 5 has it.
type event5 struct {
	User  guid.ID `json:"userId,omitzero"`
	Biker guid.ID `json:"bikerId,omitzero"`
}

// eventsOfPeople makes a file of schema 5 one of schema 6: the events about a person are found by the person.
func eventsOfPeople(atOnce int) file.Migration {
	return index(eventPersonBucket, func(t *file.Tx, from []byte) ([]byte, error) {
		return findPeople(t, from, atOnce)
	})
}

// eventsAtOnce is how many events one transaction looks at: their keys take some 15 MB of memory.
const eventsAtOnce = 200_000

// findPeople looks at some events, beginning with a key; next is nil behind the last one.
func findPeople(t *file.Tx, from []byte, atOnce int) (next []byte, err error) {
	table := file.Table[event5]{Bucket: eventBucket}
	var about [][]byte
	next = walk(t, eventBucket, from, atOnce, func(key, value []byte) {
		event, err := table.Decode(key, value)
		person := event.Biker
		if person.IsZero() {
			person = event.User
		}
		if err == nil && !person.IsZero() {
			about = append(about, append(person[:], key...))
		}
	})
	slices.SortFunc(about, bytes.Compare)
	for _, key := range about {
		if err := t.Put(eventPersonBucket, key, nil); err != nil {
			return nil, err
		}
	}
	return next, nil
}
