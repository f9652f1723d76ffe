package fields

import (
	"maps"
	"slices"
	"strings"
	"testing"

	"postern/store/guid"
)

// TestReadForm: a form goes by the rules of a body.
func TestReadForm(t *testing.T) {
	var email, name, comment string
	var id guid.ID
	o := Object{"email": Email(&email), "name": Name(&name, 5, true), "id": GUID(&id, false),
		"comment": Text(&comment, Limits{Max: 10, Lines: true})}
	good := map[string]string{"email": " Jan@Example.com ", "name": "Zoë\u200b", "comment": "a\r\n\"b\"", "id": "",
		"other": "x"}
	if faults := ReadForm(good, o); faults != nil {
		t.Fatal(faults)
	}
	if email != "Jan@example.com" || name != "Zoë" || comment != "a\n\"b\"" || !id.IsZero() {
		t.Errorf("%q %q %q %s", email, name, comment, id)
	}
	bad := map[string]string{"email": "jan", "name": "a@b", "comment": strings.Repeat("x", 11), "id": "1"}
	if got := slices.Sorted(maps.Keys(ReadForm(bad, o))); strings.Join(got, " ") != "comment email id name" {
		t.Errorf("faults: %q", got)
	}
	if got := slices.Sorted(maps.Keys(ReadForm(nil, o))); strings.Join(got, " ") != "email name" {
		t.Errorf("faults of nothing: %q", got)
	}
}
