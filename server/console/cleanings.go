package console

import (
	"net/http"
	"strconv"

	"postern/server/operator"
	"postern/server/web/fields"
	"postern/server/web/page"
	"postern/server/wire"
	"postern/store"
	"postern/store/guid"
	"postern/store/refuse"
)

// cleaningList is what its template draws.
type cleaningList struct {
	Find, Fault string
	Rows        []cleaningRow
	Next, First string
	Zone        string
}

// cleaningRow is a cleaning in the list.
type cleaningRow struct {
	URL, Number, Station, Tank, Status, Load, Tone string
	Changed                                        instant
}

// pageCleanings is how many are listed at once.
const pageCleanings = 50

// cleanings lists the cleanings in the order of their ids, or finds one.
func (h *Handlers) cleanings(v *visit) error {
	query := v.R.URL.Query()
	view := cleaningList{Find: fields.Trim(query.Get("find")), Zone: h.zone()}
	status := http.StatusOK
	if view.Find != "" {
		id, err := guid.Parse(view.Find)
		if err == nil {
			_, err = h.Acts.Cleaning(id)
		}
		switch {
		case err == nil:
			return v.SeeOther(cleaningPath(id))
		case id.IsZero():
			view.Fault = "Look for a cleaning by its GUID, as 00000000-0000-4000-8000-000000000001."
		case refuse.Is(err, refuse.NotFound):
			view.Fault = "There is no such cleaning."
		default:
			return err
		}
		status = http.StatusNotFound
	}
	var after guid.ID
	if text := query.Get("after"); text != "" {
		var err error
		if after, err = guid.Parse(text); err != nil {
			return h.refused(v, http.StatusBadRequest, "The page before is no cleaning’s id.")
		}
		view.First = cleaningsPath
	}
	found, err := h.Acts.Cleanings(after, pageCleanings)
	if err != nil {
		return err
	}
	for _, c := range found.Items {
		view.Rows = append(view.Rows, cleaningRow{URL: cleaningPath(c.ID), Number: c.Number, Station: c.Station.Name,
			Tank: c.Equipment.Identification, Status: string(c.Status), Load: string(c.Load.Status),
			Tone: loadTone(c.Load.Status), Changed: h.at(c.ChangedAt)})
	}
	if !found.Next.IsZero() {
		view.Next = listURL(cleaningsPath, "after", found.Next.String())
	}
	return h.draw(v, status, cleaningsPath, "cleanings", page.Page{Title: "Cleanings", Data: view})
}

func loadTone(status store.LoadStatus) string {
	switch status {
	case store.LoadCompleted:
		return string(page.Done)
	case store.LoadRejected:
		return string(page.Wrong)
	}
	return quiet
}

func cleaningPath(id guid.ID) string { return cleaningsPath + "/" + id.String() }

// cleaningView is what its template draws.
type cleaningView struct {
	Load, Tone string
	Rows       []page.Row
	LoadRows   []page.Row
	Cards      []page.Card
	Ways       []page.Link
}

func (h *Handlers) cleaning(v *visit) error { return h.drawCleaning(v, http.StatusOK, nil) }

func (h *Handlers) drawCleaning(v *visit, status int, wrong []page.Fault) error {
	id, err := guid.Parse(v.Param("id"))
	if err != nil {
		return h.refused(v, http.StatusNotFound, "There is no such cleaning.")
	}
	c, err := h.Acts.Cleaning(id)
	if refuse.Is(err, refuse.NotFound) {
		return h.refused(v, http.StatusNotFound, "There is no such cleaning, or not any more.")
	}
	if err != nil {
		return err
	}
	view := &cleaningView{Load: string(c.Load.Status), Tone: loadTone(c.Load.Status), Rows: h.cleaningRows(c),
		LoadRows: h.loadRows(c), Cards: compartments(c), Ways: []page.Link{
			{URL: h.PublicURL.JoinPath("eecd", "cleanings", id.String()).String(), Text: "As drivers see it"},
			{URL: listURL(eventsPath, "about", id.String()), Text: "Its events"}}}
	p := page.Page{Title: "Cleaning " + c.Number, Data: view}
	if c.Load.Status != store.LoadOpen {
		p.Sections = append(p.Sections, page.Section{Title: "Take the decision back", Folded: true,
			Text: []string{"The load can be decided again then; both decisions stay in the events."},
			Form: &page.Form{Action: cleaningPath(id) + "/reopen", Button: "Reopen the load", Faults: wrong,
				Fields: []page.Field{{Name: "reason", Label: "Why", Type: page.Lines, Value: v.form["reason"],
					Hint: "It stays with the cleaning: name nobody in it."}}}})
	}
	p.Sections = append(p.Sections, page.Section{Title: "Delete this cleaning", Folded: true,
		Text: []string{"With its document, for good."},
		Form: v.doing(cleaningPath(id)+"/delete", "Delete", page.Grave)})
	return h.draw(v, status, cleaningsPath, "cleaning", p)
}

