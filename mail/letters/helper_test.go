package letters

import (
	"bytes"
	"io"
	"io/fs"
	"math/rand/v2"
	"net/mail"
	"net/url"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
	"time"
	_ "time/tzdata"

	"github.com/emersion/go-message"

	"postern/store"
	"postern/store/guid"
	"postern/tokens"
)

// samples are what letterOf makes, and in which languages the letters must be there.
var samples = []struct{ kinds, languages []string }{
	{[]string{"activate", "document", "decided", "proven", "rejected"}, []string{"en", "nl", "fr", "de"}},
	{[]string{"welcome", "existing", "invited", "failed", "recover", "password-changed"}, []string{"en", "nl", "fr"}},
	{[]string{"test"}, []string{"en", "nl", "fr", "de"}},
}

// sampleName is a kind of letterOf's in a language.
type sampleName struct{ kind, language string }

// allSamples goes through all of samples.
func allSamples(yield func(sampleName) bool) {
	for _, sample := range samples {
		for _, kind := range sample.kinds {
			for _, language := range sample.languages {
				if !yield(sampleName{kind, language}) {
					return
				}
			}
		}
	}
}

// sentAt is when every letter of the tests is composed.
var sentAt = time.Date(2025, 3, 3, 8, 30, 0, 0, time.UTC)

var (
	letterID   = guid.ID{0x01, 0x95, 0x5a, 0xb0, 0, 0, 0x70, 0, 0x80, 0, 0, 0, 0, 0, 0, 0x77}
	userID     = guid.ID{0x01, 0x95, 0x5a, 0xaf, 0, 0, 0x70, 0, 0x80, 0, 0, 0, 0, 0, 0, 0x11}
	cleaningID = guid.ID{5: 0, 6: 0x40, 8: 0x80, 15: 1}
)

// somePDF stands for an uploaded document; its bytes are no text.
var somePDF = append([]byte("%PDF-1.4\n\xff\x00\r\n.\r\n"), bytes.Repeat([]byte("octets \xfe\r"), 40)...)

func testSealer(t testing.TB) *tokens.Sealer {
	t.Helper()
	random := rand.NewChaCha8([32]byte{1})
	ring, err := tokens.CreateKeyring(filepath.Join(t.TempDir(), "keys"), random, sentAt)
	if err != nil {
		t.Fatal(err)
	}
	sealer, err := tokens.NewSealer(ring, [16]byte{9}, random)
	if err != nil {
		t.Fatal(err)
	}
	return sealer
}

func brussels(t testing.TB) *time.Location {
	t.Helper()
	zone, err := time.LoadLocation("Europe/Brussels")
	if err != nil {
		t.Fatal(err)
	}
	return zone
}

func testOptions(t testing.TB) Options {
	t.Helper()
	return Options{
		From:            mail.Address{Name: "eECD Kaai 9", Address: "eecd@kaai9.example"},
		ReplyTo:         "Help <help@kaai9.example>",
		Organisation:    "Synthetische Tankreiniging Kaai 9",
		PrivacyURL:      "https://kaai9.example/privacy",
		PublicURL:       &url.URL{Scheme: "https", Host: "eecd.kaai9.example"},
		Zone:            brussels(t),
		ActivationURL:   "https://eecd.kaai9.example/eecd/activate",
		ConfirmationTTL: 24 * time.Hour,
		NotMeTTL:        720 * time.Hour,
		InvitationTTL:   168 * time.Hour,
		RecoveryTTL:     time.Hour,
		Sealer:          testSealer(t),
	}
}

