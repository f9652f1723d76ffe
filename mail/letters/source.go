package letters

import (
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

// reader takes one text file apart. Its faults are sentences with the file's name and the line.
type reader struct {
	file  string
	words vocabulary
	used  map[string]bool
}

func (r *reader) fault(line int, format string, a ...any) error {
	return fmt.Errorf("%s:%d: %s", r.file, line, fmt.Sprintf(format, a...))
}

// read takes a whole text apart; with a head it starts with subject and preview.
func (r *reader) read(text string, withHead bool) (*source, error) {
	if !utf8.ValidString(text) {
		return nil, fmt.Errorf("%s: it is not UTF-8 text", r.file)
	}
	lines := strings.Split(strings.ReplaceAll(text, "\r\n", "\n"), "\n")
	for i, line := range lines {
		lines[i] = strings.TrimRight(line, " \t")
		if strings.ContainsFunc(lines[i], unwanted) {
			return nil, r.fault(i+1, "there is a control character in it")
		}
	}
	s, first := &source{}, 0
	if withHead {
		if err := r.head(s, lines); err != nil {
			return nil, err
		}
		first = 3
	}
	if err := r.body(s, lines, first); err != nil {
		return nil, err
	}
	for _, name := range r.words.must {
		if !r.used[name] {
			return nil, fmt.Errorf("%s: the letter must tell .%s, and does not", r.file, name)
		}
	}
	return s, nil
}

func (r *reader) head(s *source, lines []string) error {
	var hasSubject, hasPreview bool
	if len(lines) > 2 {
		s.subject, hasSubject = strings.CutPrefix(lines[0], "Subject: ")
		s.preview, hasPreview = strings.CutPrefix(lines[1], "Preview: ")
	}
	if !hasSubject || !hasPreview || lines[2] != "" {
		return r.fault(1, "it must start with a line \"Subject: …\", a line \"Preview: …\" and a blank one")
	}
	for i, line := range []string{s.subject, s.preview} {
		if linkMark.MatchString(line) {
			return r.fault(i+1, "a link has no place here")
		}
		if err := r.check(i+1, line); err != nil {
			return err
		}
	}
	return nil
}

// body collects the blocks between blank lines.
func (r *reader) body(s *source, lines []string, first int) error {
	start := -1
	for i := first; i <= len(lines); i++ {
		blank := i == len(lines) || lines[i] == ""
		if !blank && start < 0 {
			start = i
		}
		if !blank || start < 0 {
			continue
		}
		b, err := r.block(start+1, lines[start:i])
		if err != nil {
			return err
		}
		s.blocks = append(s.blocks, b)
		start = -1
	}
	if len(s.blocks) == 0 {
		return fmt.Errorf("%s: it has no text", r.file)
	}
	return nil
}

// block tells what kind of block some lines are, and checks them.
func (r *reader) block(at int, lines []string) (block, error) {
	content := slices.DeleteFunc(slices.Clone(lines), controlLine.MatchString)
	if len(content) == 0 {
		for _, line := range lines {
			if err := r.actions(at, line, false); err != nil {
				return block{}, err
			}
		}
		return block{kind: control, lines: lines}, nil
	}
	if m := quoteLine.FindStringSubmatch(lines[0]); m != nil && len(lines) == 1 {
		return block{kind: quote, target: m[1]}, r.value(at, m[1], asLines)
	}
	joined := strings.Join(lines, " ")
	if err := r.check(at, joined); err != nil {
		return block{}, err
	}
	if m := buttonLine.FindStringSubmatch(joined); m != nil {
		return block{kind: button, lines: []string{m[1]}, target: m[2]}, nil
	}
	switch text, marked := strings.CutPrefix(joined, "# "); {
	case marked:
		return block{kind: heading, lines: []string{text}}, nil
	case strings.HasPrefix(content[0], "- "):
		return r.facts(at, lines)
	case strings.HasPrefix(joined, ">"), strings.HasPrefix(joined, "#"), strings.HasPrefix(joined, "-"):
		return block{}, r.fault(at, "a block starts with \"# \", \"- \" or, alone on its line, \"> {{.Value}}\"")
	}
	return block{kind: paragraph, lines: []string{joined}}, nil
}

func (r *reader) facts(at int, lines []string) (block, error) {
	b := block{kind: facts}
	for i, line := range lines {
		fact, isFact := strings.CutPrefix(line, "- ")
		label, _, isPair := strings.Cut(fact, ": ")
		isControl := controlLine.MatchString(line)
		if !isControl && (!isFact || !isPair || label == "" || strings.Contains(label, "{{")) {
			return block{}, r.fault(at+i, "a fact is written \"- Label: value\"")
		}
		if err := r.actions(at+i, line, !isControl); err != nil {
			return block{}, err
		}
		b.lines = append(b.lines, fact)
	}
	return b, nil
}

// check looks at the actions and links of words that belong together.
func (r *reader) check(at int, text string) error {
	if err := r.actions(at, text, true); err != nil {
		return err
	}
	for _, m := range linkMark.FindAllStringSubmatch(text, -1) {
		if err := r.value(at, m[2], asLink); err != nil {
			return err
		}
		if err := r.actions(at, m[1], true); err != nil {
			return err
		}
	}
	if strings.Contains(linkMark.ReplaceAllString(text, ""), "](") {
		return r.fault(at, "a link is written [label](.Value)")
	}
	return nil
}

// actions checks everything in double braces; where it must close, each {{if}} has its {{end}} in the same words.
func (r *reader) actions(at int, text string, mustClose bool) error {
	if strings.ContainsAny(actionMark.ReplaceAllString(text, ""), "{}") {
		return r.fault(at, "a brace stands alone; a value is written {{.Value}}")
	}
	open := 0
	for _, action := range actionMark.FindAllStringSubmatch(text, -1) {
		m := actionForm.FindStringSubmatch(action[1])
		switch {
		case m == nil:
			return r.fault(at, "{{%s}} is not understood; there are {{.Value}}, {{if .Value}}, {{if not .Value}}, "+
				"{{else}} and {{end}}", action[1])
		case m[3] != "" || m[4] != "":
			if mustClose && open == 0 {
				return r.fault(at, "{{%s}} has no {{if}} before it here", action[1])
			}
			open -= len(m[4]) / len("end")
			continue
		case m[1] != "":
			open++
			if err := r.value(at, m[2], 0); err != nil {
				return err
			}
			continue
		}
		if err := r.value(at, m[2], inWords); err != nil {
			return err
		}
	}
	if mustClose && open > 0 {
		return r.fault(at, "an {{if}} has no {{end}} here")
	}
	return nil
}

// value checks that the text may use a value so; u is 0 for asking whether it is there.
func (r *reader) value(at int, name string, u use) error {
	if !slices.Contains(r.words.may, name) && !slices.Contains(everywhere, name) {
		may := slices.Sorted(slices.Values(slices.Concat(r.words.may, everywhere)))
		return r.fault(at, "this letter knows no value .%s; it knows .%s", name, strings.Join(may, ", ."))
	}
	if u != 0 && uses[name] != u {
		how := map[use]string{
			inWords: "{{." + name + "}}", asLink: "[label](." + name + ")", asLines: "> {{." + name + "}}",
			asFlag: "{{if ." + name + "}}",
		}[uses[name]]
		return r.fault(at, "the value .%s is written %s", name, how)
	}
	r.used[name] = true
	return nil
}
