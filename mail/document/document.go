// Package document makes the eECD document of a cleaning as a PDF: one A4 page where it fits, in the reader's language,
// with a QR code that leads to the cleaning's page. The layout is our own; EFTCO's form and logo are EFTCO's.
//
// The same data gives the same bytes, whenever and wherever it is rendered: a partner who fetches the document twice
// may compare the two, and a letter that is tried again carries what it carried before.
package document

import (
	"cmp"
	"strings"
	"time"

	"postern/store"
)

// Render makes the PDF of a cleaning. The link goes into the QR code and stands under it; language is en, nl, fr or de,
// and whatever else is read as en. Fields without a value are left out. It fails for a link that is too long for a QR
// code (2,331 bytes).
func Render(c store.Cleaning, link, language string) ([]byte, error) {
	w, err := wordsIn(language)
	if err != nil {
		return nil, err
	}
	// fpdf takes a zero time for "now".
	changed := cmp.Or(c.ChangedAt.UTC(), time.Unix(0, 0).UTC())
	p, err := newPaper(w.Title+" "+c.Number, w.language, changed)
	if err != nil {
		return nil, err
	}
	s := sheet{paper: p, words: w}
	if err := s.head(c, link); err != nil {
		return nil, err
	}
	s.facts(c)
	s.compartments(c.Compartments)
	s.text(w.AdditionalServices, c.AdditionalServices)
	s.text(w.Comments, c.Comments)
	s.text(w.Seals, strings.Join(c.Seals, ", "))
	return p.finish(strings.ReplaceAll(w.Source, "{time}", moment(changed)), w.Page)
}

// sheet is a document in the making.
type sheet struct {
	*paper
	words words
}

const (
	headWidth   = contentWidth - codeSize - 10 // beside the QR code
	columnGap   = 8.0
	columnWidth = (contentWidth - columnGap) / 2
	afterField  = 2.6
	afterBlock  = 5.0
)

// statusColours show at a glance whether a tank may be loaded on this document.
var statusColours = map[store.CleaningStatus]colour{
	store.Planned: muted, store.Completed: amber, store.SignedOff: green, store.Cancelled: red, store.Invalid: red,
}

// head says which document this is, how far the cleaning is and who did it, beside the QR code.
func (s sheet) head(c store.Cleaning, link string) error {
	bottom, err := s.drawCode(link, s.words.Check)
	if err != nil {
		return err
	}
	s.row(column{margin, s.wrap(s.words.Title, headWidth, style{"", 12, muted})})
	s.y += 1
	large := style{"B", 24, ink}
	if s.measure(large)(s.charset.printable(c.Number)) > headWidth {
		large.size = 13
	}
	s.row(column{margin, s.wrap(c.Number, headWidth, large)})
	s.y += 2
	s.badge(orItself(s.words.Statuses, c.Status), statusColours[c.Status])
	s.y += 5
	s.row(column{margin, s.station(c.Station)})
	s.y = max(s.y, bottom) + afterBlock
	return nil
}

// badge shows a short text on a coloured ground.
func (s sheet) badge(text string, ground colour) {
	const inset, height = 3.0, 7.0
	l := line{s.charset.printable(text), style{"B", 10.5, white}}
	s.fill(margin, s.y, s.measure(l.style)(l.text)+2*inset, height, 1.5, ground)
	s.write(margin+inset, s.y+(height-l.style.height())/2, l)
	s.y += height
}

// station returns the lines about where the tank was cleaned.
func (s sheet) station(station store.Station) []line {
	lines := append(s.wrap(s.words.Station, headWidth, label), s.wrap(station.Name, headWidth, strong)...)
	if place := joined(", ", station.City, station.Country); place != "" {
		lines = append(lines, s.wrap(place, headWidth, value)...)
	}
	if station.Phone != "" {
		lines = append(lines, s.wrap(s.words.Phone+" "+station.Phone, headWidth, value)...)
	}
	return lines
}

// fact is a label with its value.
type fact struct{ label, value string }

// facts lists what is known in pairs that belong together; a pair of which one is missing has the other on the left.
func (s sheet) facts(c store.Cleaning) {
	w := s.words
	for _, pair := range [][2]fact{
		{{w.Customer, c.Customer}, {w.CustomerReference, c.CustomerReference}},
		{
			{w.Equipment, joined(" ", orItself(w.Kinds, c.Equipment.Kind), c.Equipment.Identification)},
			{w.Vehicle, c.Equipment.Vehicle},
		},
		{{w.ProductNature, c.ProductNature}, {w.NextLoad, c.NextLoad}},
		{{w.TimeIn, moment(c.TimeIn)}, {w.TimeOut, moment(c.TimeOut)}},
		{{w.Cleaner, c.Cleaner}, {w.Driver, c.Driver}},
	} {
		var columns []column
		for _, f := range pair {
			if f.value != "" {
				lines := append(s.wrap(f.label, columnWidth, label), s.wrap(f.value, columnWidth, value)...)
				columns = append(columns, column{margin + float64(len(columns))*(columnWidth+columnGap), lines})
			}
		}
		if len(columns) > 0 {
			s.row(columns...)
			s.y += afterField
		}
	}
	s.y += afterBlock - afterField
}

// text adds a field that may be long, across the whole sheet.
func (s sheet) text(name, text string) {
	if text == "" {
		return
	}
	lines := append(s.wrap(name, contentWidth, label), s.wrap(text, contentWidth, value)...)
	s.row(column{margin, lines})
	s.y += afterField
}

// moment returns a time to the minute, with its zone. A zero time gives nothing.
func moment(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format("2006-01-02 15:04") + " UTC"
}

// joined puts the parts that are not empty together.
func joined(separator string, parts ...string) string {
	var present []string
	for _, part := range parts {
		if part != "" {
			present = append(present, part)
		}
	}
	return strings.Join(present, separator)
}
