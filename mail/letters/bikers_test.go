package letters

import (
	"io/fs"
	"regexp"
	"strings"
	"testing"
	"time"

	"postern/store"
	"postern/store/guid"
	"postern/tokens"
)

var bikerID = guid.ID{0x01, 0x95, 0x5a, 0xae, 0, 0, 0x70, 0, 0x80, 0, 0, 0, 0, 0, 0, 0x22}

// bikerLetter is letterOf for what bikers get.
func bikerLetter(kind, language string) (store.Letter, store.Contents) {
	l := store.Letter{
		ID: letterID, Kind: store.LetterKind(kind), Language: language, To: "as.delavallee@example.org",
		MessageID: "0195xyz.2@kaai9.example", Person: bikerID, Partner: "synthpay", Generation: 2,
		OwedAt: sentAt.Add(-5 * time.Minute),
	}
	in := store.Contents{Client: "Ateliers Synthétiques de la Meuse SA", Biker: store.Biker{
		ID: bikerID, Email: "as.delavallee@example.org", LinkGeneration: 2, RegisteredAt: sentAt.Add(-time.Hour),
		BikerData: store.BikerData{FirstName: "Anne-Sophie", LastName: "de la Vallée", BikePlanCode: "SYN-FR-LIE-02"},
	}}
	switch kind {
	case "invited":
		l.Kind = store.LetterExisting
	case "existing", "password-changed":
		in.Biker.Password, in.Biker.PasswordAt = "$argon2id$", sentAt.Add(-time.Minute)
	case "failed":
		return l, store.Contents{Client: in.Client}
	}
	return l, in
}

// TestBikersLinks: what each letter leads to, and the claims in the tokens.
func TestBikersLinks(t *testing.T) {
	c := testComposer(t)
	const pages = "https://eecd.kaai9.example/biker/"
	for _, tt := range []struct {
		kind    string
		purpose tokens.Purpose
		life    time.Duration
		links   []string
	}{
		{"welcome", tokens.Invitation, 168 * time.Hour, []string{"login"}},
		{"invited", tokens.Invitation, 168 * time.Hour, nil},
		{"existing", 0, 0, []string{"login", "forgot"}},
		{"recover", tokens.Recovery, time.Hour, nil},
		{"password-changed", 0, 0, []string{"forgot"}},
		{"failed", 0, 0, nil},
	} {
		l, in := letterOf(tt.kind, "nl")
		in.Biker.Email = strings.ToUpper(in.Biker.Email)
		text := compose(t, c, l, in).text
		rest, token, found := strings.Cut(text, pages+"password?token=")
		if found {
			var after string
			token, after, _ = strings.Cut(token, "\r\n")
			rest += after
		}
		if found != (tt.purpose != 0) || strings.Contains(rest, "pst1_") {
			t.Errorf("%s: a set-password link: %t\n%s", tt.kind, found, text)
		}
		if claims, err := c.o.Sealer.Open(tt.purpose, token); found && (err != nil || claims != tokens.Claims{
			Subject: bikerID, Email: tokens.EmailHash(l.To), Generation: 2, IssuedAt: sentAt,
			ExpiresAt: sentAt.Add(tt.life),
		}) {
			t.Errorf("%s: claims %+v (%v)", tt.kind, claims, err)
		}
		if count := strings.Count(rest, pages); count != len(tt.links) {
			t.Errorf("%s: %d links to pages, want %q:\n%s", tt.kind, count, tt.links, text)
		}
		for _, link := range tt.links {
			if !regexp.MustCompile(pages + link + `[>\r]`).MatchString(text) {
				t.Errorf("%s: no link to %s:\n%s", tt.kind, link, text)
			}
		}
	}
}

// TestBikersRecipient: a letter leaves for its person's address alone, and none of the other population's.
func TestBikersRecipient(t *testing.T) {
	c := testComposer(t)
	for name, spoil := range map[string]func(*store.Letter, *store.Contents){
		"another's mailbox": func(l *store.Letter, _ *store.Contents) { l.To = "mallory@example.net" },
		"erased":            func(l *store.Letter, in *store.Contents) { l.To, in.Biker = "", store.Biker{} },
		"a user's": func(l *store.Letter, in *store.Contents) {
			in.User.Email, in.Biker = l.To, store.Biker{}
		},
		"to a user": func(l *store.Letter, in *store.Contents) {
			l.Kind, in.User.ActivatedAt = store.LetterDocument, sentAt
		},
		"no time": func(l *store.Letter, _ *store.Contents) { l.OwedAt = time.Time{} },
		"no address": func(l *store.Letter, _ *store.Contents) {
			l.Kind, l.To = store.LetterUnregistered, "nele@@example"
		},
		"two of them": func(l *store.Letter, _ *store.Contents) {
			l.Kind, l.To = store.LetterUnregistered, "a@b.example,c@d.example"
		},
	} {
		l, in := letterOf("password-changed", "nl")
		spoil(&l, &in)
		if m, err := c.Compose(l, in, sentAt); err == nil {
			t.Errorf("%s: composed:\n%s", name, m.Data)
		}
	}
}

