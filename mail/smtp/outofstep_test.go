package smtp

import (
	"context"
	"net"
	"strings"
	"testing"

	"postern/store"
)

// TestOutOfStep: answers that nobody asked for, on a kept connection, make no letter count as sent that was not.
func TestOutOfStep(t *testing.T) {
	for name, unasked := range map[string]string{"250": "250 2.0.0 ok\r\n", "250 twice": "250 ok\r\n250 ok\r\n", "354": "250 ok\r\n250 ok\r\n354 go\r\n"} {
		said := "220 a\r\n250 a\r\n250 ok\r\n250 ok\r\n354 go\r\n250 2.0.0 queued as ONE\r\n" + unasked
		dials := 0
		h := withoutTLS(t, func(context.Context, string) (net.Conn, error) {
			dials++
			return scripted{said: strings.NewReader(said)}, nil
		})
		lane := h.Conn(t.Context())
		if a := lane.Send(t.Context(), testMessage); a.Class != store.AttemptSent || a.Text != "queued as ONE" {
			t.Fatalf("%+v", a)
		}
		if a := lane.Send(t.Context(), testMessage); a.Class == store.AttemptSent && dials < 2 {
			t.Errorf("%s: sent, though only said of the letter before: %+v", name, a)
		}
		lane.Rest()
	}
}
