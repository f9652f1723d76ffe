package letters

import (
	"html"
	"mime"
	"strings"
	"testing"
)

// people are thirty made-up Belgians: particles, apostrophes straight and curved, double names, accents composed and
// not. The names are as a partner posts them, the addresses and languages as the store keeps them.
var people = []struct{ first, last, email, language string }{
	{"Jan", "Peeters", "jan.peeters@example.com", "nl"},
	{"Lotte", "Janssens", "lotte.janssens@example.com", "nl"},
	{"Wouter", "De Smet", "wouter.desmet@example.com", "nl"},
	{"Sofie", "Van den Bossche", "sofie.vandenbossche@example.com", "nl"},
	{"Pieter-Jan", "Vandenberghe", "pj.vandenberghe@example.com", "nl"},
	{"Anke", "van der Meersch", "anke.vandermeersch@example.com", "nl"},
	{"Koen", "D'Hondt", "koen.dhondt@example.com", "nl"},
	{"Ruben", "D’hooghe", "ruben.dhooghe@example.com", "nl"},
	{"Zoë", "Claes", "zoe.claes+fiets@example.com", "nl"},
	{"Jef", "'t Kint", "jef.tkint@example.com", "nl"},
	{"Ilse", "Mertens-Wouters", "ilse.mertens-wouters@example.com", "nl"},
	{"Bram", "Peeters Janssens", "bram.pj@example.com", "nl"},
	{"Émilie", "Dubois", "emilie.dubois@example.org", "fr"},
	{"François", "Lambert", "francois.lambert@example.org", "fr"},
	{"Jean-François", "Leclercq", "jf.leclercq@example.org", "fr"},
	{"Anne-Sophie", "de la Vallée", "as.delavallee@example.org", "fr"},
	{"Benoît", "L'Hoest", "benoit.lhoest@example.org", "fr"},
	{"He\u0301le\u0300ne", "Dupont", "helene.dupont@example.org", "fr"}, // decomposed
	{"Noël", "Renard", "noel.renard@example.org", "fr"},
	{"Fatoumata", "Diallo", "fatoumata.diallo@example.org", "fr"},
	{"Mamadou", "Bah", "mamadou.bah@example.org", "fr"},
	{"Loïc", "Delvaux-Poncelet", "loic.dp@example.org", "fr"},
	{"Mehdi", "El Amrani", "mehdi.elamrani@example.net", "de"}, // not one of the bikers' languages
	{"Thi Mai", "Nguyen", "thimai.nguyen@example.net", "fr"},
	{"Emma", "Willems", "emma.willems@example.net", "en"},
	{"Siobhán", "O'Neill", "siobhan.oneill@example.net", "en"},
	{"Łukasz", "Wójcik", "lukasz.wojcik@example.net", "en"},
	{"JAN", "PEETERS", "Jan.Peeters@example.com", "nl"},
	{"Tom", "Maes", "tom.maes@example.net", "nl"},
	{"Nele", "Goossens", "nele.goossens@@example", "nl"}, // no address: no letter can go out
}

// composed are the accents that people has decomposed, as they must arrive.
var composed = strings.NewReplacer("e\u0301", "é", "e\u0300", "è")

// TestPeople: every name arrives as it is, in the text, the page and the subject.
func TestPeople(t *testing.T) {
	if len(people) != 30 {
		t.Errorf("%d people", len(people))
	}
	c := testComposer(t)
	for _, p := range people {
		if !IsPlainAddress(p.email) {
			l, in := letterOf("welcome", p.language)
			l.To, in.Biker.Email = p.email, p.email
			if _, err := c.Compose(l, in, sentAt); err == nil {
				t.Errorf("%s: composed", p.email)
			}
			p.email = "mended@example.com"
		}
		checkNamed(t, c, p.first, p.last, p.email, p.language, composed.Replace(p.first),
			composed.Replace(p.first+" "+p.last))
	}
}

// TestStrangeNames: what no passport has is no danger either; the names are cut to one line, and escaped.
func TestStrangeNames(t *testing.T) {
	c := testComposer(t)
	long := strings.Repeat("é", 100)
	for _, n := range []struct{ first, last, wantFirst, want string }{
		{`<b>Zoë</b>`, `& "Co" <script>`, `<b>Zoë</b>`, `<b>Zoë</b> & "Co" <script>`},
		{"Jan\r\nBcc: mallory@example.net", "X\r\n\r\nHello", "Jan Bcc: mallory@example.net",
			"Jan Bcc: mallory@example.net X Hello"},
		{"Jan\u202e", "\x00Peeters\u2028", "Jan", "Jan Peeters"},
		{"{{.Link}}", "[x](.Link)", "{{.Link}}", "{{.Link}} [x](.Link)"},
		{"=?utf-8?q?Jan?=", "Peeters", "=?utf-8?q?Jan?=", "=?utf-8?q?Jan?= Peeters"},
		{long, long, long, long + " " + long},
		{"www.evil.example", "J.P.", "www.evil.example", "www.evil.example J.P."}, // the partner is trusted with names
	} {
		checkNamed(t, c, n.first, n.last, "jan.peeters@example.com", "nl", n.wantFirst, n.want)
	}
}

// checkNamed composes every letter with a name in it, and looks for the name where it must stand.
func checkNamed(t *testing.T, c *Composer, first, last, email, language, wantFirst, wantName string) {
	t.Helper()
	for _, kind := range []string{"welcome", "existing", "invited", "recover", "password-changed"} {
		l, in := letterOf(kind, language)
		harmless := compose(t, c, l, in)
		l.To, in.Biker.Email, in.Biker.FirstName, in.Biker.LastName = email, email, first, last
		o := compose(t, c, l, in)
		want := wantName
		if kind == "recover" || kind == "password-changed" {
			want = wantFirst + ","
		}
		for part, content := range map[string]string{"text": o.text, "page": html.UnescapeString(o.html)} {
			if !strings.Contains(content, want) || !strings.Contains(content, " "+wantFirst+",") {
				t.Errorf("%s: no %q in the %s:\n%s", kind, want, part, content)
			}
		}
		if subject := decoded(t, o); kind == "welcome" && !strings.HasSuffix(subject, ", "+wantName) {
			t.Errorf("the subject is %q, want %q at its end", subject, wantName)
		}
		if len(o.header) != len(harmless.header) || boundaries(o.raw) != boundaries(harmless.raw) ||
			tags(o.html) != tags(harmless.html) || o.header.Get("To") != email {
			t.Errorf("%s: %q %q changes more than words:\n%s", kind, first, last, o.raw)
		}
	}
}

// decoded is a mail's subject as its reader sees it.
func decoded(t *testing.T, o opened) string {
	t.Helper()
	subject, err := new(mime.WordDecoder).DecodeHeader(o.header.Get("Subject"))
	if err != nil {
		t.Fatal(err)
	}
	return subject
}
