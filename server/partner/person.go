package partner

import (
	"slices"
	"strings"

	"postern/server/input"
	"postern/server/web/fields"
	"postern/store"
)

// The bounds of a person's fields, in code points.
const (
	maxCode   = 64
	maxName   = 100
	maxNumber = 100
)

// personReader judges one person after another. Each is read into the same candidate, so that the readers are made
// once for all.
type personReader struct {
	candidate store.Candidate
	person    fields.Object
	wrapped   fields.Object // of a list's item that is {"user": {…}}

	unknown []string // those of the last person who had some, which tend to be everybody's
	warning string   // about them
}

func newPersonReader() *personReader {
	r := &personReader{}
	to, number := &r.candidate, fields.Limits{Max: maxNumber}
	r.person = fields.Object{
		"BikePlanCode":       fields.Text(&to.BikePlanCode, fields.Limits{Required: true, Max: maxCode}),
		"FirstName":          fields.Name(&to.FirstName, maxName, true),
		"LastName":           fields.Name(&to.LastName, maxName, true),
		"Email":              fields.EmailAsSaid(&to.Email, &to.Said),
		"Language":           fields.Enum(&to.Language, true, "NL", "FR", "EN"),
		"ContractType":       fields.Enum(&to.ContractType, false, "clerk", "worker"),
		"partner_EmployeeID": fields.NumberOrText(&to.EmployeeID, number),
		"PersonnelNumber":    fields.NumberOrText(&to.PersonnelNumber, number),
	}
	r.wrapped = fields.Object{"user": fields.Keep(new(fields.Part))}
	return r
}

// read judges one person. Faults at "" are about the person as a whole.
func (r *personReader) read(item fields.Part, maybeWrapped bool) store.Candidate {
	if sentence := item.Fault(); sentence != "" {
		return store.Candidate{Faults: map[string][]string{"": {sentence}}}
	}
	person, around := item, fields.Report{}
	if maybeWrapped {
		if user := item.Member("user"); !user.IsAbsent() {
			person, around = user, item.Read(r.wrapped)
		}
	}
	r.candidate = store.Candidate{}
	report := person.Read(r.person)
	for _, sentence := range around.Faults[""] {
		report.Fault("", sentence)
	}
	if slices.Contains(report.Twice, "Email") || len(around.Twice) > 0 {
		r.candidate.Email = "" // nobody can tell which of the two is to be written to
	}
	r.warn(append(around.Unknown, report.Unknown...), report.Warnings)
	c := r.candidate
	c.Language = strings.ToLower(c.Language)
	if c.Faults = report.Faults; c.Faults != nil {
		c.BikerData = whatFailedKeeps(c)
	}
	return c
}

// whatFailedKeeps leaves of a person who can't be registered what the answer and the letter need, however long the
// rest is.
func whatFailedKeeps(c store.Candidate) store.BikerData {
	kept := store.BikerData{Language: c.Language, EmployeeID: fields.Shorten(c.EmployeeID, maxNumber)}
	if len(c.Faults["BikePlanCode"]) == 0 {
		kept.BikePlanCode = c.BikePlanCode
	}
	return kept
}

const nationalWarning = "PersonnelNumber looks like a Belgian national number, which should not be sent; " +
	"send the client's own number of the person."

// warn notes what is taken all the same.
func (r *personReader) warn(unknown, retyped []string) {
	to := &r.candidate
	if len(unknown) > 0 {
		if !slices.Equal(unknown, r.unknown) {
			r.unknown, r.warning = unknown, ignored(unknown)
		}
		to.Warnings = append(to.Warnings, r.warning)
	}
	to.Warnings = append(to.Warnings, retyped...)
	r.doubt("FirstName", input.DamagedName(to.FirstName))
	r.doubt("LastName", input.DamagedName(to.LastName))
	r.doubt("partner_EmployeeID", input.DamagedNumber(to.EmployeeID))
	r.doubt("PersonnelNumber", input.DamagedNumber(to.PersonnelNumber))
	if isNationalNumber(to.PersonnelNumber) {
		to.Warnings = append(to.Warnings, nationalWarning)
	}
}

// doubt warns of a field that is probably not what it was meant to be.
func (r *personReader) doubt(field, damage string) {
	if damage != "" {
		r.candidate.Warnings = append(r.candidate.Warnings, field+" "+damage+".")
	}
}

// isNationalNumber reports whether a text could be a Belgian national number: 11 digits, separated or not as in
// yy.mm.dd-nnn.cc, whose last two are 97 less the rest of the others by 97, with a 2 before them for births from 2000
// on (royal decree of 3 April 1984, as amended).
func isNationalNumber(text string) bool {
	const digits, shortest, longest = 11, 11, 15
	if len(text) < shortest || len(text) > longest {
		return false
	}
	number, n := 0, 0
	for i := range len(text) {
		switch b := text[i]; {
		case '0' <= b && b <= '9':
			number, n = number*10+int(b-'0'), n+1
		case !strings.ContainsRune(".-/ ", rune(b)):
			return false
		}
	}
	birth, check := number/100, number%100
	return n == digits && (97-birth%97 == check || 97-(2_000_000_000+birth)%97 == check)
}
