package input

import "testing"

func TestNearest(t *testing.T) {
	known := []string{"queued", "held", "sent", "failed", "cancelled", "dryRun", "cleaning", "letter", "serve",
		"events"}
	for text, want := range map[string]string{
		"fail": "failed", "failled": "failed", "FAILED": "failed", "canceled": "cancelled", "sen": "sent",
		"canc": "cancelled", "xyz": "", "": "", "dryrun": "dryRun",
		"clening": "cleaning", "leter": "letter", "event": "events", "server": "serve", "c": "", "se": "",
		"dry_run": "dryRun",
	} {
		if got := Nearest(text, known); got != want {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
	}
}

func TestDistance(t *testing.T) {
	for _, test := range []struct {
		a, b string
		want int
	}{{"", "", 0}, {"a", "", 1}, {"", "ab", 2}, {"abc", "abc", 0}, {"abc", "acb", 1}, {"kitten", "sitting", 3},
		{"jsno", "json", 1}, {"ca", "abc", 3}} {
		if got := Distance(test.a, test.b); got != test.want {
			t.Errorf("%q to %q: %d, want %d", test.a, test.b, got, test.want)
		}
	}
}
