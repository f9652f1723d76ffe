package browser

import (
	"net/http"
	"testing"
)

// TestErrors: what a person sees who takes a wrong turn.
func TestErrors(t *testing.T) {
	t.Parallel()
	for _, language := range []string{"en", "nl", "fr", "de"} {
		b := postern.newTab(t, language)
		b.visit(http.StatusNotFound, "/nothing/is/here")
		b.speaks(language)
		b.look("error-404-" + language)
	}
}
