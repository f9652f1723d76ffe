package store

import (
	"context"
	"net/netip"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

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

// DisownUser erases a registration that the mailbox's owner did not make, and keeps the address from strangers'
// letters for 30 days. It refuses with Conflict where the mailbox has been proven. A person who is gone already is no
// fault: the link may be followed twice.
func (s *Store) DisownUser(ctx context.Context, id guid.ID) error {
	return updateVital(ctx, s, func(t tx) error {
		user, found, err := users.Get(t.Tx, id[:])
		if err != nil || !found {
			return err
		}
		if !user.ActivatedAt.IsZero() {
			return refuse.New(refuse.Conflict,
				"This account is in use: its mailbox has been confirmed since this mail was sent.")
		}
		known, err := t.address(user.Email)
		if err != nil {
			return err
		}
		known.DisownedUntil = t.Now().Add(disownedFor)
		if err := t.putAddress(user.Email, known); err != nil {
			return err
		}
		return t.eraseUser(user, "the owner of the mailbox did not register")
	})
}

// EraseUser removes a person. The decisions, the events and the letters' fates stay, without anything that names the
// person; letters not sent yet are cancelled. Where it is interrupted the person is still there: repeat it then.
func (s *Store) EraseUser(ctx context.Context, id guid.ID) error {
	user, err := read(s, func(t tx) (User, error) { return t.user(id) })
	if err != nil {
		return err
	}
	if err := s.forgetWords(ctx, user); err != nil {
		return err
	}
	return updateVital(ctx, s, func(t tx) error {
		user, err := t.user(id)
		if err != nil {
			return err
		}
		return t.eraseUser(user, "the person was erased")
	})
}

func (t tx) eraseUser(user User, reason string) error {
	if err := t.loosenLinks(user.Email, LetterActivate); err != nil {
		return err
	}
	if err := t.forgetTests(user.Email, reason); err != nil {
		return err
	}
	if err := t.forgetLetters(user.ID, reason); err != nil {
		return err
	}
	if err := t.forgetDecisions(user); err != nil {
		return err
	}
	if user.ActivatedAt.IsZero() {
		if err := t.Delete(userPendingBucket, timeKey(user.RegisteredAt, user.ID)); err != nil {
			return err
		}
	}
	if err := t.Delete(userAddressBucket, addressKey(user.Email)); err != nil {
		return err
	}
	if err := t.Delete(mailingBucket, user.ID[:]); err != nil {
		return err
	}
	if err := users.Delete(t.Tx, user.ID[:]); err != nil {
		return err
	}
	return t.tell(Event{Type: "person.erased", User: user.ID})
}

// isNamedIn reports whether a text holds the person's address, its part before the @ or one of the names, as a word.
func (u User) isNamedIn(text string) bool {
	local, _, _ := strings.Cut(u.Email, "@")
	text = strings.ToLower(text)
	return slices.ContainsFunc([]string{u.Email, local, u.FirstName, u.LastName}, func(name string) bool {
		return hasWord(text, strings.ToLower(name))
	})
}

// hasWord reports whether a word stands in a text with neither a letter nor a digit beside it.
func hasWord(text, word string) bool {
	joins := func(r rune) bool { return unicode.IsLetter(r) || unicode.IsDigit(r) }
	for {
		before, after, found := strings.Cut(text, word)
		if !found || word == "" {
			return false
		}
		left, _ := utf8.DecodeLastRuneInString(before)
		right, _ := utf8.DecodeRuneInString(after)
		if !joins(left) && !joins(right) {
			return true
		}
		_, first := utf8.DecodeRuneInString(text[len(before):])
		text = text[len(before)+first:]
	}
}

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
