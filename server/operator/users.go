package operator

import (
	"context"
	"time"

	"postern/store"
	"postern/store/guid"
	"postern/store/refuse"
)

// lettersShown is how many of a person's letters are shown with the person: the question is mostly whether the last one
// has arrived. All of them are in the export.
const lettersShown = 10

// UserState says in one word how far a user is.
type UserState string

// The states of a user.
const (
	UserUnconfirmed UserState = "unconfirmed" // registered, mailbox never proven
	UserActive      UserState = "active"
	UserReactivate  UserState = "reactivate" // must prove the mailbox again before the next sign-in
	UserBlocked     UserState = "blocked"
)

// Words lists them.
func (UserState) Words() []string {
	return []string{string(UserUnconfirmed), string(UserActive), string(UserReactivate),
		string(UserBlocked)}
}

// UserRecord is what is stored of a user, without the hash of the latest link's token.
type UserRecord struct {
	ID               guid.ID   `json:"id"`
	Email            string    `json:"email"`
	FirstName        string    `json:"firstName"`
	LastName         string    `json:"lastName"`
	OrganisationName string    `json:"organisationName"`
	CleaningID       guid.ID   `json:"cleaningId,omitzero" doc:"What the user came for when registering."`
	Language         string    `json:"language"`
	State            UserState `json:"state"`
	RegisteredAt     time.Time `json:"registeredAt"`
	ActivatedAt      time.Time `json:"activatedAt,omitzero" doc:"The latest proof of the mailbox."`
	SignedInAt       time.Time `json:"signedInAt,omitzero" doc:"The last time that was written down."`
}

// User is what an operator sees of a user.
type User struct {
	UserRecord
	Letters []Letter `json:"letters" doc:"The latest ten."`
}

// User shows the user of an address.
func (o *Operator) User(email string) (User, error) {
	found, err := o.findUser(email)
	if err != nil {
		return User{}, err
	}
	return o.showUser(found)
}

// EraseUser erases the user of an address; decisions and events stay, without the name.
func (o *Operator) EraseUser(ctx context.Context, email string) error {
	found, err := o.findUser(email)
	if err != nil {
		return err
	}
	return o.Store.EraseUser(ctx, found.ID)
}

// BlockUser keeps the user of an address out: no sign-in, no token, no letter.
func (o *Operator) BlockUser(ctx context.Context, email string) (User, error) {
	return o.changeUser(email, func(id guid.ID) (store.User, error) { return o.Store.BlockUser(ctx, id, true) })
}

// UnblockUser lets a blocked user in again.
func (o *Operator) UnblockUser(ctx context.Context, email string) (User, error) {
	return o.changeUser(email, func(id guid.ID) (store.User, error) { return o.Store.BlockUser(ctx, id, false) })
}

// ReactivateUser makes the user of an address prove the mailbox again before the next sign-in.
func (o *Operator) ReactivateUser(ctx context.Context, email string) (User, error) {
	return o.changeUser(email, func(id guid.ID) (store.User, error) { return o.Store.ReactivateUser(ctx, id) })
}

// changeUser does an act on the user of an address, and shows the user afterwards.
func (o *Operator) changeUser(email string, act func(guid.ID) (store.User, error)) (User, error) {
	found, err := o.findUser(email)
	if err != nil {
		return User{}, err
	}
	changed, err := act(found.ID)
	if err != nil {
		return User{}, err
	}
	return o.showUser(changed)
}

// findUser returns a user, or says in the operator's words that there is none.
func (o *Operator) findUser(email string) (store.User, error) {
	user, err := o.Store.UserByEmail(email)
	if refuse.Is(err, refuse.NotFound) {
		err = refuse.New(refuse.NotFound, "There is no user "+email+".")
	}
	return user, err
}

func (o *Operator) showUser(user store.User) (User, error) {
	letters, err := o.Store.LettersTo(user.ID, lettersShown)
	return User{UserRecord: o.recordUser(user), Letters: views(letters, viewLetter)}, err
}

func (o *Operator) recordUser(user store.User) UserRecord {
	return UserRecord{
		ID: user.ID, Email: user.Email, FirstName: user.FirstName, LastName: user.LastName,
		OrganisationName: user.OrganisationName,
		CleaningID:       user.CleaningID, Language: user.Language, State: o.stateOf(user),
		RegisteredAt: user.RegisteredAt, ActivatedAt: user.ActivatedAt, SignedInAt: user.SignedInAt,
	}
}

// stateOf puts first what keeps a user out whatever else is so: who is blocked gains nothing by proving the mailbox.
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
