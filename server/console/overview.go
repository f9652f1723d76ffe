package console

import (
	"fmt"
	"net/http"
	"slices"
	"time"

	"postern/server/operator"
	"postern/server/web/page"
	"postern/store"
	"postern/store/series"
)

// overview is what its template draws.
type overview struct {
	Verdict page.Verdict
	Tiles   []tile
	Acts    []*page.Form
	Silent  []silentRow
	Spans   []plotSpan
	Gaps    bool // plots show when the appliance did not run
	Zone    string
}

// silentRow is a partner that should call and does not.
type silentRow struct {
	Name  string
	Since instant
}

// tile is one number that matters now, and where it leads.
type tile struct{ Number, Text, URL, Class string }

// plotSpan are the plots of a day, or of a month.
type plotSpan struct {
	Title string
	Plots []plot
	Empty bool // nothing happened in it: one sentence says so
}

// overview is the first page: whether letters go out, what waits, and the last day and month.
func (h *Handlers) overview(v *visit) error {
	queue, err := h.Acts.Queue()
	if err != nil {
		return err
	}
	silent, err := h.Silent()
	if err != nil {
		return err
	}
	status := h.Status()
	now := h.Now()
	slots := h.History.Between(v.R.Context(), now.Add(-series.Kept), now.Add(time.Second))
	day := h.day(slots)
	var today series.Slot
	for _, c := range day {
		today.Add(c.Slot)
	}
	view := overview{Verdict: h.verdict(status, queue, today), Zone: h.zone(),
		Tiles: tiles(queue, today),
		Spans: []plotSpan{spanOf("The last day", plots("day", day)),
			spanOf("The last month", plots("month", h.month(slots)))}}
	view.Gaps = slices.ContainsFunc(view.Spans, plotSpan.hasGaps)
	for _, one := range silent {
		view.Silent = append(view.Silent, silentRow{one.Name, h.at(one.Since)})
	}
	if queue.Paused {
		view.Acts = append(view.Acts, v.doing(sendingPath+"/resume", "Resume sending", page.Main))
	} else {
		view.Acts = append(view.Acts, v.doing(sendingPath+"/pause", "Pause sending", page.Second))
	}
	return h.draw(v, http.StatusOK, home, "overview", page.Page{Title: "Overview", Bare: true, Data: view})
}

func (s plotSpan) hasGaps() bool { return !s.Empty && len(s.Plots[0].Gaps) > 0 }

func spanOf(title string, plots []plot) plotSpan {
	busy := slices.ContainsFunc(plots, func(p plot) bool { return !p.Empty })
	return plotSpan{Title: title, Plots: plots, Empty: !busy}
}

// Some letters always fail, as to addresses that were written wrong. More than one of manyFailed is a sign of something
// else, unless they are few.
const (
	fewFailed  = 3
	manyFailed = 20
)

// late is how long a letter may be due before something is wrong with sending. postern doctor and the alert rules have
// the same.
const late = 15 * time.Minute

// verdict says whether letters go out. What keeps all of them comes first.
func (h *Handlers) verdict(status Status, queue operator.Queue, today series.Slot) page.Verdict {
	say := func(tone page.Tone, word string, text ...string) page.Verdict {
		return page.Verdict{Tone: tone, Word: word, Text: text}
	}
	waiting := queue.Counts[store.LetterQueued]
	switch {
	case status.Store != nil:
		return say(page.Wrong, "Nothing is stored now", status.Store.Error())
	case !status.PausedUntil.IsZero():
		return say(page.Wrong, "Letters do not go out",
			fmt.Sprintf("The smarthost takes none; %s. It is tried again at %s.", isWaiting(waiting),
				status.PausedUntil.In(h.Zone).Format("15:04:05")), "What went wrong: "+status.Fault)
	case queue.Paused:
		return say(page.Plain, "Sending is paused", "You have paused it; "+isWaiting(waiting)+".")
	case !queue.DueSince.IsZero() && h.Now().Sub(queue.DueSince) > late:
		return say(page.Plain, "Letters are late", fmt.Sprintf("%s. The oldest one that is due should have gone out %s.",
			capital(isWaiting(waiting)), h.ago(queue.DueSince)))
	case queue.FailedLastDay >= fewFailed && queue.FailedLastDay*manyFailed > today.Sent+queue.FailedLastDay:
		return say(page.Plain, "Letters go out, but many fail",
			fmt.Sprintf("%s failed in the last day, %s sent.", letters(queue.FailedLastDay), number(today.Sent)))
	case status.Inbox:
		return say(page.Done, "Letters go to the built-in inbox",
			fmt.Sprintf("No smarthost is set: they reach nobody outside. %s in the last day, %s failed; %s.",
				letters(today.Sent), number(queue.FailedLastDay), isWaiting(waiting)))
	}
	return say(page.Done, "Letters go out", fmt.Sprintf("%s sent in the last day, %s failed; %s.",
		letters(today.Sent), number(queue.FailedLastDay), isWaiting(waiting)))
}

// isWaiting says how many letters wait.
func isWaiting(n int) string {
	switch n {
	case 0:
		return "none waits"
	case 1:
		return "1 letter waits"
	}
	return letters(n) + " wait"
}

func capital(text string) string {
	if text == "" || text[0] < 'a' || text[0] > 'z' {
		return text
	}
	return string(text[0]-'a'+'A') + text[1:]
}

func tiles(queue operator.Queue, today series.Slot) []tile {
	list := func(state store.LetterState) string { return lettersPath + "?state=" + string(state) }
	all := []tile{
		{Number: number(today.Sent), Text: "sent in 24 hours", URL: list(store.LetterSent)},
		{Number: number(queue.FailedLastDay), Text: "failed in 24 hours", URL: list(store.LetterFailed)},
		{Number: number(queue.Counts[store.LetterQueued]), Text: "queued", URL: list(store.LetterQueued)},
		{Number: number(queue.Counts[store.LetterHeld]), Text: "held", URL: list(store.LetterHeld)},
		{Number: number(today.Bikers + today.Users), Text: "registered in 24 hours",
			URL: eventsPath + "?type=biker.created"},
	}
	if queue.FailedLastDay > 0 {
		all[1].Class = "bad"
	}
	if queue.Counts[store.LetterHeld] > 0 {
		all[3].Class = "warn"
	}
	return all
}

// zone says in which zone times are.
func (h *Handlers) zone() string {
	name, _ := h.Now().In(h.Zone).Zone()
	return "Times are " + name + " (" + h.Zone.String() + ")."
}
