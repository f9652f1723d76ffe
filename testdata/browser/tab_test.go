package browser

import (
	"context"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// patience is how long one step may take before the test fails, on a machine that has much else to do.
const patience = 3 * time.Minute

// tab is one browser as a person sits before it: with cookies of its own.
type tab struct {
	*testing.T
	a     *appliance
	ctx   context.Context
	width int64 // of the window, in CSS pixels
}

// A usual phone, and a desk.
const phoneWidth, deskWidth = 390, 1440

// newPhone is newTab on a phone.
func (a *appliance) newPhone(t *testing.T, language string) *tab {
	t.Helper()
	b := a.newTab(t, language)
	b.width = phoneWidth
	b.resize(b.width)
	return b
}

func (b *tab) resize(width int64) { b.Helper(); b.do(chromedp.EmulateViewport(width, 800)) }

// newTab opens a browser that asks for that language. It fails the test when a page does something that its policy
// forbids, or when a script fails.
func (a *appliance) newTab(t *testing.T, language string) *tab {
	t.Helper()
	ctx, cancel := chromedp.NewContext(browser, chromedp.WithNewBrowserContext())
	t.Cleanup(cancel)
	b := &tab{T: t, a: a, ctx: ctx, width: deskWidth}
	if err := chromedp.Do(ctx); err != nil { // opens it; without the time limit of a step, which would close it again
		t.Fatal(err)
	}
	if err := chromedp.Listen(ctx, b.overhear); err != nil {
		t.Fatal(err)
	}
	b.do(
		call(network.SetExtraHTTPHeaders, network.SetExtraHTTPHeadersParams{
			Headers: network.Headers{"Accept-Language": language},
		}),
		call(emulation.SetFocusEmulationEnabled, emulation.SetFocusEmulationEnabledParams{Enabled: true}),
	)
	return b
}

// withoutScript turns JavaScript off, for the pages that follow.
func (b *tab) withoutScript() *tab {
	b.do(call(emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: true}))
	return b
}

// overhear reports what the page's console shows, but for answers over 399, which many pages here are.
func (b *tab) overhear(event any) {
	switch e := event.(type) {
	case *log.EventEntryAdded:
		if e.Entry.Level == log.EntryLevelError && e.Entry.Source != log.EntrySourceNetwork {
			b.Errorf("the console shows: %s", e.Entry.Text)
		}
	case *runtime.EventExceptionThrown:
		b.Errorf("a script failed: %s", e.ExceptionDetails.Text)
	}
}

// call is a command of the DevTools protocol as a step.
func call[P, R any](command cdp.Command[P, R], params P) chromedp.Action[chromedp.Void] {
	return chromedp.Func(func(ctx context.Context, t *chromedp.Target) error {
		_, err := cdp.Call(ctx, t, command, params)
		return err
	})
}

func (b *tab) do(steps ...chromedp.Action[chromedp.Void]) {
	b.Helper()
	get(b, chromedp.Steps(steps...))
}

// get is what a step gives.
func get[T any](b *tab, step chromedp.Action[T]) T {
	b.Helper()
	ctx, cancel := context.WithTimeout(b.ctx, patience)
	defer cancel()
	v, err := chromedp.Run(ctx, step)
	if err != nil {
		b.Fatalf("%v, on the page %s", err, b.where())
	}
	return v
}

// where says on which page the tab is, in a message.
func (b *tab) where() string {
	ctx, cancel := context.WithTimeout(b.ctx, patience)
	defer cancel()
	where, _ := chromedp.Run(ctx, chromedp.Location())
	text, _ := chromedp.Run(ctx, chromedp.Evaluate[string]("document.body.innerText"))
	return where + ":\n" + text
}

// arrive runs steps that lead to another page, waits for it and gives the status of the answer.
func (b *tab) arrive(steps ...chromedp.Action[chromedp.Void]) (status int64) {
	b.Helper()
	ctx, cancel := context.WithTimeout(b.ctx, patience)
	defer cancel()
	response, err := chromedp.RunResponse(ctx, steps...)
	if err != nil || response == nil {
		b.Fatalf("no answer: %v, on the page %s", err, b.where())
	}
	return response.Status
}

// leads is arrive where one status is right.
func (b *tab) leads(status int64, steps ...chromedp.Action[chromedp.Void]) {
	b.Helper()
	if got := b.arrive(steps...); got != status {
		b.Fatalf("the answer is not %d but %d, on the page %s", status, got, b.where())
	}
}

