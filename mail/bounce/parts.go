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

// entity reads a message or a part: its header, and what that says the rest is.
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
	one := part{header: h, kind: kind, params: params, within: within}
	if strings.HasPrefix(kind, "multipart/") && depth < maxDepth {
		children := split(text, params["boundary"])
		if len(children) == 0 { // encoded as a whole, which RFC 2045 §6.4 forbids
			children = split(decode(text, h.get("content-transfer-encoding")), params["boundary"])
		}
		if len(children) > 0 {
			for _, child := range children {
				t.entity(child, depth+1, within, kind == "multipart/digest")
			}
			return
		}
		one.kind = "text/plain" // without a boundary the whole may be read as text
	}
	one.body = decode(text, h.get("content-transfer-encoding"))
	switch kind {
	case "message/rfc822", "message/global", "message/partial", "message/news":
		inner, _ := readHeader(one.body)
		if media, _ := inner.media(false); media != "multipart/report" { // one that was forwarded
			t.messages = append(t.messages, inner)
		}
		if depth < maxDepth {
			t.entity(one.body, depth+1, within+1, false)
			return
		}
	case "text/rfc822-headers", "message/rfc822-headers", "message/global-headers", "text/rfc822-header":
		inner, _ := readHeader(bytes.TrimLeft(one.body, "\n"))
		t.messages = append(t.messages, inner)
		one.returned = true
	}
	t.parts = append(t.parts, one)
}

// split returns the parts of a multipart's body. The last one may lack its end, and lines around a boundary may have
// white space behind.
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

// decode undoes a transfer encoding (RFC 2045 §6). What is broken is kept as far as it can be read.
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
