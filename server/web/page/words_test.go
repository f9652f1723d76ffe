package page

import (
	"testing"
	"testing/fstest"
)

// TestReadWords: a text that is missing, or that nobody takes, is told by its name.
func TestReadWords(t *testing.T) {
	type words struct {
		A string `json:"a"`
		B string `json:"b"`
	}
	for text, want := range map[string]string{
		`{"a":"1","b":"2"}`: "", `{"a":"1"}`: "words/nl.json: there is no text for B", `{`: "words/nl.json: ",
		`{"a":"1","b":"2","c":""}`: "words/nl.json: ",
	} {
		got, err := ReadWords[words](fstest.MapFS{"words/nl.json": {Data: []byte(text)}}, "nl")
		if want == "" && (err != nil || got["nl"].B != "2") ||
			want != "" && (err == nil || err.Error()[:len(want)] != want) {
			t.Errorf("%s: %v, %v", text, got, err)
		}
	}
	if _, err := ReadWords[words](fstest.MapFS{}, "nl"); err == nil {
		t.Error("a missing file is taken")
	}
}
