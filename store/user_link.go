package store

import (
	"context"
	"net/netip"
	"time"

	"postern/store/guid"
	"postern/store/refuse"
)

// Confirmation is what a confirmation token says, opened but not yet held against the person.
type Confirmation struct {
	User       guid.ID
	Email      [16]byte // first bytes of the address's SHA-256
	Generation uint32
	Token      [32]byte // SHA-256 of the token's text
	ExpiresAt  time.Time
}

var errConfirmationExpired = &refuse.Refusal{Kind: refuse.Conflict, Cause: ErrLinkExpired,
	Reason: "This link has expired; sign in to get a new one by mail."}

// confirmable finds the person whose mailbox a link proves, and whether it has just done so. Beside a refusal the
// person is given too, where the link is one of theirs.
func (t tx) confirmable(c Confirmation) (user User, again bool, err error) {
	user, found, err := users.Get(t.Tx, c.User[:])
	if err != nil {
		return User{}, false, err
	}
	if found = found && c.Email == emailHash(user.Email); !found {
		user = User{}
	}
	switch {
	case found && user.Blocked:
		return user, false, errBlocked
	case found && user.Used.Token == c.Token && t.Now().Sub(user.Used.At) < t.store.rules.ConfirmationReuse:
		return user, true, nil
	case !t.Now().Before(c.ExpiresAt):
		return user, false, errConfirmationExpired
	case !found:
		return user, false, refuse.New(refuse.NotFound,
			"There is no account for this e-mail address any more; register again.")
	case c.Generation != user.LinkGeneration:
		return user, false, refuse.New(refuse.Conflict, "This link was used already or replaced; sign in to go on.")
	}
	return user, false, nil
}

// CheckConfirmation returns the user whose mailbox a link proves, and changes nothing. It refuses as ActivateUser does.
// Beside a refusal the user is given too, where the link is one of theirs.
func (s *Store) CheckConfirmation(c Confirmation) (User, error) {
	var user User
	err := look(s, func(t tx) (err error) {
		user, _, err = t.confirmable(c)
		return err
	})
	return user, err
}

// ActivateUser proves a mailbox: the link came back. With MailboxSignIn all tokens of before are revoked. The refusals
// come in this order: Forbidden where the user is blocked; the same answer again for a link used
// within ConfirmationReuse; Conflict past its life (ErrLinkExpired); NotFound where the account is gone or another
// person's; Conflict where it was used, or overtaken by another one's use.
func (s *Store) ActivateUser(ctx context.Context, c Confirmation) (User, error) {
	return write(ctx, s, func(t tx) (User, error) {
		user, again, err := t.confirmable(c)
		if err != nil || again {
			return user, err
		}
		err = t.activate(&user, c.Token)
		return user, err
	})
}

func (t tx) activate(user *User, token [32]byte) error {
	if err := t.proveAddress(user.Email); err != nil {
		return err
	}
	if user.ActivatedAt.IsZero() {
		if err := t.Delete(userPendingBucket, timeKey(user.RegisteredAt, user.ID)); err != nil {
			return err
		}
	}
	user.ActivatedAt, user.Reactivate = t.Now(), false
	user.LinkGeneration++
	user.Used = UsedLink{Token: token, At: t.Now()}
	if t.store.rules.MailboxSignIn {
		user.TokenGeneration++ // whoever got a token otherwise is out
	}
	if err := users.Put(t.Tx, user.ID[:], *user); err != nil {
		return err
	}
	return t.tell(Event{Type: "user.activated", User: user.ID})
}

// RenewConfirmation owes a new link to the person of one, whatever has become of that. Where one of the last minute is
// owed, or a limit of the address stands against it, the outcome is the same, without a letter. It refuses with
// NotFound where the account is gone or another person's, and with Forbidden where it is blocked. The cleaning goes
// into the new link; the client is who asks; zero: none.
func (s *Store) RenewConfirmation(ctx context.Context, c Confirmation, cleaning guid.ID, client netip.Addr) (User,
	error) {
	return write(ctx, s, func(t tx) (User, error) {
		user, _, err := t.confirmable(c)
		if err != nil && !refuse.Is(err, refuse.Conflict) {
			return User{}, err
		}
		if user.ID.IsZero() {
			return User{}, errNoAccount
		}
		// who holds a link has read the mailbox
		return user, t.oweLink(user, linkWish{cleaning: cleaning, client: client, proven: true})
	})
}

// linkWish is what is known of a link that a user is to be owed.
type linkWish struct {
	cleaning guid.ID    // zero: none
	client   netip.Addr // who asks; zero: nobody in particular
	proven   bool       // somebody has read the mailbox before
}

// oweLink owes a link letter, unless one of the last minute does or a limit is used up: the answer is the same then.
func (t tx) oweLink(user User, wish linkWish) error {
	known, err := t.address(user.Email)
	if err != nil || known.justOwed(LetterActivate, user.LinkGeneration, t.Now()) {
		return err
	}
	granted, err := t.grantLink(linkAsk{email: user.Email, kind: LetterActivate, generation: user.LinkGeneration,
		proven: wish.proven, client: wish.client}, known)
	if err != nil {
		return err
	}
	if granted.wait > 0 {
		t.over(granted.limit, Withheld)
		return nil
	}
	if err := t.countLink(granted); err != nil {
		return err
	}
	_, err = t.owe(toUser(user, Letter{Kind: LetterActivate, Cleaning: wish.cleaning}))
	return err
}
