package migrate

import (
	"errors"
	"testing"

	"github.com/go-json-experiment/json/jsontext"

	"postern/store/file"
	"postern/store/guid"
)

// TestEventsOfPeople finds the events about a person, in several stretches and after an interruption.
func TestEventsOfPeople(t *testing.T) {
	records := file.Table[jsontext.Value]{Bucket: eventBucket}
	zoe, tim := guid.ID{1}, guid.ID{2}
	feed := map[byte]string{
		1: `{"seq":1,"type":"user.registered","userId":"` + zoe.String() + `"}`,
		2: `{"seq":2,"type":"biker.created","bikerId":"` + tim.String() + `","partner":"Acme"}`,
		3: `{"seq":3,"type":"operator.plan_added","about":"P"}`,
		4: `{"seq":4,"type":"letter.sent","userId":"` + zoe.String() + `","letterId":"` + tim.String() + `"}`,
	}
	want := map[string]bool{string(zoe[:]) + "1": true, string(zoe[:]) + "4": true, string(tim[:]) + "2": true}
	old := schema([][]byte{eventBucket}, func(t *file.Tx) (err error) {
		for n, record := range feed {
			err = errors.Join(err, records.Put(t, keyOf(n), jsontext.Value(record)))
		}
		return errors.Join(err, t.Put(eventBucket, keyOf(5), []byte(`"userId":" damaged`)))
	})
	buckets, dir := [][]byte{eventBucket}, t.TempDir()
	if err := open(t, dir, old).Close(); err != nil {
		t.Fatal(err)
	}
	cut := errors.New("cut")
	interrupted := eventsOfPeople(1)
	prepare := interrupted.Prepare
	interrupted.Prepare = func(update file.Runner) error { return errors.Join(prepare(update), cut) }
	if _, err := file.Open(dir, file.Options{Schema: schema(buckets, nil, interrupted)}); !errors.Is(err, cut) {
		t.Fatal(err)
	}
	f := open(t, dir, schema(append(buckets, eventPersonBucket), nil, eventsOfPeople(2)))
	err := f.Read(func(tx *file.Tx) error {
		c := tx.Cursor(eventPersonBucket)
		for key, _ := c.First(); key != nil; key, _ = c.Next() {
			found := string(key[:16]) + string('0'+key[len(key)-1])
			if !want[found] {
				t.Errorf("%x is found", key)
			}
			delete(want, found)
		}
		return nil
	})
	if err != nil || len(want) > 0 {
		t.Errorf("%v; not found: %v", err, want)
	}
}
