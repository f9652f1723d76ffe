package store

import (
	"bytes"
	"context"
	"time"

	"github.com/go-json-experiment/json"

	"postern/store/guid"
	"postern/store/refuse"
)

// Cleaning is one cleaning action with its document and its load.
type Cleaning struct {
	ID guid.ID `json:"id"`
	CleaningData
	Partner   string    `json:"partner,omitzero"` // who delivered it; empty: the operator
	StoredAt  time.Time `json:"storedAt"`
	ChangedAt time.Time `json:"changedAt"` // last change of the data, the document or the load
	Version   guid.ID   `json:"version"`   // new with everything that is written
	Load      Load      `json:"load"`
	Reopened  Reopening `json:"reopened,omitzero"` // the last time; the load may have been decided again since
	Document  Document  `json:"document,omitzero"`
}

// CleaningData is what the cleaning station says: already validated.
type CleaningData struct {
	Number             string         `json:"number"`
	Station            Station        `json:"station"`
	Customer           string         `json:"customer,omitzero"`
	CustomerReference  string         `json:"customerReference,omitzero"`
	Equipment          Equipment      `json:"equipment"`
	ProductNature      string         `json:"productNature,omitzero"`
	NextLoad           string         `json:"nextLoad,omitzero"`
	Compartments       []Compartment  `json:"compartments,omitempty"`
	AdditionalServices string         `json:"additionalServices,omitzero"`
	Comments           string         `json:"comments,omitzero"`
	Cleaner            string         `json:"cleaner,omitzero"`
	TimeIn             time.Time      `json:"timeIn,omitzero"`
	TimeOut            time.Time      `json:"timeOut,omitzero"`
	Driver             string         `json:"driver,omitzero"`
	Seals              []string       `json:"seals,omitempty"`
	Status             CleaningStatus `json:"status"`
}

// Station is where a tank was cleaned.
type Station struct {
	Name    string `json:"name"`
	City    string `json:"city,omitzero"`
	Country string `json:"country,omitzero"`
	Phone   string `json:"phone,omitzero"`
}

// Equipment is what was cleaned.
type Equipment struct {
	Kind           string `json:"kind"` // tankTrailer, tankContainer, ibc, silo
	Identification string `json:"identification,omitzero"`
	Vehicle        string `json:"vehicle,omitzero"`
}

// Compartment is one chamber of the equipment.
type Compartment struct {
	Number       int          `json:"number"`
	PreviousLoad PreviousLoad `json:"previousLoad,omitzero"`
	Cleaned      bool         `json:"cleaned"`
	Codes        []string     `json:"codes,omitempty"` // EFTCO codes, as P10
}

// PreviousLoad is what a compartment held before it was cleaned.
type PreviousLoad struct {
	UNNumber string `json:"unNumber,omitzero"`
	Name     string `json:"name,omitzero"`
}

// CleaningStatus says how far a cleaning is; only a signed-off one can be loaded on.
type CleaningStatus string

// The statuses of a cleaning.
const (
	Planned   CleaningStatus = "planned"
	Completed CleaningStatus = "completed"
	SignedOff CleaningStatus = "signedOff"
	Cancelled CleaningStatus = "cancelled"
	Invalid   CleaningStatus = "invalid"
)

// Words lists them.
func (CleaningStatus) Words() []string {
	return []string{string(Planned), string(Completed), string(SignedOff),
		string(Cancelled), string(Invalid)}
}

// CleaningInput is one cleaning as it is delivered, validated already.
type CleaningInput struct {
	ID guid.ID
	CleaningData
}

// StoreOutcome says what storing a cleaning came to.
type StoreOutcome string

// What storing a cleaning can come to.
const (
	CleaningCreated   StoreOutcome = "created"
	CleaningChanged   StoreOutcome = "changed"
	CleaningUnchanged StoreOutcome = "unchanged"
)

// Words lists them.
func (StoreOutcome) Words() []string {
	return []string{string(CleaningCreated), string(CleaningChanged),
		string(CleaningUnchanged)}
}

// Stored is a cleaning as it is now, and whether that is new.
type Stored struct {
	Cleaning Cleaning
	Outcome  StoreOutcome
}

// PutCleanings stores cleanings, all or none. One that is there already is changed in place; one that is the same
// already stays as it is. It refuses with Conflict where a load is decided, and with NotFound where the cleaning is
// another partner's. An empty partner is the operator, who may change all, and give a decided one again as it is. A
// cleaning named twice is Invalid.
func (s *Store) PutCleanings(ctx context.Context, partner string, inputs []CleaningInput) ([]Stored, error) {
	return write(ctx, s, func(t tx) ([]Stored, error) {
		stored := make([]Stored, len(inputs))
		named := make(map[guid.ID]bool, len(inputs))
		for i, input := range inputs {
			if named[input.ID] {
				return nil, refuse.New(refuse.Invalid, "The cleaning "+input.ID.String()+" is named twice.")
			}
			named[input.ID] = true
			var err error
			if stored[i], err = t.mergeCleaning(partner, input); err != nil {
				return nil, err
			}
		}
		for i := range stored {
			if stored[i].Outcome == CleaningUnchanged {
				continue
			}
			if err := t.changeCleaning(&stored[i].Cleaning); err != nil {
				return nil, err
			}
		}
		return stored, nil
	})
}

