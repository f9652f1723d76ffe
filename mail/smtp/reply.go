package smtp

import (
	"bufio"
	"bytes"
	"errors"
	"slices"
	"strings"
)

// What is kept of a reply. RFC 5321 §4.5.3.1.5 allows 512 bytes a line; the rest of a longer one is read and dropped,
// and so are the lines in the middle of a long reply. How much may come at all limitedConn decides.
const (
	maxText  = 1000 // bytes of one line's text
	MaxLines = 100  // the last one among them
)

// reply is what a smarthost says to one command (RFC 5321 §4.2).
type reply struct {
	code  string   // three digits; empty: it said something else
	lines []string // the text of each line, without code, line end and white space around it
}

// readReply reads one reply. Servers are not as strict as RFC 5321 §4.2.1 is, and a reply that is taken for none
// sends a letter twice; so a code without text is a reply, a line may end in LF alone, lines of a longer reply may
// lack the code, and where codes differ the last line's counts. Blank lines before a reply say nothing.
func readReply(in *bufio.Reader) (reply, error) {
	line, err := readLine(in)
	for err == nil && line == "" {
		line, err = readLine(in)
	}
	if err != nil {
		return reply{}, err
	}
	code, text, more := codeOf(line)
	if code == "" {
		if code, text = unspaced(line); code == "" {
			return reply{lines: []string{line}}, nil
		}
	}
	r := reply{code: code, lines: []string{cut(text)}}
	for more {
		if line, err = readLine(in); err != nil {
			return reply{}, err
		}
		r.add(line, &more)
	}
	return r, nil
}

// add takes one more line of the reply; more becomes false with its last one.
func (r *reply) add(line string, more *bool) {
	text := line
	if code, rest, goesOn := codeOf(line); code == r.code || code >= "200" && code < "600" {
		text, *more = rest, goesOn
		if !goesOn {
			r.code = code
		}
	}
	if len(r.lines) == MaxLines { // the last line is kept, as it holds the queue id and often the reason
		r.lines = r.lines[:MaxLines-1]
	}
	r.lines = append(r.lines, cut(text))
}

// codeOf takes a line apart; the code is empty where it has none. More: a "-" behind the code says that the reply
// goes on.
func codeOf(line string) (code, text string, more bool) {
	if !startsWithCode(line) {
		return "", "", false
	}
	if len(line) == 3 {
		return line, "", false
	}
	switch line[3] {
	case ' ', '\t':
		return line[:3], line[4:], false
	case '-':
		return line[:3], line[4:], true
	}
	return "", "", false
}

// unspaced takes a line apart whose text follows the code without a space. That is a reply where one begins, and
// nowhere else.
func unspaced(line string) (code, text string) {
	if !startsWithCode(line) || line[3] >= '0' && line[3] <= '9' {
		return "", ""
	}
	return line[:3], line[3:]
}

// startsWithCode reports whether a line begins with three digits that can be a reply's code.
func startsWithCode(line string) bool {
	digit := func(i int) bool { return line[i] >= '0' && line[i] <= '9' }
	return len(line) >= 3 && line[0] != '0' && digit(0) && digit(1) && digit(2)
}

// readLine reads up to a line end, and gives what is kept of the line.
func readLine(in *bufio.Reader) (string, error) {
	var kept []byte
	for {
		piece, err := in.ReadSlice('\n')
		kept = append(kept, piece[:min(len(piece), len("250-")+maxText-len(kept))]...)
		switch {
		case err == nil:
			return strings.TrimRight(string(kept), " \t\r\n"), nil
		case !errors.Is(err, bufio.ErrBufferFull):
			return "", err
		}
	}
}

// cut returns what is kept of a line's text.
func cut(text string) string {
	return strings.Trim(text[:min(len(text), maxText)], " \t\r")
}

// bytes writes the reply as net/textproto reads it.
func (r reply) bytes() []byte {
	if r.code == "" {
		return []byte(r.lines[0] + "\r\n")
	}
	var out bytes.Buffer
	for i, line := range r.lines {
		separator := "-"
		if i == len(r.lines)-1 {
			separator = " "
		}
		out.WriteString(r.code + separator + line + "\r\n")
	}
	return out.Bytes()
}

// normalizedEHLO returns an answer to EHLO as go-smtp reads it: keywords in capitals (RFC 5321 §2.4 has them in any
// case), one space before each parameter, and all mechanisms of AUTH in one line, those of the old form AUTH=LOGIN as
// well.
func (r reply) normalizedEHLO() reply {
	if r.code != "250" {
		return r
	}
	lines := r.lines[:1:1] // the server's name
	var mechanisms []string
	auth := -1
	for _, line := range r.lines[1:] {
		keyword, parameters := keywordOf(line)
		switch keyword {
		case "":
			continue
		case "AUTH":
			if auth < 0 {
				auth = len(lines)
				lines = append(lines, "")
			}
			for _, mechanism := range parameters {
				if mechanism = capitals(mechanism); !slices.Contains(mechanisms, mechanism) {
					mechanisms = append(mechanisms, mechanism)
				}
			}
		default:
			lines = append(lines, cut(strings.Join(append([]string{keyword}, parameters...), " ")))
		}
	}
	if auth >= 0 {
		lines[auth] = cut(strings.Join(append([]string{"AUTH"}, mechanisms...), " "))
	}
	return reply{code: r.code, lines: lines}
}

// keywordOf takes a line of the answer to EHLO apart.
func keywordOf(line string) (keyword string, parameters []string) {
	end := strings.IndexAny(line, " \t=")
	if end < 0 {
		return capitals(line), nil
	}
	return capitals(line[:end]), strings.Fields(line[end+1:])
}

// capitals changes the letters of ASCII alone: keywords have no others.
func capitals(text string) string {
	changed := []byte(text)
	for i, c := range changed {
		if c >= 'a' && c <= 'z' {
			changed[i] = c - 'a' + 'A'
		}
	}
	return string(changed)
}
