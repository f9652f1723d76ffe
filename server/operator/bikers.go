package operator

import (
	"context"
	"strings"
	"time"

	"postern/store"
	"postern/store/guid"
	"postern/store/refuse"
)

// Move gives a biker to a partner and a plan of it.
type Move struct {
	Email   string `json:"email"`
	Partner string `json:"partner"`
	Plan    string `json:"plan"`
}

// BikerState says in one word how far a biker is.
type BikerState string

// The states of a biker.
const (
	BikerInvited BikerState = "invited" // registered, no password set yet
	BikerActive  BikerState = "active"
	BikerBlocked BikerState = "blocked"
)

// Words lists them.
func (BikerState) Words() []string {
	return []string{string(BikerInvited), string(BikerActive),
		string(BikerBlocked)}
}

// BikerRecord is what is stored of a biker, without the hash of the password.
type BikerRecord struct {
	ID           guid.ID `json:"id"`
	Email        string  `json:"email"`
	FirstName    string  `json:"firstName"`
	LastName     string  `json:"lastName"`
	Partner      string  `json:"partner"`
	BikePlanCode string  `json:"bikePlanCode"`
	Language     string  `json:"language" doc:"As the partner says: NL, FR, EN."`
	Chosen       string  `json:"chosenLanguage,omitzero" doc:"The biker's own choice, which goes before it."`
	ContractType string  `json:"contractType,omitzero" doc:"clerk or worker."`
	EmployeeID   string  `json:"employeeId,omitzero" doc:"The partner's own: partner_EmployeeID."`
	// posted with this person, and names another one of the same names
	OthersID        string     `json:"othersEmployeeId,omitzero"`
	PersonnelNumber string     `json:"personnelNumber,omitzero" doc:"The client's own."`
	State           BikerState `json:"state"`
	RegisteredAt    time.Time  `json:"registeredAt"`
	PasswordSetAt   time.Time  `json:"passwordSetAt,omitzero"`
}

// Biker is what an operator sees of a biker.
type Biker struct {
	BikerRecord
	Sessions int      `json:"sessions" doc:"How many browsers are logged in now."`
	Letters  []Letter `json:"letters" doc:"The latest ten."`
}

// Biker shows the biker of an address.
func (o *Operator) Biker(email string) (Biker, error) {
	found, err := o.findBiker(email)
	if err != nil {
		return Biker{}, err
	}
	return o.showBiker(found)
}

// EraseBiker erases the biker of an address, and the letters to it about registrations that failed.
func (o *Operator) EraseBiker(ctx context.Context, email string) error {
	return noBiker(o.Store.EraseBiker(ctx, email), email)
}

// BlockBiker keeps the biker of an address out; sessions end, and no letter is sent.
func (o *Operator) BlockBiker(ctx context.Context, email string) (Biker, error) {
	return o.changeBiker(email, func(id guid.ID) (store.Biker, error) { return o.Store.BlockBiker(ctx, id, true) })
}

// UnblockBiker lets a blocked biker in again.
func (o *Operator) UnblockBiker(ctx context.Context, email string) (Biker, error) {
	return o.changeBiker(email, func(id guid.ID) (store.Biker, error) { return o.Store.BlockBiker(ctx, id, false) })
}

// MoveBiker gives a biker to another partner or plan.
func (o *Operator) MoveBiker(ctx context.Context, move Move) (Biker, error) {
	return o.changeBiker(move.Email, func(id guid.ID) (store.Biker, error) {
		return o.Store.MoveBiker(ctx, id, move.Partner, move.Plan)
	})
}

// changeBiker does an act on the biker of an address, and shows the biker afterwards.
func (o *Operator) changeBiker(email string, act func(guid.ID) (store.Biker, error)) (Biker, error) {
	found, err := o.findBiker(email)
	if err != nil {
		return Biker{}, err
	}
	changed, err := act(found.ID)
	if err != nil {
		return Biker{}, err
	}
	return o.showBiker(changed)
}

func (o *Operator) findBiker(email string) (store.Biker, error) {
	found, err := o.Store.BikerByEmail(email)
	return found, noBiker(err, email)
}

// noBiker says in the operator's words that there is none.
func noBiker(err error, email string) error {
	if refuse.Is(err, refuse.NotFound) {
		return refuse.New(refuse.NotFound, "There is no biker "+email+".")
	}
	return err
}

func (o *Operator) showBiker(biker store.Biker) (Biker, error) {
	letters, err := o.Store.LettersTo(biker.ID, lettersShown)
	if err != nil {
		return Biker{}, err
	}
	sessions, err := o.Store.SessionsOf(biker.ID)
	return Biker{BikerRecord: viewBiker(biker), Sessions: len(sessions), Letters: views(letters, viewLetter)}, err
}

func viewBiker(b store.Biker) BikerRecord {
	state := BikerActive
	switch {
	case b.Blocked:
		state = BikerBlocked
	case b.Password == "":
		state = BikerInvited
	}
	return BikerRecord{
		ID: b.ID, Email: b.Email, FirstName: b.FirstName, LastName: b.LastName, Partner: b.Partner,
		BikePlanCode: b.BikePlanCode,
		Language:     strings.ToUpper(b.Language), Chosen: strings.ToUpper(b.Chosen), ContractType: b.ContractType,
		EmployeeID: b.EmployeeID, OthersID: b.OthersEmployeeID, PersonnelNumber: b.PersonnelNumber, State: state,
		RegisteredAt: b.RegisteredAt, PasswordSetAt: b.PasswordAt,
	}
}
