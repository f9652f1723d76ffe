package letters

import (
	"bytes"
	"flag"
	"os"
	"path/filepath"
	"testing"
)

var update = flag.Bool("update", false, "write the golden files anew")

func TestGolden(t *testing.T) {
	for _, sample := range samples {
		for _, language := range sample.languages {
			c := testComposer(t) // a new one each, so that no golden token hangs on another file's
			for _, kind := range sample.kinds {
				l, in := letterOf(kind, language)
				o := compose(t, c, l, in)
				name := kind + "." + language
				golden(t, name+".txt", []byte(o.text))
				if kind == "proven" || kind == "rejected" || kind == "invited" {
					continue // only words differ
				}
				golden(t, name+".html", []byte(o.html))
				golden(t, name+".eml", o.raw)
			}
		}
	}
}

func golden(t *testing.T, name string, got []byte) {
	t.Helper()
	path := filepath.Join("testdata", name)
	got = bytes.ReplaceAll(got, []byte("\r\n"), []byte("\n")) // tools and editors keep those
	if *update {
		if err := os.MkdirAll("testdata", 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, got, 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Errorf("%s differs from what is composed now (-update writes it anew):\n%s", path, got)
	}
}
