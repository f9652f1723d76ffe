package letters

import (
	"bytes"
	"net/mail"
	"strings"
	"testing"
	"time"

	"postern/store"
	"postern/tokens"
)

// TestUnprovenMailbox composes what a stranger's registration owes, with a mark in every word that he could choose.
func TestUnprovenMailbox(t *testing.T) {
	c := testComposer(t)
	for _, language := range promised[users] {
		l, in := letterOf("activate", language)
		in.User.FirstName, in.User.LastName, in.User.OrganisationName = "MarkFirst", "MarkLast", "MarkOrganisation"
		in.Cleaning.Number, in.Cleaning.Station.Name, in.Cleaning.Comments = "MarkNumber", "MarkStation", "MarkComments"
		o := compose(t, c, l, in)
		for part, content := range map[string]string{"mail": string(o.raw), "text": o.text, "html": o.html} {
			if strings.Contains(content, "Mark") {
				t.Errorf("%s: the %s holds what the registrant typed:\n%s", language, part, content)
			}
			if part != "mail" && !strings.Contains(content, cleaningID.String()) {
				t.Errorf("%s: the %s lacks the cleaning in its link", language, part)
			}
		}
		if to := o.header.Get("To"); to != l.To {
			t.Errorf("%s: To is %q, want the bare address", language, to)
		}
		if !strings.Contains(o.text, "https://eecd.kaai9.example/eecd/not-me?token=pst1_") {
			t.Errorf("%s: no way to say \"this wasn't me\":\n%s", language, o.text)
		}
	}
	for _, kind := range []string{"document", "decided", "rejected"} {
		l, in := letterOf(kind, "en")
		in.User.ActivatedAt = time.Time{}
		if m, err := c.Compose(l, in, sentAt); err == nil {
			t.Errorf("a %s letter goes to a mailbox never proven:\n%s", kind, m.Data)
		}
	}
}

func TestProvenMailbox(t *testing.T) {
	l, in := letterOf("proven", "en")
	o := compose(t, testComposer(t), l, in)
	if !strings.Contains(o.text, "Hello Siobhán,") || !strings.Contains(o.html, "Hello Siobhán,") {
		t.Errorf("no greeting by name:\n%s", o.text)
	}
	if strings.Contains(string(o.raw), "not-me") {
		t.Errorf("a proven mailbox is offered \"this wasn't me\":\n%s", o.text)
	}
	in.User.FirstName = "evil.example"
	if o = compose(t, testComposer(t), l, in); !strings.Contains(o.text, "Hello,") ||
		strings.Contains(o.text, "evil.ex") {
		t.Errorf("a name that clients make a link of stands in the greeting:\n%s", o.text)
	}
}

func TestTokens(t *testing.T) {
	c := testComposer(t)
	l, in := letterOf("activate", "nl")
	in.User.Email = strings.ToUpper(in.User.Email)
	text := compose(t, c, l, in).text
	for _, want := range []struct {
		page    string
		purpose tokens.Purpose
		life    time.Duration
	}{{"activate", tokens.Confirmation, 24 * time.Hour}, {"not-me", tokens.NotMe, 720 * time.Hour}} {
		_, token, _ := strings.Cut(text, "/eecd/"+want.page+"?token=")
		token = token[:strings.IndexAny(token, "&>\r\n")]
		claims, err := c.o.Sealer.Open(want.purpose, token)
		if err != nil {
			t.Fatalf("%s: %v in %q", want.page, err, token)
		}
		expected := tokens.Claims{
			Subject: userID, Email: tokens.EmailHash("siobhan.oneill@example.net"), Generation: 3,
			IssuedAt: sentAt, ExpiresAt: sentAt.Add(want.life),
		}
		if claims != expected {
			t.Errorf("%s: claims %+v, want %+v", want.page, claims, expected)
		}
	}
}

func TestHeader(t *testing.T) {
	c := testComposer(t)
	l, in := letterOf("document", "fr")
	l.MessageID = "<0195xyz.1@kaai9.example>"
	in.Cleaning.Number = strings.Repeat("numéro très long ", 12)
	o := compose(t, c, l, in)
	for name, want := range map[string]string{
		"From": `"eECD Kaai 9" <eecd@kaai9.example>`, "To": "siobhan.oneill@example.net",
		"Date": "Mon, 03 Mar 2025 08:30:00 +0000", "Message-Id": "<0195xyz.1@kaai9.example>",
		"Reply-To": `"Help" <help@kaai9.example>`, "Auto-Submitted": "auto-generated",
		"X-Auto-Response-Suppress": "DR, RN, NRN, OOF, AutoReply", "Content-Language": "fr", "Mime-Version": "1.0",
		"Subject": "=?utf-8?q?", "Content-Type": "multipart/mixed;",
	} {
		if values := o.header[name]; len(values) != 1 || !strings.HasPrefix(values[0], want) {
			t.Errorf("%s: %q, want %q", name, values, want)
		}
	}
	if len(o.header) != 11 {
		t.Errorf("%d header fields: %v", len(o.header), o.header)
	}
	l.Language = "xx"
	options := testOptions(t)
	options.ReplyTo = ""
	c, err := New(options)
	if err != nil {
		t.Fatal(err)
	}
	o = compose(t, c, l, in)
	if o.header.Get("Content-Language") != "en" || o.header["Reply-To"] != nil ||
		strings.Contains(o.text, "Questions?") {
		t.Errorf("an unknown language or a missing contact is not respected: %v", o.header)
	}
}

