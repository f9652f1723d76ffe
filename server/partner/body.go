package partner

import (
	"fmt"
	"net/http"
	"strconv"
	"strings"

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

// takeApart finds out by its shape whether a body is a person or a list, and counts the list. Errors mean that
// nothing of it is done.
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

// candidates judges each person by itself, and lets go of the body. Its error is what makes a single person
// unreadable; in a list that is the person's own fault.
func (in *posted) candidates() ([]store.Candidate, error) {
	people := in.people
	in.people = nil
	list := make([]store.Candidate, len(people))
	reader := newPersonReader()
	for i, person := range people {
		list[i] = reader.read(person, !in.single)
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

func ignored(properties []string) string {
	quoted := make([]string, len(properties))
	for i, name := range properties {
		quoted[i] = strconv.Quote(name)
	}
	return "Ignored, as these properties are not known here: " + strings.Join(quoted, ", ") + "."
}
