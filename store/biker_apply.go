package store

import (
	"postern/store/guid"
)

// apply writes what was decided.
func (r *registrar) apply(d *decision) error {
	if !d.displaced.IsZero() {
		if err := r.t.loseEmployee(d.displaced); err != nil {
			return err
		}
	}
	if d.again != nil {
		if err := r.t.noteRepeat(d.again); err != nil {
			return err
		}
	}
	switch {
	case d.result.Outcome == BikerCreated:
		return r.create(d)
	case d.result.Outcome == BikerFailed:
		return r.fail(d)
	}
	return r.renew(d)
}

func (r *registrar) create(d *decision) error {
	t := r.t
	d.biker.ID, d.biker.RegisteredAt = t.NewID(), t.Now()
	d.biker.LinkGeneration, d.biker.PasswordGeneration = 1, 1
	d.result.Biker = d.biker.ID
	if err := t.noteDeliverable(d.biker.Email); err != nil {
		return err
	}
	held, err := r.mayCause(LetterWelcome, d.biker.Email)
	if err != nil {
		return err
	}
	letter, err := r.owe(toBiker(d.biker, LetterWelcome), held)
	if err != nil {
		return err
	}
	d.biker.Welcome, d.result.Letter = letter, letter
	if err := bikers.Put(t.Tx, d.biker.ID[:], d.biker); err != nil {
		return err
	}
	if err := t.Put(bikerAddressBucket, addressKey(d.biker.Email), d.biker.ID[:]); err != nil {
		return err
	}
	if err := r.number(d.biker); err != nil {
		return err
	}
	return t.tell(Event{Type: "biker.created", Biker: d.biker.ID, Letter: letter, Partner: r.partner.Name})
}

// number lets the partner's id name a biker.
func (r *registrar) number(biker Biker) error {
	if biker.EmployeeID == "" {
		return nil
	}
	return r.t.Put(bikerEmployeeBucket, employeeKey(biker.Partner, biker.EmployeeID), biker.ID[:])
}

// renew writes what changed of a person who is there, and tells them that they are.
func (r *registrar) renew(d *decision) (err error) {
	t := r.t
	if d.changes {
		if err := t.changeBiker(d.former, d.biker); err != nil {
			return err
		}
	}
	event := Event{Type: "biker.updated", Biker: d.biker.ID, Partner: d.biker.Partner}
	if d.letter != "" {
		event.Type = "biker.existing"
		if event.Letter, err = r.oweNotice(toBiker(d.biker, d.letter), d); err != nil {
			return err
		}
	}
	if !d.changes && (d.letter == "" || d.blocked) {
		return nil
	}
	return t.tell(event)
}

func (r *registrar) fail(d *decision) (err error) {
	event := Event{Type: "biker.failed", Partner: r.partner.Name}
	switch {
	case d.event:
		err = r.t.giveNotice(d.notice, guid.ID{}, noticeOwed)
	case d.letter != "":
		event.Letter, err = r.oweNotice(Letter{Kind: d.letter, Person: nobody(d.biker.Email), To: d.biker.Email,
			Language: d.language, Partner: r.partner.Name, Faults: faultSetOf(d.result.Errors)}, d)
	default:
		return nil
	}
	if err != nil {
		return err
	}
	return r.t.tell(event)
}

// oweNotice owes a letter that a person gets once in a while only. A blocked person gets none: the letter is cancelled
// at once.
func (r *registrar) oweNotice(letter Letter, d *decision) (id guid.ID, err error) {
	held, err := r.mayCause(letter.Kind, letter.To)
	if err != nil {
		return guid.ID{}, err
	}
	if letter.Kind == LetterUnregistered {
		if err := r.t.countFailed(letter.To); err != nil {
			return guid.ID{}, err
		}
	}
	if id, err = r.owe(letter, held); err != nil {
		return guid.ID{}, err
	}
	d.result.Letter = id
	key, state := d.notice, noticeOwed
	if held != "" {
		key = heldNoticeKey(d.notice, r.partner.Name)
	}
	if d.blocked {
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
