package store

import (
	"context"
	"strings"
	"time"

	"postern/store/guid"
	"postern/store/refuse"
)

// Biker is a person registered by a partner, who sets a password and logs in with it.
type Biker struct {
	ID      guid.ID `json:"id"`
	Partner string  `json:"partner"` // name of whom the biker belongs to
	BikerData
	OthersEmployeeID string `json:"othersEmployeeId,omitzero"` // names another of the same names; is gone for good

	Email        string    `json:"email"`             // as first registered, the domain as lower-case A-labels
	Chosen       string    `json:"chosen,omitzero"`   // the language that the biker chose; no partner changes it
	RegisteredAt time.Time `json:"registeredAt"`      //
	Welcome      guid.ID   `json:"welcome,omitzero"`  // the welcome letter
	Password     string    `json:"password,omitzero"` // PHC string of its argon2id hash; empty: none set yet
	PasswordAt   time.Time `json:"passwordAt,omitzero"`
	Blocked      bool      `json:"blocked,omitzero"`

	// LinkGeneration is sealed into set-password links, PasswordGeneration into what a browser keeps that has logged
	// in: raising one revokes all of its kind that are out.
	LinkGeneration     uint32 `json:"linkGeneration"`
	PasswordGeneration uint32 `json:"passwordGeneration"`
}

// BikerData is what a partner says of a biker beside the address: already validated.
type BikerData struct {
	BikePlanCode    string `json:"bikePlanCode"`
	FirstName       string `json:"firstName"`
	LastName        string `json:"lastName"`
	Language        string `json:"language"`                 // nl, fr, en
	ContractType    string `json:"contractType,omitzero"`    // clerk, worker; empty: not said
	EmployeeID      string `json:"employeeId,omitzero"`      // the partner's own: partner_EmployeeID
	PersonnelNumber string `json:"personnelNumber,omitzero"` // the client's own
}

// Speaks is the language of the biker's letters and pages: nl, fr or en.
func (b Biker) Speaks() string {
	if b.Chosen != "" {
		return b.Chosen
	}
	return b.Language
}

// Name is the biker's whole name.
func (b Biker) Name() string { return strings.TrimSpace(b.FirstName + " " + b.LastName) }

var errNoBiker = refuse.New(refuse.NotFound, "There is no biker with this e-mail address.")

func (t tx) biker(id guid.ID) (Biker, error) {
	biker, found, err := bikers.Get(t.Tx, id[:])
	if err == nil && !found {
		err = errNoBiker
	}
	return biker, err
}

// bikerAt finds the biker of an address.
func (t tx) bikerAt(email string) (biker Biker, found bool, err error) {
	id := t.Get(bikerAddressBucket, addressKey(email))
	if id == nil {
		return Biker{}, false, nil
	}
	return bikers.Get(t.Tx, id)
}

func (t tx) bikerByEmail(email string) (Biker, error) {
	biker, found, err := t.bikerAt(email)
	if err == nil && !found {
		err = errNoBiker
	}
	return biker, err
}

// BikerByEmail returns the biker of an address, or NotFound.
func (s *Store) BikerByEmail(email string) (Biker, error) {
	return read(s, func(t tx) (Biker, error) { return t.bikerByEmail(email) })
}

// BikerByID returns a biker, or NotFound.
func (s *Store) BikerByID(id guid.ID) (Biker, error) {
	return read(s, func(t tx) (Biker, error) { return t.biker(id) })
}

// PartnerBiker is a person as read back by the partner.
type PartnerBiker struct {
	Biker  Biker
	Letter Letter // the latest welcome or existing letter; zero: none is kept
}

// BikerOf finds a partner's own biker by id, by the partner's own id, or by both, which must then name the same person.
// It refuses with NotFound, for other partners' bikers too.
func (s *Store) BikerOf(partner string, id guid.ID, employee string) (PartnerBiker, error) {
	return read(s, func(t tx) (PartnerBiker, error) {
		if id.IsZero() {
			copy(id[:], t.Get(bikerEmployeeBucket, employeeKey(partner, employee)))
		}
		biker, found, err := bikers.Get(t.Tx, id[:])
		switch {
		case err != nil:
			return PartnerBiker{}, err
		case !found, biker.Partner != partner, employee != "" && biker.EmployeeID != employee:
			return PartnerBiker{}, refuse.New(refuse.NotFound,
				"None of the people that you have registered is known by this id.")
		}
		letter, err := t.invitation(biker)
		return PartnerBiker{biker, letter}, err
	})
}

// invitation is the latest letter to a biker that the partner's own call has caused.
func (t tx) invitation(biker Biker) (latest Letter, err error) {
	c := t.Cursor(letterPersonBucket)
	walk := letterWalk{bucket: letterPersonBucket, prefix: biker.ID[:]}
	for key, _ := c.SeekBefore(walk.end()); key != nil && guid.ID(key[:16]) == biker.ID; key, _ = c.Prev() {
		letter, err := t.letter(guid.ID(key[16:]))
		if err != nil {
			return Letter{}, err
		}
		if letter.Cause == biker.Partner && (letter.Kind == LetterWelcome || letter.Kind == LetterExisting) {
			return letter, nil
		}
	}
	return Letter{}, nil
}

// toBiker addresses a letter.
func toBiker(biker Biker, kind LetterKind) Letter {
	return Letter{Kind: kind, Person: biker.ID, To: biker.Email, Language: biker.Speaks(),
		Generation: biker.LinkGeneration, Partner: biker.Partner}
}

// ChooseLanguage keeps a biker's own choice, nl, fr or en, which no partner changes.
func (s *Store) ChooseLanguage(ctx context.Context, id guid.ID, language string) (Biker, error) {
	return write(ctx, s, func(t tx) (Biker, error) {
		biker, err := t.biker(id)
		if err != nil {
			return Biker{}, err
		}
		biker.Chosen = language
		return biker, bikers.Put(t.Tx, biker.ID[:], biker)
	})
}

func (t tx) putBiker(biker Biker, event string) error {
	if err := bikers.Put(t.Tx, biker.ID[:], biker); err != nil {
		return err
	}
	return t.tell(Event{Type: event, Biker: biker.ID})
}

// changeBiker writes a biker, and moves the key of the employee id.
func (t tx) changeBiker(former, biker Biker) error {
	if former.EmployeeID != "" && (former.EmployeeID != biker.EmployeeID || former.Partner != biker.Partner) {
		if err := t.Delete(bikerEmployeeBucket, employeeKey(former.Partner, former.EmployeeID)); err != nil {
			return err
		}
	}
	if biker.EmployeeID != "" {
		if err := t.Put(bikerEmployeeBucket, employeeKey(biker.Partner, biker.EmployeeID), biker.ID[:]); err != nil {
			return err
		}
	}
	return bikers.Put(t.Tx, biker.ID[:], biker)
}
