package inbox

import (
	"crypto/md5"
	"crypto/sha1"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	netmail "net/mail"
	"strings"
	"sync/atomic"
	"time"
	"unicode/utf8"

	"github.com/emersion/go-message"
	gomail "github.com/emersion/go-message/mail"
)

// What is read of a letter at most; the rest stays in its source. The appliance writes short letters, but an operator's
// own texts and whoever delivers to the inbox in a test may not.
const (
	maxAddressField = 16 << 10 // bytes of a field with addresses
	maxLinks        = 200      // links
	maxSnippet      = 250      // characters of the beginning shown in lists, as Mailpit has it
	maxFault        = 200      // characters of what was wrong
	overhead        = 1 << 10  // bytes that a letter costs beside its source and texts, roughly
)

// Letter is a letter in the inbox. It is shared by all who read it; nothing of it changes but the mark that it has been
// opened, which is atomic for that reason. All text is valid UTF-8, whatever the source holds, so that JSON and pages
// need not look at it again.
type Letter struct {
	ID        string    // unique within the inbox
	Received  time.Time // when it was delivered
	Sender    string    // bare address of the envelope, the Return-Path
	Recipient string    // bare address of the envelope

	MessageID       string // without angle brackets
	From            *netmail.Address
	To, Cc, Bcc     []*netmail.Address // Bcc: also the envelope's recipient where no field names it
	ReplyTo         []*netmail.Address
	Subject         string
	Date            time.Time // the letter's own, in UTC; Received where it has none that is usable
	Text, HTML      string
	Files           []File
	Links           []string // http and https, in order of appearance, each once
	Snippet         string   // beginning of what a reader sees
	Raw             []byte   // the source as delivered
	Fault           string   // what could not be read of it; empty when all could
	Unsubscribe     string   // List-Unsubscribe
	UnsubscribePost string   // List-Unsubscribe-Post
	visible         string   // what a reader sees of HTML, only where Text is empty
	burst           int      // see burstOf
	read            atomic.Bool
}

// File is a part of a letter that is not its text. Content gives what is in it.
type File struct {
	PartID            string // path of the part, as 2 or 1.3
	FileName          string // may be empty, and is what the sender says: not to be used as a path
	ContentType       string // without parameters
	ContentID         string // without angle brackets
	Inline            bool   // belongs into the HTML text
	Size              int    // bytes, decoded
	MD5, SHA1, SHA256 string // hexadecimal, of the decoded content
}

// Read reports whether somebody has opened the letter.
func (c *Letter) Read() bool { return c.read.Load() }

// size returns what the letter counts towards MaxBytes: everything that grows with what was sent. It must not change
// while the letter is kept, since the inbox adds it up when it comes and takes it off when it goes.
func (c *Letter) size() int {
	return len(c.Raw) + len(c.Text) + len(c.HTML) + len(c.visible) + overhead
}

// Content returns the decoded content of a part that is not text; false when there is no such part. It is read from the
// source each time, so that it is not kept twice.
func (c *Letter) Content(partID string) (content []byte, found bool) {
	walkParts(c.Raw, func(id string, e *message.Entity) error {
		if id != partID || isText(e) {
			return nil
		}
		found = true
		content, _ = io.ReadAll(e.Body) // what precedes a fault is the content
		return errSeenEnough
	})
	return content, found
}

// Header returns the fields of the letter by canonical name, undecoded, as they are in the source.
func (c *Letter) Header() map[string][]string {
	head, _ := walkParts(c.Raw, func(string, *message.Entity) error { return errSeenEnough })
	fields := map[string][]string{}
	for f := head.Fields(); f.Next(); {
		fields[cleanText(f.Key())] = append(fields[cleanText(f.Key())], cleanText(f.Value()))
	}
	return fields
}

// readLetter makes a letter of what was delivered. It never fails: what cannot be read is left out and noted in Fault,
// as a developer who looks for a letter wants to see the one that is broken most of all.
func readLetter(from, to string, raw []byte, now time.Time) *Letter {
	c := &Letter{Sender: cleanText(from), Recipient: cleanText(to), Raw: raw, Received: now}
	head, err := walkParts(raw, c.takePart)
	c.takeHeader(gomail.Header{Header: head})
	c.fault(err)
	if c.Text == "" {
		c.visible = visibleText(c.HTML)
	}
	c.Snippet = snippet(c.Text + c.visible)
	c.Links = linksOf(c.Text, c.HTML)
	return c
}

// fault notes the first thing that could not be read.
func (c *Letter) fault(err error) {
	if err != nil && c.Fault == "" {
		c.Fault = cutText(cleanText(err.Error()), maxFault)
	}
}

