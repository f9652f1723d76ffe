package store

import (
	"context"
	"errors"

	"postern/store/guid"
	"postern/store/refuse"
)

// BlockBiker keeps a biker out, or lets the biker in again. Blocking revokes all links, ends all sessions and cancels
// letters not sent yet.
func (s *Store) BlockBiker(ctx context.Context, id guid.ID, blocked bool) (Biker, error) {
	return writeVital(ctx, s, func(t tx) (Biker, error) {
		biker, err := t.biker(id)
		if err != nil || biker.Blocked == blocked {
			return biker, err
		}
		biker.Blocked = blocked
		if !blocked {
			err = t.putBiker(biker, "operator.biker_unblocked")
			return biker, err
		}
		biker.LinkGeneration++
		biker.PasswordGeneration++
		if err := t.endSessions(biker.ID, guid.ID{}); err != nil {
			return Biker{}, err
		}
		for _, person := range []guid.ID{biker.ID, nobody(biker.Email)} {
			if err := t.cancelLetters(person, "the person was blocked"); err != nil {
				return Biker{}, err
			}
		}
		err = t.putBiker(biker, "operator.biker_blocked")
		return biker, err
	})
}

// MoveBiker gives a biker to another partner, another plan, or both. The employee id is the former partner's own, and
// is dropped where the partner changes. It refuses with NotFound, and with Invalid, by field, where there is no such
// partner or plan, or the partner may not use it.
func (s *Store) MoveBiker(ctx context.Context, id guid.ID, partner, plan string) (Biker, error) {
	return write(ctx, s, func(t tx) (Biker, error) {
		former, err := t.biker(id)
		if err != nil {
			return Biker{}, err
		}
		to, err := t.moveTo(partner, plan)
		if err != nil {
			return Biker{}, err
		}
		biker := former
		biker.BikePlanCode = plan
		if biker.Partner != to.Name {
			biker.Partner, biker.EmployeeID, biker.OthersEmployeeID = to.Name, "", ""
		}
		if err := t.changeBiker(former, biker); err != nil {
			return Biker{}, err
		}
		return biker, t.tell(Event{Type: "operator.biker_moved", Biker: biker.ID, About: to.Name})
	})
}

// moveTo checks where a biker is to go.
func (t tx) moveTo(partner, plan string) (Partner, error) {
	faults := make(map[string][]string)
	to, err := t.partner(partner)
	if refuse.Is(err, refuse.NotFound) {
		faults["partner"] = []string{"There is no partner " + partner + "."}
	} else if err != nil {
		return Partner{}, err
	} else if !to.RevokedAt.IsZero() {
		faults["partner"] = []string{"The partner " + to.Name + " is revoked."}
	} else if !to.May(plan) {
		faults["plan"] = []string{to.Name + " may not use the bike plan " + plan + "."}
	}
	var unknown *refuse.Refusal
	if errors.As(t.knownPlans([]string{plan}), &unknown) {
		faults["plan"] = unknown.Fields["plan"]
	}
	if len(faults) == 0 {
		return to, nil
	}
	return Partner{}, &refuse.Refusal{Kind: refuse.Invalid, Reason: "The biker cannot be moved there.", Fields: faults}
}

// EraseBiker removes the biker of an address, and what letters and kept answers about failed registrations of it name.
// The events and the letters' fates stay, without anything that names the person; letters not sent yet are cancelled.
// It refuses with NotFound where there is neither.
func (s *Store) EraseBiker(ctx context.Context, email string) error {
	return updateVital(ctx, s, func(t tx) error {
		biker, found, err := t.bikerAt(email)
		if err != nil {
			return err
		}
		named, err := t.hasLettersOf(nobody(email))
		if err != nil {
			return err
		}
		if !found && !named && !t.hasAnswersOf(nobody(email)) {
			return errNoBiker
		}
		if err := t.forgetLetters(nobody(email), "the person was erased"); err != nil {
			return err
		}
		if err := t.forgetAnswers(nobody(email)); err != nil || !found {
			return err
		}
		return t.eraseBiker(biker)
	})
}

// hasLettersOf reports whether there is a letter that still names its recipient.
func (t tx) hasLettersOf(person guid.ID) (has bool, err error) {
	err = t.eachLetterOf(person, func(letter Letter) error {
		has = has || letter.To != ""
		return nil
	})
	return has, err
}

func (t tx) eraseBiker(biker Biker) error {
	for _, step := range []func() error{
		func() error { return t.loosenLinks(biker.Email, LetterRecover) },
		func() error { return t.forgetLetters(biker.ID, "the person was erased") },
		func() error { return t.forgetAnswers(biker.ID) },
		func() error { return t.endSessions(biker.ID, guid.ID{}) },
		func() error { return t.Delete(bikerAddressBucket, addressKey(biker.Email)) },
	} {
		if err := step(); err != nil {
			return err
		}
	}
	if biker.EmployeeID != "" {
		if err := t.Delete(bikerEmployeeBucket, employeeKey(biker.Partner, biker.EmployeeID)); err != nil {
			return err
		}
	}
	if err := bikers.Delete(t.Tx, biker.ID[:]); err != nil {
		return err
	}
	return t.tell(Event{Type: "person.erased", Biker: biker.ID, Partner: biker.Partner})
}
