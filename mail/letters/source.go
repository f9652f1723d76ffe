package letters

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"
)

// source is a text file taken apart.
type source struct {
	subject, preview string
	blocks           []block
}

type blockKind int

const (
	control   blockKind = iota // nothing but {{if}}, {{else}}, {{end}}
	heading                    // one line
	paragraph                  // lines to be joined
	button                     // label and target
	facts                      // lines "label: value", control lines among them
	quote                      // the name of a value
)

// block is what stands between two blank lines.
type block struct {
	kind   blockKind
	lines  []string // as written, without the mark in front
	target string   // button, quote: the value's name
}

var (
	actionMark  = regexp.MustCompile(`\{\{([^{}]*)\}\}`)
	actionForm  = regexp.MustCompile(`^(?:(if|if not) )?\.(\w+)$|^(else)$|^(end)$`)
	controlLine = regexp.MustCompile(`^(?:\{\{(?:if [^{}]*|else|end)\}\})+$`)
	linkMark    = regexp.MustCompile(`\[([^\[\]]+)\]\(\.(\w+)\)`)
	buttonLine  = regexp.MustCompile(`^\[([^\[\]]+)\]\(\.(\w+)\)$`)
	quoteLine   = regexp.MustCompile(`^> \{\{\.(\w+)\}\}$`)
)

// reader takes one text file apart. It reads on behind a fault, so that whoever wrote the file hears of all of them:
// each is a sentence with the file's name and the line.
type reader struct {
	file     string
	words    vocabulary
	used     map[string]bool
	open     []condition // of the control lines so far, those without an {{end}}
	faults   []error
	reported map[string]bool // the faults' sentences
}

// condition is an {{if}} that waits for its {{end}}.
type condition struct {
	line  int
	elsed bool // its {{else}} has been there
}

func newReader(file string, words vocabulary) *reader {
	return &reader{file: file, words: words, used: map[string]bool{}, reported: map[string]bool{}}
}

// fault notes what is wrong in a line; line 0 is the file as a whole. A label is read on its own and as part of its
// paragraph: what is wrong in it is reported once.
func (r *reader) fault(line int, format string, a ...any) {
	place := r.file
	if line > 0 {
		place = fmt.Sprintf("%s:%d", r.file, line)
	}
	sentence := place + ": " + fmt.Sprintf(format, a...)
	if !r.reported[sentence] {
		r.reported[sentence] = true
		r.faults = append(r.faults, errors.New(sentence))
	}
}

// read takes a whole text apart; with a head it starts with subject and preview.
func (r *reader) read(text string, withHead bool) (*source, error) {
	s := &source{}
	lines, readable := r.lines(text)
	if !readable {
		return s, errors.Join(r.faults...)
	}
	first := 0
	if withHead {
		if !r.head(s, lines) {
			return s, errors.Join(r.faults...)
		}
		first = 3
	}
	r.body(s, lines, first)
	r.ended(r.open)
	for _, name := range r.words.must {
		if !r.used[name] {
			r.fault(0, "the letter must tell .%s, and does not", name)
		}
	}
	return s, errors.Join(r.faults...)
}

// lines are the text's, without blanks at their ends; not readable where they are no text.
func (r *reader) lines(text string) (lines []string, readable bool) {
	lines = strings.Split(text, "\n")
	for i, line := range lines {
		if !utf8.ValidString(line) {
			r.fault(i+1, "it is not UTF-8 text")
			return nil, false // in another encoding every line with an accent would be
		}
		lines[i] = strings.TrimRight(line, " \t")
		if strings.ContainsFunc(lines[i], unwanted) {
			r.fault(i+1, "there is a control character in it")
		}
	}
	return lines, len(r.faults) == 0
}

// head reads subject and preview, if the text starts with them.
func (r *reader) head(s *source, lines []string) bool {
	var hasSubject, hasPreview bool
	if len(lines) > 2 {
		s.subject, hasSubject = strings.CutPrefix(lines[0], "Subject: ")
		s.preview, hasPreview = strings.CutPrefix(lines[1], "Preview: ")
	}
	if !hasSubject || !hasPreview || lines[2] != "" {
		r.fault(1, "it must start with a line \"Subject: …\", a line \"Preview: …\" and a blank one")
		return false
	}
	for i, line := range []string{s.subject, s.preview} {
		if linkMark.MatchString(line) {
			r.fault(i+1, "a link has no place here")
		}
		r.check(i+1, line)
	}
	return true
}

// body collects the blocks between blank lines.
func (r *reader) body(s *source, lines []string, first int) {
	start := -1
	for i := first; i <= len(lines); i++ {
		blank := i == len(lines) || lines[i] == ""
		if !blank && start < 0 {
			start = i
		}
		if !blank || start < 0 {
			continue
		}
		s.blocks = append(s.blocks, r.block(start+1, lines[start:i]))
		start = -1
	}
	if len(s.blocks) == 0 {
		r.fault(0, "it has no text")
	}
}

