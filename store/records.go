package store

import (
	"postern/store/guid"
	"time"
)

// User is an eECD non-licensed user: somebody who registered alone and is known by a mailbox.
type User struct {
	ID               guid.ID   `json:"id"`
	Email            string    `json:"email"` // as registered, the domain as lower-case A-labels; letters go there
	FirstName        string    `json:"firstName"`
	LastName         string    `json:"lastName"`
	OrganisationName string    `json:"organisationName"`
	CleaningID       guid.ID   `json:"cleaningId,omitzero"` // what the user came for when registering
	Language         string    `json:"language"`            // of the letters: en, nl, fr, de
	RegisteredAt     time.Time `json:"registeredAt"`
	ActivatedAt      time.Time `json:"activatedAt,omitzero"` // the latest proof of the mailbox; zero: never proven
	SignedInAt       time.Time `json:"signedInAt,omitzero"`  // the last time that was written down
	Reactivate       bool      `json:"reactivate,omitzero"`  // an operator wants a new proof
	Blocked          bool      `json:"blocked,omitzero"`

	// LinkGeneration is sealed into confirmation and not-me links, TokenGeneration into user tokens: raising one
	// voids all of its kind that are out.
	LinkGeneration  uint32   `json:"linkGeneration"`
	TokenGeneration uint32   `json:"tokenGeneration"`
	Used            UsedLink `json:"used,omitzero"`
}

// UsedLink remembers the confirmation token that activated a user last, so that it can be answered the same for a
// while.
type UsedLink struct {
	Token [32]byte  `json:"token"` // SHA-256 of the token
	At    time.Time `json:"at"`
}

// Cleaning is one cleaning action with its document and its load.
type Cleaning struct {
	ID guid.ID `json:"id"`
	CleaningData
	Partner   string    `json:"partner,omitzero"` // who delivered it; empty: the operator
	StoredAt  time.Time `json:"storedAt"`
	ChangedAt time.Time `json:"changedAt"` // last change of the data, the document or the load
	Version   guid.ID   `json:"version"`   // new with every change
	Load      Load      `json:"load"`
	Document  Document  `json:"document,omitzero"`
}

// CleaningData is what the cleaning station says: the fields of CONTRACT section 6, already validated.
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
	Void      CleaningStatus = "invalid"
)

// Load is the acceptance of a cleaned tank for loading. It is decided once.
type Load struct {
	Status      LoadStatus `json:"status"`
	DecidedAt   time.Time  `json:"decidedAt,omitzero"`
	ProductName string     `json:"productName,omitzero"`
	Comment     string     `json:"comment,omitzero"`
	By          guid.ID    `json:"by,omitzero"` // the deciding user, also after an erasure, when it names nobody any more
}

// LoadStatus is open, completed or rejected.
type LoadStatus string

// The statuses of a load.
const (
	LoadOpen      LoadStatus = "open"
	LoadCompleted LoadStatus = "completed"
	LoadRejected  LoadStatus = "rejected"
)

// Document describes an uploaded PDF; without one the appliance renders the document from the data.
type Document struct {
	Version guid.ID `json:"version"` // prefix of its chunks' keys
	Size    int     `json:"size"`    // octets
	Hash    string  `json:"hash"`    // SHA-256, hex
}

// LetterKind says what a letter is about.
type LetterKind string

// The kinds of letter to users.
const (
	LetterActivate LetterKind = "activate" // the link that proves the mailbox
	LetterDocument LetterKind = "document" // the eECD as a PDF
	LetterDecided  LetterKind = "decided"  // a load was completed or rejected in the user's name
)

// LetterTest is a letter that the operator has asked for, to see whether letters arrive. It is to nobody whom the store
// knows.
const LetterTest LetterKind = "test"

// LetterState is where a letter stands between being owed and being done.
type LetterState string

// The states of a letter. A queued one is either due or claimed by the courier; the last three are final, and kept for
// a while.
const (
	LetterQueued    LetterState = "queued"
	LetterHeld      LetterState = "held" // waits for the operator
	LetterSent      LetterState = "sent"
	LetterFailed    LetterState = "failed"
	LetterCancelled LetterState = "cancelled"
)

