package store

import (
	"maps"
	"postern/store/guid"
	"slices"
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
	defer func() { d.result.Biker, d.result.Mine = guid.ID{}, false }()
	if d.result.Outcome == BikerFailed {
		return
	}
	if d.biker.ID.IsZero() {
		d.biker.ID = nobody(d.biker.Email) // any that tells people apart
	}
	p.bikers[string(addressKey(d.biker.Email))] = d.biker
	if former := d.former.EmployeeID; former != "" && former != d.biker.EmployeeID {
		p.employees[former] = guid.ID{}
	}
	if d.biker.EmployeeID != "" {
		p.employees[d.biker.EmployeeID] = d.biker.ID
	}
}
