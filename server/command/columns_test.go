package command

import (
	"slices"
	"strings"
	"testing"
)

// TestLayOut holds what a table becomes in ever narrower terminals, and that nothing is ever lost.
func TestLayOut(t *testing.T) {
	t.Parallel()
	rows := [][]string{
		{"ID", "STATE", "REASON"},
		{"01a200cf-3773", "failed", "550 5.1.1 no such mailbox here"},
		{"01a200cf-3774", "sent", ""},
	}
	for _, c := range []struct {
		width int
		want  string
	}{
		{0, "ID             STATE   REASON\n" +
			"01a200cf-3773  failed  550 5.1.1 no such mailbox here\n" +
			"01a200cf-3774  sent"},
		{53, "ID             STATE   REASON\n" +
			"01a200cf-3773  failed  550 5.1.1 no such mailbox here\n" +
			"01a200cf-3774  sent"},
		{40, "ID             STATE   REASON\n" +
			"01a200cf-3773  failed  550 5.1.1 no such\n" +
			"                       mailbox here\n" +
			"01a200cf-3774  sent"},
		{30, "ID             STATE   REASON\n" +
			"01a200cf-3773  failed  550\n" +
			"                       5.1.1\n" +
			"                       no such\n" +
			"                       mailbox\n" +
			"                       here\n" +
			"01a200cf-3774  sent"},
		{29, "ID      01a200cf-3773\n" +
			"STATE   failed\n" +
			"REASON  550 5.1.1 no such mailbox here\n" +
			"\n" +
			"ID      01a200cf-3774\n" +
			"STATE   sent"},
	} {
		got := strings.Join(layOut(rows, c.width), "\n")
		if got != c.want {
			t.Errorf("in %d columns:\n%s\nnot\n%s", c.width, got, c.want)
		}
	}
	for width := range 80 {
		words := strings.Fields(strings.Join(layOut(rows, width), " "))
		for _, word := range strings.Fields(strings.Join(slices.Concat(rows...), " ")) {
			if !slices.Contains(words, word) {
				t.Errorf("in %d columns %q is lost", width, word)
			}
		}
	}
}
