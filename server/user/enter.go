package user

import (
	"context"
	"errors"
	"net/netip"

	"postern/store"
	"postern/store/refuse"
)

// ErrClientLimit is in the chain of a refusal that is about the calls of a client, rather than about letters.
var ErrClientLimit = errors.New("a client's limit is used up")

// CountRegistration counts a registration against its client's limit. It refuses with TooMany where that is used up
// (ErrClientLimit).
func (a *Acts) CountRegistration(client netip.Addr) error {
	if wait := a.RegisterLimit.Take(client); wait > 0 {
		return &refuse.Refusal{Kind: refuse.TooMany, RetryAfter: wait, Cause: ErrClientLimit,
			Reason: "Too many registrations came from this address; try again later."}
	}
	return nil
}

// Register makes a user that is not activated, and owes the letter with the activation link. It is counted before
// (CountRegistration). It refuses as the store does.
func (a *Acts) Register(ctx context.Context, client netip.Addr, in store.Registration) (store.User, error) {
	in.Client = a.RegisterLimit.Counted(client)
	return a.Store.RegisterUser(ctx, in)
}

// SignIn lets a user in, or owes a link by mail, within the client's limit, which counts what lets nobody in. It
// refuses with TooMany where that is used up (ErrClientLimit), and else as the store does.
func (a *Acts) SignIn(ctx context.Context, client netip.Addr, in store.SignIn) (result store.SignedIn, err error) {
	in.Client = a.SignInLimit.Counted(client)
	wait, gone := a.SignInLimit.Try(ctx, client, func() (counts bool) {
		result, err = a.Store.SignInUser(ctx, in)
		return result.MustActivate || refuse.Is(err, refuse.NotFound) || refuse.Is(err, refuse.Forbidden)
	})
	switch {
	case gone != nil:
		return store.SignedIn{}, gone
	case wait > 0:
		return store.SignedIn{}, &refuse.Refusal{Kind: refuse.TooMany, RetryAfter: wait, Cause: ErrClientLimit,
			Reason: "Too many sign-ins from this address came to nothing; try again later."}
	}
	return result, err
}
