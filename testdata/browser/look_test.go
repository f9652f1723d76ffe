package browser

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"
)

// The widths of a small phone, a usual one, a tablet and a desk, in CSS pixels; 320 is what WCAG 2.2's 1.4.10
// (Reflow) wants.
var widths = []int64{320, phoneWidth, 768, deskWidth}

// checkAxe asks axe-core for everything that WCAG 2.2 AA wants. What an iframe holds is a page of its own, and looked
// at as such.
const checkAxe = `axe.run(document, {
	runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"], resultTypes: ["violations"], iframes: false,
}).then(found => found.violations.map(v => v.id + ": " + v.help + "\n\t" +
	v.nodes.map(n => n.html + "\n\t\t" + n.failureSummary.replace(/\s+/g, " ")).join("\n\t")))`

// checkWidth lists what makes the page wider than the window.
const checkWidth = `document.documentElement.scrollWidth <= innerWidth ? [] :
	[...document.querySelectorAll("body *")].filter(e => e.getBoundingClientRect().right > innerWidth + .5)
		.map(e => e.outerHTML.slice(0, 200))`

// look checks the page as it is now, in light at each width and in dark, and goes through it by keyboard. It leaves the
// page light and as wide as it was.
func (b *tab) look(name string) {
	b.Helper()
	b.lookAt(name, "dark", phoneWidth) // what a scheme changes does not depend on the width
	b.lookAt(name, "light", widths...)
	b.resize(b.width)
	b.walk()
}

// lookAt checks the page in one scheme at some widths, and keeps a picture of each where -pictures says so. Between a
// phone and a desk there is nothing that axe-core would find at neither.
func (b *tab) lookAt(name, scheme string, widths ...int64) {
	b.Helper()
	b.do(call(emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Features: []*emulation.MediaFeature{
		{Name: "prefers-color-scheme", Value: scheme},
		{Name: "prefers-reduced-motion", Value: "reduce"}, // so that no colour is seen half-way
	}}))
	for _, width := range widths {
		b.resize(width)
		if width == phoneWidth || width == deskWidth || len(widths) == 1 {
			if wrong := b.axe(); len(wrong) > 0 {
				b.Errorf("%s, %s, %d px: axe finds\n%s", name, scheme, width, strings.Join(wrong, "\n"))
			}
		}
		if wide := get(b, chromedp.Evaluate[[]string](checkWidth)); len(wide) > 0 {
			b.Errorf("%s, %s: wider than %d px:\n%s", name, scheme, width, strings.Join(wide, "\n"))
		}
		if *pictures {
			b.picture(fmt.Sprintf("%s-%d-%s.png", name, width, scheme))
		}
	}
}

// axe is what axe-core finds on the page. It comes through the protocol, since the pages' policy lets no script in that
// is not theirs, and once to a document, in which a page may be shown in another's place.
func (b *tab) axe() (wrong []string) {
	b.Helper()
	if !get(b, chromedp.Evaluate[bool]("Boolean(window.axe)")) {
		b.do(chromedp.Evaluate[chromedp.Void](axe))
	}
	return get(b, chromedp.Evaluate[[]string](checkAxe, chromedp.EvalAwaitPromise))
}

// tallest is what Chromium can draw in one picture, in pixels.
const tallest = 16_000

// picture keeps a picture of the whole page, or of as much of its beginning as can be drawn.
func (b *tab) picture(name string) {
	b.Helper()
	size := get(b, chromedp.Evaluate[[]float64](
		"[document.documentElement.scrollWidth, document.documentElement.scrollHeight]"))
	clip := &page.Viewport{Width: size[0], Height: min(size[1], tallest), Scale: 1}
	picture := get(b, func(ctx context.Context, t *chromedp.Target) (page.CaptureScreenshotResult, error) {
		return cdp.Call(ctx, t, page.CaptureScreenshot, page.CaptureScreenshotParams{
			CaptureBeyondViewport: new(true), OptimizeForSpeed: new(true), Clip: clip})
	})
	if err := os.WriteFile(filepath.Join(shots, name), picture.Data, 0o644); err != nil {
		b.Fatal(err)
	}
}
