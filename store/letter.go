package store

import (
	"time"

	"postern/store/guid"
)

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

// Words lists them.
func (LetterState) Words() []string {
	return []string{string(LetterQueued), string(LetterHeld), string(LetterSent),
		string(LetterFailed), string(LetterCancelled)}
}

// Letter is one mail that the appliance owes one mailbox. It holds no text and no token: both are made when it is sent.
type Letter struct {
	ID         guid.ID     `json:"id"`
	Kind       LetterKind  `json:"kind"`
	Language   string      `json:"language"`
	To         string      `json:"to"` // empty after an erasure
	MessageID  string      `json:"messageId"`
	EnvelopeID string      `json:"envelopeId,omitzero"` // ENVID, and left of the Message-ID's @; empty: owed before it was
	Person     guid.ID     `json:"person"`              // the user or biker, or who stands for the address; zero: erased
	Partner    string      `json:"partner,omitzero"`    // whose feed tells of it; empty: the operator's alone
	Cause      string      `json:"cause,omitzero"`      // the partner whose call owes it, which may be another one
	Plan       string      `json:"plan,omitzero"`       // failed: the bike plan named, where it is one of the partner's
	Faults     faultSet    `json:"faults,omitzero"`     // failed: the fields at fault, by which the notice is given once
	Generation uint32      `json:"generation"`          // the person's LinkGeneration when owed; another now: overtaken
	Cleaning   guid.ID     `json:"cleaning,omitzero"`   // document, decided: what about; activate: goes into the link
	Decision   *Load       `json:"decision,omitempty"`  // decided: what was decided
	State      LetterState `json:"state"`
	OwedAt     time.Time   `json:"owedAt"`
	DueAt      time.Time   `json:"dueAt"`              // next try, while queued
	DoneAt     time.Time   `json:"doneAt,omitzero"`    // when it was sent, failed or cancelled
	Tries      int         `json:"tries,omitzero"`     // attempts so far, whosever fault their ends were
	PutOff     int         `json:"putOff,omitzero"`    // those that put the letter off: its step in the schedule
	Waited     Span        `json:"waited,omitzero"`    // sum of its own retry delays, for MAIL_GIVE_UP_AFTER
	Reason     string      `json:"reason,omitzero"`    // why it failed, was held or cancelled
	Attempts   []Attempt   `json:"attempts,omitempty"` // the last 10, and what came back among them
	Reports    []string    `json:"reports,omitempty"`  // which reports those were, by their hashes
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

// The kinds of letter to bikers.
const (
	LetterWelcome         LetterKind = "welcome"          // registered: set your password
	LetterExisting        LetterKind = "existing"         // you have an account already
	LetterUnregistered    LetterKind = "failed"           // the registration failed; to nobody whom the store knows
	LetterRecover         LetterKind = "recover"          // a link to set a new password
	LetterPasswordChanged LetterKind = "password-changed" // a notice
)

// Words lists the kinds, of letters to users and the test letter's too.
func (LetterKind) Words() []string {
	return []string{
		string(LetterActivate), string(LetterDocument), string(LetterDecided), string(LetterWelcome),
		string(LetterExisting), string(LetterUnregistered), string(LetterRecover), string(LetterPasswordChanged),
		string(LetterTest),
	}
}

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

// nobody stands for the person of a letter to an address that nobody is known by, so that such letters are found by it.
// It is kept no longer than the letter names the address.
func nobody(email string) guid.ID { return guid.ID(emailHash(email)) }

// event is what the feed tells of a letter.
func (l Letter) event(kind string) Event {
	event := Event{Type: kind, Letter: l.ID, Cleaning: l.Cleaning, Partner: l.Partner}
	switch {
	case l.Kind.ToNobody():
	case l.Kind.ToBiker():
		event.Biker = l.Person
	default:
		event.User = l.Person
	}
	return event
}

// open reports whether a letter is still to be sent.
func (l Letter) open() bool { return l.State == LetterQueued || l.State == LetterHeld }

// Contents is what composing a letter needs beside the letter itself.
type Contents struct {
	User     User     // of a letter to a user
	Cleaning Cleaning // document, decided
	Biker    Biker    // of a letter to a biker; failed is to nobody whom the store knows
	Client   string   // whose bike plan it is, the biker's or the failed registration's; empty where that is not known
	PDF      []byte   // document: the uploaded one; nil: to be rendered from the data
}

// ContentsOf returns what composing a letter needs. A letter is overtaken where it has nothing to say any more.
func (s *Store) ContentsOf(letter Letter) (contents Contents, overtaken bool, err error) {
	contents, err = read(s, func(t tx) (Contents, error) {
		in, reason, err := t.contents(letter)
		if err != nil {
			return Contents{}, err
		}
		overtaken = reason != ""
		if !overtaken && letter.Kind == LetterDocument {
			in.PDF, err = t.document(in.Cleaning.Document)
		}
		return in, err
	})
	return contents, overtaken, err
}

// contents returns a letter's person and cleaning, or the reason why the letter is overtaken.
func (t tx) contents(letter Letter) (in Contents, overtaken string, err error) {
	switch {
	case letter.Kind.ToNobody():
		in.Client, err = t.client(letter.Plan)
		return in, "", err
	case letter.Kind.ToBiker():
		return t.contentsForBiker(letter)
	}
	user, found, err := users.Get(t.Tx, letter.Person[:])
	switch {
	case err != nil:
		return Contents{}, "", err
	case !found:
		return Contents{}, "the person was erased", nil
	case user.Blocked:
		return Contents{}, "the person was blocked", nil
	case letter.Kind == LetterActivate && letter.Generation != user.LinkGeneration:
		return Contents{}, "the mailbox was proven, or a new proof asked for, before this left", nil
	}
	in.User = user
	if letter.Kind == LetterActivate {
		return in, "", nil
	}
	in.Cleaning, found, err = cleanings.Get(t.Tx, letter.Cleaning[:])
	if err == nil && !found {
		return Contents{}, "the cleaning was deleted", nil
	}
	return in, "", err
}

func (t tx) contentsForBiker(letter Letter) (in Contents, overtaken string, err error) {
	biker, found, err := bikers.Get(t.Tx, letter.Person[:])
	switch {
	case err != nil:
		return Contents{}, "", err
	case !found:
		return Contents{}, "the person was erased", nil
	case biker.Blocked:
		return Contents{}, "the person was blocked", nil
	case letter.Generation != biker.LinkGeneration && letter.bringsLink(biker):
		return Contents{}, "a password was set, or the link made void, before this left", nil
	}
	in.Biker = biker
	in.Client, err = t.client(biker.BikePlanCode)
	return in, "", err
}

// bringsLink reports whether a letter has nothing to say without its link.
func (l Letter) bringsLink(biker Biker) bool {
	return l.Kind == LetterWelcome || l.Kind == LetterRecover || l.Kind == LetterExisting && biker.Password == ""
}
