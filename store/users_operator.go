package store

import (
	"context"
	"postern/store/guid"
)

// BlockUser keeps a user out, or lets the user in again. Blocking voids all links and tokens that are out and cancels
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
		user.void()
		if err := t.cancelLetters(user.ID, "the person was blocked"); err != nil {
			return User{}, err
		}
		return user, t.putUser(user, "operator.user_blocked")
	})
}

// ReactivateUser makes a user prove the mailbox again: links and tokens that are out are void, and the next sign-in
// owes a new link.
func (s *Store) ReactivateUser(ctx context.Context, id guid.ID) (User, error) {
	return writeVital(ctx, s, func(t tx) (User, error) {
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

func (t tx) putUser(user User, event string) error {
	if err := users.Put(t.Tx, user.ID[:], user); err != nil {
		return err
	}
	return t.tell(Event{Type: event, User: user.ID})
}
