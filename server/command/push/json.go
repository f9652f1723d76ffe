package push

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/go-json-experiment/json/jsontext"

	"postern/server/input"
)

// unreadableMember is what a failures file of JSON lines keeps the text in of what was no person.
const unreadableMember = "unreadable"

// readJSON fills in the people of one JSON value, or says where it is broken: after that nothing can be told apart.
func (f *File) readJSON(content []byte) []Fault {
	r := &itemReader{Decoder: newDecoder(content), content: content, line: 1}
	err := r.people(f)
	if err == nil {
		if _, err = r.ReadToken(); err == nil {
			err = errors.New("something stands after the JSON value; with a person a line it is JSON lines: name " +
				"it .jsonl, or say --format jsonl")
		} else if errors.Is(err, io.EOF) {
			err = nil
		}
	}
	if err == nil {
		return nil
	}
	var broken *jsontext.SyntacticError
	switch {
	case errors.As(err, &broken):
		if whole := newDecoder(content).SkipValue(); whole != nil {
			err = whole // read in one go, it is told better what was expected
			_ = errors.As(err, &broken)
		}
		return []Fault{{input.Line(content, int(broken.ByteOffset)), brokenJSON(content, err)}}
	case errors.Is(err, io.EOF):
		return []Fault{{1, "the file is empty: expected is a list of people"}}
	}
	return []Fault{{input.Line(content, int(r.InputOffset())), err.Error()}}
}

// textFaults names the lines that are not UTF-8.
func textFaults(content []byte) (faults []Fault) {
	n := 0
	for line := range bytes.Lines(content) {
		n++
		if text, wrong := notUTF8(line); wrong {
			faults = append(faults, Fault{n, text})
		}
	}
	return faults
}

// newDecoder leaves a property that is given twice to the receiver, which tells the person by it: here it would end the
// reading of a whole file.
func newDecoder(content []byte) *jsontext.Decoder {
	return jsontext.NewDecoder(bytes.NewBuffer(content), jsontext.AllowDuplicateNames(true))
}

// itemReader reads people and knows in which line it is.
type itemReader struct {
	*jsontext.Decoder
	content []byte
	line    int
	counted int // up to here line has been counted
}

// people reads what user.create takes: a list, or an object with users or user.
func (r *itemReader) people(f *File) error {
	switch r.PeekKind() {
	case '[':
		return r.items(f)
	case '{':
		if isPerson(r.content) {
			return r.item(f)
		}
		return r.members(f)
	}
	if _, err := r.ReadToken(); err != nil {
		return err
	}
	return errors.New(`expected is a list of people, {"users": […]} or {"user": …}`)
}

// isPerson reports whether content is one person alone, without a list or anything else around it.
func isPerson(content []byte) bool {
	d := newDecoder(content)
	_, _ = d.ReadToken()
	is := false
	for d.PeekKind() == '"' {
		token, err := d.ReadToken()
		if err != nil || isUsers(token.String()) {
			return false
		}
		name := token.String()
		is = is || slices.ContainsFunc(columns, func(c column) bool { return strings.EqualFold(c.name, name) })
		if d.SkipValue() != nil {
			return false
		}
	}
	return is
}

func (r *itemReader) members(f *File) error {
	if _, err := r.ReadToken(); err != nil {
		return err
	}
	found := 0
	for r.PeekKind() == '"' {
		name, err := r.ReadToken()
		if err != nil {
			return err
		}
		if !isUsers(name.String()) {
			if err := r.SkipValue(); err != nil {
				return err
			}
			continue
		}
		if found++; r.PeekKind() == '[' {
			err = r.items(f)
		} else {
			err = r.item(f)
		}
		if err != nil {
			return err
		}
	}
	if _, err := r.ReadToken(); err != nil {
		return err
	}
	if found != 1 {
		return fmt.Errorf(`expected is one property "users" or "user" with the people, found are %d`, found)
	}
	return nil
}

func isUsers(name string) bool {
	return strings.EqualFold(name, "users") || strings.EqualFold(name, "user")
}

func (r *itemReader) items(f *File) error {
	if _, err := r.ReadToken(); err != nil {
		return err
	}
	for kind := r.PeekKind(); kind != ']' && kind != 0; kind = r.PeekKind() {
		if err := r.item(f); err != nil {
			return err
		}
	}
	_, err := r.ReadToken()
	return err
}

