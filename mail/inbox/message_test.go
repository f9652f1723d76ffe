package inbox

import (
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"
)

const wholeLetter = "From: =?utf-8?q?Caf=C3=A9?= <postern@localhost>\r\nTo: Ann Example <ann@example.com>, " +
	"bob@example.com\r\nCc: cy@example.com\r\n" +
	"Reply-To: help@example.com\r\nSubject: =?utf-8?q?Gr=C3=BC=C3=9Fe?=\r\nDate: Sat, 14 Mar 2026 13:00:00 " +
	"+0200\r\nMessage-ID: <abc@localhost>\r\n" +
	"List-Unsubscribe: <mailto:no@example.com>\r\nContent-Type: multipart/mixed; boundary=out\r\n\r\n" +
	"--out\r\nContent-Type: multipart/alternative; boundary=in\r\n\r\n" +
	"--in\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n" +
	"Gr=C3=BC=C3=9Fe (see http://localhost/a?b=3D1). Or https://example.com/x!\r\n" +
	"--in\r\nContent-Type: text/html; charset=utf-8\r\n\r\n" +
	"<p>Gr&uuml;&szlig;e <a href='http://localhost/a?b=1'>here</a> <a " +
	"href=\"https://example.com/q?a=1&amp;b=2\">x</a> <a href='javascript:1'>no</a></p>\r\n" +
	"--in--\r\n" +
	"--out\r\nContent-Type: application/pdf\r\nContent-Disposition: attachment; " +
	"filename=\"eecd-7.pdf\"\r\nContent-Transfer-Encoding: base64\r\n\r\nJVBERg==\r\n" +
	"--out\r\nContent-Type: image/png\r\nContent-ID: <logo>\r\nContent-Disposition: inline\r\n\r\nPNG\r\n" +
	"--out--\r\n"

func TestReadLetter(t *testing.T) {
	c := readLetter("postern@localhost", "ann@example.com", []byte(wholeLetter), noon)
	for _, check := range []struct{ name, got, want string }{
		{"from", fmt.Sprint(*c.From), "{Café postern@localhost}"},
		{"to", fmt.Sprint(*c.To[0], *c.To[1]), "{Ann Example ann@example.com} { bob@example.com}"},
		{"bcc", fmt.Sprint(c.Bcc), "[]"},
		{"subject", c.Subject, "Grüße"},
		{"date", c.Date.String(), "2026-03-14 11:00:00 +0000 UTC"},
		{"message id", c.MessageID, "abc@localhost"},
		{"unsubscribe", c.Unsubscribe, "<mailto:no@example.com>"},
		{"text", c.Text, "Grüße (see http://localhost/a?b=1). Or https://example.com/x!"},
		{"html", c.HTML[:22], "<p>Gr&uuml;&szlig;e <a"},
		{"links", fmt.Sprint(c.Links), "[http://localhost/a?b=1 https://example.com/x https://example.com/q?a=1&b=2]"},
		{"snippet", c.Snippet, c.Text},
		{"fault", c.Fault, ""},
	} {
		if check.got != check.want {
			t.Errorf("%s: %q, want %q", check.name, check.got, check.want)
		}
	}
	want := []File{
		{PartID: "2", FileName: "eecd-7.pdf", ContentType: "application/pdf", Size: 4},
		{PartID: "3", ContentType: "image/png", ContentID: "logo", Inline: true, Size: 3},
	}
	for i := range want {
		got := c.Files[i]
		if len(got.MD5) != 32 || len(got.SHA1) != 40 || len(got.SHA256) != 64 {
			t.Errorf("sums of %s: %q %q %q", got.PartID, got.MD5, got.SHA1, got.SHA256)
		}
		got.MD5, got.SHA1, got.SHA256 = "", "", ""
		if got != want[i] {
			t.Errorf("file %d: %+v", i, got)
		}
	}
	if runs := c.Runs(); len(runs) != 5 || runs[1].Link != "http://localhost/a?b=1" ||
		runs[2] != (Run{Text: "). Or "}) || runs[4].Text != "!" {
		t.Errorf("runs: %+v", runs)
	}
	if pdf, found := c.Content("2"); !found || string(pdf) != "%PDF" {
		t.Errorf("content of 2: %q, %v", pdf, found)
	}
	if _, found := c.Content("1.1"); found {
		t.Error("a text is no file")
	}
	if got := c.Header()["Message-Id"]; !reflect.DeepEqual(got, []string{"<abc@localhost>"}) {
		t.Errorf("header: %q", got)
	}
}

