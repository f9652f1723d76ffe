package operator

import (
	"context"
	"errors"
	"fmt"

	"postern/server/wire"
	"postern/store"
	"postern/store/guid"
	"postern/store/refuse"
)

// Delivery is a cleaning to be stored, with its document where there is one.
type Delivery struct {
	store.CleaningInput
	PDF []byte // nil: none comes along; one that was stored before stays
}

// StoredCleaning tells what storing a cleaning came to.
type StoredCleaning struct {
	ID      guid.ID            `json:"id"`
	Number  string             `json:"number"`
	Outcome store.StoreOutcome `json:"outcome"`
	PDF     bool               `json:"pdf" doc:"Whether a document was uploaded with it."`
}

// SchemaName is what its schema is called.
func (StoredCleaning) SchemaName() string { return "Storing" }

// StoreCleanings stores a list of cleanings: all, or none where one is wrong. Their documents follow one by one, each
// too large for one transaction with the others. Whether they can be stored is looked at beforehand; what can still
// come between is a full disk, or a decision at this very moment. The error says then what is stored.
func (o *Operator) StoreCleanings(ctx context.Context, deliveries []Delivery) ([]StoredCleaning, error) {
	if err := o.openForDocuments(deliveries); err != nil {
		return nil, err
	}
	inputs := make([]store.CleaningInput, len(deliveries))
	for i, d := range deliveries {
		inputs[i] = d.CleaningInput
	}
	put, err := o.Store.PutCleanings(ctx, "", inputs)
	if err != nil {
		return nil, err
	}
	stored := make([]StoredCleaning, len(put))
	for i, s := range put {
		pdf := deliveries[i].PDF
		if pdf != nil {
			if err := o.Store.PutDocument(ctx, s.Cleaning.ID, pdf); err != nil {
				return nil, halfStored(s.Cleaning.ID, err)
			}
		}
		stored[i] = StoredCleaning{ID: s.Cleaning.ID, Number: s.Cleaning.Number, Outcome: s.Outcome, PDF: pdf != nil}
	}
	return stored, nil
}

// openForDocuments refuses a document for a load that is decided already.
func (o *Operator) openForDocuments(deliveries []Delivery) error {
	for _, d := range deliveries {
		if d.PDF == nil {
			continue
		}
		known, err := o.Store.Cleaning(d.ID)
		switch {
		case refuse.Is(err, refuse.NotFound):
		case err != nil:
			return err
		case known.Load.Status != store.LoadOpen:
			return &refuse.Refusal{Kind: refuse.Conflict,
				Extra: map[string]any{"loadStatus": string(known.Load.Status)},
				Reason: fmt.Sprintf("The load of cleaning %s is %s already, so it takes no document; nothing was "+
					"stored.", d.ID, known.Load.Status)}
		}
	}
	return nil
}

// halfStored says beside a refusal of a document what of the call is stored in spite of it.
func halfStored(id guid.ID, err error) error {
	var refusal *refuse.Refusal
	if !errors.As(err, &refusal) {
		return fmt.Errorf("the cleanings are stored, but not the document of %s: %w", id, err)
	}
	said := *refusal
	said.Reason = fmt.Sprintf(
		"The cleanings are stored, but the document of %s is not, nor any behind it; repeat the call for them. %s",
		id, refusal.Reason)
	return &said
}

// Cleanings lists the cleanings after an id, in the order of their ids. Next of the page is the after of the
// following one.
func (o *Operator) Cleanings(after guid.ID, limit int) (Page[wire.StoredCleaning], error) {
	found, err := o.Store.Cleanings(after, limit)
	page := Page[wire.StoredCleaning]{Items: views(found, wire.ViewStored)}
	if len(found) > 0 && len(found) == limit {
		page.Next = found[limit-1].ID
	}
	return page, err
}

// Cleaning shows a cleaning.
func (o *Operator) Cleaning(id guid.ID) (wire.StoredCleaning, error) {
	found, err := o.Store.CleaningOf("", id)
	return wire.ViewStoredAlone(found), err
}

// ReopenCleaning takes back the decision about a cleaning's load, so that it can be decided again.
func (o *Operator) ReopenCleaning(ctx context.Context, id guid.ID, reason string) (wire.StoredCleaning, error) {
	reopened, err := o.Store.ReopenLoad(ctx, "", id, reason)
	return wire.ViewStoredAlone(store.PartnerCleaning{Cleaning: reopened}), err
}

// DeleteCleaning deletes a cleaning with its document.
func (o *Operator) DeleteCleaning(ctx context.Context, id guid.ID) error {
	return o.Store.DeleteCleaning(ctx, id)
}
