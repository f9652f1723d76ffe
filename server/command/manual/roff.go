package manual

import (
	"fmt"
	"regexp"
	"strings"
	"time"
)

// page is one manual page that is being written, in mdoc(7): the dialect that names what a word is, and that both
// mandoc and groff read.
type page struct{ strings.Builder }

// widest is how long a line of source may be before mandoc calls it bad style.
const widest = 78

// newPage begins a page.
func newPage(name, section, about string, at time.Time) *page {
	p := &page{}
	p.macro("Dd", at.UTC().Format("January 2, 2006"))
	p.macro("Dt", strings.ToUpper(name)+" "+section)
	p.macro("Os", "")
	p.macro("Sh", "NAME")
	p.macro("Nm", name)
	p.macro("Nd", escape(about))
	return p
}

// macro writes a line that begins with a macro. Its text has been escaped.
func (p *page) macro(name, text string) {
	fmt.Fprintln(p, strings.TrimSpace("."+name+" "+text))
}

// quoted writes a macro whose text is one argument, however many words it has: a word that happens to be called as a
// macro is would be taken as one.
func (p *page) quoted(name, text string) {
	p.macro(name, `"`+strings.ReplaceAll(escape(text), `"`, `""`)+`"`)
}

// sentence ends where roff wants a new line, so that it knows how much space goes behind it.
var sentence = regexp.MustCompile(`([.!?:][)"]?) +`)

// text writes paragraphs, which empty lines separate, each sentence on lines of its own.
func (p *page) text(text string) {
	for i, paragraph := range strings.Split(strings.TrimSpace(text), "\n\n") {
		if i > 0 {
			p.macro("Pp", "")
		}
		one := strings.Join(strings.Fields(paragraph), " ")
		for line := range strings.Lines(sentence.ReplaceAllString(one, "$1\n")) {
			p.fill(strings.TrimSpace(line))
		}
	}
}

// fill breaks a sentence into lines.
func (p *page) fill(text string) {
	line := ""
	for word := range strings.FieldsSeq(escape(text)) {
		if line != "" && len(line)+1+len(word) > widest {
			fmt.Fprintln(p, line)
			line = ""
		}
		if line == "" && (word[0] == '.' || word[0] == '\'') {
			word = `\&` + word // or it would be a macro
		}
		line = strings.TrimSpace(line + " " + word)
	}
	if line != "" {
		fmt.Fprintln(p, line)
	}
}

// display writes lines as they are.
func (p *page) display(lines []string) {
	p.macro("Bd", "-literal -offset indent")
	for _, line := range lines {
		line = escape(line)
		if strings.HasPrefix(line, ".") || strings.HasPrefix(line, "'") {
			line = `\&` + line
		}
		fmt.Fprintln(p, line)
	}
	p.macro("Ed", "")
}

// escape keeps a text from being read as roff. Hyphens are those of the keyboard: a flag that is copied out of a page
// must work.
func escape(text string) string {
	return strings.NewReplacer(`\`, `\e`, "-", `\-`, "`", `\(ga`, "^", `\(ha`, "~", `\(ti`, "'", `\(aq`).Replace(text)
}
