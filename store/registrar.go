package store

import (
	"crypto/sha256"
	"maps"
	"slices"
)

// registrar decides and applies what one partner's call does, within one transaction. Deciding only reads, so that a dry
// run and a list that changes nothing need no write.
type registrar struct {
	t       *tx
	partner Partner
	named   map[string]bool // addresses, as keys, that stand further up in the same list
	plans   map[string]*Plan
	purse   purse
	preview *preview // nil: this is the call itself
}

// newRegistrar begins a transaction's part of a list; named are the addresses of the parts before.
func (t *tx) newRegistrar(partner string, named map[string]bool) (*registrar, error) {
	of, err := t.partner(partner)
	return &registrar{t: t, partner: of, named: maps.Clone(named), plans: make(map[string]*Plan)}, err
}

// decision is what is to be done about one candidate.
type decision struct {
	result BikerResult
	biker  Biker // as it is to be
	former Biker // existing: as it is

	changes   bool       // existing: the biker is to be written
	displaced ID         // who had the employee id until now; zero: nobody
	letter    LetterKind // owed; empty: none
	language  string     // failed: of the letter
	told      []byte     // what is to be remembered as told once the letter is sent; nil: nothing
	held      []byte     // the same, for this partner alone, where the letter is held
	notes     bool       // failed, to nobody: the event alone
}

// writes tells whether anything is to be written.
func (d *decision) writes() bool {
	return d.result.Outcome == BikerCreated || d.changes || d.letter != "" || d.notes
}

