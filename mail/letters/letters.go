// Package letters composes the appliance's letters as whole mails (RFC 5322, MIME). The wording stands in plain text
// files under texts, one for each kind and language, from which the text and the HTML part are both made; the code
// knows only which values a kind of letter may use. Tokens are minted while composing, so that none is ever in the data
// file, and the life of a link begins when it leaves.
//
// # The text files
//
// A letter is texts/<kind>.<language>.txt: a line "Subject: …", a line "Preview: …" (what a mail client shows beside
// the subject), a blank line, then blocks with blank lines between them:
//
//	# A heading
//	A paragraph, over as many lines as you like, with [a plain link](.Link) in it.
//	[The button](.Link)           alone in its block
//	- Label: a line of facts      one or more of them
//	> {{.Comment}}                words of a person, quoted, with their line breaks
//
// Values stand as {{.Name}}; {{if .Name}} or {{if not .Name}}, {{else}} and {{end}} leave out what has no value, in a
// line or, alone on a line, around lines and blocks. footer-users.<language>.txt, footer-bikers.<language>.txt and
// footer-operators.<language>.txt have the blocks that end every letter to those, words.<language>.txt how the language
// names spans and writes times (MST in the layout becomes the zone).
//
// A language is added by adding files: words and, for users, for bikers, for operators or for several of them, the
// footer and every letter that they can get. Language "en" is what a letter in a language without its kind falls back
// to. An operator does both, adding and writing anew, in a directory of files with the same names (Options.Dir).
package letters

import (
	"embed"
	"errors"
	"fmt"
	"net/mail"
	"net/url"
	"strings"
	"time"

	"postern/mail/document"
	"postern/store"
	"postern/store/guid"
	"postern/tokens"
)

//go:embed texts/*.txt layout.html
var embedded embed.FS

// fallback is the language of a letter whose own has no text of its kind.
const fallback = "en"

// Options is what a Composer needs to know of the appliance.
type Options struct {
	From         mail.Address   // sender
	ReplyTo      string         // CONTACT, an address with or without a display name; empty: none
	Organisation string         // who the letters are from; empty: From's name
	PrivacyURL   string         // where the processing of personal data is described; empty: nowhere
	PublicURL    *url.URL       // base of the links to the appliance's own pages
	Zone         *time.Location // of the times in letters and documents

	ActivationURL   string        // template of the page behind the activation link (CheckActivationURL)
	ConfirmationTTL time.Duration // life of the activation link, from composing; at least a second
	NotMeTTL        time.Duration // life of the "this wasn't me" link; at least a second
	InvitationTTL   time.Duration // life of a biker's set-password link after registration; at least a second
	RecoveryTTL     time.Duration // life of the link for a password forgotten; at least a second
	Sealer          *tokens.Sealer

	EnvelopeSender func(letter guid.ID) string // to whom what a server reports of a letter goes; nil: to From

	Dir string // the operator's own text files, each in the place of the embedded one of its name; empty: none
}

// Composer makes mails of letters. It is ready for concurrent use as far as its Sealer is.
type Composer struct {
	o       Options
	sender  string // who the letters say they are from, never empty
	replyTo *mail.Address
	texts   map[string]*language
}

// Message is a mail on its way: the envelope, whose two addresses are bare, and all that follows DATA, with CRLF line
// ends.
type Message struct {
	Kind       store.LetterKind
	From, To   string
	EnvelopeID string // ENVID (RFC 3461 §4.4), by which a report names the letter; empty: none
	Data       []byte
}

// New checks the options and reads all texts. Its error names every fault at once.
func New(o Options) (*Composer, error) {
	c := &Composer{o: o}
	faults := []error{c.checkAddresses(), c.checkLinks()}
	if min(o.ConfirmationTTL, o.NotMeTTL, o.InvitationTTL, o.RecoveryTTL) < time.Second {
		faults = append(faults, errors.New("the links in letters must live at least a second"))
	}
	if o.Zone == nil {
		faults = append(faults, errors.New("letters need the zone of the times in them"))
	}
	if o.Sealer == nil {
		faults = append(faults, errors.New("letters need a sealer for the tokens in their links"))
	}
	texts, err := textsOf(o.Dir)
	if err := errors.Join(append(faults, err)...); err != nil {
		return nil, err
	}
	c.texts = texts
	c.sender = firstOf(clean(o.Organisation), clean(o.From.Name), o.PublicURL.Hostname())
	return c, nil
}