// mergeCleaning decides what an input comes to, and writes nothing.
func (t tx) mergeCleaning(partner string, input CleaningInput) (Stored, error) {
	known, found, err := cleanings.Get(t.Tx, input.ID[:])
	switch {
	case err != nil:
		return Stored{}, err
	case !found:
		made := Cleaning{ID: input.ID, Partner: partner, StoredAt: t.Now(), Load: Load{Status: LoadOpen}}
		made.CleaningData = input.CleaningData
		return Stored{made, CleaningCreated}, nil
	case partner != "" && known.Partner != partner:
		return Stored{}, errNoCleaning(input.ID)
	}
	same, isOpen := sameData(known.CleaningData, input.CleaningData), known.Load.Status == LoadOpen
	switch {
	case same && (isOpen || partner == ""):
		return Stored{known, CleaningUnchanged}, nil
	case !isOpen:
		return Stored{}, errDecided(known)
	}
	known.CleaningData = input.CleaningData
	return Stored{known, CleaningChanged}, nil
}

// sameData compares what would be written: two times of the same words need not be equal values.
func sameData(a, b CleaningData) bool {
	one, err := json.Marshal(a)
	other, otherErr := json.Marshal(b)
	return err == nil && otherErr == nil && bytes.Equal(one, other)
}

// changeCleaning writes a cleaning whose data or document is new.
func (t tx) changeCleaning(c *Cleaning) error {
	if err := t.putCleaning(c); err != nil {
		return err
	}
	return t.tell(Event{Type: "cleaning.stored", Cleaning: c.ID, Partner: c.Partner})
}

// putCleaning writes a cleaning as changed now.
func (t tx) putCleaning(c *Cleaning) error {
	if !c.ChangedAt.IsZero() {
		if err := t.Delete(cleaningChangeBucket, timeKey(c.ChangedAt, c.ID)); err != nil {
			return err
		}
	}
	c.ChangedAt, c.Version = t.Now(), t.NewID()
	if err := t.Put(cleaningChangeBucket, timeKey(c.ChangedAt, c.ID), nil); err != nil {
		return err
	}
	return cleanings.Put(t.Tx, c.ID[:], *c)
}

func errNoCleaning(id guid.ID) error {
	return refuse.New(refuse.NotFound, "There is no cleaning "+id.String()+".")
}

func (t tx) cleaning(id guid.ID) (Cleaning, error) {
	c, found, err := recall(t, cleanings, &t.store.memos.cleanings, id)
	if err == nil && !found {
		err = errNoCleaning(id)
	}
	return c, err
}

// cleaningOf is cleaning for a partner, to whom others' cleanings are not there; an empty one is the operator.
func (t tx) cleaningOf(partner string, id guid.ID) (Cleaning, error) {
	c, err := t.cleaning(id)
	if err == nil && partner != "" && c.Partner != partner {
		return Cleaning{}, errNoCleaning(id)
	}
	return c, err
}

// PartnerCleaning is a cleaning as read back by the partner who delivered it.
type PartnerCleaning struct {
	Cleaning Cleaning
	Decider  User // who decided the load; zero: nobody, or somebody who has been erased
}

// CleaningOf returns a partner's own cleaning, or any to the operator, who is no partner: "". It refuses with NotFound,
// for other partners' cleanings too.
func (s *Store) CleaningOf(partner string, id guid.ID) (PartnerCleaning, error) {
	return read(s, func(t tx) (found PartnerCleaning, err error) {
		if found.Cleaning, err = t.cleaningOf(partner, id); err != nil {
			return PartnerCleaning{}, err
		}
		if by := found.Cleaning.Load.By; !by.IsZero() {
			found.Decider, _, err = users.Get(t.Tx, by[:])
		}
		return found, err
	})
}

// Cleaning returns one cleaning, or NotFound.
func (s *Store) Cleaning(id guid.ID) (Cleaning, error) {
	return read(s, func(t tx) (Cleaning, error) { return t.cleaning(id) })
}

// ReadCleaning returns a cleaning to the holder of a user token, or refuses as CheckHolder does, or else with NotFound.
func (s *Store) ReadCleaning(b Holder, id guid.ID) (user User, c Cleaning, err error) {
	c, err = read(s, func(t tx) (Cleaning, error) {
		if user, err = t.holder(b); err != nil {
			return Cleaning{}, err
		}
		return t.cleaning(id)
	})
	return user, c, err
}

// Cleanings lists cleanings in the order of their ids, those after a given one, at most limit.
func (s *Store) Cleanings(after guid.ID, limit int) ([]Cleaning, error) {
	return read(s, func(t tx) ([]Cleaning, error) {
		var found []Cleaning
		err := cleanings.Each(t.Tx, nil, after[:], func(_ []byte, c Cleaning) (bool, error) {
			if c.ID != after {
				found = append(found, c)
			}
			return len(found) < limit, nil
		})
		return found, err
	})
}

// DeleteCleaning removes a cleaning with its document. Letters about it that are not sent yet end as cancelled when
// their turn comes.
func (s *Store) DeleteCleaning(ctx context.Context, id guid.ID) error {
	return updateVital(ctx, s, func(t tx) error {
		c, err := t.cleaning(id)
		if err != nil {
			return err
		}
		if err := t.deleteCleaning(c); err != nil {
			return err
		}
		return t.tell(Event{Type: "operator.cleaning_deleted", Cleaning: id, Partner: c.Partner})
	})
}

func (t tx) deleteCleaning(c Cleaning) error {
	if err := t.deleteDocument(c.Document); err != nil {
		return err
	}
	if err := t.Delete(cleaningChangeBucket, timeKey(c.ChangedAt, c.ID)); err != nil {
		return err
	}
	if err := t.moveDeciders(c, Cleaning{ID: c.ID}); err != nil {
		return err
	}
	return cleanings.Delete(t.Tx, c.ID[:])
}
