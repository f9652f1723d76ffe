package document

import (
	"bytes"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/go-fonts/dejavu/dejavusans"
	"github.com/go-fonts/dejavu/dejavusansbold"
	"github.com/go-pdf/fpdf"
	"golang.org/x/image/font/gofont/gobold"
	"golang.org/x/image/font/gofont/goregular"
)

// The sheet is A4; all lengths are millimetres, font sizes points.
const (
	sheetWidth, sheetHeight = 210.0, 297.0
	margin                  = 18.0
	contentWidth            = sheetWidth - 2*margin
	contentBottom           = sheetHeight - 22
	continuedTop            = 28.0 // where the content of a second page begins
	footerRule              = sheetHeight - 16

	pointsToMM = 25.4 / 72
	leading    = 1.32 // line height as a multiple of the font size
	baseline   = 0.74 // where in the line height the letters stand
)

type colour struct{ r, g, b int }

var (
	ink   = colour{17, 24, 39}
	muted = colour{96, 104, 118}
	hair  = colour{209, 213, 219}
	shade = colour{243, 244, 246}
	white = colour{255, 255, 255}
	green = colour{22, 101, 52}
	amber = colour{146, 64, 14}
	red   = colour{153, 27, 27}
)

type style struct {
	weight string // "" or "B"
	size   float64
	colour colour
}

var (
	label   = style{"", 8, muted}
	value   = style{"", 10, ink}
	strong  = style{"B", 10, ink}
	alarm   = style{"B", 10, red}
	heading = style{"B", 11, ink}
	fine    = style{"", 7, muted}
)

func (s style) height() float64 { return s.size * pointsToMM * leading }

// line is a text that fits where it will stand.
type line struct {
	text  string
	style style
}

// column is a part of a row: lines under one another at a place of their own across the sheet.
type column struct {
	x     float64
	lines []line
}

// paper lays rows under one another and goes on to a new page where one is full.
type paper struct {
	pdf     *fpdf.Fpdf
	charset *charset
	y       float64         // where the next row begins
	running string          // stands on top of the second page and all after it
	rare    map[string]bool // the weights of the rare font that are in it
	onPage  func()          // what else a new page begins with, as a table's head
}

// newPaper begins a document. All documents share the fonts' bytes: fpdf writes into them only for a glyph without
// metrics of its own, and no character that is used leads to one in these fonts.
func newPaper(title, language string, at time.Time) (*paper, error) {
	charset, err := newCharset()
	if err != nil {
		return nil, err
	}
	p := &paper{pdf: fpdf.New("P", "mm", "A4", ""), charset: charset, y: margin, rare: make(map[string]bool)}
	p.running = charset.printable(title)
	p.pdf.SetCatalogSort(true) // with the dates, what makes the same data the same bytes
	p.pdf.SetCreationDate(at)
	p.pdf.SetModificationDate(at)
	p.pdf.SetProducer("Postern", true)
	p.pdf.SetTitle(p.running, true)
	p.pdf.SetLang(language)
	p.pdf.SetCompression(true)
	p.pdf.SetAutoPageBreak(false, 0)
	p.pdf.AddUTF8FontFromBytes(usual, "", goregular.TTF)
	p.pdf.AddUTF8FontFromBytes(usual, "B", gobold.TTF)
	p.pdf.AddPage()
	return p, nil
}

// newPage begins a further page, with the document's title on top.
func (p *paper) newPage() {
	p.pdf.AddPage()
	p.write(margin, margin, line{p.shorten(p.running, label, contentWidth), label})
	p.rule(margin + 6)
	p.y = continuedTop
	if p.onPage != nil {
		p.onPage()
	}
}

// need begins a new page where less than that height is left.
func (p *paper) need(height float64) {
	if p.y+height > contentBottom {
		p.newPage()
	}
}

