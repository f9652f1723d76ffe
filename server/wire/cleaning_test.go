package wire

import (
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/go-json-experiment/json"

	"postern/server/web/fields"
	"postern/store"
	"postern/store/guid"
	"postern/store/refuse"
)

const wholeCleaning = `{"number":"2026-000123",` +
	`"station":{"name":"Tank Wash","city":"Antwerpen","country":"BE","phone":"+32 3"},` +
	`"customer":"Carrier","customerReference":"R1",` +
	`"equipment":{"kind":"tankTrailer","identification":"1-ABC-123","vehicle":"V"},` +
	`"productNature":"liquid","nextLoad":"oil","compartments":[` +
	`{"number":1,"previousLoad":{"unNumber":"1203","name":"Petrol"},"cleaned":true,"codes":["P10","T01"]},` +
	`{"number":2,"cleaned":false}],` +
	`"additionalServices":"none","comments":"a\nb","cleaner":"C","timeIn":"2026-03-01T14:05:00+01:00",` +
	`"timeOut":"2026-03-01T15:00:00+01:00","driver":"D","seals":["S1"],"status":"signedOff"`

// TestCleaningRoundTrip: what was delivered is answered, with the load beside it.
func TestCleaningRoundTrip(t *testing.T) {
	var data store.CleaningData
	if unknown, err := fields.Decode([]byte(wholeCleaning+"}"), CleaningObject(&data)); err != nil ||
		len(unknown) != 0 {
		t.Fatal(err, unknown)
	}
	at := time.Date(2026, 3, 2, 8, 0, 0, 0, time.UTC)
	id, _ := guid.Parse("0190a6f2-5c1e-7d3a-9b44-3f2a1c0d9e8f")
	for _, test := range []struct {
		load store.Load
		want string
	}{
		{store.Load{Status: store.LoadOpen}, `{"status":"open","decidedAt":null,"productName":null,"comment":null}`},
		{store.Load{Status: store.LoadCompleted, DecidedAt: at, ProductName: "Oil", By: id},
			`{"status":"completed","decidedAt":"2026-03-02T08:00:00Z","productName":"Oil","comment":null}`},
		{store.Load{Status: store.LoadRejected, DecidedAt: at, Comment: "wet"},
			`{"status":"rejected","decidedAt":"2026-03-02T08:00:00Z","productName":null,"comment":"wet"}`},
	} {
		got,
			err := json.Marshal(ViewCleaning(store.Cleaning{ID: id, CleaningData: data, Load: test.load, Partner: "p"}))
		want := `{"id":"0190a6f2-5c1e-7d3a-9b44-3f2a1c0d9e8f",` + wholeCleaning[1:] + `,"load":` + test.want + "}"
		if err != nil || string(got) != want {
			t.Errorf("%v\n got %s\nwant %s", err, got, want)
		}
	}
}

// TestCleaningFaults names every fault by its path.
func TestCleaningFaults(t *testing.T) {
	long := strings.Repeat("x", 201)
	for body, want := range map[string]string{
		`{}`: "equipment.kind number station.name status",
		`{"number":"1","station":"S","equipment":[],"status":"done"}`: "equipment station status",
		wholeCleaning + `,"x":1}`:                                     "",
		`{"number":"` + long + `","station":{"name":"` + long +
			`"},"equipment":{"kind":"ship"},"status":"planned","comments":"` + long +
			`"}`: "equipment.kind number station.name",
		`{"number":"1","station":{"name":"S"},"equipment":{"kind":"ibc"},"status":"planned",` +
			`"timeIn":"yesterday","seals":["a",""],"comments":"` +
			strings.Repeat(long, 10) + `"}`: "comments seals[1] timeIn",
		`{"number":"1","station":{"name":"S"},"equipment":{"kind":"silo"},"status":"invalid",` +
			`"compartments":[{"number":1},{"codes":["X1"],"cleaned":1},null]}`: "compartments[1].cleaned " +
			"compartments[1].codes[0] compartments[1].number compartments[2].number",
		`{"number":"1","station":{"name":"S"},"equipment":{"kind":"silo"},"status":"invalid","compartments":[` +
			strings.Repeat(`{"number":1},`, 12) + `{"number":1}]}`: "compartments",
	} {
		var data store.CleaningData
		_, err := fields.Decode([]byte(body), CleaningObject(&data))
		var paths []string
		if refusal, ok := err.(*refuse.Refusal); ok {
			paths = slices.Sorted(maps.Keys(refusal.Fields))
		}
		if got := strings.Join(paths, " "); got != want {
			t.Errorf("%.60s: faults %q, want %q", body, got, want)
		}
	}
}
