package console

import (
	"net/http"
	"strconv"
	"time"

	"postern/server/web/fields"
	"postern/server/web/page"
	"postern/server/wire"
	"postern/store"
	"postern/store/guid"
)

// eventList is what its template draws.
type eventList struct {
	Type, About, Until string
	Types              []string
	Fault              string
	Rows               []eventRow
	Looked             string
	Next, First        string
	Zone               string
}

// eventRow is an event in a list, with what it names.
type eventRow struct {
	Seq   string
	At    instant
	Type  string
	About []page.Link // a link without a URL is a word
}

// eventTypes are offered to choose from: those that end in a point are groups.
var eventTypes = []string{"biker.", "biker.created", "biker.existing", "biker.updated", "biker.failed",
	"biker.password_set", "user.", "user.registered", "user.activated", "user.signed_in", "letter.", "letter.sent",
	"letter.failed", "cleaning.", "cleaning.stored", "cleaning.mailed", "load.", "load.completed", "load.rejected",
	"load.reopened", "person.erased", "operator."}

// events lists the events, the newest first.
func (h *Handlers) events(v *visit) error {
	query := v.R.URL.Query()
	view := eventList{Type: query.Get("type"), About: fields.Trim(query.Get("about")), Until: query.Get("until"),
		Types: eventTypes, Zone: h.zone()}
	filter := store.EventFilter{Kind: view.Type, About: view.About, Limit: pageEvents}
	if id, err := guid.Parse(view.About); err == nil {
		filter.About = id.String()
	}
	if view.Until != "" {
		day, err := time.ParseInLocation(time.DateOnly, view.Until, h.Zone)
		if err != nil {
			view.Fault = "Write the day as 2026-11-26."
			return h.draw(v, http.StatusBadRequest, eventsPath, "events", page.Page{Title: "Events", Data: view})
		}
		filter.Until = day.AddDate(0, 0, 1)
	}
	if before := query.Get("before"); before != "" {
		seq, err := strconv.ParseUint(before, 10, 63)
		if err != nil || seq == 0 {
			return h.refused(v, http.StatusBadRequest, "The page before is no number of an event.")
		}
		filter.Before, view.First = seq, view.url("")
	}
	found, err := h.Acts.LatestEvents(filter)
	if err != nil {
		return err
	}
	view.Rows = h.eventRows(found.Events)
	if found.More {
		view.Next = view.url(strconv.FormatUint(found.To, 10))
	}
	if found.From >= found.To {
		view.Looked = "Looked at the events " + number(found.To) + " to " + number(found.From) + "."
	}
	return h.draw(v, http.StatusOK, eventsPath, "events", page.Page{Title: "Events", Data: view})
}

func (view eventList) url(before string) string {
	return listURL(eventsPath, "type", view.Type, "about", view.About, "until", view.Until, "before", before)
}

func (h *Handlers) eventRows(found []wire.Event) []eventRow {
	rows := make([]eventRow, len(found))
	for i, e := range found {
		row := eventRow{Seq: strconv.FormatUint(e.Seq, 10), At: h.at(e.At), Type: e.Type}
		add := func(id guid.ID, word string, path func(guid.ID) string) {
			if !id.IsZero() {
				row.About = append(row.About, page.Link{URL: path(id), Text: word + " " + id.Short()})
			}
		}
		add(e.Biker, "biker", func(id guid.ID) string { return personPath(bikersPath, id) })
		add(e.User, "user", func(id guid.ID) string { return personPath(usersPath, id) })
		add(e.Letter, "letter", letterPath)
		add(e.Cleaning, "cleaning", cleaningPath)
		for _, word := range []string{e.About, e.Partner} {
			if word != "" {
				row.About = append(row.About, page.Link{Text: word})
			}
		}
		rows[i] = row
	}
	return rows
}
