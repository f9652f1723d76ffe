package console

import (
	"context"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	"postern/server/operator"
	"postern/server/web/page"
	"postern/store"
	"postern/store/guid"
	"postern/store/refuse"
)

// letterView is what its template draws.
type letterView struct {
	State, Tone string
	Rows        []page.Row
	Attempts    []attemptRow
	More        string // how many tries are not shown
	Acts        []*page.Form
	Ways        []page.Link
	Zone        string
}

// attemptRow is one try to hand a letter over.
type attemptRow struct {
	At                                    instant
	Took, Class, Tone, How, Text, QueueID string
}

// letter shows a letter with its tries.
func (h *Handlers) letter(v *visit) error {
	id, err := guid.Parse(v.Param("id"))
	if err != nil {
		return h.refused(v, http.StatusNotFound, "There is no such letter.")
	}
	l, err := h.Acts.Letter(gone, id)
	if refuse.Is(err, refuse.NotFound) {
		return h.refused(v, http.StatusNotFound, "There is no such letter any more.")
	}
	if err != nil {
		return err
	}
	view := letterView{State: string(l.State), Tone: tone(l.State), Rows: h.letterFacts(l), Zone: h.zone()}
	for _, a := range l.Attempts {
		view.Attempts = append(view.Attempts, h.attempt(a))
	}
	if hidden := l.Tries - len(l.Attempts); hidden > 0 {
		view.More = "Tries in all: " + strconv.Itoa(l.Tries) + "; the last ones are kept."
	}
	view.Ways = h.letterWays(l)
	p := page.Page{Title: "Letter " + l.ID.Short(), Data: &view}
	for _, act := range letterActs {
		if !act.when(l) {
			continue
		}
		form := v.doing(letterPath(id)+"/"+act.name, act.button, act.style)
		if act.style != page.Grave {
			view.Acts = append(view.Acts, form)
			continue
		}
		p.Sections = append(p.Sections, page.Section{Title: act.button, Text: []string{act.text}, Form: form,
			Folded: true})
	}
	return h.draw(v, http.StatusOK, lettersPath, "letter", p)
}

// letterActs are what can be done with a letter.
var letterActs = []struct {
	name, button, text string
	style              page.Style
	when               func(operator.Letter) bool
	do                 func(*operator.Operator, context.Context, guid.ID) (operator.Letter, error)
	done               string
}{
	{"retry", "Try now", "", page.Main, func(l operator.Letter) bool {
		return l.To != "" && (l.State == store.LetterFailed || l.State == store.LetterQueued)
	}, (*operator.Operator).RetryLetter, "It is tried now."},
	{"release", "Release", "", page.Main, func(l operator.Letter) bool { return l.State == store.LetterHeld },
		(*operator.Operator).ReleaseLetter, "It is released, and sent now."},
	{"hold", "Hold", "", page.Second, func(l operator.Letter) bool { return l.State == store.LetterQueued },
		(*operator.Operator).HoldLetter, "It is held until you release it."},
	{"cancel", "Cancel this letter", "It is never sent then, and that cannot be taken back.", page.Grave,
		func(l operator.Letter) bool { return l.State == store.LetterQueued || l.State == store.LetterHeld },
		(*operator.Operator).CancelLetter, "It is cancelled."},
}

// actOnLetter makes the handler of an act on one letter.
func (h *Handlers) actOnLetter(name string) func(*visit) error {
	return func(v *visit) error {
		id, err := guid.Parse(v.Param("id"))
		if err != nil {
			return h.refused(v, http.StatusNotFound, "There is no such letter.")
		}
		for _, act := range letterActs {
			if act.name != name {
				continue
			}
			if _, err := act.do(h.Acts, v.R.Context(), id); err != nil {
				return v.without(letterPath(id), err)
			}
			return v.done(letterPath(id), act.done)
		}
		return fmt.Errorf("no act %q", name)
	}
}

