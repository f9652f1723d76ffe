package web

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/rs/zerolog"

	"postern/store/fixture"
)

// coded is an error with words of the code beside its sentence.
type coded struct{}

func (coded) Error() string  { return "run the check" }
func (coded) Detail() string { return "page 7 is not a page" }

// TestFaultTold holds that a 500 is told only where its handler says a sentence for it, as the operator's do, and that
// words of the code are for level debug.
func TestFaultTold(t *testing.T) {
	for _, test := range []struct {
		name   string
		err    error
		answer string
		level  string
	}{
		{"to a caller", coded{}, internalFault, "error"},
		{"to the operator", &Problem{Status: http.StatusInternalServerError, Detail: "Run the check.", Cause: coded{}},
			"Run the check.", "warn"},
	} {
		var log fixture.Log
		m, err := NewMiddleware(Options{Log: zerolog.New(&log), Random: strings.NewReader("12345678")})
		if err != nil {
			t.Fatal(err)
		}
		h := m.Handler(ForAnybody, []Route{{Method: "GET", Path: "/", Handle: func(*Call) error { return test.err }}})
		w := httptest.NewRecorder()
		h.ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/", nil))
		if body := w.Body.String(); w.Code != 500 || !strings.Contains(body, `"detail":"`+test.answer) {
			t.Errorf("%s: %d %s", test.name, w.Code, body)
		}
		for line := range strings.Lines(log.String()) {
			if strings.Contains(line, "page 7") && !strings.Contains(line, `"level":"debug"`) {
				t.Errorf("%s: words of the code in %s", test.name, line)
			}
		}
		for _, want := range []string{`"level":"` + test.level + `"`, `"cause":"run the check"`, `"detail":"page 7`} {
			if !strings.Contains(log.String(), want) {
				t.Errorf("%s: no %s in the log: %s", test.name, want, log.String())
			}
		}
	}
}