// row lays columns side by side and moves below the longest. A short row is kept together; a longer one begins where it
// is and goes on line by line, if there is room for a good start.
func (p *paper) row(columns ...column) {
	p.need(keptHeight(columns))
	for i := 0; ; i++ {
		height := 0.0
		for _, c := range columns {
			if i < len(c.lines) {
				height = max(height, c.lines[i].style.height())
			}
		}
		if height == 0 {
			return
		}
		p.need(height)
		for _, c := range columns {
			if i < len(c.lines) {
				p.write(c.x, p.y, c.lines[i])
			}
		}
		p.y += height
	}
}

// keptHeight is how much of a row must fit on the page where it begins.
func keptHeight(columns []column) float64 {
	const whole, start = 45, 25
	if height := rowHeight(columns); height <= whole {
		return height
	}
	return start
}

// rowHeight is the height that row will use.
func rowHeight(columns []column) (height float64) {
	for _, c := range columns {
		own := 0.0
		for _, l := range c.lines {
			own += l.style.height()
		}
		height = max(height, own)
	}
	return height
}

// wrap makes lines of a text in one style.
func (p *paper) wrap(text string, width float64, s style) (lines []line) {
	for _, part := range wrap(p.charset.printable(text), width, p.measure(s)) {
		lines = append(lines, line{part, s})
	}
	return lines
}

// shorten cuts a text that is printable to one line, with an ellipsis. Only for what stands elsewhere in full.
func (p *paper) shorten(text string, s style, width float64) string {
	measure := p.measure(s)
	if measure(text) <= width {
		return text
	}
	return text[:fitting(text, width-measure("…"), measure)] + "…"
}

// measure returns the function that measures printable texts in a style.
func (p *paper) measure(s style) func(string) float64 {
	return func(text string) (width float64) {
		for run, family := range p.charset.runs(text) {
			p.choose(family, s)
			width += p.pdf.GetStringWidth(run)
		}
		return width
	}
}

// rareWeights are the rare font's files by weight.
var rareWeights = map[string][]byte{"": dejavusans.TTF, "B": dejavusansbold.TTF}

// choose makes a font the one to measure and write with. The rare one takes a document time and room, and is added
// when it is met.
func (p *paper) choose(family string, s style) {
	if family == rare && !p.rare[s.weight] {
		p.rare[s.weight] = true
		p.pdf.AddUTF8FontFromBytes(rare, s.weight, rareWeights[s.weight])
	}
	p.pdf.SetFont(family, s.weight, s.size)
}

// write puts one line at a place, given by its upper left corner.
func (p *paper) write(x, y float64, l line) {
	p.pdf.SetTextColor(l.style.colour.r, l.style.colour.g, l.style.colour.b)
	for run, family := range p.charset.runs(l.text) {
		p.choose(family, l.style)
		p.pdf.Text(x, y+baseline*l.style.height(), run)
		x += p.pdf.GetStringWidth(run)
	}
}

// rule draws a thin line across the sheet.
func (p *paper) rule(y float64) {
	p.pdf.SetDrawColor(hair.r, hair.g, hair.b)
	p.pdf.SetLineWidth(0.2)
	p.pdf.Line(margin, y, sheetWidth-margin, y)
}

// fill draws a filled rectangle with corners of that radius.
func (p *paper) fill(x, y, width, height, radius float64, c colour) {
	p.pdf.SetFillColor(c.r, c.g, c.b)
	p.pdf.RoundedRect(x, y, width, height, radius, "1234", "F")
}

// finish puts the foot under every page, now that their number is known, and returns the PDF.
func (p *paper) finish(source, page string) ([]byte, error) {
	pages := p.pdf.PageCount()
	for n := 1; n <= pages; n++ {
		p.pdf.SetPage(n)
		p.rule(footerRule)
		p.write(margin, footerRule+2, line{source, fine})
		number := strings.NewReplacer("{page}", strconv.Itoa(n), "{pages}", strconv.Itoa(pages)).Replace(page)
		p.write(sheetWidth-margin-p.measure(fine)(number), footerRule+2, line{number, fine})
	}
	var out bytes.Buffer
	if err := p.pdf.Output(&out); err != nil {
		return nil, fmt.Errorf("making the PDF: %w", err)
	}
	return out.Bytes(), nil
}
