package store

import "context"

// DisownUser erases a registration that the mailbox's owner did not make, and keeps the address from strangers'
// letters for 30 days. It refuses with Conflict where the mailbox has been proven since the link was made. A person who
// is gone already is no fault: the link may be followed twice.
func (s *Store) DisownUser(ctx context.Context, id ID, generation uint32) error {
	_, err := write(ctx, s, func(t *tx) (struct{}, error) {
		user, found, err := users.get(t, id[:])
		if err != nil || !found {
			return struct{}{}, err
		}
		if !user.ActivatedAt.IsZero() || user.LinkGeneration != generation {
			return struct{}{}, Refuse(Conflict, "This account is in use: its mailbox has been confirmed since this mail was sent.")
		}
		known, _, err := addresses.get(t, addressHash(user.Email))
		if err != nil {
			return struct{}{}, err
		}
		known.DisownedUntil = t.now.Add(disownedFor)
		if err := addresses.put(t, addressHash(user.Email), known); err != nil {
			return struct{}{}, err
		}
		return struct{}{}, t.eraseUser(user, "the owner of the mailbox did not register")
	})
	return err
}

// EraseUser removes a person. The decisions, the events and the letters' fates stay, without anything that names the
// person; letters not sent yet are cancelled.
func (s *Store) EraseUser(ctx context.Context, id ID) error {
	_, err := writeVital(ctx, s, func(t *tx) (struct{}, error) {
		user, err := t.user(id)
		if err != nil {
			return struct{}{}, err
		}
		return struct{}{}, t.eraseUser(user, "the person was erased")
	})
	return err
}

func (t *tx) user(id ID) (User, error) {
	user, found, err := users.get(t, id[:])
	if err == nil && !found {
		err = errNoAccount
	}
	return user, err
}

func (t *tx) eraseUser(user User, reason string) error {
	if err := t.forgetLetters(user.ID, reason); err != nil {
		return err
	}
	if user.ActivatedAt.IsZero() {
		if err := t.delete(userPendingBucket, timeKey(user.RegisteredAt, user.ID)); err != nil {
			return err
		}
	}
	if err := t.delete(userAddressBucket, addressKey(user.Email)); err != nil {
		return err
	}
	if err := t.delete(mailingBucket, user.ID[:]); err != nil {
		return err
	}
	if err := users.delete(t, user.ID[:]); err != nil {
		return err
	}
	return t.tell(Event{Type: "person.erased", User: user.ID})
}

// BlockUser keeps a user out, or lets the user in again. Blocking voids all links and tokens that are out and cancels
// letters not sent yet.
func (s *Store) BlockUser(ctx context.Context, id ID, blocked bool) (User, error) {
	return write(ctx, s, func(t *tx) (User, error) {
		user, err := t.user(id)
		if err != nil || user.Blocked == blocked {
			return user, err
		}
		user.Blocked = blocked
		if !blocked {
			return user, t.putUser(user, "operator.user_unblocked")
		}
		user.void()
		if err := t.cancelLetters(user.ID, "the person was blocked"); err != nil {
			return User{}, err
		}
		return user, t.putUser(user, "operator.user_blocked")
	})
}

// ReactivateUser makes a user prove the mailbox again: links and tokens that are out are void, and the next sign-in
// owes a new link.
func (s *Store) ReactivateUser(ctx context.Context, id ID) (User, error) {
	return write(ctx, s, func(t *tx) (User, error) {
		user, err := t.user(id)
		if err != nil {
			return User{}, err
		}
		user.Reactivate = true
		user.void()
		return user, t.putUser(user, "operator.user_reactivated")
	})
}

// void ends every link and token of the user that is out, the answer for a link used just now included.
func (u *User) void() {
	u.LinkGeneration++
	u.TokenGeneration++
	u.Used = UsedLink{}
}

func (t *tx) putUser(user User, event string) error {
	if err := users.put(t, user.ID[:], user); err != nil {
		return err
	}
	return t.tell(Event{Type: event, User: user.ID})
}
