package store

import (
	"reflect"
	"testing"

	"postern/store/refuse"
)

// TestRecall changes records behind the memo's back: what it gives is always what the table gives.
func TestRecall(t *testing.T) {
	s := openTest(t)
	same := func(when string) {
		t.Helper()
		for n := range byte(4) {
			err := look(s, func(t tx) error {
				for range 2 {
					got, found, err := recall(t, cleanings, &s.memos.cleanings, cleaningID(n))
					id := cleaningID(n)
					want, there, wantErr := cleanings.Get(t.Tx, id[:])
					if found != there || !reflect.DeepEqual(got, want) || (err == nil) != (wantErr == nil) {
						return refuse.New(refuse.Conflict, "the memo differs "+when)
					}
				}
				return nil
			})
			if err != nil {
				t.Error(err)
			}
		}
	}
	same("in an empty file")
	addCleaning(t, s, 1, Planned)
	addCleaning(t, s, 2, Planned)
	same("after storing")
	addCleaning(t, s, 1, SignedOff)
	same("after a change")
	if err := s.DeleteCleaning(ctx, cleaningID(1)); err != nil {
		t.Fatal(err)
	}
	same("after deleting")
	addCleaning(t, s, 1, Planned)
	same("after storing again")
}
