package store

import (
	"postern/store/guid"
)

// apply writes what was decided.
func (r *registrar) apply(d *decision) error {
	if d.repeat != nil {
		if err := r.t.noteRepeat(d.repeat); err != nil {
			return err
		}
	}
	if d.act == nil {
		return nil
	}
	return d.act.do(r, &d.result)
}

// do makes the biker, with all that names them, and owes the welcome.
func (c *creation) do(r *registrar, result *BikerResult) error {
	if err := r.t.loseEmployee(c.loser); err != nil {
		return err
	}
	t, biker := r.t, &c.biker
	biker.ID, biker.RegisteredAt = t.NewID(), t.Now()
	biker.LinkGeneration, biker.PasswordGeneration = 1, 1
	result.Biker = biker.ID
	if err := t.noteDeliverable(biker.Email); err != nil {
		return err
	}
	held, err := r.countCaused(LetterWelcome, biker.Email)
	if err != nil {
		return err
	}
	letter, err := r.owe(toBiker(*biker, LetterWelcome), held)
	if err != nil {
		return err
	}
	biker.Welcome, result.Letter = letter, letter
	if err := bikers.Put(t.Tx, biker.ID[:], *biker); err != nil {
		return err
	}
	if err := t.Put(bikerAddressBucket, addressKey(biker.Email), biker.ID[:]); err != nil {
		return err
	}
	if err := r.number(*biker); err != nil {
		return err
	}
	return t.tell(Event{Type: "biker.created", Biker: biker.ID, Letter: letter, Partner: r.partner.Name})
}

// number lets the partner's id name a biker.
func (r *registrar) number(biker Biker) error {
	if biker.EmployeeID == "" {
		return nil
	}
	return r.t.Put(bikerEmployeeBucket, employeeKey(biker.Partner, biker.EmployeeID), biker.ID[:])
}

// do writes what changed of a person who is there, and tells them that they are.
func (n *renewal) do(r *registrar, result *BikerResult) (err error) {
	if err := r.t.loseEmployee(n.loser); err != nil {
		return err
	}
	if n.changed {
		if err := r.t.changeBiker(n.former, n.biker); err != nil {
			return err
		}
	}
	event := Event{Type: "biker.updated", Biker: n.biker.ID, Partner: n.biker.Partner}
	if n.notice != nil {
		event.Type = "biker.existing"
		if event.Letter, err = r.oweNotice(toBiker(n.biker, LetterExisting), *n.notice); err != nil {
			return err
		}
		result.Letter = event.Letter
	}
	if !n.changed && n.notice.blocked { // nothing changed, so there is a notice; its letter never leaves
		return nil
	}
	return r.t.tell(event)
}

// do owes the letter about a failed registration.
func (f *failure) do(r *registrar, result *BikerResult) error {
	letter, err := r.oweNotice(Letter{Kind: LetterUnregistered, Person: nobody(f.email), To: f.email,
		Language: f.language, Plan: f.plan, Partner: r.partner.Name, Faults: faultSetOf(result.Errors)}, f.notice)
	if err != nil {
		return err
	}
	result.Letter = letter
	return r.t.tell(Event{Type: "biker.failed", Partner: r.partner.Name, Letter: letter})
}

// do tells the partner alone, in its feed.
func (f *silentFailure) do(r *registrar, _ *BikerResult) error {
	if err := r.t.giveNotice(f.key, guid.ID{}, noticeOwed); err != nil {
		return err
	}
	return r.t.tell(Event{Type: "biker.failed", Partner: r.partner.Name})
}

// oweNotice owes the letter of a notice. A blocked person gets none: the letter is cancelled at once.
func (r *registrar) oweNotice(letter Letter, due dueNotice) (guid.ID, error) {
	held, err := r.countCaused(letter.Kind, letter.To)
	if err != nil {
		return guid.ID{}, err
	}
	if letter.Kind == LetterUnregistered {
		if err := r.t.countFailed(letter.To); err != nil {
			return guid.ID{}, err
		}
	}
	id, err := r.owe(letter, held)
	if err != nil {
		return guid.ID{}, err
	}
	key, state := due.key, noticeOwed // given last: cancelling the letter takes its notice back
	if held != "" {
		key = heldNoticeKey(due.key, r.partner.Name)
	}
	if due.blocked {
		state = noticeBlocked
		if err := r.t.cancelOwed(id, "the person is blocked"); err != nil {
			return guid.ID{}, err
		}
	}
	return id, r.t.giveNotice(key, id, state)
}

// owe owes a letter that the partner causes; held says why it is, or nothing.
func (r *registrar) owe(letter Letter, held string) (guid.ID, error) {
	letter.Cause, letter.Reason = r.partner.Name, held
	return r.t.owe(letter)
}
