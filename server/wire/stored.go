package wire

import (
	"time"

	"postern/store"
	"postern/store/guid"
)

// StoredCleaning is a cleaning as the operator sees it: with what is known of it beside the fields that it was
// delivered with.
type StoredCleaning struct {
	ID guid.ID `json:"id"`
	store.CleaningData
	Partner   string     `json:"partner,omitzero" doc:"Who delivered it; empty: the operator."`
	StoredAt  time.Time  `json:"storedAt"`
	ChangedAt time.Time  `json:"changedAt" doc:"Last change of the data, the document or the load."`
	Version   guid.ID    `json:"version" doc:"New with everything that is written."`
	Load      StoredLoad `json:"load"`
	Reopened  Reopening  `json:"reopened,omitzero"`
	Document  Document   `json:"document,omitzero"`
}

// StoredLoad is a load as the operator sees it: with who decided on it.
type StoredLoad struct {
	Status      store.LoadStatus `json:"status"`
	DecidedAt   time.Time        `json:"decidedAt,omitzero"`
	ProductName string           `json:"productName,omitzero"`
	Comment     string           `json:"comment,omitzero"`
	By          guid.ID          `json:"by,omitzero" doc:"The user; after an erasure it names nobody."`
	DecidedBy   *Decider         `json:"decidedBy,omitzero" doc:"As the partner reads it; not in lists."`
	Reopened    *LoadReopen      `json:"reopened,omitzero" doc:"As the partner reads it; not in lists."`
}

// Reopening is when a load was reopened last, and why.
type Reopening struct {
	At      time.Time `json:"at"`
	Reason  string    `json:"reason,omitzero"`
	Partner string    `json:"partner,omitzero"` // who did it; empty: the operator
	Decider guid.ID   `json:"decider"`          // the user whose decision was taken back
}

// ViewStored is a cleaning as the operator sees it in a list.
func ViewStored(c store.Cleaning) StoredCleaning {
	l := &c.Load
	return StoredCleaning{
		ID: c.ID, CleaningData: c.CleaningData, Partner: c.Partner, StoredAt: c.StoredAt, ChangedAt: c.ChangedAt,
		Version: c.Version, Reopened: Reopening(c.Reopened), Document: Document(c.Document),
		Load: StoredLoad{Status: l.Status, DecidedAt: l.DecidedAt, ProductName: l.ProductName, Comment: l.Comment,
			By: l.By},
	}
}

// ViewStoredAlone is a cleaning as the operator sees it by itself: with all that its partner reads of the load.
func ViewStoredAlone(found store.PartnerCleaning) StoredCleaning {
	view := ViewStored(found.Cleaning)
	view.Load.DecidedBy, view.Load.Reopened = viewDecider(found), viewReopen(found.Cleaning.Reopened)
	return view
}

// Document is the uploaded document of a cleaning; none where it is made from the data.
type Document struct {
	Version guid.ID `json:"version"`
	Size    int     `json:"size" doc:"Bytes."`
	Hash    string  `json:"hash" doc:"SHA-256, hex."`
}
