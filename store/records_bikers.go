package store

import (
	"net/netip"
	"postern/store/guid"
	"strings"
	"time"
)

// Partner is a system that calls with a permanent bearer token.
type Partner struct {
	Name        string         `json:"name"` // as the operator wrote it; two names that differ in case alone are one
	Scopes      []Scope        `json:"scopes"`
	Plans       []string       `json:"plans,omitempty"` // codes of the bike plans that it may use; none: all
	From        []netip.Prefix `json:"from,omitempty"`  // where it may call from; none: anywhere
	ExpectEvery Span           `json:"expectEvery,omitzero"`
	Tokens      []PartnerToken `json:"tokens,omitempty"` // one, two while they are being rotated, none once revoked
	AddedAt     time.Time      `json:"addedAt"`
	RevokedAt   time.Time      `json:"revokedAt,omitzero"`
}

// Scope is a part of the API that a partner may call.
type Scope string

// The scopes of a partner (CONTRACT sections 4 and 6).
const (
	ScopeUsers     Scope = "users"
	ScopeCleanings Scope = "cleanings"
	ScopeEvents    Scope = "events"
)

// Scopes are all that there are.
var Scopes = []Scope{ScopeUsers, ScopeCleanings, ScopeEvents}

// PartnerToken is what is kept of a bearer token: enough to recognise it, and not the token.
type PartnerToken struct {
	Hash    [32]byte  `json:"hash"` // SHA-256 of its text
	Last    string    `json:"last"` // its last four characters, to tell two tokens apart
	AddedAt time.Time `json:"addedAt"`
}

// Plan is a bike plan: a code handed out at onboarding that decides which client a biker belongs to.
type Plan struct {
	Code     string    `json:"code"`
	Client   string    `json:"client"`
	Language string    `json:"language,omitzero"` // nl, fr, en: where a registration names none that is valid; empty: en
	AddedAt  time.Time `json:"addedAt"`
}

// Biker is a person registered by a partner, who sets a password and logs in with it.
type Biker struct {
	ID      guid.ID `json:"id"`
	Partner string  `json:"partner"` // name of whom the biker belongs to
	BikerData
	OthersEmployeeID string `json:"othersEmployeeId,omitzero"` // names another person of the same names, and does not come back

	Email        string    `json:"email"`             // as first registered, the domain as lower-case A-labels; letters go there
	Chosen       string    `json:"chosen,omitzero"`   // the language that the biker has chosen, which no partner changes
	RegisteredAt time.Time `json:"registeredAt"`      //
	Welcome      guid.ID   `json:"welcome,omitzero"`  // the welcome letter
	Password     string    `json:"password,omitzero"` // PHC string of its argon2id hash; empty: none set yet
	PasswordAt   time.Time `json:"passwordAt,omitzero"`
	Blocked      bool      `json:"blocked,omitzero"`

	// LinkGeneration is sealed into set-password links, PasswordGeneration into what a browser keeps that has logged
	// in: raising one voids all of its kind that are out.
	LinkGeneration     uint32 `json:"linkGeneration"`
	PasswordGeneration uint32 `json:"passwordGeneration"`
}

// BikerData is what a partner says of a biker beside the address: the fields of CONTRACT section 4, already validated.
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

// Session is one browser that a biker is logged in with.
type Session struct {
	ID      guid.ID   `json:"id"`
	Secret  [32]byte  `json:"secret"` // SHA-256 of what the browser's cookie holds beside the id
	Biker   guid.ID   `json:"biker"`
	BegunAt time.Time `json:"begunAt"`
	SeenAt  time.Time `json:"seenAt"` // at most a minute old while the session is in use
}

// The kinds of letter to bikers.
const (
	LetterWelcome         LetterKind = "welcome"          // registered: set your password
	LetterExisting        LetterKind = "existing"         // you have an account already
	LetterUnregistered    LetterKind = "failed"           // the registration failed; to nobody whom the store knows
	LetterRecover         LetterKind = "recover"          // a link to set a new password
	LetterPasswordChanged LetterKind = "password-changed" // a notice
)

// ToBiker tells which population a letter's person belongs to: bikers, or else users.
func (k LetterKind) ToBiker() bool {
	switch k {
	case LetterWelcome, LetterExisting, LetterUnregistered, LetterRecover, LetterPasswordChanged:
		return true
	}
	return false
}

// ToNobody tells of letters whose recipient is nobody whom the store knows.
func (k LetterKind) ToNobody() bool { return k == LetterUnregistered || k == LetterTest }
