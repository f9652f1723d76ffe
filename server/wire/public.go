package wire

import (
	"time"

	"postern/store"
	"postern/store/guid"
)

// PublicCleaning is what everybody may know who has the QR code of a document: enough to tell whether it is about the
// tank that stands there, and what it is worth. The rest is for users who have proven their mailbox.
type PublicCleaning struct {
	ID        guid.ID       `json:"id"`
	Number    string        `json:"number"`
	Station   PublicStation `json:"station"`
	Tank      *string       `json:"tank" doc:"The last four characters of its identification; null: it has none."`
	Valid     bool          `json:"valid" doc:"Signed off, neither invalid nor cancelled, and the load is open."`
	Verdict   store.Verdict `json:"verdict" doc:"Why it is not valid, or valid."`
	CheckedAt time.Time     `json:"checkedAt"`
}

// PublicStation is where the tank was cleaned.
type PublicStation struct {
	Name string `json:"name"`
}

// ViewPublic is what everybody may know of a cleaning at that time.
func ViewPublic(c store.Cleaning, at time.Time) PublicCleaning {
	p := PublicCleaning{ID: c.ID, Number: c.Number, Station: PublicStation{c.Station.Name}, Verdict: c.Verdict(),
		Valid: c.Verdict() == store.VerdictValid, CheckedAt: at.UTC().Truncate(time.Second)}
	if tank := TankEnd(c.Equipment.Identification); tank != "" {
		p.Tank = &tank
	}
	return p
}

// TankEnd is the end of a tank's identification that everybody may see: its last four characters.
func TankEnd(identification string) string {
	const shown = 4
	runes := []rune(identification)
	return string(runes[max(0, len(runes)-shown):])
}
