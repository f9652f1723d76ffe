package input

import "testing"

func TestNearest(t *testing.T) {
	known := []string{"queued", "held", "sent", "failed", "cancelled", "dryRun", "cleaning", "letter", "serve", "events"}
	for text, want := range map[string]string{
		"fail": "failed", "failled": "failed", "FAILED": "failed", "canceled": "cancelled", "sen": "sent", "canc": "cancelled", "xyz": "", "": "", "dryrun": "dryRun",
		"clening": "cleaning", "leter": "letter", "event": "events", "server": "serve", "c": "", "se": "", "dry_run": "dryRun",
	} {
		if got := Nearest(text, known); got != want {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
	}
}
