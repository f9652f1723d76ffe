package store

import (
	"context"
	"net/netip"
	"time"

	"postern/store/guid"
	"postern/store/refuse"
)

// SignIn is a request to be let in by an e-mail address.
type SignIn struct {
	Email      string
	CleaningID guid.ID    // zero: none; goes into the link, should one be owed
	Held       *Holder    // a user token, opened and not expired, that the caller holds already
	Client     netip.Addr // who asks; zero: nobody in particular
	ByMailbox  bool       // only a proven token lets in without a link, also without MailboxSignIn
}

// SignedIn says whether somebody is in, or must prove the mailbox first.
type SignedIn struct {
	User         User
	MustActivate bool // a link by mail is owed, was owed within the last minute, or is over a limit
	Proven       bool // the token to be made is a proven one
}

// SignInUser lets a user in, or owes a link by mail. It refuses with NotFound where there is no account, and with
// Forbidden where the user is blocked.
func (s *Store) SignInUser(ctx context.Context, in SignIn) (SignedIn, error) {
	return write(ctx, s, func(t tx) (SignedIn, error) {
		user, err := t.userByEmail(in.Email)
		if err != nil {
			return SignedIn{}, err
		}
		if user.Blocked {
			return SignedIn{}, errBlocked
		}
		proven := in.Held != nil && in.Held.Proven && in.Held.of(user, s.tokensFrom)
		if s.rules.mustActivate(user, proven, t.Now()) || in.ByMailbox && !proven {
			return SignedIn{User: user, MustActivate: true}, t.oweLink(user, linkWish{cleaning: in.CleaningID,
				client: in.Client, proven: !user.ActivatedAt.IsZero()})
		}
		return SignedIn{User: user, Proven: proven}, t.signedIn(user)
	})
}

// signedInEvery bounds how often a user's signing in is written down: anybody who knows the address can do it, and
// must not fill the disk.
const signedInEvery = time.Hour

func (t tx) signedIn(user User) error {
	if age := t.Now().Sub(user.SignedInAt); age >= 0 && age < signedInEvery {
		return nil
	}
	user.SignedInAt = t.Now()
	return t.putUser(user, "user.signed_in")
}

// mustActivate reports whether a user has to prove the mailbox (again) before being let in; proven says that the caller
// holds a proven token.
func (r Rules) mustActivate(user User, proven bool, now time.Time) bool {
	return user.ActivatedAt.IsZero() || user.Reactivate || now.Sub(user.ActivatedAt) >= r.ReactivateAfter ||
		r.MailboxSignIn && !proven
}

// Holder is what a user token says of its holder, before the store has looked whether it still holds.
type Holder struct {
	User       guid.ID
	Generation uint32
	Proven     bool // from an activation, or from a sign-in with a proven token
	IssuedAt   time.Time
}

// of reports whether a token is this user's, and was made since it was last said that all of before are over: for this
// user, or for all.
func (b Holder) of(user User, tokensFrom time.Time) bool {
	return b.User == user.ID && b.Generation == user.TokenGeneration && !b.IssuedAt.Before(tokensFrom)
}

var (
	errBadToken  = refuse.New(refuse.Unauthorized, "The user token is no longer valid; sign in again.")
	errNotProven = refuse.New(refuse.Forbidden,
		"This needs a token from an activation: sign in without a token, and follow the link in the mail.")
)

// holder returns the user whom a token lets in now.
func (t tx) holder(b Holder) (User, error) {
	user, found, err := recall(t, users, &t.store.memos.users, b.User)
	switch {
	case err != nil:
		return User{}, err
	case !found || user.Blocked || !b.of(user, t.store.tokensFrom):
		return User{}, errBadToken
	case t.store.rules.MailboxSignIn && !b.Proven:
		return User{}, errNotProven
	}
	return user, nil
}

// CheckHolder returns the user whom a token lets in. It refuses with Unauthorized where the person was erased, blocked,
// registered anew or signed out since it was made, and with Forbidden where MailboxSignIn wants a proven one. The
// token's own expiry is judged by who opens it.
func (s *Store) CheckHolder(b Holder) (User, error) {
	return read(s, func(t tx) (User, error) { return t.holder(b) })
}

// SignOutUser revokes all tokens of the holder's that are out. The link that was used last gives no further one either;
// links that have not been used yet still prove the mailbox. It refuses as CheckHolder does.
func (s *Store) SignOutUser(ctx context.Context, b Holder) error {
	return updateVital(ctx, s, func(t tx) error {
		user, err := t.holder(b)
		if err != nil {
			return err
		}
		user.TokenGeneration++
		user.Used = UsedLink{}
		return users.Put(t.Tx, user.ID[:], user)
	})
}

// ChooseUserLanguage keeps the language in which the holder of a token wants to be written to. It refuses as
// CheckHolder does.
func (s *Store) ChooseUserLanguage(ctx context.Context, b Holder, language string) error {
	return update(ctx, s, func(t tx) error {
		user, err := t.holder(b)
		if err != nil || user.Language == language {
			return err
		}
		user.Language = language
		return users.Put(t.Tx, user.ID[:], user)
	})
}
