// Package yaml writes YAML 1.2, in an order that the caller chooses: block style, as people read it, and double quotes
// wherever a plain text could be read as something else, by readers of YAML 1.1 too. It reads nothing. It is a leaf.
package yaml

import (
	"bytes"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// Map is a mapping in the order in which it is written. Each name is there once.
type Map []Entry

// Entry is one pair of a Map. The value is a Map, a []any, a string, a bool, an int or int64, or nil.
type Entry struct {
	Name  string
	Value any
}

// Marshal writes a value, which ends with a line break.
func Marshal(value any) []byte {
	var w writer
	w.node(value, 0, false)
	return w.Bytes()
}

type writer struct{ bytes.Buffer }

const step = 2 // spaces of indentation

// node writes a value behind what names it: on the same line where it fits, else on lines of its own. The first line
// of a mapping in a list stands behind the dash.
func (w *writer) node(value any, depth int, behindDash bool) {
	switch v := value.(type) {
	case Map:
		if len(v) == 0 {
			w.line(" {}")
			return
		}
		w.mapping(v, depth, behindDash)
	case []any:
		if text, short := flow(v); short {
			w.line(" " + text)
			return
		}
		w.list(v, depth, behindDash)
	case string:
		w.text(v, depth)
	default:
		w.line(" " + scalar(value))
	}
}

func (w *writer) line(text string) {
	if w.Len() == 0 {
		text = strings.TrimPrefix(text, " ")
	}
	w.WriteString(text + "\n")
}

func (w *writer) mapping(m Map, depth int, behindDash bool) {
	for i, entry := range m {
		switch {
		case i > 0:
			w.indent(depth)
		case behindDash:
			w.WriteByte(' ')
		default:
			w.begin(depth)
		}
		w.WriteString(quoted(entry.Name) + ":")
		w.node(entry.Value, depth+1, false)
	}
}

func (w *writer) list(items []any, depth int, behindDash bool) {
	for i, item := range items {
		switch {
		case i > 0:
			w.indent(depth)
		case behindDash:
			w.WriteByte(' ')
		default:
			w.begin(depth)
		}
		w.WriteByte('-')
		w.node(item, depth+1, true)
	}
}

// begin starts a block behind its name, or at the very beginning.
func (w *writer) begin(depth int) {
	if w.Len() > 0 {
		w.WriteByte('\n')
	}
	w.indent(depth)
}

func (w *writer) indent(depth int) { w.WriteString(strings.Repeat(" ", step*depth)) }

// text writes a text: several lines as a literal block, where those can stand as they are.
func (w *writer) text(text string, depth int) {
	if !strings.Contains(text, "\n") || !isBlock(text) {
		w.line(" " + quoted(text))
		return
	}
	w.WriteString(" |-\n")
	for line := range strings.SplitSeq(text, "\n") {
		if line != "" {
			w.indent(max(depth, 1))
		}
		w.WriteString(line + "\n")
	}
}

// isBlock reports whether a text of several lines can be a literal block without a word about its indentation or end.
func isBlock(text string) bool {
	return !strings.HasPrefix(text, " ") && !strings.HasPrefix(text, "\n") && !strings.HasSuffix(text, "\n") &&
		!strings.ContainsFunc(text, func(r rune) bool { return r != '\n' && !isPlain(r) }) &&
		!slices.ContainsFunc(strings.Split(text, "\n"), func(line string) bool {
			return strings.TrimRight(line, " ") != line
		})
}

// isPlain reports whether a character is one that every reader takes as it is.
func isPlain(r rune) bool {
	return ' ' <= r && r <= '~' || '\u00a0' <= r && r <= '\u2027' || '\u202f' <= r && r <= '\ud7ff' ||
		'\ue000' <= r && r < '\ufeff' || '\U00010000' <= r
}

// plainText matches what begins with a letter and cannot be taken for the end of a text or the beginning of another.
var plainText = regexp.MustCompile(`^[A-Za-z$/](?:[^:#]|:[^ ]|[^ ]#)*[^: ]$|^[A-Za-z/]$`)

// reserved are the words that readers of YAML 1.1 or 1.2 take for something else than a text.
var reserved = []string{"true", "false", "null", "yes", "no", "on", "off", "y", "n", "t", "f"}

// quoted is a text as one line: plain where that is safe, or else in JSON's quotes, which are YAML's too.
func quoted(text string) string {
	isSafe := plainText.MatchString(text) && !slices.Contains(reserved, strings.ToLower(text)) &&
		!strings.ContainsFunc(text, func(r rune) bool { return !isPlain(r) })
	if isSafe {
		return text
	}
	return inQuotes(text)
}

// inQuotes writes a text as JSON does, and what readers of YAML could take for a break or a mark by its number.
func inQuotes(text string) string {
	var b strings.Builder
	b.WriteByte('"')
	for _, r := range text {
		switch {
		case r == '"' || r == '\\':
			b.WriteString("\\" + string(r))
		case r == '\n':
			b.WriteString(`\n`)
		case isPlain(r):
			b.WriteRune(r)
		default:
			fmt.Fprintf(&b, `\u%04X`, r)
		}
	}
	return b.String() + `"`
}

// word matches a text that can stand plain between brackets and commas.
var word = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9_-]*$`)

// longestFlow bounds, in bytes, a list on one line.
const longestFlow = 90

// flow is a list of scalars on one line, where it is short enough.
func flow(items []any) (text string, short bool) {
	parts := make([]string, len(items))
	for i, item := range items {
		switch v := item.(type) {
		case Map:
			if len(v) > 0 {
				return "", false
			}
			parts[i] = "{}"
		case []any:
			return "", false
		case string:
			parts[i] = inQuotes(v)
			if word.MatchString(v) && !slices.Contains(reserved, strings.ToLower(v)) {
				parts[i] = v
			}
		default:
			parts[i] = scalar(item)
		}
	}
	text = "[" + strings.Join(parts, ", ") + "]"
	return text, len(text) <= longestFlow
}

func scalar(value any) string {
	switch v := value.(type) {
	case nil:
		return "null"
	case bool:
		return strconv.FormatBool(v)
	case int, int64:
		return fmt.Sprint(v)
	}
	panic(fmt.Sprintf("%T is written nowhere", value))
}
