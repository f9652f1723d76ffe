package console

import (
	"net/http"

	"postern/server/operator"
	"postern/server/web/fields"
	"postern/server/web/page"
	"postern/store/guid"
)

// peopleView is what its template draws.
type peopleView struct {
	Find, Fault string
	Found       []foundPerson
}

// foundPerson is one of those whom an address names: bikers and users are two populations.
type foundPerson struct{ URL, Kind, Text string }

// people finds a person by the address or by an id; an id of something else leads there.
func (h *Handlers) people(v *visit) error {
	find := fields.Trim(v.R.URL.Query().Get("find"))
	view := peopleView{Find: find}
	status := http.StatusOK
	if find != "" {
		found, fault, err := h.findPerson(find)
		if err != nil {
			return err
		}
		switch {
		case fault != "":
			view.Fault, status = fault, http.StatusNotFound
		case found.Biker.IsZero() || found.User.IsZero():
			return v.SeeOther(foundPath(found))
		default:
			view.Found = []foundPerson{
				{personPath(bikersPath, found.Biker), "Biker", "registered by a partner; logs in with a password"},
				{personPath(usersPath, found.User), "User", "registered alone; reads documents, decides about loads"},
			}
		}
	}
	return h.draw(v, status, peoplePath, "people", page.Page{Title: "People", Data: view})
}

// findPerson finds what an address or an id names, or says why there is nothing.
func (h *Handlers) findPerson(find string) (found operator.Found, fault string, err error) {
	if id, wrong := guid.Parse(find); wrong == nil {
		if found, err = h.Acts.FindID(id); err == nil && found.IsNothing() {
			fault = "Nobody and nothing has this id, or not any more."
		}
		return found, fault, err
	}
	address, wrong := fields.ParseEmail(find)
	if wrong != nil {
		return found, "Look for a whole e-mail address or an id. " + wrong.Error(), nil
	}
	if found, err = h.Acts.FindAddress(address); err == nil && found.IsNothing() {
		fault = "Nobody has the address " + address + "."
	}
	return found, fault, err
}

// foundPath is the page of the one thing that was found.
func foundPath(found operator.Found) string {
	switch {
	case !found.Biker.IsZero():
		return personPath(bikersPath, found.Biker)
	case !found.User.IsZero():
		return personPath(usersPath, found.User)
	case !found.Letter.IsZero():
		return letterPath(found.Letter)
	}
	return cleaningPath(found.Cleaning)
}

func personPath(population string, id guid.ID) string { return population + "/" + id.String() }
