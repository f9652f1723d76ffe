package wire

import (
	"time"

	"postern/server/web/fields"
	"postern/store"
	"postern/store/guid"
)

// DeliveredCleaning is a cleaning as the partner who delivered it reads it back: with what became of it.
type DeliveredCleaning struct {
	ID guid.ID `json:"id"`
	store.CleaningData
	StoredAt  time.Time     `json:"storedAt"`
	ChangedAt time.Time     `json:"changedAt" doc:"Last change of the data, the document or the load."`
	Document  *UploadedPDF  `json:"document" doc:"Null: it is made from the data."`
	Load      DeliveredLoad `json:"load"`
}

// UploadedPDF tells an uploaded document from another.
type UploadedPDF struct {
	Size int    `json:"size" doc:"Bytes."`
	Hash string `json:"hash" doc:"SHA-256 in hexadecimal."`
}

// DeliveredLoad is a load with who decided on it.
type DeliveredLoad struct {
	Load
	DecidedBy *Decider    `json:"decidedBy" doc:"Null: nobody."`
	Reopened  *LoadReopen `json:"reopened" doc:"The last time; null: never. It may have been decided again since."`
}

// Decider is who decided a load: whoever accepts a tank or refuses it does so in front of the other party, by name and
// organisation. The address stays between the person and this service. After an erasure the id alone is left, and is
// nobody's.
type Decider struct {
	UserID           guid.ID `json:"userId"`
	FirstName        *string `json:"firstName"`
	LastName         *string `json:"lastName"`
	OrganisationName *string `json:"organisationName"`
}

// LoadReopen says when a decision was taken back, and why.
type LoadReopen struct {
	At     time.Time `json:"at"`
	Reason *string   `json:"reason" doc:"Null: it named the decider, who has been erased."`
}

// ViewDelivered is the wire form of a partner's cleaning.
func ViewDelivered(found store.PartnerCleaning) DeliveredCleaning {
	c := &found.Cleaning
	view := DeliveredCleaning{ID: c.ID, CleaningData: c.CleaningData, StoredAt: c.StoredAt, ChangedAt: c.ChangedAt,
		Load: DeliveredLoad{Load: ViewLoad(c.Load)}}
	if d := c.Document; d.Size > 0 {
		view.Document = &UploadedPDF{d.Size, d.Hash}
	}
	view.Load.DecidedBy, view.Load.Reopened = viewDecider(found), viewReopen(c.Reopened)
	return view
}

func viewDecider(found store.PartnerCleaning) *Decider {
	id, by := found.Cleaning.Load.By, &found.Decider
	if id.IsZero() {
		return nil
	}
	return &Decider{id, fields.OrNull(&by.FirstName), fields.OrNull(&by.LastName), fields.OrNull(&by.OrganisationName)}
}

func viewReopen(r store.Reopening) *LoadReopen {
	if r.At.IsZero() {
		return nil
	}
	return &LoadReopen{r.At, fields.OrNull(&r.Reason)}
}
