package wire

import (
	"testing"
	"time"

	"github.com/go-json-experiment/json"

	"postern/store"
	"postern/store/guid"
)

// TestOperatorsViews holds that views name all that is in a record, as the record does: a field that store adds is not
// left out by an oversight.
func TestOperatorsViews(t *testing.T) {
	id, _ := guid.Parse("0190a6f2-5c1e-7d3a-9b44-3f2a1c0d9e8f")
	at := time.Date(2026, 3, 2, 8, 0, 0, 0, time.UTC)
	cleaning := store.Cleaning{
		ID: id, CleaningData: store.CleaningData{Number: "1", Seals: []string{"S"}},
		Partner: "p", StoredAt: at, ChangedAt: at,
		Version: id, Load: store.Load{Status: store.LoadRejected, DecidedAt: at, ProductName: "oil", Comment: "wet", By: id},
		Reopened: store.Reopening{At: at, Reason: "wrong", Partner: "p", Decider: id},
		Document: store.Document{Version: id, Size: 7, Hash: "h"},
	}
	event := store.Event{Seq: 1, Type: "t", At: at, User: id, Biker: id, Employee: "E", Cleaning: id, Letter: id,
		Partner: "p", About: "a"}
	feed := store.Feed{ID: id, Events: []store.Event{event}, Next: 1}
	for _, is := range []struct{ record, view any }{
		{cleaning, ViewStored(cleaning)}, {store.Cleaning{}, ViewStored(store.Cleaning{})},
		{feed, ViewFeed(feed)}, {store.Feed{Events: []store.Event{{}}}, ViewFeed(store.Feed{Events: []store.Event{{}}})},
	} {
		want, err := json.Marshal(is.record)
		got, fault := json.Marshal(is.view)
		if err != nil || fault != nil || string(got) != string(want) {
			t.Errorf("%v, %v\n got %s\nwant %s", err, fault, got, want)
		}
	}
}
