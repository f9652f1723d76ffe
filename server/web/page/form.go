package page

import (
	"strings"
)

// Form is what a page posts. The kit draws the faults at their fields, with a summary where there are several.
type Form struct {
	Action   string
	Hidden   []Hidden
	Username string // the address that a password manager is to keep a password for; not shown
	Faults   []Fault
	Fields   []Field
	Button   string
	Style    Style // of the button

	Live bool   // sent without leaving the page, where scripts run: what it does must be done once if sent twice
	Keep string // names what was typed for the browser to keep until it has arrived; empty: it is not kept
}

// Hidden is a value that a form posts back as it is.
type Hidden struct{ Name, Value string }

// Fault is one thing that is wrong with what was typed.
type Fault struct {
	Field string // its name; empty: the form as a whole
	Text  string
}

// Style is how a button looks.
type Style string

// The styles of buttons.
const (
	Main   Style = ""       // what most people come for
	Second Style = "second" // what else there is to do
	Grave  Style = "grave"  // what can't be undone
)

// Type is what sort of answer a field takes.
type Type string

// The types of fields.
const (
	Text     Type = "text"
	Email    Type = "email"
	Password Type = "password" // what has been typed comes back in no page
	Lines    Type = "textarea"
	Choices  Type = "choices" // one of a few
	Boxes    Type = "boxes"   // any of a few: each is a field of its own, name-value
	Select   Type = "select"  // one of a few or many, in one line
)

// Field is one question of a form. Its name is its id too, so that it is there once in a page.
type Field struct {
	Name, Label  string
	Type         Type
	Value        string
	Hint         string // one line under the label
	More         More
	Autocomplete string
	Optional     bool
	Least, Most  int      // characters, which are counted while somebody types; 0: not counted
	Choices      []Choice // of Choices, Boxes and Select
}

// More is what is told to who asks.
type More struct{ Summary, Text string }

// Choice is one answer of several.
type Choice struct {
	Value, Label string
	Chosen       bool // of Boxes
}

// drawnForm is a form with the words that its template needs.
type drawnForm struct {
	Form
	Words Words
}

// HasSummary reports whether the faults are listed above the fields. A single one stands at its field alone.
func (f drawnForm) HasSummary() bool {
	return len(f.Faults) > 1 || len(f.Faults) == 1 && f.Faults[0].Field == ""
}

// Drawn are the fields with what is wrong with them.
func (f drawnForm) Drawn() []drawnField {
	drawn := make([]drawnField, len(f.Fields))
	for i, field := range f.Fields {
		drawn[i] = drawnField{Field: field, Words: f.Words}
		for _, fault := range f.Faults {
			if fault.Field == field.Name {
				drawn[i].Fault, drawn[i].Focus = fault.Text, !f.HasSummary()
			}
		}
	}
	return drawn
}

// drawnField is a field with what is wrong with it.
type drawnField struct {
	Field
	Words Words
	Fault string
	Focus bool // the one thing that is wrong with the form
}

// Describers are the ids of what is said about the field.
func (f drawnField) Describers() string {
	var ids []string
	if f.Hint != "" {
		ids = append(ids, f.Name+"-hint")
	}
	if f.Fault != "" {
		ids = append(ids, f.Name+"-fault")
	}
	return strings.Join(ids, " ")
}
