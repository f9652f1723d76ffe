package store

import (
	"maps"
	"slices"

	"postern/store/guid"
)

// PreviewBikers decides what RegisterBikers would do, by the rules and the partner's own people alone: an address that
// another partner's person has counts as new, and whether letters come back from it is not told. Nothing is stored, and
// ids and letters are zero.
func (s *Store) PreviewBikers(partner string, people []Candidate) ([]BikerResult, error) {
	var all []BikerResult
	named := make(map[string]bool)
	would, list := newPreview(), &posted{people: people}
	for part := range slices.Chunk(people, peopleAtOnce) { // reads are short
		results, err := read(s, func(t tx) ([]BikerResult, error) {
			r, err := t.newRegistrar(partner, list, named)
			if err != nil {
				return nil, err
			}
			r.preview = would
			results := make([]BikerResult, 0, len(part))
			for d, err := range r.decisions(part) {
				if err != nil {
					return nil, err
				}
				would.foresee(&d)
				results = append(results, d.result)
			}
			maps.Copy(named, r.named)
			return results, nil
		})
		if err != nil {
			return nil, err
		}
		all = append(all, results...)
	}
	return all, nil
}

// preview is what a dry run would have made so far. It does not tell of other partners' people.
type preview struct {
	bikers    map[string]Biker   // who would be there, by address
	employees map[string]guid.ID // whom an employee id would name; zero: nobody any more
}

func newPreview() *preview {
	return &preview{bikers: make(map[string]Biker), employees: make(map[string]guid.ID)}
}

// bikerAt finds who has, or would have, an address.
func (p *preview) bikerAt(r *registrar, email string) (Biker, bool, error) {
	if biker, would := p.bikers[string(addressKey(email))]; would {
		return biker, true, nil
	}
	biker, found, err := r.t.bikerAt(email)
	if err != nil || !found || biker.Partner != r.partner.Name {
		return Biker{}, false, err
	}
	return biker, true, nil
}

// foresee notes what a decision would make.
func (p *preview) foresee(d *decision) {
	d.result.Biker, d.result.Mine = guid.ID{}, false
	switch act := d.act.(type) {
	case *creation:
		act.biker.ID = nobody(act.biker.Email) // any that tells people apart
		p.put("", act.biker)
	case *renewal:
		p.put(act.former.EmployeeID, act.biker)
	}
}

// put notes that there would be this biker, who had another employee id before.
func (p *preview) put(former string, biker Biker) {
	p.bikers[string(addressKey(biker.Email))] = biker
	if former != "" && former != biker.EmployeeID {
		p.employees[former] = guid.ID{}
	}
	if biker.EmployeeID != "" {
		p.employees[biker.EmployeeID] = biker.ID
	}
}
