package bounce

import (
	"bytes"
	"encoding/base64"
	"io"
	"mime/quotedprintable"
	"strings"
)

// How far a message's structure is followed. Whoever writes it must not decide about our time and memory.
const (
	maxDepth = 12  // multiparts and messages in one another
	maxParts = 200 // parts, in all
)

// part is a part of a message that holds no other parts.
type part struct {
	header   header
	kind     string // media type
	params   map[string]string
	body     []byte // transfer encoding decoded, line ends \n
	within   int    // messages around it, beside the outermost: 1 in the returned message
	returned bool   // a header that was returned without its message
}

// tree is what a message holds. It is read here and not by a library, as those stop at the first line that is against
// the rules: a report in a broken message is a report. Bodies are slices of the message, so that reading is linear, as
// often as parts may stand in one another.
type tree struct {
	header   header // of the message itself
	media    string // its media type
	params   map[string]string
	parts    []part   // in their order
	messages []header // of the messages in it, and headers returned without one
	count    int

	fromSystem bool // a mail system wrote it
}

// readTree reads a message.
func readTree(message []byte) *tree {
	t := new(tree)
	if text, decoded := fromUTF16(message); decoded {
		message = text
	}
	message = bytes.TrimLeft(plainLines(message), "\n")
	t.header, _ = readHeader(message)
	t.media, t.params = t.header.media(false)
	t.entity(message, 0, 0, false)
	return t
}

// entity reads a message or a part: its header, and what that says the rest is. Depth counts all that is around it,
// within the messages alone.
func (t *tree) entity(text []byte, depth, within int, inDigest bool) {
	if t.count++; t.count > maxParts {
		return
	}
	var h header
	if len(text) > 0 && text[0] != '\n' { // a part without fields begins with an empty line
		h, text = readHeader(text)
	} else {
		text = bytes.TrimPrefix(text, []byte("\n"))
	}
	kind, params := h.media(inDigest)
	encoding := h.get("content-transfer-encoding")
	if strings.HasPrefix(kind, "multipart/") && depth < maxDepth {
		if children := childrenOf(text, params["boundary"], encoding); len(children) > 0 {
			for _, child := range children {
				t.entity(child, depth+1, within, kind == "multipart/digest")
			}
			return
		}
		kind = "text/plain" // without a boundary the whole may be read as text
	}
	one := part{header: h, kind: kind, params: params, within: within, body: decode(text, encoding)}
	switch kind {
	case "message/rfc822", "message/global", "message/partial", "message/news":
		t.returned(one.body)
		if depth < maxDepth {
			t.entity(one.body, depth+1, within+1, false)
			return
		}
	case "text/rfc822-headers", "message/rfc822-headers", "message/global-headers", "text/rfc822-header":
		t.returned(one.body)
		one.returned = true
	}
	t.parts = append(t.parts, one)
}

// returned notes the header of a message, or one that was returned without it. A report that was forwarded is not what
// was returned; that stands in it.
func (t *tree) returned(text []byte) {
	h, _ := readHeader(bytes.TrimLeft(text, "\n"))
	if media, _ := h.media(false); media != "multipart/report" {
		t.messages = append(t.messages, h)
	}
}

// childrenOf returns the parts of a multipart's body. Some systems encode it as a whole, which RFC 2045 §6.4 forbids.
func childrenOf(body []byte, boundary, encoding string) [][]byte {
	if children := split(body, boundary); len(children) > 0 {
		return children
	}
	return split(decode(body, encoding), boundary)
}

// split returns the parts of a multipart's body. The last one may lack its end, and lines around a boundary may have
// white space behind. The line end before a boundary is the boundary's (RFC 2046 §5.1.1); what stands before the first
// and after the last is for readers without MIME.
func split(body []byte, boundary string) [][]byte {
	if boundary == "" {
		return nil
	}
	mark := []byte("--" + boundary)
	var parts [][]byte
	begin := -1
	for at := 0; at < len(body); {
		end := at + len(body[at:])
		if i := bytes.IndexByte(body[at:], '\n'); i >= 0 {
			end = at + i + 1
		}
		if line := body[at:end]; bytes.HasPrefix(line, mark) {
			rest := string(bytes.TrimRight(line[len(mark):], " \t\n"))
			if rest == "" || rest == "--" {
				if begin >= 0 {
					parts = append(parts, bytes.TrimSuffix(body[begin:at], []byte("\n")))
				}
				if begin = end; rest == "--" {
					return parts
				}
			}
			if len(parts) > maxParts {
				return parts
			}
		}
		at = end
	}
	if begin >= 0 && begin < len(body) {
		parts = append(parts, body[begin:])
	}
	return parts
}

// decode undoes a transfer encoding (RFC 2045 §6). What is broken is kept as far as it can be read; what is in none
// that is known is left as it stands. The result is never longer than the body.
func decode(body []byte, encoding string) []byte {
	switch strings.ToLower(strings.TrimSpace(encoding)) {
	case "base64":
		in := bytes.Map(func(r rune) rune {
			if r == ' ' || r == '\t' || r == '\n' {
				return -1
			}
			return r
		}, body)
		out := make([]byte, base64.StdEncoding.DecodedLen(len(in)))
		n, err := base64.StdEncoding.Decode(out, in)
		if err != nil && n == 0 {
			return body
		}
		return plainLines(out[:n])
	case "quoted-printable":
		out, err := io.ReadAll(quotedprintable.NewReader(bytes.NewReader(body)))
		if err != nil {
			return body
		}
		return plainLines(out)
	}
	return body
}

// plainLines returns a text with \n as its only line end, and without a byte order mark.
func plainLines(text []byte) []byte {
	text = bytes.TrimPrefix(text, []byte("\xef\xbb\xbf"))
	if bytes.IndexByte(text, '\r') < 0 {
		return text
	}
	text = bytes.ReplaceAll(text, []byte("\r\n"), []byte("\n"))
	return bytes.ReplaceAll(text, []byte("\r"), []byte("\n"))
}