// decide reads what becomes of a candidate.
func (r *registrar) decide(c Candidate) (decision, error) {
	d := decision{result: BikerResult{Email: c.Said, EmployeeID: c.EmployeeID, Warnings: c.Warnings, Errors: c.Faults}}
	plan, err := r.plan(c.BikePlanCode)
	if err != nil {
		return d, err
	}
	if plan == nil && c.BikePlanCode != "" && len(c.Faults["BikePlanCode"]) == 0 {
		d.result.Errors = withFault(c.Faults, "BikePlanCode", "This is no bike plan that you may use; ask the operator of this service.")
	}
	if len(d.result.Errors) > 0 {
		return d, r.decideFailed(&d, c, plan)
	}
	former, found, err := r.bikerAt(c.Email)
	if err != nil {
		return d, err
	}
	if found {
		d.former, d.biker = former, former
		err = r.decideExisting(&d, c)
	} else {
		d.result.Outcome, d.letter = BikerCreated, LetterWelcome
		d.biker = Biker{BikerData: c.BikerData, Partner: r.partner.Name, Email: c.Email}
		d.result.Mine = true
		err = r.displace(&d, c.EmployeeID)
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
	plan, found, err := plans.get(r.t, []byte(code))
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

// employeeOf finds whom an employee id names; zero: nobody.
func (r *registrar) employeeOf(employee string) (id ID) {
	if r.preview != nil {
		if id, would := r.preview.employees[employee]; would {
			return id
		}
	}
	copy(id[:], r.t.get(bikerEmployeeBucket, employeeKey(r.partner.Name, employee)))
	return id
}

func (r *registrar) decideFailed(d *decision, c Candidate, plan *Plan) error {
	d.result.Outcome, d.language = BikerFailed, c.Language
	if d.language == "" && plan != nil {
		d.language = plan.Language
	}
	if d.language == "" {
		d.language = "en"
	}
	if c.Email == "" {
		whom := sha256.Sum256([]byte(r.partner.Name + "\x00" + c.Said + "\x00" + c.EmployeeID))
		d.told = toldKey(whom[:], toldUnmailing, d.result.Errors)
		d.notes = !r.t.toldLately(d.told)
		return nil
	}
	d.result.Biker = nobody(c.Email) // so that an erasure finds the result
	biker, found, err := r.t.bikerAt(c.Email)
	if err != nil || found && biker.Blocked {
		return err
	}
	d.biker.Email = c.Email
	return r.tellOnce(d, c.Email, toldKey(addressSum(c.Email), toldFailed, d.result.Errors), LetterUnregistered)
}

// tellOnce owes a letter, unless its address was told the same of late, or a letter of this partner that tells it is held.
// What one partner's limit holds keeps no other's from being sent.
func (r *registrar) tellOnce(d *decision, email string, key []byte, kind LetterKind) error {
	d.told, d.held = key, heldKey(key, r.partner)
	if r.t.toldLately(d.told) || r.t.toldLately(d.held) {
		return nil
	}
	return r.letterIfDeliverable(d, email, kind)
}

// letterIfDeliverable owes a letter, or says that it would not arrive.
func (r *registrar) letterIfDeliverable(d *decision, email string, kind LetterKind) error {
	known, err := r.t.address(email)
	if err != nil {
		return err
	}
	if known.undeliverable(r.t.now) {
		sentence, err := r.t.undeliverableText(known.Undeliverable)
		d.warn(sentence)
		return err
	}
	if kind == LetterUnregistered && addressFailed.Wait(known.Failed, r.t.now) > 0 {
		return nil
	}
	d.letter = kind
	return nil
}

// warn adds to the warnings, which belong to the caller's list.
func (d *decision) warn(sentence string) {
	d.result.Warnings = append(slices.Clip(d.result.Warnings), sentence)
}

// decideExisting is for an address that has an account. Another partner's person stays as it is.
func (r *registrar) decideExisting(d *decision, c Candidate) error {
	d.result.Outcome, d.result.Biker = BikerExisting, d.former.ID
	d.result.Mine = d.former.Partner == r.partner.Name
	if d.result.Mine {
		d.result.Updated = d.biker.take(c.BikerData)
		d.changes = len(d.result.Updated) > 0
		if d.biker.EmployeeID != d.former.EmployeeID {
			if err := r.displace(d, d.biker.EmployeeID); err != nil {
				return err
			}
		}
	}
	if d.former.Blocked || r.named[string(addressKey(c.Email))] {
		return nil
	}
	welcome, found, err := letters.get(r.t, d.former.Welcome[:])
	if err != nil || found && d.awaits(welcome) {
		return err
	}
	return r.tellOnce(d, d.former.Email, toldKey(addressSum(d.former.Email), toldExisting, nil), LetterExisting)
}

// awaits tells whether a biker's welcome is still to come: not one that is void, nor one that another partner's limit holds.
func (d *decision) awaits(welcome Letter) bool {
	return welcome.open() && welcome.Generation == d.former.LinkGeneration && (d.result.Mine || welcome.State != LetterHeld)
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

// displace finds out who had an employee id until now.
func (r *registrar) displace(d *decision, employee string) error {
	if employee == "" {
		return nil
	}
	id := r.employeeOf(employee)
	if id.IsZero() || id == d.former.ID {
		return nil
	}
	d.displaced = id
	d.warn("partner_EmployeeID named another person until now; it names this one from now on.")
	return nil
}

// apply writes what was decided.
func (r *registrar) apply(d *decision) error {
	if !d.displaced.IsZero() {
		if err := r.t.loseEmployee(d.displaced); err != nil {
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

// loseEmployee is for a person whose employee id names another one now. An invitation of theirs is void: it was for
// somebody whom the partner no longer means.
func (t *tx) loseEmployee(id ID) error {
	biker, err := t.biker(id)
	if err != nil {
		return err
	}
	biker.EmployeeID = ""
	if biker.Password == "" {
		biker.LinkGeneration++
	}
	if err := bikers.put(t, biker.ID[:], biker); err != nil {
		return err
	}
	return t.tell(Event{Type: "biker.updated", Biker: biker.ID, Partner: biker.Partner})
}

func (r *registrar) create(d *decision) error {
	t := r.t
	d.biker.ID, d.biker.RegisteredAt = t.newID(), t.now
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
	if err := bikers.put(t, d.biker.ID[:], d.biker); err != nil {
		return err
	}
	if err := t.put(bikerAddressBucket, addressKey(d.biker.Email), d.biker.ID[:]); err != nil {
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
	return r.t.put(bikerEmployeeBucket, employeeKey(biker.Partner, biker.EmployeeID), biker.ID[:])
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
		if event.Letter, err = r.oweTold(toBiker(d.biker, d.letter), d); err != nil {
			return err
		}
	}
	if !d.changes && d.letter == "" {
		return nil
	}
	return t.tell(event)
}

// changeBiker writes a biker, and moves the key of the employee id.
func (t *tx) changeBiker(former, biker Biker) error {
	if former.EmployeeID != "" && (former.EmployeeID != biker.EmployeeID || former.Partner != biker.Partner) {
		if err := t.delete(bikerEmployeeBucket, employeeKey(former.Partner, former.EmployeeID)); err != nil {
			return err
		}
	}
	if biker.EmployeeID != "" {
		if err := t.put(bikerEmployeeBucket, employeeKey(biker.Partner, biker.EmployeeID), biker.ID[:]); err != nil {
			return err
		}
	}
	return bikers.put(t, biker.ID[:], biker)
}

func (r *registrar) fail(d *decision) (err error) {
	event := Event{Type: "biker.failed", Partner: r.partner.Name}
	switch {
	case d.notes:
		err = r.t.tellTold(d.told)
	case d.letter != "":
		event.Letter, err = r.oweTold(Letter{Kind: d.letter, Person: nobody(d.biker.Email), To: d.biker.Email,
			Language: d.language, Partner: r.partner.Name}, d)
	default:
		return nil
	}
	if err != nil {
		return err
	}
	return r.t.tell(event)
}

// oweTold owes a letter that a person gets once in a while only.
func (r *registrar) oweTold(letter Letter, d *decision) (ID, error) {
	held, err := r.mayCause(letter.Kind, letter.To)
	if err != nil {
		return ID{}, err
	}
	key := d.told
	if held != "" {
		key = d.held
	}
	if err := r.t.tellTold(key); err != nil {
		return ID{}, err
	}
	if letter.Kind == LetterUnregistered {
		if err := r.t.countFailed(letter.To); err != nil {
			return ID{}, err
		}
	}
	d.result.Letter, err = r.owe(letter, held)
	return d.result.Letter, err
}

// owe owes a letter that the partner causes; held says why it is, or nothing.
func (r *registrar) owe(letter Letter, held string) (ID, error) {
	letter.Cause, letter.Reason = r.partner.Name, held
	return r.t.owe(letter)
}
