package store

import (
	"strings"

	"postern/store/guid"
)

// The partner's own ids of its people. Each names one person; but exports fill empty cells with 0, - or N/A, and so
// give many people the same.

// What is said of an id that names somebody else already.
const (
	employeeMoved = "partner_EmployeeID named another person of the same names until now; " +
		"it names this one from now on"
	invitationEnded = ", and the other one's invitation is void"
	employeeTaken   = "partner_EmployeeID named another person of yours before, and still does; " +
		"this one is registered without it. " +
		"Give each person an id of its own, or none."
)

// employeeOf finds whom an employee id names; zero: nobody.
func (r *registrar) employeeOf(employee string) (id guid.ID) {
	if r.preview != nil {
		if id, would := r.preview.employees[employee]; would {
			return id
		}
	}
	copy(id[:], r.t.Get(bikerEmployeeBucket, employeeKey(r.partner.Name, employee)))
	return id
}

// employeeFor returns what a person may have of the employee id that the partner says. One that names another person
// stays there, unless that person has the same names: an address was corrected. Whoever has lost the id so does not get
// it back, or else the two would take it from each other for ever, where the partner goes on posting the old address.
// And two of the same names who stand in one list are two people, as a father and a son.
func (r *registrar) employeeFor(former Biker, said BikerData) (naming, error) {
	if said.EmployeeID == "" || said.EmployeeID == former.EmployeeID {
		return naming{id: said.EmployeeID}, nil
	}
	id := r.employeeOf(said.EmployeeID)
	if id.IsZero() {
		return naming{id: said.EmployeeID}, nil
	}
	other, found, err := bikers.Get(r.t.Tx, id[:]) // who is not there yet is a dry run's, and stands in the same list
	if err != nil {
		return naming{}, err
	}
	if !found || !sameNames(other.BikerData, said) || former.OthersEmployeeID == said.EmployeeID {
		return naming{warning: employeeTaken}, nil
	}
	if r.posted.holds(other.Email) {
		return naming{others: said.EmployeeID, warning: employeeTaken}, nil
	}
	warning := employeeMoved
	if other.Password == "" {
		warning += invitationEnded
	}
	return naming{id: said.EmployeeID, loser: other.ID, warning: warning + "."}, nil
}

// naming is what becomes of an employee id that a partner says of a person.
type naming struct {
	id      string  // that the person may have; empty: none
	others  string  // the id that stays another one's of the same names
	loser   guid.ID // who has it until now; zero: nobody
	warning string
}

// sameNames compares first and last names, whatever their case and spacing. Both are in Unicode's form NFC.
func sameNames(a, b BikerData) bool {
	same := func(a, b string) bool {
		return strings.EqualFold(strings.Join(strings.Fields(a), " "), strings.Join(strings.Fields(b), " "))
	}
	return same(a.FirstName, b.FirstName) && same(a.LastName, b.LastName)
}

// loseEmployee is for a person whose employee id names another one now. An invitation of theirs is revoked: it went to
// an address that was corrected. Should the partner go on posting them, they are another person after all, and are told
// again of their account, by a link that works. Zero is nobody.
func (t tx) loseEmployee(id guid.ID) error {
	if id.IsZero() {
		return nil
	}
	biker, err := t.biker(id)
	if err != nil {
		return err
	}
	biker.EmployeeID, biker.OthersEmployeeID = "", biker.EmployeeID
	if biker.Password == "" {
		biker.LinkGeneration++
		notice := noticeKey(addressSum(biker.Email), noticeExisting, noFaults)
		if err := t.forgetNotice(notice, biker.Partner); err != nil {
			return err
		}
	}
	if err := bikers.Put(t.Tx, biker.ID[:], biker); err != nil {
		return err
	}
	return t.tell(Event{Type: "biker.updated", Biker: biker.ID, Partner: biker.Partner})
}
