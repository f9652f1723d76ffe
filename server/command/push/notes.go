package push

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	"postern/server/input"
)

// look notes what a file's people probably should not be called, and who is told apart from nobody else. The receiver
// warns of the same, but only once they are registered and have their letters.
func (f *File) look() {
	ids, addresses := make(doubles), make(doubles)
	for _, p := range f.People {
		if len(p.Faults) > 0 {
			continue
		}
		said := f.saidOf(p)
		for _, field := range []string{"FirstName", "LastName"} {
			f.doubt(p.Line, field, said[field], input.DamagedName(said[field]))
		}
		for _, field := range []string{"partner_EmployeeID", "PersonnelNumber"} {
			f.doubt(p.Line, field, said[field], input.DamagedNumber(said[field]))
		}
		name := strings.ToLower(said["FirstName"] + "\x00" + said["LastName"])
		address := strings.ToLower(said["Email"])
		ids.add(said["partner_EmployeeID"], address, p.Line)
		addresses.add(address, name, p.Line)
	}
	ids.each(func(id string, lines []int) {
		f.note(lines[0], "partner_EmployeeID %.60q stands for %d people (%s): it can name one of them, and the "+
			"others are registered "+
			"without it; leave the cell empty where a person has none", id, len(lines), listed(lines))
	})
	addresses.each(func(address string, lines []int) {
		f.note(lines[0],
			"Email %.80q stands for %d people (%s): an address is one person, who gets the names that come last",
			address, len(lines), listed(lines))
	})
}

func (f *File) doubt(line int, field, value, damage string) {
	if damage != "" {
		f.note(line, "%s %.60q %s", field, value, damage)
	}
}

// saidOf returns what a person is sent with, as text, by field. JSON's fields are found in any case, and a
// number, which DamagedNumber judges by its spelling too, is as it was written.
func (f *File) saidOf(p *Person) map[string]string {
	said := make(map[string]string)
	if f.Format == CSV {
		for _, field := range f.fields {
			said[field] = f.valueOf(p, field)
		}
		return said
	}
	for _, m := range membersOf(p.body) {
		for _, c := range columns {
			if strings.EqualFold(c.name, m.name) {
				said[c.name] = trim(textOf(m.value))
				if m.value.Kind() == '0' {
					said[c.name] = string(m.value)
				}
			}
		}
	}
	return said
}

// doubles finds who shares a value with people that are told apart by another one.
type doubles map[string]*shared

type shared struct {
	by    map[string]bool // what tells them apart
	lines []int           // where each of them comes first
}

func (d doubles) add(value, by string, line int) {
	if value == "" {
		return
	}
	s := d[value]
	if s == nil {
		s = &shared{by: make(map[string]bool)}
		d[value] = s
	}
	if !s.by[by] {
		s.by[by] = true
		s.lines = append(s.lines, line)
	}
}

// each returns the values that several people share, in the order in which they come.
func (d doubles) each(do func(value string, lines []int)) {
	values := slices.DeleteFunc(slices.Collect(maps.Keys(d)),
		func(value string) bool { return len(d[value].lines) < 2 })
	slices.SortFunc(values, func(a, b string) int { return cmp.Compare(d[a].lines[0], d[b].lines[0]) })
	for _, value := range values {
		do(value, d[value].lines)
	}
}

// mostListed bounds how many lines a sentence names.
const mostListed = 5

func listed(lines []int) string {
	words := make([]string, 0, mostListed)
	for _, line := range lines[:min(len(lines), mostListed)] {
		words = append(words, fmt.Sprint(line))
	}
	if len(lines) > mostListed {
		return "lines " + strings.Join(words, ", ") + " and " + fmt.Sprint(len(lines)-mostListed) + " more"
	}
	return "lines " + strings.Join(words, ", ")
}

// mostNotes bounds what is said of one file before it is sent.
const mostNotes = 20

// NotesText returns the notes as lines, the first twenty and how many more there are.
func (f *File) NotesText() []string {
	var lines []string
	for _, note := range f.Notes[:min(len(f.Notes), mostNotes)] {
		lines = append(lines, fmt.Sprintf("%s: line %d: %s", f.Name, note.Line, note.Text))
	}
	if more := len(f.Notes) - mostNotes; more > 0 {
		lines = append(lines, fmt.Sprintf("%s: and %d more like these", f.Name, more))
	}
	return lines
}