// checkAddresses checks the addresses that stand in every letter's header.
func (c *Composer) checkAddresses() error {
	var faults []error
	if !IsPlainAddress(c.o.From.Address) {
		faults = append(faults, fmt.Errorf("the sender %q is not a plain mail address", c.o.From.Address))
	}
	if c.o.ReplyTo == "" {
		return errors.Join(faults...)
	}
	address, err := mail.ParseAddress(c.o.ReplyTo)
	if err != nil || !IsPlainAddress(address.Address) {
		return errors.Join(append(faults, fmt.Errorf("the contact %q is not a mail address", c.o.ReplyTo))...)
	}
	c.replyTo = address
	return errors.Join(faults...)
}

// checkLinks checks the settings of which links in letters are made.
func (c *Composer) checkLinks() error {
	faults := []error{CheckActivationURL(c.o.ActivationURL)}
	if c.o.PublicURL == nil || !isWebURL(c.o.PublicURL.String()) {
		faults = append(faults, errors.New("the base of the links in letters must be a whole http or https address"))
	}
	if c.o.PrivacyURL != "" && !isWebURL(c.o.PrivacyURL) {
		faults = append(faults, fmt.Errorf("the link to the privacy notice %q is not a whole http or https address",
			c.o.PrivacyURL))
	}
	return errors.Join(faults...)
}

func isWebURL(text string) bool {
	_, err := ParseWebURL(text)
	return err == nil
}

// Compose makes the mail of a letter, minting the tokens that it carries: now is its date and the start of its links'
// lives. The Message-ID is the letter's, so that every try carries the same. An error is a fault of the appliance, or a
// letter that must not leave: nothing a registrant typed goes to a mailbox that nobody has proven yet. Bikers are
// registered by partners, who know them: a biker's letters have the name in them from the first on.
func (c *Composer) Compose(l store.Letter, in store.Contents, now time.Time) (Message, error) {
	m, err := c.compose(l, in, now)
	if err != nil {
		return Message{}, fmt.Errorf("composing letter %s (%s): %w", l.ID, l.Kind, err)
	}
	return m, nil
}

func (c *Composer) compose(l store.Letter, in store.Contents, now time.Time) (Message, error) {
	if !IsPlainAddress(l.To) || !strings.EqualFold(l.To, recipient(l, in)) {
		return Message{}, errors.New("its recipient is not the person's address")
	}
	code := l.Language
	if c.texts[code] == nil || c.texts[code].letters[l.Kind] == nil {
		code = fallback
	}
	words := c.texts[code]
	text := words.letters[l.Kind]
	if text == nil {
		return Message{}, errors.New("there is no such kind of letter")
	}
	v, err := c.values(l, in, words, now)
	if err != nil {
		return Message{}, err
	}
	v.Language = code
	parts, err := text.render(v)
	if err != nil {
		return Message{}, err
	}
	parts.fileName = v.FileName
	if l.Kind == store.LetterDocument {
		if parts.pdf, err = c.pdf(in, code, now); err != nil {
			return Message{}, err
		}
	}
	data, err := c.assemble(l, parts, now)
	m := Message{Kind: l.Kind, From: c.o.From.Address, To: l.To, EnvelopeID: l.EnvelopeID, Data: data}
	if c.o.EnvelopeSender != nil {
		m.From = c.o.EnvelopeSender(l.ID)
	}
	return m, err
}

// recipient is the only address that a letter may go to.
func recipient(l store.Letter, in store.Contents) string {
	switch {
	case l.Kind.ToNobody():
		return l.To // nobody whom the store knows, so it can hold no address against this one
	case vocabularies[l.Kind].to == bikers:
		return in.Biker.Email
	}
	return in.User.Email
}

// pdf is the uploaded document, or the one rendered from the cleaning's data.
func (c *Composer) pdf(in store.Contents, language string, now time.Time) ([]byte, error) {
	if in.PDF != nil {
		return in.PDF, nil
	}
	return document.Render(in.Cleaning, document.Options{
		Link: c.cleaningLink(in.Cleaning.ID), Language: language, Zone: c.o.Zone, AsOf: now,
	})
}
