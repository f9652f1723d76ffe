package store

import (
	"context"
	"crypto/sha256"

	"postern/store/guid"
)

// Candidate is one person of a user.create call, as far as the fields themselves tell; whether the bike plan is known
// is for the store to say.
type Candidate struct {
	BikerData                     // Language empty where none that is valid was given
	Email     string              // in stored form; empty where it is not valid
	Said      string              // the address as the caller wrote it, for the answer
	Faults    map[string][]string // by the names of the API's fields; nil: none so far
	Warnings  []string
}

// BikerOutcome is what became of a candidate.
type BikerOutcome string

// The outcomes.
const (
	BikerCreated  BikerOutcome = "created"
	BikerExisting BikerOutcome = "existing"
	BikerFailed   BikerOutcome = "failed"
)

// Words lists them.
func (BikerOutcome) Words() []string {
	return []string{string(BikerCreated), string(BikerExisting),
		string(BikerFailed)}
}

// BikerResult is what became of one candidate, with all that the answer tells.
type BikerResult struct {
	Outcome    BikerOutcome        `json:"outcome"`
	Biker      guid.ID             `json:"biker,omitzero"` // failed: stands for the address; zero: nobody, or a preview
	Mine       bool                `json:"mine,omitzero"`  // the id may be told
	Email      string              `json:"email,omitzero"` // as the caller wrote it
	EmployeeID string              `json:"employeeId,omitzero"`
	Updated    []string            `json:"updated,omitempty"` // existing: what changed, as the API names and orders it
	Errors     map[string][]string `json:"errors,omitempty"`  // failed
	Warnings   []string            `json:"warnings,omitempty"`
	Letter     guid.ID             `json:"letter,omitzero"` // zero: none is owed
	Erased     bool                `json:"erased,omitzero"` // the person was erased since: only the outcome is told
}

// BikerList is one user.create call.
type BikerList struct {
	Partner string
	Key     string   // Idempotency-Key; empty: none
	Body    [32]byte // SHA-256 of the body; with Key
	TraceID string   // of this call, kept beside the results
	People  []Candidate
}

// BikerAnswer is what a call is answered from.
type BikerAnswer struct {
	TraceID string // of the call that was answered first
	Results []BikerResult
	Kept    bool // all of it was kept under the Key: nothing was done again
}

// peopleAtOnce is how many people of a list one transaction takes, so that others' writes pass between.
const peopleAtOnce = 500

// RegisterBikers does a user.create call: each person with the letter and the event that it owes, at most 500 people in
// a transaction. What changes nothing and owes nothing is answered from a read. With a Key that was used within a day
// it returns the kept results; where a process died in the middle of the list, it finishes the list first. It refuses
// with Invalid, ErrOtherBody in the chain, where the key was used with another body.
//
// After an error in the middle of a list the people before are registered; the same call again finishes it, and makes
// nobody twice.
//
// It refuses with TooMany, and does nothing, where the partner's budget of people or of kept answers is used up; a call
// that has begun is finished.
func (s *Store) RegisterBikers(ctx context.Context, list BikerList) (BikerAnswer, error) {
	run := newRegistration(s, list)
	if list.Key != "" {
		if err := run.resume(); err != nil {
			return BikerAnswer{}, err
		}
		run.answer.Kept = run.done()
	}
	for !run.done() {
		if err := run.step(ctx); err != nil {
			return BikerAnswer{}, err
		}
	}
	return run.answer, nil
}

// registration is a call under way.
type registration struct {
	store  *Store
	list   BikerList
	posted *posted
	named  map[string]bool // addresses of the people so far
	answer BikerAnswer
	kept   bool // with a Key: the answer's record is there
	begun  bool // something has been stored of somebody
}

func newRegistration(s *Store, list BikerList) *registration {
	return &registration{store: s, list: list, posted: &posted{people: list.People}, named: make(map[string]bool),
		answer: BikerAnswer{TraceID: list.TraceID}}
}

func (r *registration) done() bool {
	return len(r.answer.Results) == len(r.list.People) && (r.list.Key == "" || r.kept)
}

// part is what one transaction has done.
type part struct {
	results []BikerResult
	named   map[string]bool
	stored  int // people of whom something was stored
}

// step does the next people, by a read where that suffices.
func (r *registration) step(ctx context.Context) error {
	begin := len(r.answer.Results)
	people := r.list.People[begin:min(begin+peopleAtOnce, len(r.list.People))]
	var done part
	idle := false
	var err error
	if r.list.Key == "" {
		err = look(r.store, func(t tx) (err error) { done, idle, err = r.look(t, people); return err })
	}
	if err == nil && !idle {
		done, err = write(ctx, r.store, func(t tx) (part, error) { return r.do(t, begin, people) })
	}
	if err != nil {
		return err
	}
	r.answer.Results = append(r.answer.Results, done.results...)
	r.named, r.kept, r.begun = done.named, true, r.begun || done.stored > 0
	return nil
}