func TestDocument(t *testing.T) {
	c := testComposer(t)
	l, in := letterOf("document", "en")
	for number, want := range map[string]string{
		"SYN-BE-000001":           "eecd-SYN-BE-000001.pdf",
		"../../etc/passwd":        "eecd-etc-passwd.pdf",
		"a\"; x=\"b\r\nBcc: c":    "eecd-a-x-b-Bcc-c.pdf",
		"№ 7/2025 v1.2.":          "eecd-7-2025-v1.2.pdf",
		"":                        "eecd-" + cleaningID.String() + ".pdf",
		"…/…":                     "eecd-" + cleaningID.String() + ".pdf",
		strings.Repeat("ab.", 60): "eecd-" + strings.Repeat("ab.", 26) + "ab.pdf",
	} {
		in.Cleaning.Number = number
		o := compose(t, c, l, in)
		disposition, params, err := o.pdfHeader.ContentDisposition()
		if err != nil || disposition != "attachment" || params["filename"] != want {
			t.Errorf("number %q: file %q (%s, %v), want %q", number, params["filename"], disposition, err, want)
		}
		if !bytes.Equal(o.pdf, somePDF) {
			t.Errorf("number %q: the PDF came out changed", number)
		}
	}
	in.PDF = nil
	in.Cleaning.Number = "SYN-BE-000001"
	if o := compose(t, c, l, in); !bytes.HasPrefix(o.pdf, []byte("%PDF-")) {
		t.Errorf("nothing rendered: %q", o.pdf)
	}
}

func TestDecided(t *testing.T) {
	c := testComposer(t)
	l, in := letterOf("decided", "en")
	o := compose(t, c, l, in)
	for _, want := range []string{"Decision: completed", "Product: Ethanol 96 % <ADR>\r\n",
		"2025-03-03 09:25 CET (Europe/Brussels)",
		"> comp. 1, 24 t\r\n> OK & dicht\r\n", "SYN-BE-000001", "help@kaai9.example"} {
		if !strings.Contains(o.text, want) {
			t.Errorf("the text lacks %q:\n%s", want, o.text)
		}
	}
	for _, want := range []string{"Ethanol 96 % &lt;ADR&gt;</td>", "comp. 1, 24 t<br>OK &amp; dicht</td>"} {
		if !strings.Contains(o.html, want) {
			t.Errorf("the page lacks %q:\n%s", want, o.html)
		}
	}
	l, in = letterOf("rejected", "en")
	o = compose(t, c, l, in)
	if !strings.Contains(o.text, "Decision: rejected") || strings.Contains(o.text, "Product") {
		t.Errorf("not what was rejected:\n%s", o.text)
	}
}

// TestComposeRefuses holds what must not leave: a fault of the store, so an error and no mail.
func TestComposeRefuses(t *testing.T) {
	c := testComposer(t)
	for name, spoil := range map[string]func(*store.Letter, *store.Contents){
		"erased":            func(l *store.Letter, _ *store.Contents) { l.To = "" },
		"another's mailbox": func(l *store.Letter, _ *store.Contents) { l.To = "mallory@example.net" },
		"SMTP parameter": func(l *store.Letter, in *store.Contents) {
			l.To = "x@example.net> ORCPT=rfc822;z@example.net"
			in.User.Email = l.To
		},
		"two recipients": func(l *store.Letter, in *store.Contents) {
			l.To = "x@example.net,y@example.net"
			in.User.Email = l.To
		},
		"unknown kind": func(l *store.Letter, _ *store.Contents) { l.Kind = "farewell" },
		"no decision":  func(l *store.Letter, _ *store.Contents) { l.Decision = nil },
		"open load": func(l *store.Letter, _ *store.Contents) {
			l.Decision = &store.Load{Status: store.LoadOpen}
		},
		"no Message-ID":    func(l *store.Letter, _ *store.Contents) { l.MessageID = "" },
		"broken MessageID": func(l *store.Letter, _ *store.Contents) { l.MessageID = "a@b\r\nBcc: x@y" },
	} {
		l, in := letterOf("decided", "en")
		spoil(&l, &in)
		if m, err := c.Compose(l, in, sentAt); err == nil {
			t.Errorf("%s: composed:\n%s", name, m.Data)
		}
	}
}

func TestNewRefuses(t *testing.T) {
	o := testOptions(t)
	o.From.Address, o.ReplyTo, o.PrivacyURL, o.PublicURL = "eecd", "help", "javascript:alert(1)", nil
	o.ActivationURL, o.ConfirmationTTL, o.Sealer = "/activate", 0, nil
	_, err := New(o)
	if err == nil {
		t.Fatal("taken")
	}
	if faults := strings.Split(err.Error(), "\n"); len(faults) != 7 {
		t.Errorf("%d faults, want 7 at once:\n%v", len(faults), err)
	}
}

func TestSender(t *testing.T) {
	for _, tt := range []struct{ organisation, name, want string }{
		{"Kaai 9", "Postern", "Kaai 9"}, {"", "Postern", "Postern"}, {"", "", "eecd.kaai9.example"},
	} {
		o := testOptions(t)
		o.Organisation, o.From = tt.organisation, mail.Address{Name: tt.name, Address: "a@b.example"}
		c, err := New(o)
		if err != nil {
			t.Fatal(err)
		}
		l, in := letterOf("activate", "en")
		if text := compose(t, c, l, in).text; !strings.Contains(text, "address to "+tt.want+" in order") {
			t.Errorf("%+v: not from %q:\n%s", tt, tt.want, text)
		}
	}
}
