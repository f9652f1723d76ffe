package console

import (
	"context"
	"net/http"
	"net/url"
	"slices"

	"postern/server/operator"
	"postern/server/web/fields"
	"postern/server/web/page"
	"postern/store"
	"postern/store/guid"
	"postern/store/refuse"
)

// listed at once on one page.
const (
	pageLetters = 50
	pageEvents  = 100
)

// letterList is what its template draws.
type letterList struct {
	Tabs   []tab
	State  store.LetterState
	Find   string // what was looked for
	Fault  string // what is wrong with it
	Rows   []letterRow
	Next   string // leads to older ones
	First  string // leads back to the newest
	Acts   []askedAct
	Zone   string
	Nobody string // why there is nothing
}

// tab is one choice of a list.
type tab struct {
	Text, URL, Count string
	Current          bool
}

// letterRow is a letter in a list.
type letterRow struct {
	URL, To, Kind, State, Tone, Why string
	Owed, Done                      instant
	Tries                           int
}

// askedAct is an act on many, which wants a second click.
type askedAct struct {
	Title, Text string
	Form        *page.Form
}

// letters lists letters by state, and finds them by address, id or reference.
func (h *Handlers) letters(v *visit) error {
	query := v.R.URL.Query()
	state, find := store.LetterState(query.Get("state")), fields.Trim(query.Get("find"))
	if state != "" && !slices.Contains(state.Words(), string(state)) {
		return h.refused(v, http.StatusBadRequest, "There is no such state of letters.")
	}
	view := letterList{State: state, Find: find, Zone: h.zone()}
	filter := store.LetterFilter{State: state, Limit: pageLetters}
	status := http.StatusOK
	if find != "" {
		to, letter, fault := h.findLetter(find)
		switch {
		case !letter.IsZero():
			return v.SeeOther(letterPath(letter))
		case fault != "":
			view.Fault, status = fault, http.StatusNotFound
		}
		filter.To = to
	}
	if before := query.Get("before"); before != "" {
		id, err := guid.Parse(before)
		if err != nil {
			return h.refused(v, http.StatusBadRequest, "The page before is not a letter's id.")
		}
		filter.Before, view.First = id, listURL(lettersPath, "state", string(state), "find", find)
	}
	if view.Fault == "" {
		found, err := h.Acts.Letters(filter)
		if refuse.Is(err, refuse.NotFound) { // the letter that the page before ended with is deleted
			return v.SeeOther(view.First)
		}
		if err != nil {
			return err
		}
		view.Rows = h.letterRows(found.Items)
		if !found.Next.IsZero() {
			view.Next = listURL(lettersPath, "state", string(state), "find", find, "before", found.Next.String())
		}
	}
	sending, err := h.Acts.Sending()
	if err != nil {
		return err
	}
	view.tabs(sending, find)
	view.acts(v, sending)
	return h.draw(v, status, lettersPath, "letters", page.Page{Title: "Letters", Data: view})
}

// findLetter reads what was looked for: an address, a letter's id or its reference.
func (h *Handlers) findLetter(find string) (to string, letter guid.ID, fault string) {
	if guid.IsShort(find) {
		id, err := h.Acts.LetterReferred(find)
		if err != nil {
			return "", id, "There is no letter with this reference any more."
		}
		return "", id, ""
	}
	if id, err := guid.Parse(find); err == nil {
		if _, err := h.Acts.Letter(gone, id); err != nil {
			return "", guid.ID{}, "There is no letter with this id any more."
		}
		return "", id, ""
	}
	address, err := fields.ParseEmail(find)
	if err != nil {
		return "", guid.ID{}, "Look for a whole e-mail address, a letter’s id, or the reference that ends it. " +
			err.Error()
	}
	return address, guid.ID{}, ""
}

// gone is the context of a call that waits for nothing.
var gone = func() context.Context {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	return ctx
}()

func (view *letterList) tabs(sending operator.Sending, find string) {
	all := 0
	for _, word := range view.State.Words() {
		n := sending.Counts[store.LetterState(word)]
		all += n
		view.Tabs = append(view.Tabs, tab{Text: word, URL: listURL(lettersPath, "state", word, "find", find),
			Count: number(n), Current: view.State == store.LetterState(word)})
	}
	view.Tabs = slices.Insert(view.Tabs, 0, tab{Text: "all", URL: listURL(lettersPath, "find", find),
		Count: number(all), Current: view.State == ""})
	if find != "" {
		for i := range view.Tabs {
			view.Tabs[i].Count = ""
		}
	}
}

// acts are those on all letters of a state.
func (view *letterList) acts(v *visit, sending operator.Sending) {
	add := func(action, title, button, text string) {
		view.Acts = append(view.Acts, askedAct{title, text, v.doing(sendingPath+"/"+action, button, page.Main)})
	}
	if n := sending.Counts[store.LetterFailed]; view.State == store.LetterFailed && n > 0 {
		add("retry-failed", "Retry all failed", "Retry "+letters(n),
			counted(n, "letter is", "letters are")+" tried again now, with the schedule begun anew.")
	}
	if n := sending.Counts[store.LetterHeld]; view.State == store.LetterHeld && n > 0 {
		add("release-held", "Release all held", "Release "+letters(n),
			counted(n, "letter is", "letters are")+" sent now; a limit has held them, or you have.")
	}
}

func (h *Handlers) letterRows(found []operator.Letter) []letterRow {
	rows := make([]letterRow, len(found))
	for i, l := range found {
		rows[i] = letterRow{URL: letterPath(l.ID), To: l.To, Kind: string(l.Kind), State: string(l.State),
			Tone: tone(l.State), Why: why(l), Owed: h.at(l.OwedAt), Done: h.at(l.DoneAt), Tries: l.Tries}
	}
	return rows
}

// why is the last that is known of what became of a letter.
func why(l operator.Letter) string {
	if l.Reason != "" {
		return l.Reason
	}
	if n := len(l.Attempts); n > 0 && l.State != store.LetterSent {
		return l.Attempts[n-1].Text
	}
	return ""
}

// tone is how a letter's state is told apart at a glance.
func tone(state store.LetterState) string {
	switch state {
	case store.LetterSent:
		return string(page.Done)
	case store.LetterFailed:
		return string(page.Wrong)
	case store.LetterHeld:
		return string(page.Plain)
	}
	return quiet
}

// quiet is the tone of what is as it should be, and not done yet.
const quiet = "quiet"

func letterPath(id guid.ID) string { return lettersPath + "/" + id.String() }

// listURL is the address of a list with the parameters that are not empty.
func listURL(path string, pairs ...string) string {
	values := url.Values{}
	for pair := range slices.Chunk(pairs, 2) {
		if pair[1] != "" {
			values.Set(pair[0], pair[1])
		}
	}
	if len(values) == 0 {
		return path
	}
	return path + "?" + values.Encode()
}
