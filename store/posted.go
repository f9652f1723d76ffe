package store

import (
	"crypto/sha256"
	"slices"
)

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
				sum.Write(slices.Concat([]byte{0}, []byte(c.Said), []byte{0}, []byte(c.EmployeeID), []byte{0}, faults[:]))
			}
		}
		p.unmailing = toldKey(sum.Sum(nil), toldUnmailing, noFaults)
	}
	return p.unmailing
}
