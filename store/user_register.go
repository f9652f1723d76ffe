package store

import (
	"context"
	"net/netip"

	"postern/store/guid"
	"postern/store/refuse"
)

// Registration is what somebody says who wants to become a user; every field is validated already.
type Registration struct {
	Email            string
	FirstName        string
	LastName         string
	OrganisationName string
	CleaningID       guid.ID    // zero: none
	Language         string     // of the letters
	Client           netip.Addr // who asks; zero: nobody in particular
}

// RegisterUser makes a user that is not activated, and owes the letter that lets the mailbox be proven. It refuses with
// Conflict where the address has an account, and with TooMany where its letter limit, or the strangers', is used up, or
// an account of it was erased and had its letter less than a minute ago. For an address whose owner wants nothing from
// strangers it answers as for any other, and does nothing.
func (s *Store) RegisterUser(ctx context.Context, r Registration) (User, error) {
	return write(ctx, s, func(t tx) (User, error) {
		if t.Has(userAddressBucket, addressKey(r.Email)) {
			return User{}, refuse.New(refuse.Conflict,
				"An account with this e-mail address already exists; sign in instead.")
		}
		known, err := t.address(r.Email)
		if err != nil {
			return User{}, err
		}
		if t.Now().Before(known.DisownedUntil) {
			return User{Email: r.Email}, nil
		}
		granted, err := t.grantRegistration(r, known)
		if err != nil {
			return User{}, err
		}
		return t.addUser(r, granted)
	})
}

// grantRegistration decides whether a registration may owe its letter. The minute after a letter counts too: as nobody
// has the address, that one was to a person who has been erased since.
func (t tx) grantRegistration(r Registration, known address) (linkGrant, error) {
	granted, err := t.grantLink(linkAsk{email: r.Email, kind: LetterActivate, generation: 1, client: r.Client}, known)
	if err != nil {
		return linkGrant{}, err
	}
	if _, left := known.resting(LetterActivate, t.Now()); granted.wait == 0 && t.store.rules.AddressLetters.Count > 0 {
		granted.limit, granted.wait = AddressLetters, left
	}
	if granted.wait > 0 {
		t.over(granted.limit, Refused)
		return linkGrant{}, &refuse.Refusal{Kind: refuse.TooMany, RetryAfter: granted.wait,
			Reason: "Too many letters were asked for; try again later."}
	}
	return granted, nil
}

func (t tx) addUser(r Registration, granted linkGrant) (User, error) {
	user := User{
		ID: t.NewID(), Email: r.Email, FirstName: r.FirstName, LastName: r.LastName,
		OrganisationName: r.OrganisationName, CleaningID: r.CleaningID, Language: r.Language, RegisteredAt: t.Now(),
		LinkGeneration: granted.ask.generation, TokenGeneration: 1,
	}
	if err := users.Put(t.Tx, user.ID[:], user); err != nil {
		return User{}, err
	}
	if err := t.Put(userAddressBucket, addressKey(user.Email), user.ID[:]); err != nil {
		return User{}, err
	}
	if err := t.Put(userPendingBucket, timeKey(user.RegisteredAt, user.ID), nil); err != nil {
		return User{}, err
	}
	granted.known.Undeliverable = undeliverable{}
	if err := t.countLink(granted); err != nil {
		return User{}, err
	}
	letter, err := t.owe(toUser(user, Letter{Kind: LetterActivate, Cleaning: r.CleaningID}))
	if err != nil {
		return User{}, err
	}
	return user, t.tell(Event{Type: "user.registered", User: user.ID, Letter: letter, Cleaning: r.CleaningID})
}