func (h *Handlers) cleaningRows(c wire.StoredCleaning) []page.Row {
	var rows []page.Row
	add := func(label, value string) {
		if value != "" {
			rows = append(rows, page.Row{Label: label, Value: value})
		}
	}
	add("Status", string(c.Status))
	add("Station", c.Station.Name)
	add("City", c.Station.City)
	add("Customer", c.Customer)
	add("Customer’s reference", c.CustomerReference)
	add("Equipment", string(c.Equipment.Kind))
	add("Identification", c.Equipment.Identification)
	add("Vehicle", c.Equipment.Vehicle)
	add("Next load", c.NextLoad)
	add("Seals", listed(c.Seals, ""))
	add("Comments", c.Comments)
	add("Delivered by", c.Partner)
	if c.Partner == "" {
		add("Delivered by", "you")
	}
	add("Stored", h.clock(c.StoredAt))
	add("Changed", h.clock(c.ChangedAt))
	document := "made from the data"
	if c.Document.Size > 0 {
		document = "uploaded, " + number(c.Document.Size) + " bytes"
	}
	add("Document", document)
	add("Id", c.ID.String())
	return rows
}

func (h *Handlers) loadRows(c wire.StoredCleaning) (rows []page.Row) {
	add := func(label, value string) {
		if value != "" {
			rows = append(rows, page.Row{Label: label, Value: value})
		}
	}
	add("Decided", h.clock(c.Load.DecidedAt))
	add("Product", c.Load.ProductName)
	add("Comment", c.Load.Comment)
	if !c.Load.By.IsZero() {
		add("By the user", c.Load.By.String())
	}
	add("Taken back", h.clock(c.Reopened.At))
	add("Because", c.Reopened.Reason)
	return rows
}

func compartments(c wire.StoredCleaning) (cards []page.Card) {
	for _, one := range c.Compartments {
		card := page.Card{Title: "Compartment " + strconv.Itoa(int(one.Number))}
		if one.PreviousLoad.Name != "" || one.PreviousLoad.UNNumber != "" {
			card.Text = "Before: " + one.PreviousLoad.UNNumber + " " + one.PreviousLoad.Name
		}
		card.Rows = []page.Row{{Label: "Codes", Value: listed(one.Codes, "none")}}
		cards = append(cards, card)
	}
	return cards
}

func (h *Handlers) reopen(v *visit) error {
	id, err := guid.Parse(v.Param("id"))
	if err != nil {
		return h.refused(v, http.StatusNotFound, "There is no such cleaning.")
	}
	reason, err := operator.ReadReason(v.form["reason"])
	if err != nil {
		wrong, err := faults(err, map[string]string{"reason": "reason"})
		if err != nil {
			return err
		}
		return h.drawCleaning(v, http.StatusUnprocessableEntity, wrong)
	}
	if _, err := h.Acts.ReopenCleaning(v.R.Context(), id, reason); err != nil {
		return v.without(cleaningPath(id), err)
	}
	return v.done(cleaningPath(id), "The load is open again.")
}

func (h *Handlers) deleteCleaning(v *visit) error {
	id, err := guid.Parse(v.Param("id"))
	if err != nil {
		return h.refused(v, http.StatusNotFound, "There is no such cleaning.")
	}
	if err := h.Acts.DeleteCleaning(v.R.Context(), id); err != nil {
		return v.without(cleaningPath(id), err)
	}
	return v.done(cleaningsPath, "The cleaning is deleted.")
}