func (h *Handlers) letterFacts(l operator.Letter) []page.Row {
	rows := []page.Row{{Label: "To", Value: l.To}, {Label: "What", Value: string(l.Kind) + ", " + l.Language}}
	add := func(label, value string) {
		if value != "" {
			rows = append(rows, page.Row{Label: label, Value: value})
		}
	}
	if l.To == "" {
		rows[0].Value = "nobody any more: the person was erased"
	}
	add("Why", l.Reason)
	add("Owed", h.clock(l.OwedAt))
	add("Next try", h.clock(l.DueAt))
	add(capital(string(l.State)), h.clock(l.DoneAt))
	if l.Tries > 0 {
		add("Tries", strconv.Itoa(l.Tries))
	}
	if l.Waited > 0 {
		add("Waited", l.Waited.String()+" by its own delays")
	}
	add("Caused by", l.Partner)
	add("Id", l.ID.String())
	add("Reference", l.ID.Short())
	add("Message-ID", l.MessageID)
	return rows
}

// letterWays lead to whom and what a letter is about.
func (h *Handlers) letterWays(l operator.Letter) (list []page.Link) {
	if l.To != "" {
		list = append(list, page.Link{URL: listURL(peoplePath, "find", l.To), Text: "The person"},
			page.Link{URL: listURL(lettersPath, "find", l.To), Text: "All letters to this address"})
	}
	if !l.CleaningID.IsZero() {
		list = append(list, page.Link{URL: cleaningPath(l.CleaningID), Text: "The cleaning"})
	}
	return append(list, page.Link{URL: listURL(eventsPath, "about", l.ID.String()), Text: "Its events"})
}

func (h *Handlers) attempt(a operator.Attempt) attemptRow {
	row := attemptRow{At: h.at(a.At), Took: strconv.FormatInt(a.Milliseconds, 10) + " ms", Class: string(a.Class),
		Text: a.Text, QueueID: a.QueueID, Tone: quiet}
	switch a.Class {
	case store.AttemptSent:
		row.Tone = string(page.Done)
	case store.AttemptPermanent, store.AttemptSmarthost, store.AttemptReturned:
		row.Tone = string(page.Wrong)
	case store.AttemptTemporary, store.AttemptUncertain:
		row.Tone = string(page.Plain)
	}
	var how []string
	if a.Phase != "" {
		how = append(how, a.Phase)
	}
	if a.Code > 0 {
		how = append(how, strconv.Itoa(a.Code))
	}
	if a.Enhanced != "" {
		how = append(how, a.Enhanced)
	}
	row.How = strings.Join(how, " ")
	return row
}

// sending makes the handler of an act on the queue as a whole.
func (h *Handlers) sending(act func(context.Context) (done string, err error)) func(*visit) error {
	return func(v *visit) error {
		done, err := act(v.R.Context())
		if err != nil {
			return v.without(home, err)
		}
		return v.done(home, done)
	}
}

func (h *Handlers) pause(ctx context.Context) (string, error) {
	_, err := h.Acts.PauseSending(ctx)
	return "Sending is paused. Letters wait, and that counts against none.", err
}

func (h *Handlers) resume(ctx context.Context) (string, error) {
	_, err := h.Acts.ResumeSending(ctx)
	return "Letters go out again.", err
}

// manyPatience is how long a page waits for an act on many letters. A hundred thousand take seconds, which the act goes
// on for behind the page.
const manyPatience = 100 * time.Millisecond

// onMany makes the handler of an act on all letters of a state. One is under way at a time; Run ends it.
func (h *Handlers) onMany(act func(context.Context) (int, error), done string) func(*visit) error {
	return func(v *visit) error {
		if !h.many.TryLock() {
			return v.without(lettersPath, refuse.New(refuse.Conflict, "Many letters are being changed already: "+
				"wait until that is done."))
		}
		type outcome struct {
			n   int
			err error
		}
		ended := make(chan outcome, 1)
		log := v.Log()
		h.tasks.Go(func() {
			defer h.many.Unlock()
			n, err := act(h.working)
			if err != nil {
				log.Error().Err(err).Int("letters", n).Msg("an act on many letters was broken off")
			}
			ended <- outcome{n, err}
		})
		patience := time.NewTimer(h.patience)
		defer patience.Stop()
		select {
		case o := <-ended:
			if o.err != nil {
				return v.without(lettersPath, o.err)
			}
			return v.done(lettersPath, counted(o.n, "letter is", "letters are")+" "+done)
		case <-patience.C:
			return v.done(lettersPath, "It has begun, and goes on. The counts here tell how far it is.")
		}
	}
}
