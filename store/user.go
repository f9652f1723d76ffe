package store

import (
	"context"
	"time"

	"postern/store/guid"
	"postern/store/refuse"
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
	// revokes all of its kind that are out.
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

// errBlocked refuses a user or biker whom the operator keeps out.
var errBlocked = refuse.New(refuse.Forbidden, "This account is blocked; ask the operator of this service.")

var errNoAccount = refuse.New(refuse.NotFound, "There is no account for this e-mail address; register first.")

func (t tx) userByEmail(email string) (User, error) {
	id := t.Get(userAddressBucket, addressKey(email))
	if id == nil {
		return User{}, errNoAccount
	}
	user, found, err := users.Get(t.Tx, id)
	if err == nil && !found {
		err = errNoAccount
	}
	return user, err
}

func (t tx) user(id guid.ID) (User, error) {
	user, found, err := users.Get(t.Tx, id[:])
	if err == nil && !found {
		err = errNoAccount
	}
	return user, err
}

// UserByEmail returns the user of an address, or NotFound.
func (s *Store) UserByEmail(email string) (User, error) {
	return read(s, func(t tx) (User, error) { return t.userByEmail(email) })
}

// BlockUser keeps a user out, or lets the user in again. Blocking revokes all links and tokens that are out and cancels
// letters not sent yet.
func (s *Store) BlockUser(ctx context.Context, id guid.ID, blocked bool) (User, error) {
	return writeVital(ctx, s, func(t tx) (User, error) {
		user, err := t.user(id)
		if err != nil || user.Blocked == blocked {
			return user, err
		}
		user.Blocked = blocked
		if !blocked {
			return user, t.putUser(user, "operator.user_unblocked")
		}
		user.revoke()
		if err := t.cancelLetters(user.ID, "the person was blocked"); err != nil {
			return User{}, err
		}
		return user, t.putUser(user, "operator.user_blocked")
	})
}

// ReactivateUser makes a user prove the mailbox again: links and tokens that are out are revoked, and the next sign-in
// owes a new link.
func (s *Store) ReactivateUser(ctx context.Context, id guid.ID) (User, error) {
	return writeVital(ctx, s, func(t tx) (User, error) {
		user, err := t.user(id)
		if err != nil {
			return User{}, err
		}
		user.Reactivate = true
		user.revoke()
		return user, t.putUser(user, "operator.user_reactivated")
	})
}

// revoke ends every link and token of the user that is out, the answer for a link used just now included.
func (u *User) revoke() {
	u.LinkGeneration++
	u.TokenGeneration++
	u.Used = UsedLink{}
}

func (t tx) putUser(user User, event string) error {
	if err := users.Put(t.Tx, user.ID[:], user); err != nil {
		return err
	}
	return t.tell(Event{Type: event, User: user.ID})
}