func testComposer(t testing.TB) *Composer {
	t.Helper()
	c, err := New(testOptions(t))
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// letterOf makes a letter and its contents; the kinds are those of store, "proven" for an activation letter to a
// mailbox proven before, "rejected" for the other decision, and "invited" for an existing account without a password.
func letterOf(kind, language string) (store.Letter, store.Contents) {
	l := store.Letter{
		ID: letterID, Kind: store.LetterKind(kind), Language: language, To: "siobhan.oneill@example.net",
		MessageID: "0195xyz.1@kaai9.example", Person: userID, Generation: 3, Cleaning: cleaningID,
	}
	in := store.Contents{
		User: store.User{
			ID: userID, Email: "siobhan.oneill@example.net", FirstName: "Siobhán", LastName: "O'Neill",
			OrganisationName: "Synthetische Terminal BV", Language: language, ActivatedAt: sentAt.Add(-time.Hour),
		},
		Cleaning: store.Cleaning{ID: cleaningID, CleaningData: store.CleaningData{
			Number: "SYN-BE-000001",
			Station: store.Station{Name: "Lavage Citernes Synthétique", City: "Liège", Country: "BE",
				Phone: "+32 4 000 00 00"},
			Status: store.SignedOff,
		}},
		PDF: somePDF,
	}
	switch kind {
	case "welcome", "existing", "invited", "failed", "recover", "password-changed":
		return bikerLetter(kind, language)
	case "test":
		return l, store.Contents{}
	case "activate":
		in.User.ActivatedAt = time.Time{}
	case "proven":
		l.Kind = store.LetterActivate
	case "decided":
		l.Decision = &store.Load{Status: store.LoadCompleted, DecidedAt: sentAt.Add(-5 * time.Minute),
			ProductName: "Ethanol 96 % <ADR>", Comment: "comp. 1, 24 t\nOK & dicht"}
	case "rejected":
		l.Kind = store.LetterDecided
		l.Decision = &store.Load{Status: store.LoadRejected, DecidedAt: sentAt.Add(-5 * time.Minute),
			Comment: "Geur van vorig product in mangat"}
	}
	return l, in
}

// opened is a mail as its reader has it.
type opened struct {
	raw        []byte
	header     mail.Header // as net/mail reads it
	text, html string
	textHeader message.Header
	pdf        []byte
	pdfHeader  message.Header
}

// compose makes a mail and reads it back with go-message and net/mail, checking its form on the way.
func compose(t testing.TB, c *Composer, l store.Letter, in store.Contents) opened {
	t.Helper()
	m, err := c.Compose(l, in, sentAt)
	if err != nil {
		t.Fatal(err)
	}
	if m.From != c.o.From.Address || m.To != l.To {
		t.Fatalf("envelope %q to %q, want %q to %q", m.From, m.To, c.o.From.Address, l.To)
	}
	checkWire(t, m.Data)
	o := opened{raw: m.Data}
	read, err := mail.ReadMessage(bytes.NewReader(m.Data))
	if err != nil {
		t.Fatal(err)
	}
	o.header = read.Header
	entity, err := message.Read(bytes.NewReader(m.Data))
	if err != nil {
		t.Fatal(err)
	}
	var shape []string
	err = entity.Walk(func(path []int, e *message.Entity, err error) error {
		if err != nil {
			return err
		}
		mediaType, _, _ := e.Header.ContentType()
		shape = append(shape, mediaType)
		if strings.HasPrefix(mediaType, "multipart/") {
			return nil
		}
		content, err := io.ReadAll(e.Body)
		switch mediaType {
		case "text/plain":
			o.text, o.textHeader = string(content), e.Header
		case "text/html":
			o.html = string(content)
		case "application/pdf":
			o.pdf, o.pdfHeader = content, e.Header
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	want := []string{"multipart/alternative", "text/plain", "text/html"}
	if l.Kind == store.LetterDocument {
		want = append(append([]string{"multipart/mixed"}, want...), "application/pdf")
	}
	if !slices.Equal(shape, want) {
		t.Fatalf("parts %q, want %q", shape, want)
	}
	return o
}

// checkWire checks what SMTP asks of the bytes: lines end with CRLF and nothing else, are short, and are ASCII.
func checkWire(t testing.TB, data []byte) {
	t.Helper()
	inHead := true
	for line := range strings.SplitSeq(strings.TrimSuffix(string(data), "\r\n"), "\r\n") {
		limit := 998
		if inHead = inHead && line != ""; inHead {
			limit = 78
		}
		if strings.ContainsAny(line, "\r\n\x00") || len(line) > limit {
			t.Fatalf("bad line %q", line)
		}
	}
	if i := bytes.IndexFunc(data, func(r rune) bool { return r > 0x7e || r < ' ' && r != '\r' && r != '\n' }); i >= 0 {
		t.Fatalf("octet %#x beyond printable ASCII", data[i])
	}
	if !bytes.HasSuffix(data, []byte("--\r\n")) {
		t.Fatalf("the mail does not end with its last boundary: %q", data[max(0, len(data)-40):])
	}
}

// textFiles is a copy of the embedded texts that a test may spoil.
func textFiles(t testing.TB) fstest.MapFS {
	t.Helper()
	files := fstest.MapFS{}
	err := fs.WalkDir(embedded, ".", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		content, err := embedded.ReadFile(path)
		files[path] = &fstest.MapFile{Data: content}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return files
}