// look decides about people as long as nothing is to be written; idle tells that this was true of all.
func (r *registration) look(t tx, people []Candidate) (done part, idle bool, err error) {
	registrar, err := t.newRegistrar(r.list.Partner, r.posted, r.named)
	if err != nil {
		return part{}, false, err
	}
	for d, err := range registrar.decisions(people) {
		if err != nil || d.writes() {
			return part{}, false, err
		}
		done.results = append(done.results, d.result)
	}
	done.named = registrar.named
	return done, true, nil
}

// do decides and applies, and with a Key keeps the results beside it.
func (r *registration) do(t tx, begin int, people []Candidate) (part, error) {
	registrar, err := t.newRegistrar(r.list.Partner, r.posted, r.named)
	if err != nil {
		return part{}, err
	}
	budget, err := r.mayDo(t, registrar.partner, people)
	if err != nil {
		return part{}, err
	}
	done := part{results: make([]BikerResult, 0, len(people))}
	for d, err := range registrar.decisions(people) {
		if err != nil {
			return part{}, err
		}
		if d.writes() {
			if err := registrar.apply(&d); err != nil {
				return part{}, err
			}
		}
		if d.stores() {
			done.stored++
		}
		done.results = append(done.results, d.result)
	}
	done.named = registrar.named
	if err := registrar.quota.close(registrar); err != nil {
		return part{}, err
	}
	before := t.Written()
	if r.list.Key != "" {
		if err := t.keepResults(r.list, begin, done.results, done.stored > 0); err != nil {
			return part{}, err
		}
	}
	return done, budget.spend(t, registrar.partner, done.stored, t.Written()-before)
}

// mayDo returns the partner's budget, or refuses a call that has not begun where that is used up. It looks ahead rather
// than stop in the middle: an error comes before the first write.
func (r *registration) mayDo(t tx, partner Partner, people []Candidate) (budget, error) {
	budget, err := t.budgetOf(partner)
	if err != nil {
		return budget, err
	}
	if r.list.Key != "" && !r.kept {
		if err := budget.answersRefusal(t); err != nil {
			return budget, err
		}
	}
	refusal := budget.peopleRefusal(t)
	if refusal == nil || r.begun {
		return budget, nil
	}
	stores, err := r.wouldStore(t, people)
	if err == nil && stores {
		err = refusal
	}
	return budget, err
}

// wouldStore reports whether something is to be stored of any of these people.
func (r *registration) wouldStore(t tx, people []Candidate) (bool, error) {
	registrar, err := t.newRegistrar(r.list.Partner, r.posted, r.named)
	if err != nil {
		return false, err
	}
	for d, err := range registrar.decisions(people) {
		if err != nil || d.stores() {
			return true, err
		}
	}
	return false, nil
}

// resume takes up the kept results of the call's key.
func (r *registration) resume() error {
	record, answer, err := r.store.keptResults(r.list.Partner, r.list.Key)
	if err != nil || record.ID.IsZero() {
		return err
	}
	if record.Body != r.list.Body || len(answer.Results) > len(r.list.People) {
		return errOtherBody
	}
	r.answer, r.kept, r.begun = answer, true, record.Begun
	for i, result := range answer.Results {
		if result.Outcome != BikerFailed {
			r.named[string(addressKey(r.list.People[i].Email))] = true
		}
	}
	return nil
}

// posted is a call's list as a whole, for what depends on more than one of its people. What it finds out is the same
// whenever it is asked.
type posted struct {
	people    []Candidate
	addresses map[string]bool // as keys; made when it is first asked for
	unmailing []byte          // the same
}

// holds reports whether an address stands in the list.
func (p *posted) holds(email string) bool {
	if p.addresses == nil {
		p.addresses = make(map[string]bool, len(p.people))
		for i := range p.people {
			p.addresses[string(addressKey(p.people[i].Email))] = true
		}
	}
	return p.addresses[string(addressKey(email))]
}

// unmailingKey names the failures of all in the list who have no valid address, and so cannot be told of them: one
// event stands for all, and the same list again makes none.
func (p *posted) unmailingKey(partner string) []byte {
	if p.unmailing == nil {
		sum := sha256.New()
		sum.Write([]byte(partner))
		for i := range p.people {
			if c := &p.people[i]; c.Email == "" {
				faults := faultSetOf(c.Faults)
				said := "\x00" + c.Said + "\x00" + c.EmployeeID + "\x00"
				sum.Write(append([]byte(said), faults[:]...))
			}
		}
		p.unmailing = noticeKey(sum.Sum(nil), noticeUnmailing, noFaults)
	}
	return p.unmailing
}
