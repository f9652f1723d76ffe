package input

import "testing"

func TestText(t *testing.T) {
	for content, want := range map[string]string{
		"": "", "a": "a", "é€\n": "é€\n", "\ufeffa": "a", "\ufeff": "", "a\ufeff": "a\ufeff",
		"\xff\xfea\x00\xac\x20": "a€", "\xfe\xff\x00a\x20\xac": "a€", "\xff\xfe": "",
		"\xff\xfe\x3d\xd8\x00\xde": "😀",
		"a\x00b\x00\n\x00":         "ab\n", "\x00a\x00b": "ab", "a\x00b\x00\xac\x20": "ab€",
		// What is no text of either kind stays as it is.
		"\xff\xfea": "\xff\xfea", "\xff\xfe\x3d\xd8": "\xff\xfe\x3d\xd8", "a\x00b": "a\x00b", "a\x00": "a\x00",
		"a\x00b\x00c": "a\x00b\x00c", "\xe9\xff": "\xe9\xff", "a\x00\x00\x00": "a\x00\x00\x00",
	} {
		if got := string(Text([]byte(content))); got != want {
			t.Errorf("%q: %q, want %q", content, got, want)
		}
	}
}
