package store

import (
	"iter"
	"maps"
	"postern/store/guid"
	"slices"
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

// decision is what is to be done about one candidate.
type decision struct {
	result BikerResult
	biker  Biker // as it is to be
	former Biker // existing: as it is

	changes   bool       // existing: the biker is to be written
	displaced guid.ID    // who had the employee id until now; zero: nobody
	letter    LetterKind // owed; empty: none
	blocked   bool       // it is cancelled at once, as another partner's person is blocked, who is not to be told apart
	language  string     // failed: of the letter
	notice    []byte     // the key of the notice that the letter or the event gives; nil: none
	event     bool       // failed, to nobody: the event alone
	again     []byte     // the key of the former notice, where it is to be noted that the person is posted again
}

// stores reports whether it makes something that is kept.
func (d *decision) stores() bool {
	return d.result.Outcome == BikerCreated || d.changes || d.letter != "" || d.event
}

// writes reports whether anything is to be written.
func (d *decision) writes() bool { return d.stores() || d.again != nil }

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
		d.former, d.biker = former, former
		err = r.decideExisting(&d, c)
	} else {
		d.result.Outcome, d.letter, d.result.Mine = BikerCreated, LetterWelcome, true
		d.biker = Biker{BikerData: c.BikerData, Partner: r.partner.Name, Email: c.Email}
		d.biker.EmployeeID, err = r.employeeFor(&d, c.BikerData)
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

func (r *registrar) decideFailed(d *decision, c Candidate, plan *Plan) error {
	d.result.Outcome, d.language = BikerFailed, c.Language
	if d.language == "" && plan != nil {
		d.language = plan.Language
	}
	if d.language == "" {
		d.language = "en"
	}
	if c.Email == "" {
		d.notice = r.posted.unmailingKey(r.partner.Name)
		d.event = !r.wasNoticed(d, d.notice)
		return nil
	}
	d.result.Biker = nobody(c.Email) // so that an erasure finds the result
	biker, found, err := r.t.bikerAt(c.Email)
	own := found && biker.Partner == r.partner.Name
	if err != nil || own && biker.Blocked || r.preview != nil && !own {
		return err
	}
	d.blocked = found && biker.Blocked
	d.biker.Email = c.Email
	key := noticeKey(addressSum(c.Email), noticeFailed, faultSetOf(d.result.Errors))
	return r.noticeOnce(d, c.Email, key, LetterUnregistered)
}

// noticeOnce owes a letter, unless its address had the same notice of late, or a letter of this partner that gives it
// is held. What one partner's limit holds keeps no other's from being sent.
func (r *registrar) noticeOnce(d *decision, email string, key []byte, kind LetterKind) error {
	d.notice = key
	if r.wasNoticed(d, key) || r.wasNoticed(d, heldNoticeKey(key, r.partner.Name)) {
		return nil
	}
	return r.letterIfDeliverable(d, email, kind)
}

// wasNoticed reports whether the notice of a key was given of late.
func (r *registrar) wasNoticed(d *decision, key []byte) bool {
	known := r.t.notice(key)
	if !r.t.noticeStands(known, d.blocked) {
		return false
	}
	if r.t.repeatIsDue(known) {
		d.again = key
	}
	return true
}

// letterIfDeliverable owes a letter, or says that it would not arrive.
func (r *registrar) letterIfDeliverable(d *decision, email string, kind LetterKind) error {
	known, err := r.t.address(email)
	if err != nil {
		return err
	}
	if known.undeliverable(r.t.Now()) {
		sentence, err := r.t.undeliverableText(known.Undeliverable)
		d.warn(sentence)
		return err
	}
	if kind == LetterUnregistered && addressFailed.Wait(known.Failed, r.t.Now()) > 0 {
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
		if err := r.takeOver(d, c.BikerData); err != nil {
			return err
		}
	}
	if r.named[string(addressKey(c.Email))] || d.former.Blocked && d.result.Mine {
		return nil
	}
	d.blocked = d.former.Blocked
	welcome, found, err := letters.Get(r.t.Tx, d.former.Welcome[:])
	if err != nil || found && d.awaits(welcome) {
		return err
	}
	key := noticeKey(addressSum(d.former.Email), noticeExisting, noFaults)
	return r.noticeOnce(d, d.former.Email, key, LetterExisting)
}

// takeOver finds out what changes of a partner's own person.
func (r *registrar) takeOver(d *decision, said BikerData) (err error) {
	if said.EmployeeID, err = r.employeeFor(d, said); err != nil {
		return err
	}
	d.result.Updated = d.biker.take(said)
	d.changes = len(d.result.Updated) > 0
	if d.biker.EmployeeID == d.biker.OthersEmployeeID {
		d.biker.OthersEmployeeID = ""
	}
	return nil
}

// awaits reports whether a biker's welcome is still to come: not one whose link is revoked, nor one that another
// partner's limit holds.
func (d *decision) awaits(welcome Letter) bool {
	return welcome.open() && welcome.Generation == d.former.LinkGeneration &&
		(d.result.Mine || welcome.State != LetterHeld)
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
