package store

import (
	"iter"
	"maps"
	"slices"

	"postern/store/guid"
)

// registrar decides and applies what one partner's call does, within one transaction. Deciding only reads, so that a
// dry run and a list that changes nothing need no write.
type registrar struct {
	t       tx
	partner Partner
	posted  *posted
	named   map[string]bool // addresses, as keys, that stand further up in the same list
	plans   map[string]*Plan
	quota   quota
	preview *preview // nil: this is the call itself
}

// newRegistrar begins a transaction's part of a list; named are the addresses of the parts before.
func (t tx) newRegistrar(partner string, list *posted, named map[string]bool) (*registrar, error) {
	of, err := t.partner(partner)
	return &registrar{t: t, partner: of, posted: list, named: maps.Clone(named), plans: make(map[string]*Plan)}, err
}

// decision is what becomes of one candidate: a result, and what has to be written for it.
type decision struct {
	result BikerResult
	act    act    // nil: nothing is stored
	repeat []byte // the key of a former notice, where it is to be noted that the person is posted again; nil: none
}

// act is one of creation, renewal, failure and silentFailure.
type act interface {
	// do writes, and completes the result.
	do(r *registrar, result *BikerResult) error
}

// creation makes a new biker, with a welcome.
type creation struct {
	biker Biker
	loser guid.ID // who had the employee id until now; zero: nobody
}

// renewal changes a biker who is there, or tells them that they are, or both.
type renewal struct {
	former, biker Biker // as it is, and as it is to be
	loser         guid.ID
	changed       bool
	notice        *dueNotice // nil: none
}

// failure tells a person that the registration failed.
type failure struct {
	email, language, plan string
	notice                dueNotice
}

// silentFailure is the event alone, where no address is valid; key is of the notice that it stands for.
type silentFailure struct{ key []byte }

// dueNotice is a notice whose letter is owed.
type dueNotice struct {
	key     []byte
	blocked bool // it is cancelled at once, as another partner's person is blocked, who is not to be told apart
}

// stores reports whether it makes something that is kept.
func (d *decision) stores() bool { return d.act != nil }

// writes reports whether anything is to be written.
func (d *decision) writes() bool { return d.stores() || d.repeat != nil }

// decisions decides about people in turn.
func (r *registrar) decisions(people []Candidate) iter.Seq2[decision, error] {
	return func(yield func(decision, error) bool) {
		for _, candidate := range people {
			if !yield(r.decide(candidate)) {
				return
			}
		}
	}
}

// decide reads what becomes of a candidate.
func (r *registrar) decide(c Candidate) (decision, error) {
	d := decision{result: BikerResult{Email: c.Said, EmployeeID: c.EmployeeID, Warnings: c.Warnings, Errors: c.Faults}}
	plan, err := r.plan(c.BikePlanCode)
	if err != nil {
		return d, err
	}
	if plan == nil && c.BikePlanCode != "" && len(c.Faults["BikePlanCode"]) == 0 {
		d.result.Errors = withFault(c.Faults, "BikePlanCode",
			"This is no bike plan that you may use; ask the operator of this service.")
	}
	if len(d.result.Errors) > 0 {
		return d, r.decideFailed(&d, c, plan)
	}
	former, found, err := r.bikerAt(c.Email)
	if err != nil {
		return d, err
	}
	if found {
		err = r.decideExisting(&d, c, former)
	} else {
		err = r.decideNew(&d, c)
	}
	r.named[string(addressKey(c.Email))] = true
	return d, err
}

func withFault(faults map[string][]string, field, sentence string) map[string][]string {
	faults = maps.Clone(faults)
	if faults == nil {
		faults = make(map[string][]string)
	}
	faults[field] = []string{sentence}
	return faults
}

// plan finds a bike plan that the partner may use; nil: there is none of that code.
func (r *registrar) plan(code string) (*Plan, error) {
	if code == "" {
		return nil, nil
	}
	if plan, known := r.plans[code]; known {
		return plan, nil
	}
	plan, found, err := plans.Get(r.t.Tx, []byte(code))
	if err != nil {
		return nil, err
	}
	r.plans[code] = nil
	if found && r.partner.May(code) {
		r.plans[code] = &plan
	}
	return r.plans[code], nil
}

// bikerAt finds who has an address.
func (r *registrar) bikerAt(email string) (Biker, bool, error) {
	if r.preview != nil {
		return r.preview.bikerAt(r, email)
	}
	return r.t.bikerAt(email)
}

// decideNew is for an address that nobody has.
func (r *registrar) decideNew(d *decision, c Candidate) error {
	d.result.Outcome, d.result.Mine = BikerCreated, true
	biker := Biker{BikerData: c.BikerData, Partner: r.partner.Name, Email: c.Email}
	named, err := r.employeeFor(Biker{}, c.BikerData)
	if err != nil {
		return err
	}
	biker.EmployeeID, biker.OthersEmployeeID = named.id, named.others
	d.warn(named.warning)
	d.act = &creation{biker, named.loser}
	return nil
}

func (r *registrar) decideFailed(d *decision, c Candidate, plan *Plan) error {
	d.result.Outcome = BikerFailed
	if c.Email == "" {
		key := r.posted.unmailingKey(r.partner.Name)
		if !r.wasNoticed(d, key, false) {
			d.act = &silentFailure{key}
		}
		return nil
	}
	d.result.Biker = nobody(c.Email) // so that an erasure finds the result
	biker, found, err := r.t.bikerAt(c.Email)
	own := found && biker.Partner == r.partner.Name
	if err != nil || own && biker.Blocked || r.preview != nil && !own {
		return err
	}
	due := dueNotice{noticeKey(addressSum(c.Email), noticeFailed, faultSetOf(d.result.Errors)), found && biker.Blocked}
	owed, err := r.noticeOnce(d, c.Email, due, LetterUnregistered)
	if owed {
		told := &failure{email: c.Email, language: languageOf(c, plan), notice: due}
		if plan != nil {
			told.plan = plan.Code
		}
		d.act = told
	}
	return err
}