// visit opens a page: a path of the appliance, or a whole URL.
func (b *tab) visit(status int64, page string) {
	b.Helper()
	if strings.HasPrefix(page, "/") {
		page = b.a.url + page
	}
	b.leads(status, chromedp.Navigate(page))
}

// element runs a function of the first element that the selector means, as "e => e.focus()". It goes without chromedp's
// own queries: those follow the page's nodes by ids, and now and then take one of the page before.
func element[T any](b *tab, selector, function string) T {
	b.Helper()
	return get(b, chromedp.Evaluate[T](fmt.Sprintf(`(%s)(document.querySelector(%q))`, function, selector)))
}

// click clicks in the middle of an element.
func (b *tab) click(selector string) {
	b.Helper()
	at := b.spot(selector)
	b.do(chromedp.MouseClickXY(at[0], at[1]))
}

// press clicks a button or link, waits for the page behind it and wants that status.
func (b *tab) press(status int64, selector string) {
	b.Helper()
	at := b.spot(selector)
	b.leads(status, chromedp.MouseClickXY(at[0], at[1]))
}

// spot brings an element into view, and gives the place of its middle, once that stays: a new page still scrolls to the
// field that has the focus when its first frame is drawn.
func (b *tab) spot(selector string) []float64 {
	b.Helper()
	for place := b.middle(selector); ; {
		b.draw()
		again := b.middle(selector)
		if slices.Equal(place, again) {
			return place
		}
		place = again
	}
}

func (b *tab) middle(selector string) []float64 {
	b.Helper()
	return element[[]float64](b, selector, `e => {
		e.scrollIntoView({block: "center", behavior: "instant"});
		const box = e.getBoundingClientRect();
		return [box.x + box.width / 2, box.y + box.height / 2];
	}`)
}

// draw has a frame drawn, by taking a picture: until one is, a busy Chromium takes clicks by the one before. It is of the
// whole window, since for a part of it Chromium moves what is in the window to there and back, and takes clicks meanwhile.
func (b *tab) draw() {
	b.Helper()
	b.do(call(page.CaptureScreenshot, page.CaptureScreenshotParams{Format: "jpeg", Quality: new(int64(1))}))
}

// button means the button of the form that posts to that path.
func button(action string) string { return `form[action="` + action + `"] button:not([type])` }

// send presses the button of the form that posts to that path.
func (b *tab) send(status int64, action string) { b.Helper(); b.press(status, button(action)) }

// fill puts a text into the field of that name, as by pasting, in place of what stands there.
func (b *tab) fill(name, text string) {
	b.Helper()
	element[chromedp.Void](b, `[name="`+name+`"]:not([type=hidden])`, `e => { e.focus(); e.select(); }`)
	b.do(call(input.InsertText, input.InsertTextParams{Text: text}))
}

// keys presses keys, on whatever has the focus.
func (b *tab) keys(keys string) { b.Helper(); b.do(chromedp.KeyEvent(keys)) }

// enter presses the Enter key and waits for the page to which it leads.
func (b *tab) enter(status int64) { b.Helper(); b.leads(status, chromedp.KeyEvent(kb.Enter)) }

// at wants the tab to be on that path.
func (b *tab) at(path string) {
	b.Helper()
	if u, err := url.Parse(get(b, chromedp.Location())); err != nil || u.Path != path {
		b.Fatalf("the page is not %s but %s", path, b.where())
	}
}

// shows wants those texts on the page, as a person reads them.
func (b *tab) shows(texts ...string) {
	b.Helper()
	page := element[string](b, "body", `e => e.innerText`)
	for _, text := range texts {
		if !strings.Contains(page, text) {
			b.Errorf("the page does not show %q, but:\n%s", text, page)
		}
	}
}

// unfold opens all folded sections of a page.
func (b *tab) unfold() {
	b.Helper()
	for range 10 {
		const closed = `details.section:not([open])`
		if !get(b, chromedp.Evaluate[bool](`document.querySelector("`+closed+`") !== null`)) {
			return
		}
		b.click(closed + ` summary`)
	}
	b.Fatalf("sections stay closed: %s", b.where())
}

// speaks wants the page to be in that language, by its own word: "nl".
func (b *tab) speaks(language string) {
	b.Helper()
	if got := element[string](b, "html", `e => e.lang`); got != language {
		b.Errorf("the page is not in %q but in %q: %s", language, got, b.where())
	}
}