// TestReadLetterHostile holds that whatever is delivered is kept, with as much as can be read of it.
func TestReadLetterHostile(t *testing.T) {
	deep := strings.Builder{}
	for i := range 40 {
		fmt.Fprintf(&deep, "Content-Type: multipart/mixed; boundary=b%d\r\n\r\n--b%d\r\n", i, i)
	}
	for name, c := range map[string]struct {
		source, subject, text, fault string
		links                        int
	}{
		"empty":            {source: ""},
		"no header":        {source: "just words", fault: "malformed"},
		"binary":           {source: "\x00\xff\xfe\n\n\x00", fault: "malformed"},
		"no end of header": {source: "Subject: cut", subject: "cut"},
		"cut multipart": {source: "Subject: s\nContent-Type: multipart/mixed; boundary=x\n\n--x\n\nbody",
			subject: "s", text: "body", fault: "EOF"},
		"no boundary": {source: "Subject: s\nContent-Type: multipart/mixed\n\n--x\n\nbody", subject: "s",
			fault: "boundary"},
		"bad base64":       {source: "Content-Transfer-Encoding: base64\n\nSGVs!!!", text: "Hel", fault: "EOF"},
		"unknown encoding": {source: "Content-Transfer-Encoding: x-zip\n\nabc", text: "abc", fault: "x-zip"},
		"unknown charset": {source: "Content-Type: text/plain; charset=x-none\n\nab\xffc", text: "ab\uFFFDc",
			fault: "x-none"},
		"bad utf-8":        {source: "Subject: a\xffb\n\n\xc3(", subject: "a\uFFFDb", text: "\uFFFD("},
		"bad encoded word": {source: "Subject: =?x-none?q?a?=\n\n", subject: "=?x-none?q?a?=", fault: ""},
		"bad addresses":    {source: "Subject: s\nTo: <<a@@\n\nbody", subject: "s", text: "body", fault: "To"},
		"huge address field": {source: "Subject: s\nTo: " + strings.Repeat("a@b.example,", 5000) + "\n\nbody",
			subject: "s", text: "body", fault: "longer"},
		"huge header": {source: "Subject: s\n" + strings.Repeat("X: y\n", 100_000) + "\nbody", subject: "s",
			fault: "header is longer"},
		"far future": {source: "Date: Fri, 31 Dec 9999 23:59:59 -1200\n\nbody", text: "body"},
		"deep":       {source: deep.String(), fault: "in one another"},
		"many parts": {source: "Content-Type: multipart/mixed; boundary=x\n\n" +
			strings.Repeat("--x\n\na\n", 1000), text: strings.Repeat("a", 199), fault: "parts"},
		"many links": {source: "\n" + strings.Repeat("http://a.example/ ", 3),
			text: strings.Repeat("http://a.example/ ", 3), links: 1},
		"script": {source: "Content-Type: text/html\n\n<script>alert(1)</script><p>seen"},
	} {
		t.Run(name, func(t *testing.T) {
			got := readLetter("a@b.example", "ann@example.com", []byte(c.source), noon)
			if string(got.Raw) != c.source || got.Subject != c.subject || got.Text != c.text ||
				len(got.Links) != c.links {
				t.Errorf("subject %q, text %.60q, links %q", got.Subject, got.Text, got.Links)
			}
			if !strings.Contains(got.Fault, c.fault) || (c.fault == "") != (got.Fault == "") {
				t.Errorf("fault %q", got.Fault)
			}
			checkLetter(t, got)
		})
	}
}

func TestVisibleText(t *testing.T) {
	for markup, want := range map[string]string{
		"<title>no</title><style>no</style><p>One</p><p>two &amp; three<script>no</script>": "One two & three",
		"a<!-- no -->b": "ab", "</style>x": "x", "<": "<", "": "",
	} {
		if got := visibleText(markup); got != want {
			t.Errorf("%q: %q, want %q", markup, got, want)
		}
	}
	if got := snippet(strings.Repeat("ü ", 1000)); len([]rune(got)) != maxSnippet || !strings.HasSuffix(got, "…") {
		t.Errorf("snippet of %d characters", len([]rune(got)))
	}
}

