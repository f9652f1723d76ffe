package web

import (
	"maps"
	"slices"
	"testing"
)

// TestErrorWords: every language tells of the same errors as English, and none with an empty word.
func TestErrorWords(t *testing.T) {
	words, err := readErrorWords()
	if err != nil {
		t.Fatal(err)
	}
	if len(words.languages) != len(words.texts) {
		t.Errorf("languages %q of %d files", words.languages, len(words.texts))
	}
	statuses := slices.Sorted(maps.Keys(words.texts["en"]))
	if !slices.Contains(statuses, otherError) {
		t.Errorf("English has no text for other errors: %q", statuses)
	}
	for language, texts := range words.texts {
		if got := slices.Sorted(maps.Keys(texts)); !slices.Equal(got, statuses) {
			t.Errorf("%s has texts for %q, want %q", language, got, statuses)
		}
		for status, text := range texts {
			if text.Title == "" || text.Sentence == "" {
				t.Errorf("%s %s: %+v", language, status, text)
			}
		}
	}
}
