// Package document makes the eECD document of a cleaning as a PDF: one A4 page where it fits, in the reader's language,
// with a QR code that leads to the cleaning's page. The layout is our own; EFTCO's form and logo are EFTCO's.
//
// The same data in the same minute give the same bytes, wherever they are rendered: nothing else goes into a document
// than what Render is given.
package document

import (
	"cmp"
	"strings"
	"time"

	"postern/mail/document/pdf"
	"postern/store"
)

// Options say for whom and when a document is rendered.
type Options struct {
	Link     string         // of the cleaning's page: it goes into the QR code, and stands under it
	Language string         // one of Languages; whatever else is read as the first
	Zone     *time.Location // of the times in it
	AsOf     time.Time      // the document says that its verdict is of this minute
}

// Render makes the PDF of a cleaning. Fields without a value are left out. It fails for a link that is too long for a
// QR code (2,331 bytes).
func Render(c store.Cleaning, o Options) ([]byte, error) {
	w, err := wordsIn(o.Language)
	if err != nil {
		return nil, err
	}
	o.AsOf = o.AsOf.Truncate(time.Minute)
	faces, err := readTypefaces()
	if err != nil {
		return nil, err
	}
	p := newPaper(faces, c.Verdict() == store.VerdictValid, pdf.Info{
		Title: faces.printable(w.Title + " " + c.Number), Language: w.language, Producer: "Postern",
		Created: o.AsOf, Modified: cmp.Or(c.ChangedAt, o.AsOf),
	})
	s := sheet{paper: p, reader: reader{w, o.Zone}}
	if err := s.head(c, o.Link); err != nil {
		return nil, err
	}
	s.verdict(c, o.AsOf)
	s.text(w.LoadComment, c.Load.Comment)
	s.facts(c)
	s.compartments(c.Compartments)
	s.text(w.AdditionalServices, c.AdditionalServices)
	s.text(w.Comments, c.Comments)
	s.text(w.Seals, strings.Join(c.Seals, ", "))
	s.signatures(c)
	return s.finish(fill(w.Source, "{time}", s.moment(c.ChangedAt)), w.Page), nil
}

// sheet is a document in the making.
type sheet struct {
	*paper
	reader
}

const (
	headWidth   = contentWidth - codeSize - 8 // beside the QR code
	columnGap   = 8.0
	columnWidth = (contentWidth - columnGap) / 2
	afterField  = 2.2
	afterBlock  = 4.5
)

// head says which document this is and who cleaned the tank, beside the QR code.
func (s sheet) head(c store.Cleaning, link string) error {
	title := s.root.Add("H1")
	s.row(column{margin, s.wrap(s.words.Title, headWidth, style{size: 12, colour: muted}, title)})
	large := style{true, 24, ink}
	if s.width(s.printable(c.Number), large) > headWidth {
		large.size = 13
	}
	s.row(column{margin, s.wrap(c.Number, headWidth, large, title)})
	s.y += 2.5
	s.row(column{margin, s.station(c.Station)})
	bottom, err := s.drawCode(link, s.words.Check)
	s.y = max(s.y, bottom) + afterBlock
	return err
}

// station returns the lines about where the tank was cleaned.
func (s sheet) station(station store.Station) []line {
	tag := s.root.Add("P")
	lines := s.wrap(s.words.Station, headWidth, label, tag)
	name := style{true, 15, ink}
	if s.width(s.printable(station.Name), name) > 2*headWidth {
		name.size = 11
	}
	lines = append(lines, s.wrap(station.Name, headWidth, name, tag)...)
	if place := joined(", ", station.City, station.Country); place != "" {
		lines = append(lines, s.wrap(place, headWidth, value, tag)...)
	}
	if station.Phone != "" {
		lines = append(lines, s.wrap(s.words.Phone+" "+station.Phone, headWidth, value, tag)...)
	}
	return lines
}

// facts draws what is known in pairs that belong together; a pair of which one is missing has the other on the left.
func (s sheet) facts(c store.Cleaning) {
	list := s.root.Add("L")
	for _, pair := range s.pairs(c) {
		var columns []column
		for _, f := range pair {
			if f.value == "" {
				continue
			}
			look := value
			if f.marks {
				look = marked
			}
			item := list.Add("LI")
			columns = append(columns, column{margin + float64(len(columns))*(columnWidth+columnGap), append(
				s.wrap(f.label, columnWidth, label, item.Add("Lbl")),
				s.wrap(f.value, columnWidth, look, item.Add("LBody"))...)})
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
	lines := append(s.wrap(name, contentWidth, label, s.root.Add("H2")),
		s.wrap(text, contentWidth, value, s.root.Add("P"))...)
	s.row(column{margin, lines})
	s.y += afterField
}