// languageOf is what a candidate's letter is written in who has no account.
func languageOf(c Candidate, plan *Plan) string {
	switch {
	case c.Language != "":
		return c.Language
	case plan != nil && plan.Language != "":
		return plan.Language
	}
	return "en"
}

// noticeOnce reports whether a letter is owed: not where its address had the same notice of late, or a letter of this
// partner that gives it is held. What one partner's limit holds keeps no other's from being sent.
func (r *registrar) noticeOnce(d *decision, email string, due dueNotice, kind LetterKind) (owed bool, err error) {
	if r.wasNoticed(d, due.key, due.blocked) || r.wasNoticed(d, heldNoticeKey(due.key, r.partner.Name), due.blocked) {
		return false, nil
	}
	return r.isDeliverable(d, email, kind)
}

// wasNoticed reports whether the notice of a key was given of late.
func (r *registrar) wasNoticed(d *decision, key []byte, blocked bool) bool {
	known := r.t.notice(key)
	if !r.t.noticeStands(known, blocked) {
		return false
	}
	if r.t.repeatIsDue(known) {
		d.repeat = key
	}
	return true
}

// isDeliverable reports whether a letter would arrive, and warns where it would not.
func (r *registrar) isDeliverable(d *decision, email string, kind LetterKind) (bool, error) {
	known, err := r.t.address(email)
	if err != nil {
		return false, err
	}
	if known.undeliverable(r.t.Now()) {
		sentence, err := r.t.undeliverableText(known.Undeliverable)
		d.warn(sentence)
		return false, err
	}
	return kind != LetterUnregistered || addressFailed.Wait(known.Failed, r.t.Now()) == 0, nil
}

// warn adds to the warnings, which belong to the caller's list; nothing where the sentence is empty.
func (d *decision) warn(sentence string) {
	if sentence != "" {
		d.result.Warnings = append(slices.Clip(d.result.Warnings), sentence)
	}
}

// decideExisting is for an address that has an account. Another partner's person stays as it is.
func (r *registrar) decideExisting(d *decision, c Candidate, former Biker) error {
	d.result.Outcome, d.result.Biker = BikerExisting, former.ID
	d.result.Mine = former.Partner == r.partner.Name
	biker, loser := former, guid.ID{}
	if d.result.Mine {
		var err error
		if loser, err = r.takeOver(d, &biker, c.BikerData); err != nil {
			return err
		}
	}
	changed := len(d.result.Updated) > 0
	notice, err := r.noticeExisting(d, &biker)
	if changed || notice != nil {
		d.act = &renewal{former, biker, loser, changed, notice}
	}
	return err
}

// noticeExisting decides whether somebody is told that there is an account already; nil: not now.
func (r *registrar) noticeExisting(d *decision, biker *Biker) (*dueNotice, error) {
	if r.named[string(addressKey(biker.Email))] || biker.Blocked && d.result.Mine {
		return nil, nil
	}
	welcome, found, err := letters.Get(r.t.Tx, biker.Welcome[:])
	if err != nil || found && biker.awaits(welcome, d.result.Mine) {
		return nil, err
	}
	due := dueNotice{noticeKey(addressSum(biker.Email), noticeExisting, noFaults), biker.Blocked}
	if owed, err := r.noticeOnce(d, biker.Email, due, LetterExisting); err != nil || !owed {
		return nil, err
	}
	return &dueNotice{due.key, due.blocked}, nil // only now on the heap
}

// takeOver changes a partner's own person as the partner says; loser is who loses the employee id by it.
func (r *registrar) takeOver(d *decision, biker *Biker, said BikerData) (loser guid.ID, err error) {
	named, err := r.employeeFor(*biker, said)
	if err != nil {
		return guid.ID{}, err
	}
	d.warn(named.warning)
	said.EmployeeID = named.id
	if named.others != "" {
		biker.OthersEmployeeID = named.others
	}
	d.result.Updated = biker.take(said)
	if biker.EmployeeID == biker.OthersEmployeeID {
		biker.OthersEmployeeID = ""
	}
	return named.loser, nil
}

// awaits reports whether a biker's welcome is still to come: not one whose link is revoked, nor one that another
// partner's limit holds.
func (b *Biker) awaits(welcome Letter, mine bool) bool {
	return welcome.open() && welcome.Generation == b.LinkGeneration &&
		(mine || welcome.State != LetterHeld || welcome.waitsForResume())
}

// take takes over what a partner says, and names the fields that changed. What is absent leaves what is there.
func (b *Biker) take(said BikerData) (updated []string) {
	for _, field := range []struct {
		name     string
		has      *string
		said     string
		required bool
	}{
		{"BikePlanCode", &b.BikePlanCode, said.BikePlanCode, true},
		{"FirstName", &b.FirstName, said.FirstName, true},
		{"LastName", &b.LastName, said.LastName, true},
		{"Language", &b.Language, said.Language, true},
		{"ContractType", &b.ContractType, said.ContractType, false},
		{"partner_EmployeeID", &b.EmployeeID, said.EmployeeID, false},
		{"PersonnelNumber", &b.PersonnelNumber, said.PersonnelNumber, false},
	} {
		if *field.has != field.said && (field.required || field.said != "") {
			*field.has = field.said
			updated = append(updated, field.name)
		}
	}
	return updated
}
