package fields

import (
	"strings"
	"testing"
)

// TestParseEmail is CONTRACT's rule on addresses; an empty want is a refusal.
func TestParseEmail(t *testing.T) {
	label := strings.Repeat("a", 63)
	longest := strings.Repeat("l", 64) + "@" + label + "." + label + "." + strings.Repeat("b", 59) + ".e"
	for _, test := range []struct{ text, want string }{
		{"jane@example.org", "jane@example.org"},
		{" \tjane@example.org\n", "jane@example.org"},
		{"Jane.Doe+tag@EXAMPLE.Org", "Jane.Doe+tag@example.org"},
		{"!#$%&'*+/=?^_`{|}~-@example.org", "!#$%&'*+/=?^_`{|}~-@example.org"},
		{"a@b-c.3com.org", "a@b-c.3com.org"},
		{"a@münchen.example", "a@xn--mnchen-3ya.example"},
		{"a@MÜNCHEN.example", "a@xn--mnchen-3ya.example"},
		{"a@mu\u0308nchen.example", "a@xn--mnchen-3ya.example"},
		{"a@XN--MNCHEN-3ya.example", "a@xn--mnchen-3ya.example"},
		{"a@straße.example", "a@xn--strae-oqa.example"},
		{"a@例え.テスト", "a@xn--r8jz45g.xn--zckzah"},
		{"a@xn--r8jz45g.xn--zckzah", "a@xn--r8jz45g.xn--zckzah"},
		{longest, longest},

		{"", ""}, {"@", ""}, {"jane", ""}, {"jane@", ""}, {"@example.org", ""},
		{"l" + longest, ""}, {strings.Replace(longest, "b.e", "bb.e", 1), ""}, {strings.Repeat("a", 100_000) + "@b.org", ""},
		{"a@" + label + "a.org", ""}, {"a@b", ""}, {"a@localhost", ""}, {"a@b.c.", ""}, {"a@.b.c", ""}, {"a@b..c", ""},
		{"a@-b.org", ""}, {"a@b-.org", ""}, {"a@b_c.org", ""}, {"a@1.2.3.4", ""}, {"a@b.123", ""}, {"a@[127.0.0.1]", ""},
		{".a@b.org", ""}, {"a.@b.org", ""}, {"a..b@c.org", ""}, {"a b@c.org", ""}, {`"a b"@c.org`, ""}, {"a(x)@c.org", ""},
		{"Jane <jane@example.org>", ""}, {"<jane@example.org>", ""}, {"a@b@c.org", ""}, {"a,b@c.org", ""}, {"ä@b.org", ""},
		{"a@b.org\r\nBcc: x@y.org", ""}, {"a@b.org> RET=HDRS", ""}, {"a@b .org", ""}, {"a@b.org\x00", ""}, {"a\u212a@b.org", ""},
		{"a\uff20b.org", ""}, {"a@ｅxample.org", ""}, {"a@example\u3002org", ""}, {"a@exam\u00adple.org", ""}, {"a@exam\u200bple.org", ""},
		{"a@\u212aelvin.org", ""}, {"a@İx.org", ""}, {"a@long\u017f.org", ""}, {"a@☃.org", ""}, {"a@xn--n3h.org", ""}, {"a@xn--abc-.org", ""},
		{"a@xn--a.org", ""}, {"a@xn--.org", ""}, {"a@ü\u202e.org", ""}, {"a@אa.org", ""}, {"a@b.org;c@d.org", ""}, {"a@\xff.org", ""},
	} {
		got, err := ParseEmail(test.text)
		if got != test.want || (err == nil) != (test.want != "") {
			t.Errorf("%.80q: got %q, %v; want %q", test.text, got, err, test.want)
		}
		if err != nil && !strings.HasSuffix(err.Error(), ".") {
			t.Errorf("%.80q: %q is no sentence", test.text, err)
		}
	}
}
