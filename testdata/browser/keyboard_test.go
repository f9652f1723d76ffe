package browser

import (
	"net/http"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// checkFocus says what is wrong with how the focus is seen: WCAG 2.2, 2.4.7 (visible) and 2.4.11 (not obscured). What
// happens within an iframe is not for the page around it to show.
const checkFocus = `(() => {
	const e = document.activeElement, style = getComputedStyle(e), box = e.getBoundingClientRect();
	if (e === document.body || e.tagName === "IFRAME") return "";
	const middle = (from, to, end) => (Math.max(from, 0) + Math.min(to, end)) / 2; // of the part that the window shows
	const at = document.elementFromPoint(middle(box.left, box.right, innerWidth),
		middle(box.top, box.bottom, innerHeight));
	if (!at || !(e.contains(at) || at.contains(e))) return "hidden: " + e.outerHTML;
	const ring = style.outlineStyle === "auto" || style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2;
	return e.matches(":focus-visible") && ring ? "" : "without a ring: " + e.outerHTML;
})()`

// tab presses Tab, and wants to see where the focus is then.
func (b *tab) tab() {
	b.Helper()
	b.keys(kb.Tab)
	if wrong := get(b, chromedp.Evaluate[string](checkFocus)); wrong != "" {
		b.Errorf("the focus is %s", wrong)
	}
}

// walk goes through all stops of a page.
func (b *tab) walk() {
	b.Helper()
	const all = `a, button, input:not([type=hidden]), select, summary, [tabindex='0']`
	const stops = `[...document.querySelectorAll("` + all + `")]
		.filter(e => e.checkVisibility()).length`
	for range get(b, chromedp.Evaluate[int](stops)) {
		b.tab()
	}
}

// tabTo presses Tab until the focus is on what the selector means.
func (b *tab) tabTo(selector string) {
	b.Helper()
	for range 40 {
		b.tab()
		if get(b, chromedp.Evaluate[bool](`document.activeElement.matches('`+selector+`')`)) {
			return
		}
	}
	b.Fatalf("Tab does not lead to %s on the page %s", selector, b.where())
}

// TestKeyboard goes the whole way without a mouse.
func TestKeyboard(t *testing.T) {
	t.Parallel()
	p, b := postern.newPerson(t, "NL"), postern.newTab(t, "nl")
	b.visit(http.StatusOK, postern.passwordLink(t, p.Email))
	b.tabTo(`[name="password"]`)
	b.keys(tooShort)
	b.enter(http.StatusUnprocessableEntity)
	b.tabTo(`[name="password"]`)
	b.keys(password)
	b.tabTo(button("/biker/password"))
	b.enter(http.StatusOK)
	b.at("/biker")
	b.tabTo("summary")
	b.keys(kb.Enter)
	b.tabTo(button("/biker/change-password"))
	b.visit(http.StatusOK, "/biker")
	b.tabTo(`.languages [value="fr"]`)
	b.enter(http.StatusOK)
	b.speaks("fr")
	b.tabTo(button("/biker/logout"))
	b.enter(http.StatusOK)

	b.visit(http.StatusOK, "/biker/login")
	b.tabTo(`[name="email"]`)
	b.keys(p.Email)
	b.tabTo(`[name="password"]`)
	b.keys(password)
	b.enter(http.StatusOK)
	b.at("/biker")
}
