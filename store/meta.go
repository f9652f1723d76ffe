package store

import (
	"errors"
	"time"

	"postern/store/file"
	"postern/store/guid"
)

// meta is what the file says of itself.
type meta struct {
	Schema    int       `json:"schema"`
	Appliance guid.ID   `json:"appliance"` // sealed into every token: another appliance's tokens do not open here
	Feed      guid.ID   `json:"feed"`      // names the numbering of events
	MadeAt    time.Time `json:"madeAt"`
	Paused    bool      `json:"paused,omitzero"` // the operator stopped sending
}

// metaKey is the one key of the meta bucket.
var metaKey = []byte("meta")

// meta reads the meta record. Its error says what is wrong with the file.
func (t tx) meta() (meta, error) {
	if !t.HasBucket(metaBucket) {
		return meta{}, errors.New("it has no table meta, so that it is none of Postern's")
	}
	about, found, err := metas.Get(t.Tx, metaKey)
	switch {
	case err != nil:
		return meta{}, err
	case !found || about.Schema < 1:
		return meta{}, errors.New("its meta record does not say which schema it has")
	}
	return about, nil
}

// schema tells the engine of the records.
func (s *Store) schema(steps []migration) file.Schema {
	bound := make([]file.Migration, len(steps))
	for i, step := range steps {
		bound[i] = step.bind(s)
	}
	return file.Schema{
		Buckets: buckets,
		Fill: func(t *file.Tx, number int) error {
			return metas.Put(t, metaKey, meta{Schema: number, Appliance: t.NewID(), Feed: t.NewID(), MadeAt: t.Now()})
		},
		Number: func(t *file.Tx) (int, error) {
			about, err := tx{t, s}.meta()
			return about.Schema, err
		},
		Raise: func(t *file.Tx, number int) error {
			about, err := tx{t, s}.meta()
			if err != nil {
				return err
			}
			about.Schema = number
			return metas.Put(t, metaKey, about)
		},
		Migrations: bound,
	}
}
