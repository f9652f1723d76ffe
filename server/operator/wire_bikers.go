package operator

import (
	"net/netip"
	"strings"
	"time"

	"postern/store"
	"postern/store/guid"
)

// Partner is what an operator sees of a partner: never a token, nor its hash.
type Partner struct {
	Name        string         `json:"name"`
	Scopes      []store.Scope  `json:"scopes"`
	Plans       []string       `json:"plans"` // codes; none: all bike plans
	From        []netip.Prefix `json:"from"`  // where it may call from; none: anywhere
	ExpectEvery store.Span     `json:"expectEvery,omitzero"`
	Tokens      []KeptToken    `json:"tokens"`   // the older first; none once revoked
	Rotating    bool           `json:"rotating"` // two tokens work
	AddedAt     time.Time      `json:"addedAt"`
	RevokedAt   time.Time      `json:"revokedAt,omitzero"`
}

// KeptToken tells one token of a partner from another.
type KeptToken struct {
	Last    string    `json:"last"` // its last four characters
	AddedAt time.Time `json:"addedAt"`
}

// PartnerToken answers POST partners and partners/rotate: the only time that the token is told.
type PartnerToken struct {
	Token   string  `json:"token"`
	Partner Partner `json:"partner"`
}

// NewPartner is the body of POST partners; what is left out is not restricted.
type NewPartner struct {
	Name        string   `json:"name"`
	Scopes      []string `json:"scope,omitempty"`
	Plans       []string `json:"plan,omitempty"`
	From        []string `json:"from,omitempty"` // CIDRs
	ExpectEvery string   `json:"expect-every,omitempty"`
}

// NamedPartner names a partner in the acts on partners.
type NamedPartner struct {
	Name string `json:"name"`
}

// Plan is a bike plan, as POST plans takes and answers it.
type Plan struct {
	Code     string    `json:"code"`
	Client   string    `json:"client"`
	Language string    `json:"language,omitzero"` // NL, FR, EN; none: EN
	AddedAt  time.Time `json:"addedAt,omitzero"`
}

// Move is the body of POST bikers/move.
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

// BikerRecord is what is stored of a biker, without the hash of the password.
type BikerRecord struct {
	ID              guid.ID    `json:"id"`
	Email           string     `json:"email"`
	FirstName       string     `json:"firstName"`
	LastName        string     `json:"lastName"`
	Partner         string     `json:"partner"`
	BikePlanCode    string     `json:"bikePlanCode"`
	Language        string     `json:"language"`                  // as the partner says: NL, FR, EN
	Chosen          string     `json:"chosenLanguage,omitzero"`   // the biker's own choice, which goes before it
	ContractType    string     `json:"contractType,omitzero"`     // clerk, worker
	EmployeeID      string     `json:"employeeId,omitzero"`       // the partner's own: partner_EmployeeID
	OthersID        string     `json:"othersEmployeeId,omitzero"` // posted with this person, and names another one of the same names
	PersonnelNumber string     `json:"personnelNumber,omitzero"`  // the client's own
	State           BikerState `json:"state"`
	RegisteredAt    time.Time  `json:"registeredAt"`
	PasswordSetAt   time.Time  `json:"passwordSetAt,omitzero"`
}

// Biker is what an operator sees of a biker.
type Biker struct {
	BikerRecord
	Sessions int      `json:"sessions"` // browsers logged in now
	Letters  []Letter `json:"letters"`  // the latest ten
}

func viewPartner(p store.Partner) Partner {
	view := Partner{
		Name: p.Name, Scopes: p.Scopes, Plans: append([]string{}, p.Plans...), From: append([]netip.Prefix{}, p.From...),
		ExpectEvery: p.ExpectEvery, Tokens: make([]KeptToken, len(p.Tokens)), Rotating: len(p.Tokens) > 1,
		AddedAt: p.AddedAt, RevokedAt: p.RevokedAt,
	}
	for i, token := range p.Tokens {
		view.Tokens[i] = KeptToken{Last: token.Last, AddedAt: token.AddedAt}
	}
	return view
}

func viewPlan(p store.Plan) Plan {
	return Plan{Code: p.Code, Client: p.Client, Language: strings.ToUpper(p.Language), AddedAt: p.AddedAt}
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
		ID: b.ID, Email: b.Email, FirstName: b.FirstName, LastName: b.LastName, Partner: b.Partner, BikePlanCode: b.BikePlanCode,
		Language: strings.ToUpper(b.Language), Chosen: strings.ToUpper(b.Chosen), ContractType: b.ContractType,
		EmployeeID: b.EmployeeID, OthersID: b.OthersEmployeeID, PersonnelNumber: b.PersonnelNumber, State: state,
		RegisteredAt: b.RegisteredAt, PasswordSetAt: b.PasswordAt,
	}
}
