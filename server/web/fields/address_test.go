package fields

import (
	"strings"
	"testing"
)

// TestParseEmail holds the rule on addresses; an empty want is a refusal.
func TestParseEmail(t *testing.T) {
	label := strings.Repeat("a", 63)
	longest := strings.Repeat("l", 64) + "@" + label + "." + label + "." + strings.Repeat("b", 59) + ".e"
	for _, test := range []struct{ text, want string }{
		{"jane@example.org", "jane@example.org"},
		{" \tjane@example.org\n", "jane@example.org"},
		{"\ufeff\u200bjane@example.org\u200e\u2060 \u202c", "jane@example.org"},
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
		{"l" + longest, ""}, {strings.Replace(longest, "b.e", "bb.e", 1), ""},
		{strings.Repeat("a", 100_000) + "@b.org", ""},
		{"a@" + label + "a.org", ""}, {"a@b", ""}, {"a@localhost", ""}, {"a@b.c.", ""}, {"a@.b.c", ""}, {"a@b..c", ""},
		{"a@-b.org", ""}, {"a@b-.org", ""}, {"a@b_c.org", ""}, {"a@1.2.3.4", ""}, {"a@b.123", ""},
		{"a@[127.0.0.1]", ""},
		{".a@b.org", ""}, {"a.@b.org", ""}, {"a..b@c.org", ""}, {"a b@c.org", ""}, {`"a b"@c.org`, ""},
		{"a(x)@c.org", ""},
		{"Jane <jane@example.org>", ""}, {"<jane@example.org>", ""}, {"a@b@c.org", ""}, {"a,b@c.org", ""},
		{"ä@b.org", ""},
		{"a@b.org\r\nBcc: x@y.org", ""}, {"a@b.org> RET=HDRS", ""}, {"a@b .org", ""}, {"a@b.org\x00", ""},
		{"a\u212a@b.org", ""},
		{"a\uff20b.org", ""}, {"a@ｅxample.org", ""}, {"a@example\u3002org", ""}, {"a@exam\u00adple.org", ""},
		{"a@exam\u200bple.org", ""},
		{"a@\u212aelvin.org", ""}, {"a@İx.org", ""}, {"a@long\u017f.org", ""}, {"a@☃.org", ""}, {"a@xn--n3h.org", ""},
		{"a@xn--abc-.org", ""},
		{"a@xn--a.org", ""}, {"a@xn--.org", ""}, {"a@ü\u202e.org", ""}, {"a@אa.org", ""}, {"a@b.org;c@d.org", ""},
		{"a@\xff.org", ""},
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

// TestAddressFaults holds that a fault names what is wrong with this address.
func TestAddressFaults(t *testing.T) {
	label := strings.Repeat("a", 64)
	for _, test := range []struct{ text, part string }{
		{"jane", "there is no @"}, {"", "plain e-mail address"}, {"jane.example.org", "there is no @"},
		{"a\uff20b.org", "there is no @"},
		{"jane@@example.org", "has more"}, {"a@b@c.org", "has more"},
		{"Jane <jane@example.org>", "alone"}, {"<jane@example.org>", "alone"}, {"MAILTO:jane@example.org", "alone"},
		{"a@b.org;c@d.org", "comma or semicolon"}, {"a@b.org, c@d.org", "comma or semicolon"},
		{"a b@c.org", "white space"}, {"a@b .org", "white space"}, {"jane\u00a0doe@c.org", "white space"},
		{`"a b"@c.org`, "quoted"}, {"a(x)@c.org", "comment"},
		{"ja\u200bne@example.org", "invisible character (U+200B)"}, {"jane@exam\u00adple.org", "(U+00AD)"},
		{"jane@\ufeffexample.org", "(U+FEFF)"},
		{"a@ü\u202e.org", "(U+202E)"}, {"j\u3164@b.org", "(U+3164)"}, {"j@b\u2060.org", "(U+2060)"},
		{"a@b\ue000.org", "(U+E000)"},
		{"a@b.org\r\nBcc: x@y.org", "line break (U+000D)"}, {"a@b.org\x00", "(U+0000)"}, {"a\u0085b@c.org", "(U+0085)"},
		{"@example.org", "nothing before"}, {".a@b.org", "neither begin nor end with a dot"},
		{"a.@b.org", "neither begin nor end"}, {"a..b@c.org", "two in a row"},
		{"é@b.org", "holds 'é'"}, {`a\b@c.org`, `holds '\\'`}, {label + "a@b.org", "at most 64"},
		{"jane@", "nothing after"}, {"jane@example.org.", "ends with a dot"}, {"jane@example..org", "two in a row"},
		{"jane@.example.org", "begin with a dot"},
		{"a@b", "at least two parts"}, {"a@b.", "at least two parts"}, {"a@localhost", "at least two parts"},
		{"a@b_c.org", "underscore"}, {"a@_dmarc.b.org", "underscore"}, {"a@-b.org", "hyphen"}, {"a@b-.org", "hyphen"},
		{"a@" + label + ".org", "longer than 63"},
		{"a@[127.0.0.1]", "square brackets"}, {"a@1.2.3.4", "end in a number"}, {"a@b.123", "end in a number"},
		{"a@b/c.org", "holds '/'"},
		{"a@☃.org", "international"}, {"a@xn--a.org", "international"}, {"a@אa.org", "international"},
		{"a@\xff.org", "UTF-8"},
		{strings.Repeat("a", 1100) + "@b.org", "at most 254"},
	} {
		address, err := ParseEmail(test.text)
		if err == nil || !strings.Contains(err.Error(), test.part) || !strings.HasSuffix(err.Error(), ".") {
			t.Errorf("%.80q: %q, %v; want %q", test.text, address, err, test.part)
		}
	}
}
