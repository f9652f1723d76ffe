package store

import (
	"context"
	"postern/store/guid"
	"postern/store/refuse"
)

// Holder is what a user token says of its holder, before the store has looked whether it still holds.
type Holder struct {
	User       guid.ID
	Generation uint32
	Proven     bool // from an activation, or from a sign-in with a proven token
}

var (
	errBadToken  = refuse.New(refuse.Unauthorized, "The user token is no longer valid; sign in again.")
	errNotProven = refuse.New(refuse.Forbidden,
		"This needs a token from an activation: sign in without a token, and follow the link in the mail.")
)

// holder gives the user whom a token lets in now.
func (t tx) holder(b Holder) (User, error) {
	user, found, err := recall(t, users, &t.store.memos.users, b.User)
	switch {
	case err != nil:
		return User{}, err
	case !found || user.Blocked || user.TokenGeneration != b.Generation:
		return User{}, errBadToken
	case t.store.rules.MailboxSignIn && !b.Proven:
		return User{}, errNotProven
	}
	return user, nil
}

// CheckHolder gives the user whom a token lets in. It refuses with Unauthorized where the person was erased, blocked,
// registered anew or signed out since it was made, and with Forbidden where MailboxSignIn wants a proven one. The
// token's own expiry is judged by who opens it.
func (s *Store) CheckHolder(b Holder) (User, error) {
	return read(s, func(t tx) (User, error) { return t.holder(b) })
}

// SignOutUser voids all tokens of the holder's that are out. The link that was used last gives no further one either;
// links that have not been used yet still prove the mailbox. It refuses as CheckHolder does.
func (s *Store) SignOutUser(ctx context.Context, b Holder) error {
	_, err := writeVital(ctx, s, func(t tx) (struct{}, error) {
		user, err := t.holder(b)
		if err != nil {
			return struct{}{}, err
		}
		user.TokenGeneration++
		user.Used = UsedLink{}
		return struct{}{}, users.Put(t.Tx, user.ID[:], user)
	})
	return err
}
