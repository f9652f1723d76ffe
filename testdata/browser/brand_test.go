package browser

import (
	"net/http"
	"os"
	"path/filepath"
	"testing"

	"github.com/chromedp/chromedp"
)

// logo is a mark as a drawing program saves it: with a style of its own.
const logo = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 200 48">
<style>.w{fill:#17212b;font:600 26px sans-serif}</style>
<circle cx="24" cy="24" r="20" fill="#e8590c"/><path d="M14 24h20M24 14v20" stroke="#fff" stroke-width="4"/>
<text class="w" x="54" y="33">VeloSynth</text></svg>`

// TestBrand: an organisation's mark and colour, whatever it is, can be seen and read on every page.
func TestBrand(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "logo.svg")
	if err := os.WriteFile(file, []byte(logo), 0o600); err != nil {
		t.Fatal(err)
	}
	for name, colour := range map[string]string{"orange": "#e8590c", "yellow": "#ffd500", "night": "#101030",
		"white": "#ffffff"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a := ownAppliance(t, "ORGANISATION=VeloSynth", "BRAND_LOGO="+file, "BRAND_COLOUR="+colour,
				"CONTACT=help@velosynth.example.org")
			b := a.newTab(t, "nl")
			b.visit(http.StatusOK, "/biker/login")
			drawn := element[[]float64](b, ".brand img", `e => [e.naturalWidth, e.clientWidth, e.clientHeight]`)
			if drawn[0] == 0 || drawn[1] < 100 || drawn[2] > 40 {
				t.Errorf("the logo is drawn as %v", drawn)
			}
			b.look("brand-login-" + name)
			p := person{BikePlanCode: "SYN-NL", FirstName: "Bartholomeus-Max", LastName: "van den Oudenrijnzoomlaan",
				Email: "bartholomeus.vandenberghe-janssens@fietsplannen.synthetisch.example.org", Language: "NL"}
			a.post(t, p)
			b.setPassword(a.passwordLink(t, p.Email), password)
			b.look("brand-account-" + name)
			b.visit(http.StatusOK, a.newCleaning(t, nil))
			b.look("brand-driver-" + name)
			b.visit(http.StatusOK, element[string](b, ".brand img", `e => e.src`))
			if ran := get(b, chromedp.Evaluate[string]("document.documentElement.tagName")); ran != "svg" {
				t.Errorf("the logo by itself is %s", ran)
			}
		})
	}
}
