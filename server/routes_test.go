package server

import (
	"crypto/rand"
	"flag"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"

	"github.com/rs/zerolog"

	"postern/server/config"
	"postern/server/openapi"
	"postern/server/web"
)

// written is where the description goes that `make check` has looked at, and that `make client` makes a client of.
var written = flag.String("openapi", "", "write the description of all routes to this file")

// opened is an appliance with every room, whose rooms nobody calls.
func opened(t *testing.T, settings config.Settings) *App {
	t.Helper()
	settings.Data, settings.Listen = t.TempDir(), "127.0.0.1:0"
	parsed, err := settings.Parse()
	if err != nil {
		t.Fatal(err)
	}
	a, err := Open(Options{Config: parsed, Log: zerolog.New(io.Discard)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := a.Close(); err != nil {
			t.Error(err)
		}
	})
	return a
}

// TestRoutesAreDescribed refuses a route of any listener that is not described, or described in two ways.
func TestRoutesAreDescribed(t *testing.T) {
	a := opened(t, config.Settings{})
	public, socket, err := a.Routes()
	if err != nil {
		t.Fatal(err)
	}
	operator, err := a.operatorAddressRoutes(nil)
	if err != nil {
		t.Fatal(err)
	}
	for name, routes := range map[string][]web.Route{"LISTEN": public, "OPERATOR_LISTEN": operator, "the socket": socket} {
		if _, err := openapi.New(described, openapi.Group{Routes: routes}); err != nil {
			t.Errorf("%s: %s", name, err)
		}
	}
}

// TestDescription writes the description as /openapi.yaml answers it to the operator, where a file is named for it.
func TestDescription(t *testing.T) {
	public, _, err := opened(t, config.Settings{}).Routes()
	if err != nil {
		t.Fatal(err)
	}
	middleware, err := web.NewMiddleware(web.Options{Random: rand.Reader})
	if err != nil {
		t.Fatal(err)
	}
	w := httptest.NewRecorder()
	middleware.Handler(web.ForAnybody, public).ServeHTTP(w, httptest.NewRequest("GET", "/openapi.yaml", nil))
	if w.Code != http.StatusOK || !strings.HasPrefix(w.Body.String(), `openapi: "3.1.1"`) {
		t.Fatalf("%d %.100s", w.Code, w.Body)
	}
	if *written != "" {
		if err := os.WriteFile(*written, w.Body.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}
