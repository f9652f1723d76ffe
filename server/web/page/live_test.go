package page

import "testing"

// TestLive: a form that is sent in place has the script for it, and the words that it needs; without one there is
// neither.
func TestLive(t *testing.T) {
	form := Form{Action: "/x", Button: "Go", Live: true, Keep: "x 1"}
	p := Page{Title: "T", Language: "fr", Sections: []Section{{Title: "S", Form: &form,
		Button: Link{URL: "/y", Text: "Y", Style: Second}}}}
	if p.ContentPolicy() != scriptPolicy {
		t.Error("its policy allows no script")
	}
	holds(t, draw(t, Look{}, p), []string{"<body\n data-sending=\"Envoi en cours…\" data-slow=\"",
		`<form method="post" action="/x" data-live data-keep="x 1">`, `<script src="/static/live.js?v=`,
		`<a class="button second" href="/y">Y</a>`}, nil)
	form.Live, form.Keep = false, ""
	holds(t, draw(t, Look{}, Page{Title: "T", Language: "fr", Form: &form}), nil, []string{"data-", "live.js"})
}
