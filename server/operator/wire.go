package operator

import (
	"time"

	"postern/mail/smtp"
	"postern/store"
	"postern/store/guid"
)

// Prefix starts the path of every endpoint here.
const Prefix = "/operator/v1"

// Page is a stretch of a list. Next is the `after` of the following stretch, for letters the `before`; none: this is the
// last.
type Page[T any] struct {
	Items []T     `json:"items"`
	Next  guid.ID `json:"next,omitzero"`
}

// StoredCleaning tells what storing a cleaning came to.
type StoredCleaning struct {
	ID      guid.ID            `json:"id"`
	Number  string             `json:"number"`
	Outcome store.StoreOutcome `json:"outcome"` // created, changed, unchanged
	PDF     bool               `json:"pdf"`     // a document was uploaded with it
}

// StoredCleanings answers POST cleanings, in the order of the request.
type StoredCleanings struct {
	Stored  []StoredCleaning `json:"stored"`
	Ignored []string         `json:"ignored,omitempty"` // paths of properties that no cleaning has
}

// UserState says in one word how far a user is.
type UserState string

// The states of a user.
const (
	UserUnconfirmed UserState = "unconfirmed" // registered, mailbox never proven
	UserActive      UserState = "active"
	UserReactivate  UserState = "reactivate" // must prove the mailbox again before the next sign-in
	UserBlocked     UserState = "blocked"
)

// UserRecord is what is stored of a user, without the hash of the latest link's token.
type UserRecord struct {
	ID               guid.ID   `json:"id"`
	Email            string    `json:"email"`
	FirstName        string    `json:"firstName"`
	LastName         string    `json:"lastName"`
	OrganisationName string    `json:"organisationName"`
	CleaningID       guid.ID   `json:"cleaningId,omitzero"` // what the user came for when registering
	Language         string    `json:"language"`
	State            UserState `json:"state"`
	RegisteredAt     time.Time `json:"registeredAt"`
	ActivatedAt      time.Time `json:"activatedAt,omitzero"` // the latest proof of the mailbox
	SignedInAt       time.Time `json:"signedInAt,omitzero"`  // the last time that was written down
}

// User is what an operator sees of a user.
type User struct {
	UserRecord
	Letters []Letter `json:"letters"` // the latest ten
}

// Letter is what an operator sees of a letter: everything but the ids that only the store needs.
type Letter struct {
	ID         guid.ID           `json:"id"`
	Kind       store.LetterKind  `json:"kind"`
	Language   string            `json:"language"`
	To         string            `json:"to"`               // empty after an erasure
	Partner    string            `json:"partner,omitzero"` // whose registration owes it; users' letters have none
	MessageID  string            `json:"messageId"`
	CleaningID guid.ID           `json:"cleaningId,omitzero"`
	State      store.LetterState `json:"state"`
	OwedAt     time.Time         `json:"owedAt"`
	DueAt      time.Time         `json:"dueAt,omitzero"`  // next try, while queued
	DoneAt     time.Time         `json:"doneAt,omitzero"` // sent, failed or cancelled
	Tries      int               `json:"tries"`           // attempts in all
	Waited     store.Span        `json:"waited,omitzero"` // what counts towards MAIL_GIVE_UP_AFTER: its own delays
	Reason     string            `json:"reason,omitzero"` // why it failed, was held or cancelled
	Attempts   []Attempt         `json:"attempts"`        // the latest ten, oldest first
}

// Attempt is one try to hand a letter over.
type Attempt struct {
	At           time.Time          `json:"at"`
	Milliseconds int64              `json:"milliseconds"`
	Class        store.AttemptClass `json:"class"`
	Phase        string             `json:"phase,omitzero"`
	Code         int                `json:"code,omitzero"`     // SMTP reply code
	Enhanced     string             `json:"enhanced,omitzero"` // enhanced status code
	QueueID      string             `json:"queueId,omitzero"`  // what the smarthost calls it in its own log, where its words say so
	Text         string             `json:"text,omitzero"`     // the server's words, or the fault
}

// Sending is the state of the mail queue.
type Sending struct {
	Paused bool                      `json:"paused"`  // by the operator
	Counts map[store.LetterState]int `json:"letters"` // how many letters are in each state
}

// Counted answers POST sending/retry-failed and sending/release-held: how many letters are due now.
type Counted struct {
	Count int `json:"count"`
}

// TestLetter is what POST sending/test is asked: to owe a letter that says nothing but that letters arrive.
type TestLetter struct {
	Email    string `json:"email"`
	Language string `json:"language"` // en where there is none
}

// SmarthostCheck answers POST sending/check.
type SmarthostCheck struct {
	Inbox bool        `json:"inbox"` // there is no smarthost: letters go to the built-in inbox
	Steps []smtp.Step `json:"steps"`
}

// ViewSmarthost is the answer to a check of the smarthost; no steps at all: there is none.
func ViewSmarthost(steps []smtp.Step) SmarthostCheck {
	return SmarthostCheck{Inbox: len(steps) == 0, Steps: append([]smtp.Step{}, steps...)}
}

// Checked answers POST check.
type Checked struct {
	Faults []string `json:"faults"` // sentences; none: the data file is sound
}

// Person names a user or biker in the acts on them.
type Person struct {
	Email string `json:"email"`
}

func (o *Operator) recordUser(user store.User) UserRecord {
	return UserRecord{
		ID: user.ID, Email: user.Email, FirstName: user.FirstName, LastName: user.LastName, OrganisationName: user.OrganisationName,
		CleaningID: user.CleaningID, Language: user.Language, State: o.stateOf(user),
		RegisteredAt: user.RegisteredAt, ActivatedAt: user.ActivatedAt, SignedInAt: user.SignedInAt,
	}
}

func (o *Operator) stateOf(user store.User) UserState {
	switch {
	case user.Blocked:
		return UserBlocked
	case user.ActivatedAt.IsZero():
		return UserUnconfirmed
	case user.Reactivate || o.Now().Sub(user.ActivatedAt) >= o.ReactivateAfter:
		return UserReactivate
	}
	return UserActive
}

func viewLetters(letters []store.Letter) []Letter {
	views := make([]Letter, len(letters))
	for i, letter := range letters {
		views[i] = viewLetter(letter)
	}
	return views
}

func viewLetter(l store.Letter) Letter {
	view := Letter{
		ID: l.ID, Kind: l.Kind, Language: l.Language, To: l.To, Partner: l.Partner, MessageID: l.MessageID,
		CleaningID: l.Cleaning, State: l.State, OwedAt: l.OwedAt, DoneAt: l.DoneAt, Tries: l.Tries, Waited: l.Waited,
		Reason: l.Reason, Attempts: make([]Attempt, len(l.Attempts)),
	}
	if l.State == store.LetterQueued {
		view.DueAt = l.DueAt
	}
	for i, a := range l.Attempts {
		view.Attempts[i] = Attempt{
			At: a.At, Milliseconds: time.Duration(a.Took).Milliseconds(),
			Class: a.Class, Phase: a.Phase, Code: a.Code, Enhanced: a.Enhanced, Text: a.Text,
		}
		if a.Class == store.AttemptSent {
			view.Attempts[i].QueueID = queueID(a.Text)
		}
	}
	return view
}
