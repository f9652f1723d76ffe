package browser

import (
	"net/http"
	"testing"
)

// TestDocs reads the description of the calls as a developer does.
func TestDocs(t *testing.T) {
	t.Parallel()
	b := postern.newTab(t, "en")
	b.visit(http.StatusOK, "/docs")
	b.shows("Register a biker, or a list of them")
	b.lookAt("docs", "dark", 320) // it is long: once narrow, once wide
	b.lookAt("docs", "light", 1440)
}
