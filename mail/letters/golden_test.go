package letters

import (
	"bytes"
	"testing"

	"postern/store/fixture"
)

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

// golden compares with a file, without the carriage returns that tools and editors do not keep.
func golden(t *testing.T, name string, got []byte) {
	t.Helper()
	fixture.Golden(t, name, bytes.ReplaceAll(got, []byte("\r\n"), []byte("\n")))
}