func (r *itemReader) item(f *File) error {
	value, err := r.ReadValue()
	if err != nil {
		return err
	}
	from := int(r.InputOffset()) - len(value)
	r.line += bytes.Count(r.content[r.counted:from], []byte("\n"))
	r.counted = from
	f.People = append(f.People, personFrom(value.Clone(), r.line))
	return nil
}

// readLines fills in the people of JSON lines. Each line stands for itself.
func (f *File) readLines(content []byte) {
	n := 0
	for line := range bytes.Lines(content) {
		n++
		line = bytes.TrimSpace(line)
		if len(line) == 0 {
			continue
		}
		p := &Person{Line: n, raw: fromWindows(string(line))}
		if fault, wrong := notUTF8(line); wrong {
			p.Faults = []string{fault}
		} else if fault := lineFault(line); fault != "" {
			p.Faults = []string{fault}
		} else {
			p = personFrom(bytes.Clone(line), n)
		}
		f.People = append(f.People, p)
	}
}

// lineFault says why a line is not one JSON value.
func lineFault(line []byte) string {
	d := newDecoder(line)
	err := d.SkipValue()
	if err == nil {
		end := d.InputOffset()
		if _, err = d.ReadToken(); errors.Is(err, io.EOF) {
			return ""
		}
		return fmt.Sprintf("after column %d something stands behind the person: expected is one person a line",
			utf8.RuneCount(line[:end]))
	}
	return brokenJSON(line, err) + ": expected is one person, in curly brackets"
}

// brokenJSON leaves the line out, which stands before the fault.
func brokenJSON(content []byte, err error) string {
	_, place, _ := strings.Cut(input.BrokenJSON(content, err), ", ")
	return "the JSON is broken in " + place
}

// personFrom makes a person of a valid value: what user.create takes as an item of a list, with or without {"user": …}
// around it. What a failures file has added is taken away.
func personFrom(value jsontext.Value, line int) *Person {
	_ = value.Compact() // cannot fail: it is valid
	p := &Person{Line: line}
	if value.Kind() != '{' {
		p.raw, p.Faults = string(value), []string{"expected is a person, in curly brackets"}
		return p
	}
	members := membersOf(value)
	if isWrapped(value) && len(members) == 1 && members[0].value.Kind() == '{' {
		members = membersOf(members[0].value)
	}
	if text, left := leftOver(members); left {
		const fault = `the text in "unreadable" is still to be mended: put the person in place of this line`
		p.raw, p.Faults = text, []string{fault}
		return p
	}
	p.body = []byte{'{'}
	for _, m := range members {
		if strings.EqualFold(m.name, errorsColumn) {
			continue
		}
		if strings.EqualFold(m.name, "Email") {
			p.Email = strings.TrimSpace(textOf(m.value))
		}
		if len(p.body) > 1 {
			p.body = append(p.body, ',')
		}
		p.body = append(append(append(p.body, m.quoted...), ':'), m.value...)
	}
	p.body = append(p.body, '}')
	return p
}

// member is a property of an object, its name as text and as it was written. The body is put together from what was
// written, so that numbers keep their spelling: 1.0 and 1 are not the same to whoever has to find the fault.
type member struct {
	name   string
	quoted jsontext.Value
	value  jsontext.Value
}

// membersOf takes a valid object apart.
func membersOf(object jsontext.Value) (all []member) {
	d := newDecoder(object)
	_, _ = d.ReadToken()
	for d.PeekKind() == '"' {
		quoted, _ := d.ReadValue()
		quoted = quoted.Clone()
		value, _ := d.ReadValue()
		all = append(all, member{textOf(quoted), quoted, value.Clone()})
	}
	return all
}

// isWrapped reports whether a valid object has a property user or users.
func isWrapped(object jsontext.Value) bool {
	for _, m := range membersOf(object) {
		if isUsers(m.name) {
			return true
		}
	}
	return false
}

// leftOver recognises what a failures file says of something that was no person. Sent as it is, it would be answered
// with required fields that are missing, which helps nobody.
func leftOver(members []member) (text string, is bool) {
	for _, m := range members {
		switch {
		case m.name == unreadableMember && m.value.Kind() == '"':
			text, is = textOf(m.value), true
		case m.name != errorsColumn:
			return "", false
		}
	}
	return text, is
}

// textOf returns a JSON text; any other value is empty.
func textOf(value jsontext.Value) string {
	text, err := jsontext.AppendUnquote(nil, value)
	if err != nil {
		return ""
	}
	return string(text)
}