// TestLinksIn: a link's end is the sentence's, but in angle brackets all belongs to the link.
func TestLinksIn(t *testing.T) {
	const text = "See https://a.example/b_. Or <https://a.example/c.>, (https://a.example/d), " +
		"<https://a.example/e!\nhttps://a.example/f-"
	want := []string{"https://a.example/b_", "https://a.example/c.", "https://a.example/d", "https://a.example/e",
		"https://a.example/f-"}
	if got := linksOf(text, ""); !slices.Equal(got, want) {
		t.Errorf("%q", got)
	}
	var whole string
	for _, run := range (&Letter{Text: text}).Runs() {
		whole += run.Text
	}
	if whole != text {
		t.Errorf("%q", whole)
	}
}

func TestQuery(t *testing.T) {
	c := readLetter("postern@localhost", "hidden@example.com", []byte(wholeLetter), noon)
	for query, want := range map[string]bool{
		"": true, "grüße": true, "GRÜSSE": false, "nothing": false, "eecd-7": true, `"see http"`: true,
		`"http see"`: false, "see postern": true,
		"to:ann@example.com": true, "to:ANN": true, "to:hidden": true, "to:cy@": false, "to:": true, "cc:cy": true,
		"bcc:hidden": true,
		"from:café":  true, "from:ann": false, "reply-to:help": true, "addressed:cy": true, "addressed:nobody": false,
		"subject:grü": true, `subject:"grüße"`: true, "message-id:<abc@localhost>": true, "message-id:abc": true,
		"message-id:xyz": false,
		"has:attachment": true, "has:attachments": true, "has:inline": true, "-has:attachment": false,
		"is:unread": true, "is:read": false, "!is:read": true,
		"to:ann -to:bob": false, "to:ann subject:grüße": true, "to:ann subject:other": false, "http://localhost": true,
		`"unclosed`: false, `"" -`: true, "-": true,
	} {
		if got := ParseQuery(query).Matches(c); got != want {
			t.Errorf("%q: %v", query, got)
		}
	}
	for address, want := range map[string]bool{
		"ann@example.com": true, " Ann@Example.COM ": true, "nn@example.com": false, "ann": true, "@example.com": true,
		"hidden@example.com": true, "": true, "ann@": true,
	} {
		if got := (Query{}).To(address).Matches(c); got != want {
			t.Errorf("to %q: %v", address, got)
		}
	}
}

// checkLetter holds what JSON and pages rely on.
func checkLetter(t *testing.T, c *Letter) {
	t.Helper()
	for _, text := range []string{c.Subject, c.Text, c.HTML, c.Snippet, c.Fault, c.MessageID, c.visible,
		strings.Join(c.Links, "")} {
		if !utf8.ValidString(text) {
			t.Errorf("not UTF-8: %q", text)
		}
	}
	for field, values := range c.Header() {
		if !utf8.ValidString(field + strings.Join(values, "")) {
			t.Errorf("header %q: %q", field, values)
		}
	}
	if _, err := json.Marshal(c.Date); err != nil || c.Date.IsZero() {
		t.Errorf("date %s: %v", c.Date, err)
	}
	for _, f := range c.Files {
		content, found := c.Content(f.PartID)
		if !found || len(content) != f.Size {
			t.Errorf("part %s of %d octets: %d, %v", f.PartID, f.Size, len(content), found)
		}
	}
	if len(c.Links) > maxLinks {
		t.Errorf("%d links", len(c.Links))
	}
}

func FuzzParse(f *testing.F) {
	f.Add([]byte(wholeLetter))
	f.Add([]byte("Content-Type: multipart/mixed; boundary=x\n\n--x\nContent-Type: text/html; charset=latin1\n\n<a " +
		"href=http://x>\xff\n--x--"))
	f.Add([]byte("To: \"a\\\" (b) <c@d>, =?utf-8?b?w7w=?= <e@f>\nDate: 1 Jan 0000 00:00 -0000\n\n"))
	f.Fuzz(func(t *testing.T, source []byte) {
		c := readLetter("a@b.example", string(source), source, noon)
		checkLetter(t, c)
		ParseQuery(string(source)).Matches(c)
	})
}
