package web

import (
	"net/http"
	"testing"
)

func TestPrefersJSON(t *testing.T) {
	for accept, want := range map[string]bool{
		"": false, "*/*": false, "application/*": false, "text/html": false,
		"text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8": false,
		"application/json": true, "application/json; charset=utf-8": true, "Application/JSON;q=0.5, */*;q=0.1": true,
		"application/json, text/html": false, "application/json, text/html;q=0.9": true,
		"text/html, application/json;q=0.9": false, "application/json;q=0": false, "application/json;q=2": false,
		";;,,": false,
	} {
		c := &Call{R: &http.Request{Header: http.Header{"Accept": {accept}}}}
		if got := c.PrefersJSON(); got != want {
			t.Errorf("%q: %t", accept, got)
		}
	}
}
