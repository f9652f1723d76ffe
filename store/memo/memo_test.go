package memo

import (
	"testing"

	"postern/store/guid"
)

// TestSlots holds that ids which share a slot are never mistaken for each other.
func TestSlots(t *testing.T) {
	var memo Memo[string]
	one, other := guid.ID{0: 1, 15: 7}, guid.ID{0: 2, 15: 7}
	memo.Put(one, []byte("v1"), "one")
	if got, known := memo.Get(one, []byte("v1")); !known || got != "one" {
		t.Errorf("got %q, %v", got, known)
	}
	if got, known := memo.Get(one, []byte("v2")); known {
		t.Errorf("another version: %q", got)
	}
	if got, known := memo.Get(other, []byte("v1")); known {
		t.Errorf("another id: %q", got)
	}
}
