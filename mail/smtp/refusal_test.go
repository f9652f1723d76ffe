package smtp

import (
	"testing"

	"postern/store"
)

// TestLike: two refusals of different recipients in words alone are told apart by what does not hang on the letter.
func TestLike(t *testing.T) {
	for _, tt := range []struct {
		one, other string
		like       bool
	}{
		{"relay not permitted", "Relay not permitted!", true}, {"", "", true}, {"rejected", "", false},
		{"see https://x.example/why/these/words?go=on", "see https://x.example/or/others", true},
		{"<one@a.example>: no relay", "<other-one@b.example>: no relay", true},
		{"one@a.example no relay", "two@b.example no relay", true},
		{"no relay for one", "no relay for two", true}, {"no relay to a.example", "no relay to b.example", true},
		{"denied [aBcD_efGh.uk]", "denied [xyZwV-u.uk]", true}, {"denied (4KxyzT0abc)", "denied (4QQyzT0def)", true},
		{"rule QWERTY: mail refused", "rule ASDFGH: mail refused", true},
		{`not here\nrelay denied`, `not here\nrelay denied`, true},
		{"relay not permitted", "this looks like spam", false}, {"relay denied", "access denied", false},
	} {
		one := RefusalOf("one@a.example", store.Attempt{Phase: PhaseRcpt, Code: 550, Text: tt.one})
		other := RefusalOf("two@b.example", store.Attempt{Phase: PhaseRcpt, Code: 550, Text: tt.other})
		if one.Like(other) != tt.like || other.Like(one) != tt.like {
			t.Errorf("%q and %q: %q, %q", tt.one, tt.other, one.words, other.words)
		}
	}
}