// takeHeader takes the fields of the header. What the letter lacks or has wrong is filled in from the envelope.
func (c *Letter) takeHeader(h gomail.Header) {
	c.MessageID = cleanText(strings.Trim(strings.TrimSpace(h.Get("Message-Id")), "<>"))
	subject, _ := h.Subject() // undecoded where it cannot be decoded
	c.Subject = cleanText(subject)
	c.Unsubscribe, c.UnsubscribePost = cleanText(h.Get("List-Unsubscribe")), cleanText(h.Get("List-Unsubscribe-Post"))
	c.Date = c.Received.UTC()
	// Years beyond four digits have no form in JSON (RFC 3339 section 1).
	if at, err := h.Date(); err == nil && !at.IsZero() && at.UTC().Year() > 0 && at.UTC().Year() <= 9999 {
		c.Date = at.UTC()
	}
	if from := c.addresses(&h, "From"); len(from) > 0 {
		c.From = from[0]
	} else if c.Sender != "" {
		c.From = &netmail.Address{Address: c.Sender}
	}
	c.To, c.Cc, c.Bcc = c.addresses(&h, "To"), c.addresses(&h, "Cc"), c.addresses(&h, "Bcc")
	c.ReplyTo = c.addresses(&h, "Reply-To")
	// Whom the envelope names and no field does got a blind copy; Mailpit shows it so, too.
	if c.Recipient != "" && !c.names(c.Recipient) {
		c.Bcc = append(c.Bcc, &netmail.Address{Address: c.Recipient})
	}
}

// addresses reads a field with addresses; one that is wrong is noted and counts as empty. How long it may be is bounded
// before it is parsed.
func (c *Letter) addresses(h *gomail.Header, field string) []*netmail.Address {
	if len(h.Get(field)) > maxAddressField {
		c.fault(fmt.Errorf("%s is longer than %d octets", field, maxAddressField))
		return nil
	}
	list, err := h.AddressList(field)
	if err != nil {
		c.fault(fmt.Errorf("%s: %w", field, err))
		return nil
	}
	for _, a := range list {
		a.Name, a.Address = cleanText(a.Name), cleanText(a.Address)
	}
	return list
}

// names reports whether the letter itself says that it goes to that address.
func (c *Letter) names(address string) bool {
	for _, list := range [][]*netmail.Address{c.To, c.Cc, c.Bcc} {
		for _, a := range list {
			if strings.EqualFold(a.Address, address) {
				return true
			}
		}
	}
	return false
}

// takePart takes a part as text or as a file.
func (c *Letter) takePart(id string, e *message.Entity) error {
	content, err := io.ReadAll(e.Body)
	c.fault(err)
	kind, _, _ := e.Header.ContentType()
	switch {
	case isText(e) && kind == "text/html":
		c.HTML += cleanText(string(content))
	case isText(e):
		c.Text += cleanText(string(content))
	default:
		c.Files = append(c.Files, describeFile(id, e, content))
	}
	return nil
}

// describeFile describes a part that is not text. Its sums let a test compare a file without fetching it; they are
// those that Mailpit's answers have, and guard against nothing.
func describeFile(id string, e *message.Entity, content []byte) File {
	named := gomail.AttachmentHeader{Header: e.Header}
	name, _ := named.Filename()
	kind, _, err := e.Header.ContentType()
	if err != nil {
		kind = "application/octet-stream"
	}
	disposition, _, _ := e.Header.ContentDisposition()
	contentID := cleanText(strings.Trim(strings.TrimSpace(e.Header.Get("Content-Id")), "<>"))
	sum5, sum1, sum256 := md5.Sum(content), sha1.Sum(content), sha256.Sum256(content)
	return File{
		PartID: id, FileName: cleanText(name), ContentType: cleanText(kind), ContentID: contentID,
		// Something that the HTML refers to by its Content-ID is shown in it, whether or not it says so (RFC 2392).
		Inline: disposition == "inline" || disposition != "attachment" && contentID != "",
		Size:   len(content),
		MD5:    hex.EncodeToString(sum5[:]), SHA1: hex.EncodeToString(sum1[:]), SHA256: hex.EncodeToString(sum256[:]),
	}
}

// isText reports whether a part is what the reader reads: text or HTML that is neither named nor said to be attached.
func isText(e *message.Entity) bool {
	kind, _, _ := e.Header.ContentType()
	disposition, _, _ := e.Header.ContentDisposition()
	named := gomail.AttachmentHeader{Header: e.Header}
	name, _ := named.Filename()
	return (kind == "text/plain" || kind == "text/html") && disposition != "attachment" && name == ""
}

// cleanText replaces what is not UTF-8, which JSON and pages could not carry.
func cleanText(s string) string { return strings.ToValidUTF8(s, "\uFFFD") }

// cutText shortens to at most that many characters.
func cutText(s string, characters int) string {
	if utf8.RuneCountInString(s) <= characters {
		return s
	}
	return string([]rune(s)[:characters-1]) + "…"
}