// Letter is one mail that the appliance owes one mailbox. It holds no text and no token: both are made when it is sent.
type Letter struct {
	ID         guid.ID     `json:"id"`
	Kind       LetterKind  `json:"kind"`
	Language   string      `json:"language"`
	To         string      `json:"to"` // empty after an erasure
	MessageID  string      `json:"messageId"`
	Person     guid.ID     `json:"person"`             // the user or biker, as the kind says; failed, test: who stands for the address, zero once erased
	Partner    string      `json:"partner,omitzero"`   // whose feed tells of it; empty: the operator's alone
	Cause      string      `json:"cause,omitzero"`     // the partner whose call owes it, which may be another one
	Faults     faultSet    `json:"faults,omitzero"`    // failed: the fields at fault, by which it is told once
	Generation uint32      `json:"generation"`         // the person's LinkGeneration when owed; another one later: overtaken
	Cleaning   guid.ID     `json:"cleaning,omitzero"`  // document, decided: what about; activate: goes into the link
	Decision   *Load       `json:"decision,omitempty"` // decided: what was decided
	State      LetterState `json:"state"`
	OwedAt     time.Time   `json:"owedAt"`
	DueAt      time.Time   `json:"dueAt"`              // next try, while queued
	DoneAt     time.Time   `json:"doneAt,omitzero"`    // when it was sent, failed or cancelled
	Tries      int         `json:"tries,omitzero"`     // attempts so far, whosever fault their ends were
	PutOff     int         `json:"putOff,omitzero"`    // those of them that put the letter off: its step in the schedule
	Waited     Span        `json:"waited,omitzero"`    // sum of its own retry delays, for MAIL_GIVE_UP_AFTER
	Reason     string      `json:"reason,omitzero"`    // why it failed, was held or cancelled
	Attempts   []Attempt   `json:"attempts,omitempty"` // the last 10
}

// Attempt is one try to hand a letter to the smarthost, and how it ended.
type Attempt struct {
	At       time.Time    `json:"at"`
	Took     Span         `json:"took"`
	Class    AttemptClass `json:"class"`
	Phase    string       `json:"phase,omitzero"`    // connect, tls, hello, auth, reset, size, mail, rcpt, data, body, dot, compose
	Code     int          `json:"code,omitzero"`     // SMTP reply code (RFC 5321 §4.2)
	Enhanced string       `json:"enhanced,omitzero"` // enhanced status code (RFC 3463), as 5.1.1
	Text     string       `json:"text,omitzero"`     // the server's words, or the fault, at most 500 octets
}

// AttemptClass says whose fault an attempt's end was, and so what follows from it.
type AttemptClass string

// The classes of an attempt's end (CONTRACT section 7).
const (
	AttemptSent      AttemptClass = "sent"      // accepted; Text holds the server's words with its queue id
	AttemptTemporary AttemptClass = "temporary" // the letter's: tried again by the schedule
	AttemptPermanent AttemptClass = "permanent" // the letter's or its recipient's: failed at once
	AttemptSmarthost AttemptClass = "smarthost" // counts against no letter; sending pauses as a whole
	AttemptUncertain AttemptClass = "uncertain" // lost after the final dot: tried again, same Message-ID
	AttemptOvertaken AttemptClass = "overtaken" // nothing left to say: cancelled
)

// Event is one line of the feed. It names records by their ids, never a person or an address.
type Event struct {
	Seq      uint64    `json:"seq"`
	Type     string    `json:"type"`
	At       time.Time `json:"at"`
	User     guid.ID   `json:"userId,omitzero"`
	Biker    guid.ID   `json:"bikerId,omitzero"`
	Employee string    `json:"partner_EmployeeID,omitzero"` // looked up when the event is read, so that an erasure reaches it
	Cleaning guid.ID   `json:"cleaningActionId,omitzero"`
	Letter   guid.ID   `json:"letterId,omitzero"`
	Partner  string    `json:"partner,omitzero"` // who may see it beside the operator
}

// Span is a duration that JSON shows as Go writes it, as 1m30s.
type Span time.Duration

// String writes the span as Go writes durations.
func (s Span) String() string { return time.Duration(s).String() }

// MarshalText is what JSON writes for a span.
func (s Span) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// UnmarshalText reads what MarshalText wrote.
func (s *Span) UnmarshalText(text []byte) error {
	d, err := time.ParseDuration(string(text))
	*s = Span(d)
	return err
}
