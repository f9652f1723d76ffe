package letters

import (
	"bytes"
	"fmt"
	"html"
	htmltemplate "html/template"
	"strings"
	texttemplate "text/template"
)

// letter is one text, ready to be filled in. Subject and preview are templates of the text's.
type letter struct {
	text *texttemplate.Template
	html *htmltemplate.Template
}

// compile translates a text into its two templates: the words are the same, only the marks around them differ. Whatever
// the file says literally is escaped here, the values by html/template.
func compile(file string, s, footer *source, layout string) (*letter, error) {
	text := texttemplate.New(file).Funcs(texttemplate.FuncMap{"bare": bare})
	for name, content := range map[string]string{
		"subject": s.subject, "preview": s.preview,
		"body": textBlocks(s.blocks) + "-- \n" + textBlocks(footer.blocks),
	} {
		if _, err := text.New(name).Parse(inText(content)); err != nil {
			return nil, fmt.Errorf("%s: an {{if}} and its {{end}} do not match: %w", file, err)
		}
	}
	page := htmltemplate.New(file)
	for name, content := range map[string]string{
		"layout": layout, "content": htmlBlocks(s.blocks, bodyMarks), "footer": htmlBlocks(footer.blocks, footerMarks),
	} {
		if _, err := page.New(name).Parse(content); err != nil {
			return nil, fmt.Errorf("%s: an {{if}} and its {{end}} do not match: %w", file, err)
		}
	}
	l := &letter{text: text, html: page}
	// html/template looks for the places where escaping is impossible only now.
	if _, err := l.render(&values{}); err != nil {
		return nil, fmt.Errorf("%s: %w", file, err)
	}
	return l, nil
}

// render fills both parts and the subject in.
func (l *letter) render(v *values) (parts, error) {
	var p parts
	var buf bytes.Buffer
	for _, line := range []struct {
		name string
		to   *string
	}{{"subject", &v.Subject}, {"preview", &v.Preview}} {
		buf.Reset()
		if err := l.text.ExecuteTemplate(&buf, line.name, v); err != nil {
			return parts{}, err
		}
		*line.to = clean(buf.String())
	}
	p.subject, p.language = v.Subject, v.Language
	buf.Reset()
	if err := l.text.ExecuteTemplate(&buf, "body", v); err != nil {
		return parts{}, err
	}
	p.text = append(bytes.TrimSpace(buf.Bytes()), '\n')
	var page bytes.Buffer
	page.Grow(12 << 10)
	if err := l.html.ExecuteTemplate(&page, "layout", v); err != nil {
		return parts{}, err
	}
	p.html = page.Bytes()
	return p, nil
}

// inText returns words as the text part has them: a link's target stands behind its label (RFC 3986 appendix C).
func inText(words string) string {
	return linkMark.ReplaceAllString(words, "$1 <{{.$2}}>")
}

// bare returns a link as it stands alone on a line of the text part. Mail programs leave out of a link what it ends in,
// if that is no letter or digit; such a link stands in angle brackets, as those within a line do.
func bare(link string) string {
	if endsPlain(link) {
		return link
	}
	return "<" + link + ">"
}

// textBlocks returns the text part's template. Blocks end with a blank line; control lines leave none behind.
func textBlocks(blocks []block) string {
	var out strings.Builder
	for _, b := range blocks {
		switch b.kind {
		case control:
			out.WriteString(strings.Join(b.lines, ""))
		case heading, paragraph:
			out.WriteString(inText(b.lines[0]) + "\n\n")
		case button:
			out.WriteString(b.lines[0] + "\n{{bare ." + b.target + "}}\n\n")
		case facts:
			for _, line := range b.lines {
				out.WriteString(inText(line))
				if !controlLine.MatchString(line) {
					out.WriteByte('\n')
				}
			}
			out.WriteByte('\n')
		case quote:
			out.WriteString("{{range ." + b.target + "}}> {{.}}\n{{end}}\n")
		}
	}
	return out.String()
}

// htmlBlocks returns the HTML part's template of some blocks, with the marks of where they stand.
func htmlBlocks(blocks []block, m marks) string {
	var out strings.Builder
	for _, b := range blocks {
		switch b.kind {
		case control:
			out.WriteString(strings.Join(b.lines, ""))
		case heading:
			fmt.Fprintf(&out, m.heading, m.inHTML(b.lines[0]))
		case paragraph:
			fmt.Fprintf(&out, m.paragraph, m.inHTML(b.lines[0]))
		case button:
			fmt.Fprintf(&out, m.button, b.target, m.inHTML(b.lines[0]))
		case facts:
			fmt.Fprintf(&out, m.facts, m.rows(b.lines))
		case quote:
			fmt.Fprintf(&out, m.quote, b.target)
		}
	}
	return out.String()
}

func (m marks) rows(lines []string) string {
	var out strings.Builder
	for _, line := range lines {
		if controlLine.MatchString(line) {
			out.WriteString(line)
			continue
		}
		label, value, _ := strings.Cut(line, ": ")
		label = strings.TrimRight(label, " \u00a0") // French has a space before the colon
		fmt.Fprintf(&out, m.fact, m.inHTML(label), m.inHTML(value))
	}
	return out.String()
}

// inHTML returns words as the HTML part has them: literal text escaped, actions kept, links made.
func (m marks) inHTML(words string) string {
	var out strings.Builder
	rest := words
	for rest != "" {
		at := linkMark.FindStringSubmatchIndex(rest)
		if at == nil {
			break
		}
		out.WriteString(escapeWords(rest[:at[0]]))
		fmt.Fprintf(&out, m.link, rest[at[4]:at[5]], escapeWords(rest[at[2]:at[3]]))
		rest = rest[at[1]:]
	}
	out.WriteString(escapeWords(rest))
	return out.String()
}

// escapeWords escapes what stands outside double braces.
func escapeWords(words string) string {
	var out strings.Builder
	last := 0
	for _, at := range actionMark.FindAllStringIndex(words, -1) {
		out.WriteString(html.EscapeString(words[last:at[0]]) + words[at[0]:at[1]])
		last = at[1]
	}
	return out.String() + html.EscapeString(words[last:])
}
