package letters

import (
	"bytes"
	"encoding/hex"
	"errors"
	"net/mail"
	"slices"
	"strings"
	"time"

	"github.com/emersion/go-message"

	"postern/store"
	"postern/store/guid"
)

// parts is what a mail is put together from.
type parts struct {
	subject    string
	language   string
	text, html []byte // UTF-8, line ends as they come
	pdf        []byte // nil: none attached
	fileName   string // of the PDF
}

// assemble makes the whole mail: text and HTML as alternatives (RFC 2046 §5.1.4) and, where there is a PDF, that beside
// them.
func (c *Composer) assemble(l store.Letter, p parts, now time.Time) ([]byte, error) {
	head, err := c.head(l, p, now)
	if err != nil {
		return nil, err
	}
	var out bytes.Buffer
	out.Grow(4<<10 + 2*len(p.text) + len(p.html)*5/4 + len(p.pdf)*7/5)
	alternative := contentType("multipart/alternative", l.ID, "a")
	if p.pdf == nil {
		top, err := message.CreateWriter(&out, header(append(head, alternative)))
		if err != nil {
			return nil, err
		}
		err = errors.Join(writeAlternatives(top, p), top.Close())
		return out.Bytes(), err
	}
	top, err := message.CreateWriter(&out, header(append(head, contentType("multipart/mixed", l.ID, "m"))))
	if err != nil {
		return nil, err
	}
	body, err := top.CreatePart(header([]field{alternative}))
	if err != nil {
		return nil, err
	}
	attachment := header([]field{
		{"Content-Type", "application/pdf"},
		{"Content-Transfer-Encoding", "base64"},
		{"Content-Disposition", `attachment; filename="` + p.fileName + `"`}, // plain ASCII: fileName saw to it
	})
	err = errors.Join(writeAlternatives(body, p), body.Close(), writePart(top, attachment, p.pdf), top.Close())
	return out.Bytes(), err
}

func writeAlternatives(to *message.Writer, p parts) error {
	return errors.Join(
		writePart(to, textHeader("text/plain"), p.text),
		writePart(to, textHeader("text/html"), p.html))
}

func writePart(to *message.Writer, h message.Header, content []byte) error {
	part, err := to.CreatePart(h)
	if err != nil {
		return err
	}
	_, err = part.Write(content)
	return errors.Join(err, part.Close())
}

func textHeader(mediaType string) message.Header {
	return header([]field{
		{"Content-Type", mediaType + "; charset=utf-8"},
		{"Content-Transfer-Encoding", "quoted-printable"},
	})
}

// contentType names a boundary that belongs to the letter and that no part can hold: "=_" is impossible in both of the
// encodings used (RFC 2045 §6.7).
func contentType(mediaType string, id guid.ID, part string) field {
	return field{"Content-Type", mediaType + `; boundary="=_` + part + hex.EncodeToString(id[:]) + `"`}
}

// head lists the mail's header fields but its content type's, in their order.
func (c *Composer) head(l store.Letter, p parts, now time.Time) ([]field, error) {
	id := strings.Trim(l.MessageID, "<>")
	if !IsPlainAddress(id) {
		return nil, errors.New("its Message-ID is none")
	}
	fields := []field{
		{"From", formatAddress(c.o.From)},
		{"To", l.To},
		{"Subject", encodeWords(p.subject)},
		{"Date", now.UTC().Format("Mon, 02 Jan 2006 15:04:05 -0700")},
		{"Message-ID", "<" + id + ">"},
	}
	if c.replyTo != nil {
		fields = append(fields, field{"Reply-To", formatAddress(*c.replyTo)})
	}
	return append(fields,
		field{"Auto-Submitted", "auto-generated"}, // RFC 3834 §5: no automatic answers, please
		// The same for Exchange, but for reports of what was not delivered (MS-OXCMAIL 2.1.3.2.20: "All" has NDR in
		// it).
		field{"X-Auto-Response-Suppress", "DR, RN, NRN, OOF, AutoReply"},
		field{"Content-Language", p.language}, // RFC 3282
		field{"MIME-Version", "1.0"}), nil
}

// field is a header field whose value is encoded already.
type field struct{ name, value string }

// header makes go-message's header of fields. Its own formatting would put a long encoded value on one line.
func header(fields []field) message.Header {
	var h message.Header
	for _, f := range slices.Backward(fields) { // each goes in front of those before
		h.AddRaw(fold(f.name, f.value))
	}
	return h
}

// formatAddress writes an address with its display name, if any.
func formatAddress(a mail.Address) string {
	name := clean(a.Name)
	if name == "" {
		return a.Address
	}
	if encoded := encodeWords(name); encoded != name {
		return encoded + " <" + a.Address + ">"
	}
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(name) + `" <` + a.Address + ">"
}
