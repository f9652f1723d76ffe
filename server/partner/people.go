package partner

import (
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"postern/server/input"
	"postern/server/web"
	"postern/server/web/fields"
	"postern/store"
)

// posted is the body of a user.create call, taken apart. What its people say is not yet judged.
type posted struct {
	single  bool
	people  []fields.Part // one, where single; they hold the whole body
	unknown []string      // properties beside the people that nobody documented
	hash    [32]byte      // the body's SHA-256
}

// takeApart finds out by its shape whether a body is a person or a list, and counts the list. Errors mean that nothing of
// it is done.
func takeApart(body []byte) (*posted, error) {
	whole, err := fields.Open(body)
	switch {
	case err != nil:
		return nil, err
	case whole.IsList():
		return listOf(whole, nil)
	case !whole.IsObject():
		return nil, unreadable("The body must be a JSON object that holds user or users, or a list of people.")
	}
	var user, users fields.Part
	top := whole.Read(fields.Object{"user": fields.Keep(&user), "users": fields.Keep(&users)})
	switch {
	case len(top.Faults) > 0:
		return nil, unreadable(top.Faults[""]...)
	case user.IsAbsent() && users.IsAbsent():
		return nil, unreadable(`The body holds neither user nor users: send {"user": {…}} or {"users": […]}.`)
	case !user.IsAbsent() && !users.IsAbsent():
		return nil, unreadable("The body holds both user and users: send one of them.")
	case users.IsList():
		return listOf(users, top.Unknown)
	case user.IsList():
		return listOf(user, top.Unknown)
	case user.IsObject():
		return &posted{single: true, people: []fields.Part{user}, unknown: top.Unknown}, whole.Strict()
	case !users.IsAbsent():
		return nil, unreadable("users must be a list of people, in square brackets; a person alone is sent as user.")
	}
	return nil, unreadable("user must be a person, in curly brackets, or a list of people, in square brackets.")
}

func listOf(people fields.Part, unknown []string) (*posted, error) {
	items, all := people.Items(maxPeople)
	if !all {
		return nil, &web.Problem{Status: http.StatusRequestEntityTooLarge,
			Detail: fmt.Sprintf("The list is too long: send at most %d people in a call.", maxPeople)}
	}
	return &posted{people: items, unknown: unknown}, nil
}

// candidates judges each person by itself, and lets go of the body. Its error is what makes a single person unreadable; in
// a list that is the person's own fault.
func (in *posted) candidates() ([]store.Candidate, error) {
	people := in.people
	in.people = nil
	list := make([]store.Candidate, len(people))
	clerk := newClerk()
	for i, person := range people {
		list[i] = clerk.judge(person, !in.single)
	}
	if !in.single {
		return list, nil
	}
	one := &list[0]
	if sentences := one.Faults[""]; len(sentences) > 0 {
		return nil, unreadable(sentences...)
	}
	if len(in.unknown) > 0 {
		one.Warnings = append(one.Warnings, ignored(in.unknown))
	}
	return list, nil
}

// The bounds of a person's fields, in code points.
const (
	maxCode   = 64
	maxName   = 100
	maxNumber = 100
)

// clerk judges one person after another. Each is read into the same candidate, so that the readers are made once for all.
type clerk struct {
	candidate store.Candidate
	person    fields.Object
	wrapped   fields.Object // of a list's item that is {"user": {…}}

	unknown []string // those of the last person who had some, which tend to be everybody's
	warning string   // about them
}

func newClerk() *clerk {
	k := &clerk{}
	to, number := &k.candidate, fields.Limits{Max: maxNumber}
	k.person = fields.Object{
		"BikePlanCode":       fields.Text(&to.BikePlanCode, fields.Limits{Required: true, Max: maxCode}),
		"FirstName":          fields.Name(&to.FirstName, maxName, true),
		"LastName":           fields.Name(&to.LastName, maxName, true),
		"Email":              fields.EmailAsSaid(&to.Email, &to.Said),
		"Language":           fields.Enum(&to.Language, true, "NL", "FR", "EN"),
		"ContractType":       fields.Enum(&to.ContractType, false, "clerk", "worker"),
		"partner_EmployeeID": fields.NumberOrText(&to.EmployeeID, number),
		"PersonnelNumber":    fields.NumberOrText(&to.PersonnelNumber, number),
	}
	k.wrapped = fields.Object{"user": fields.Keep(new(fields.Part))}
	return k
}

// judge reads one person. Faults at "" are about the person as a whole.
func (k *clerk) judge(item fields.Part, maybeWrapped bool) store.Candidate {
	if sentence := item.Fault(); sentence != "" {
		return store.Candidate{Faults: map[string][]string{"": {sentence}}}
	}
	person, around := item, fields.Report{}
	if maybeWrapped {
		if user := item.Member("user"); !user.IsAbsent() {
			person, around = user, item.Read(k.wrapped)
		}
	}
	k.candidate = store.Candidate{}
	report := person.Read(k.person)
	for _, sentence := range around.Faults[""] {
		report.Fault("", sentence)
	}
	k.warn(append(around.Unknown, report.Unknown...), report.Warnings)
	c := k.candidate
	c.Language = strings.ToLower(c.Language)
	if c.Faults = report.Faults; c.Faults != nil {
		c.BikerData = whatFailedKeeps(c)
	}
	return c
}

// whatFailedKeeps leaves of a person who can't be registered what the answer and the letter need, however long the rest is.
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
func (k *clerk) warn(unknown, retyped []string) {
	to := &k.candidate
	if len(unknown) > 0 {
		if !slices.Equal(unknown, k.unknown) {
			k.unknown, k.warning = unknown, ignored(unknown)
		}
		to.Warnings = append(to.Warnings, k.warning)
	}
	to.Warnings = append(to.Warnings, retyped...)
	k.doubt("FirstName", input.DamagedName(to.FirstName))
	k.doubt("LastName", input.DamagedName(to.LastName))
	k.doubt("partner_EmployeeID", input.DamagedNumber(to.EmployeeID))
	k.doubt("PersonnelNumber", input.DamagedNumber(to.PersonnelNumber))
	if isNationalNumber(to.PersonnelNumber) {
		to.Warnings = append(to.Warnings, nationalWarning)
	}
}

// doubt warns of a field that is probably not what it was meant to be.
func (k *clerk) doubt(field, damage string) {
	if damage != "" {
		k.candidate.Warnings = append(k.candidate.Warnings, field+" "+damage+".")
	}
}

func ignored(properties []string) string {
	quoted := make([]string, len(properties))
	for i, name := range properties {
		quoted[i] = strconv.Quote(name)
	}
	return "Ignored, as these properties are not known here: " + strings.Join(quoted, ", ") + "."
}

// isNationalNumber tells whether a text could be a Belgian national number: 11 digits, separated or not as in
// yy.mm.dd-nnn.cc, whose last two are 97 less the rest of the others by 97, with a 2 before them for births from 2000 on
// (royal decree of 3 April 1984, as amended).
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