// block determines what kind of block some lines are, and checks them.
func (r *reader) block(at int, lines []string) block {
	content := slices.DeleteFunc(slices.Clone(lines), controlLine.MatchString)
	if len(content) == 0 {
		for i, line := range lines {
			r.open = r.actions(at+i, line, r.open)
		}
		return block{kind: control, lines: lines}
	}
	if m := quoteLine.FindStringSubmatch(lines[0]); m != nil && len(lines) == 1 {
		r.value(at, m[1], asLines)
		return block{kind: quote, target: m[1]}
	}
	if strings.HasPrefix(content[0], "- ") {
		return r.facts(at, lines)
	}
	r.check(at, strings.Join(lines, "\n"))
	joined := strings.Join(lines, " ")
	if m := buttonLine.FindStringSubmatch(joined); m != nil {
		return block{kind: button, lines: []string{m[1]}, target: m[2]}
	}
	if text, marked := strings.CutPrefix(joined, "# "); marked {
		return block{kind: heading, lines: []string{text}}
	}
	if strings.ContainsAny(joined[:1], ">#-") {
		r.fault(at, "a block starts with \"# \", \"- \" or, alone on its line, \"> {{.Value}}\"")
	}
	return block{kind: paragraph, lines: []string{joined}}
}

// facts reads lines of facts. What is left out of them by an {{if}} ends among them, so that the table stays whole.
func (r *reader) facts(at int, lines []string) block {
	b := block{kind: facts}
	var open []condition
	for i, line := range lines {
		fact, isFact := strings.CutPrefix(line, "- ")
		b.lines = append(b.lines, fact)
		if controlLine.MatchString(line) {
			open = r.actions(at+i, line, open)
			continue
		}
		label, _, isPair := strings.Cut(fact, ": ")
		if !isFact || !isPair || label == "" || strings.Contains(label, "{{") {
			r.fault(at+i, "a fact is written \"- Label: value\"")
		}
		r.check(at+i, line)
	}
	r.ended(open)
	return b
}

// check looks at the actions and links of words that belong together, over one line or more.
func (r *reader) check(at int, text string) {
	r.ended(r.actions(at, text, nil))
	for _, m := range linkMark.FindAllStringSubmatchIndex(text, -1) {
		r.value(lineOf(at, text, m[4]), text[m[4]:m[5]], asLink)
		r.ended(r.actions(lineOf(at, text, m[2]), text[m[2]:m[3]], nil))
	}
	rest := linkMark.ReplaceAllStringFunc(text, breaksOf)
	if i := strings.Index(rest, "]("); i >= 0 {
		r.fault(lineOf(at, rest, i), "a link is written [label](.Value)")
	}
}

// lineOf is the line of a place in words that begin in the line at.
func lineOf(at int, text string, place int) int { return at + strings.Count(text[:place], "\n") }

// breaksOf is what counts lines where words are left out.
func breaksOf(text string) string { return strings.Repeat("\n", strings.Count(text, "\n")) }

// actions checks everything in double braces. It takes the conditions that are open before, and returns those after.
func (r *reader) actions(at int, text string, open []condition) []condition {
	bare := actionMark.ReplaceAllStringFunc(text, breaksOf)
	if i := strings.IndexAny(bare, "{}"); i >= 0 {
		r.fault(lineOf(at, bare, i), "a brace stands alone; a value is written {{.Value}}")
	}
	for _, place := range actionMark.FindAllStringSubmatchIndex(text, -1) {
		line, action := lineOf(at, text, place[0]), strings.ReplaceAll(text[place[2]:place[3]], "\n", " ")
		m := actionForm.FindStringSubmatch(action)
		last := len(open) - 1
		switch {
		case m == nil:
			r.fault(line, "{{%s}} is not understood; there are {{.Value}}, {{if .Value}}, {{if not .Value}}, "+
				"{{else}} and {{end}}", action)
		case m[1] != "":
			open = append(open, condition{line: line})
			r.value(line, m[2], 0)
		case m[2] != "":
			r.value(line, m[2], inWords)
		case last < 0 || m[3] != "" && open[last].elsed:
			r.fault(line, "{{%s}} has no {{if}} before it here", action)
		case m[3] != "":
			open[last].elsed = true
		default:
			open = open[:last]
		}
	}
	return open
}

// ended names the conditions that should have ended by now.
func (r *reader) ended(open []condition) {
	for _, c := range open {
		r.fault(c.line, "an {{if}} has no {{end}} here")
	}
}

// value checks that the text may use a value so; u is 0 for asking whether it is there.
func (r *reader) value(at int, name string, u use) {
	if !slices.Contains(r.words.may, name) && !slices.Contains(everywhere, name) {
		may := slices.Sorted(slices.Values(slices.Concat(r.words.may, everywhere)))
		r.fault(at, "this letter knows no value .%s; it knows .%s", name, strings.Join(may, ", ."))
		return
	}
	r.used[name] = true
	if u != 0 && uses[name] != u {
		how := map[use]string{
			inWords: "{{." + name + "}}", asLink: "[label](." + name + ")", asLines: "> {{." + name + "}}",
			asFlag: "{{if ." + name + "}}",
		}[uses[name]]
		r.fault(at, "the value .%s is written %s", name, how)
	}
}