// TestFailed: whoever reads it learns whose bike plan it is and the reference, and nothing of the person whose
// registration failed.
func TestFailed(t *testing.T) {
	for _, language := range promised[bikers] {
		_, in := letterOf("welcome", language)
		l, _ := letterOf("failed", language)
		in.Biker.FirstName, in.Biker.LastName, in.Biker.Email = "MarkFirst", "MarkLast", "mark@x.example"
		in.User = store.User{FirstName: "MarkUser", Email: "mark@x.example", ActivatedAt: sentAt}
		got := compose(t, testComposer(t), l, in)
		if strings.Contains(strings.ToLower(string(got.raw)), "mark") {
			t.Errorf("%s: it tells of somebody:\n%s", language, got.raw)
		}
		for part, text := range map[string]string{"subject": decoded(t, got), "first line": got.text[:400]} {
			if !strings.Contains(strings.Join(strings.Fields(text), " "), in.Client) {
				t.Errorf("%s: no client in the %s: %s", language, part, text)
			}
		}
		if !strings.Contains(got.text, " 00000077\r\n") || !strings.Contains(got.html, ">00000077<") {
			t.Errorf("%s: no reference:\n%s", language, got.text)
		}
	}
}

// TestBikersWithLittle: without a client, a contact, a privacy notice, no sentence is left hanging.
func TestBikersWithLittle(t *testing.T) {
	o := testOptions(t)
	o.ReplyTo, o.PrivacyURL = "", ""
	c, err := New(o)
	if err != nil {
		t.Fatal(err)
	}
	hanging := regexp.MustCompile(`[ \x{a0}][.,)]|\(\)|: ?\r\n|, ?\r\n[^\r]|[,:]$| {2}|\.\.|\n\r\n\r`)
	for _, kind := range []string{"welcome", "existing", "invited", "recover", "password-changed", "failed"} {
		for _, language := range promised[bikers] {
			l, in := letterOf(kind, language)
			in.Client = ""
			got := compose(t, c, l, in)
			if bad := hanging.FindString(got.text + decoded(t, got)); bad != "" ||
				strings.Contains(got.html, ": </td>") {
				t.Errorf("%s.%s: %q in:\n%s", kind, language, bad, got.text)
			}
		}
	}
}

// TestBikersLanguage: a language that has no letters to bikers is answered in English, also where users have it.
func TestBikersLanguage(t *testing.T) {
	c := testComposer(t)
	for language, want := range map[string]string{"fr": "fr", "de": "en", "FR": "en", "": "en"} {
		l, in := letterOf("welcome", language)
		if got := compose(t, c, l, in).header.Get("Content-Language"); got != want {
			t.Errorf("%q: %q, want %q", language, got, want)
		}
	}
}

// TestChangedAt: the notice tells of the change that owed it, not of a later one.
func TestChangedAt(t *testing.T) {
	l, in := letterOf("password-changed", "fr")
	in.Biker.PasswordAt = sentAt.Add(time.Hour)
	text := compose(t, testComposer(t), l, in).text
	if !strings.Contains(text, "03/03/2025 09:25 CET (Europe/Brussels)\r\n") {
		t.Errorf("another time:\n%s", text)
	}
}

// TestTypography holds the marks in the letters: apostrophes are curved, and French sets its high marks off by a space
// that no line breaks at.
func TestTypography(t *testing.T) {
	straight := regexp.MustCompile(`['"]`)
	french := regexp.MustCompile(`[^\x{a0}][;?!]|[^\x{a0}]: `)
	files, err := fs.Glob(embedded, "texts/*.txt")
	if err != nil || len(files) < 40 {
		t.Fatalf("%d files, %v", len(files), err)
	}
	for _, file := range files {
		if strings.HasPrefix(file, "texts/"+wordsFile) {
			continue
		}
		content, err := fs.ReadFile(embedded, file)
		if err != nil {
			t.Fatal(err)
		}
		text := strings.NewReplacer("Subject: ", "", "Preview: ", "").Replace(string(content))
		if bad := straight.FindString(text); bad != "" {
			t.Errorf("%s: %s is straight", file, bad)
		}
		if bad := french.FindString(text); strings.HasSuffix(file, ".fr.txt") && bad != "" {
			t.Errorf("%s: %q has no fixed space", file, bad)
		}
	}
}
