package migrate

import (
	"errors"
	"testing"

	"github.com/go-json-experiment/json/jsontext"

	"postern/store/file"
	"postern/store/guid"
)

func keyOf(n byte) []byte { return append(make([]byte, 15), n) }

// TestDecisions finds the decisions of users who are there, and takes the comments of those who have been erased, in
// several stretches and after an interruption.
func TestDecisions(t *testing.T) {
	records := file.Table[jsontext.Value]{Bucket: cleaningBucket}
	here, gone := guid.ID{1}, guid.ID{2}
	by := func(user guid.ID) string { return `,"by":"` + user.String() + `"` }
	before := map[byte]string{
		1: `{"id":1,"load":{"status":"open"}}`,
		2: `{"id":2,"load":{"status":"rejected","comment":"no"` + by(here) + `}}`,
		3: `{"id":3,"load":{"status":"completed","productName":"oil"` + by(here) + `},"document":{"size":1}}`,
		4: `{"id":4,"load":{"status":"rejected","comment":"by Jan"` + by(gone) + `},"document":{"size":1}}`,
		5: `{"id":5,"load":{"status":"completed","productName":"oil"` + by(gone) + `}}`,
	}
	after := map[byte]string{4: `{"load":{` + by(gone)[1:] + `,"status":"rejected"},"id":4,"document":{"size":1}}`}
	buckets := [][]byte{userBucket, cleaningBucket}
	old := schema(buckets, func(t *file.Tx) error {
		err := t.Put(userBucket, here[:], nil)
		for n, record := range before {
			err = errors.Join(err, records.Put(t, keyOf(n), jsontext.Value(record)))
		}
		return errors.Join(err, t.Put(cleaningBucket, keyOf(6), []byte(`"by":" damaged`)))
	})
	dir := t.TempDir()
	if err := open(t, dir, old).Close(); err != nil {
		t.Fatal(err)
	}
	cut := errors.New("cut")
	interrupted := decisions(1)
	prepare := interrupted.Prepare
	interrupted.Prepare = func(update file.Runner) error { return errors.Join(prepare(update), cut) }
	if _, err := file.Open(dir, file.Options{Schema: schema(buckets, nil, interrupted)}); !errors.Is(err, cut) {
		t.Fatal(err)
	}
	f := open(t, dir, schema(append(buckets, decidedBucket), nil, decisions(2)))
	err := f.Read(func(tx *file.Tx) error {
		for n, want := range before {
			if changed, is := after[n]; is {
				want = changed
			}
			got, _, err := records.Get(tx, keyOf(n))
			if err != nil || string(got) != want {
				t.Errorf("%d: %s, %v\nwant %s", n, got, err, want)
			}
			decided := tx.Has(decidedBucket, append(here[:], keyOf(n)...))
			if decided != (n == 2 || n == 3) {
				t.Errorf("%d is found by who decided: %v", n, decided)
			}
		}
		if n := keysIn(tx, decidedBucket); n != 2 {
			t.Errorf("%d decisions", n)
		}
		return nil
	})
	if err != nil {
		t.Error(err)
	}
}
