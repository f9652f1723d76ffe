package document

import (
	"strconv"
	"strings"

	"postern/mail/document/pdf"
)

// The sheet is A4; all lengths are millimetres from its upper left corner, font sizes points.
const (
	sheetWidth, sheetHeight = 210.0, 297.0
	margin                  = 18.0
	contentWidth            = sheetWidth - 2*margin
	contentBottom           = sheetHeight - 20
	continuedTop            = 28.0 // where the content of a second page begins
	footerRule              = sheetHeight - 16

	pointsToMM = 25.4 / 72
	leading    = 1.32 // line height as a multiple of the font size
	baseline   = 0.74 // where in the line height the letters stand
)

var (
	ink   = pdf.Colour{R: 17, G: 24, B: 39}
	muted = pdf.Colour{R: 84, G: 92, B: 106}
	hair  = pdf.Colour{R: 170, G: 178, B: 189}
	shade = pdf.Colour{R: 243, G: 244, B: 246}
	white = pdf.Colour{R: 255, G: 255, B: 255}
	black = pdf.Colour{}
	green = pdf.Colour{R: 22, G: 101, B: 52}
	amber = pdf.Colour{R: 146, G: 64, B: 14}
	red   = pdf.Colour{R: 165, G: 20, B: 20}
	blush = pdf.Colour{R: 252, G: 232, B: 232}
)

type style struct {
	bold   bool
	size   float64
	colour pdf.Colour
}

var (
	label   = style{false, 8, muted}
	value   = style{false, 10, ink}
	marked  = style{true, 12, ink}
	strong  = style{true, 10, ink}
	alarm   = style{true, 10, red}
	heading = style{true, 11, ink}
	fine    = style{false, 7, muted}
)

func (s style) height() float64 { return s.size * pointsToMM * leading }

// line is a text that fits where it will stand. Its tag is the element of the document's structure that it belongs to.
type line struct {
	text  string
	style style
	tag   *pdf.Element
}

// column is a part of a row: lines under one another at a place of their own across the sheet.
type column struct {
	x     float64
	lines []line
}

// paper lays rows under one another and goes on to a new page where one is full.
type paper struct {
	typefaces
	pdf     *pdf.Document
	page    *pdf.Page    // the last one
	root    *pdf.Element // of the document's structure
	y       float64      // where the next row begins
	running string       // stands on top of the second page and all after it
	valid   bool         // else a cross stands behind everything
	onPage  func()       // what else a new page begins with, as a table's head
}

func newPaper(faces typefaces, valid bool, info pdf.Info) *paper {
	p := &paper{typefaces: faces, pdf: pdf.New(info), valid: valid, running: info.Title}
	p.root = p.pdf.Structure()
	p.addPage()
	p.y = margin
	return p
}

// addPage begins a page. A document that is not valid is crossed out, so that no page of it passes for one that is.
func (p *paper) addPage() {
	p.page = p.pdf.AddPage(sheetWidth/pointsToMM, sheetHeight/pointsToMM)
	if !p.valid {
		const inset, width = 14.0, 9.0
		p.stroke(blush, width, inset, inset, sheetWidth-inset, sheetHeight-inset)
		p.stroke(blush, width, sheetWidth-inset, inset, inset, sheetHeight-inset)
	}
}

// newPage begins a further page, with the document's title on top.
func (p *paper) newPage() {
	p.addPage()
	p.write(margin, margin, line{p.shorten(p.running, label, contentWidth), label, nil})
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
		height := lineHeight(columns, i)
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
	for i := 0; ; i++ {
		tallest := lineHeight(columns, i)
		if tallest == 0 {
			return height
		}
		height += tallest
	}
}

// lineHeight is the height of the tallest of the columns' lines of one number; 0 where all columns have ended.
func lineHeight(columns []column, i int) (tallest float64) {
	for _, c := range columns {
		if i < len(c.lines) {
			tallest = max(tallest, c.lines[i].style.height())
		}
	}
	return tallest
}

// wrap makes lines of a text in one style.
func (p *paper) wrap(text string, width float64, s style, tag *pdf.Element) (lines []line) {
	measure := func(text string) float64 { return p.width(text, s) }
	for _, part := range wrap(p.printable(text), width, measure) {
		lines = append(lines, line{part, s, tag})
	}
	return lines
}

// shorten cuts a text that is printable to one line, with an ellipsis. Only for what stands elsewhere in full.
func (p *paper) shorten(text string, s style, width float64) string {
	measure := func(text string) float64 { return p.width(text, s) }
	if measure(text) <= width {
		return text
	}
	return text[:fitting(text, width-measure("…"), measure)] + "…"
}

// width measures a printable text.
func (p *paper) width(text string, s style) (width float64) {
	for run, family := range p.runs(text) {
		width += family.weight(s.bold).Width(run, s.size)
	}
	return width * pointsToMM
}

// write puts one line at a place, given by its upper left corner.
func (p *paper) write(x, y float64, l line) {
	at, base := x/pointsToMM, up(y+baseline*l.style.height())
	for run, family := range p.runs(l.text) {
		font := family.weight(l.style.bold)
		p.page.Text(l.tag, font, l.style.size, l.style.colour, at, base, run)
		at += font.Width(run, l.style.size)
	}
}

// up is a height on the sheet as a PDF counts: in points from below.
func up(y float64) float64 { return (sheetHeight - y) / pointsToMM }

func rect(x, y, width, height float64) pdf.Rect {
	return pdf.Rect{X: x / pointsToMM, Y: up(y + height), Width: width / pointsToMM, Height: height / pointsToMM}
}

// rule draws a thin line across the sheet.
func (p *paper) rule(y float64) { p.stroke(hair, 0.15, margin, y, sheetWidth-margin, y) }

// stroke draws a line through points given as x, y, x, y.
func (p *paper) stroke(c pdf.Colour, width float64, points ...float64) {
	for i := range points {
		if i%2 == 0 {
			points[i] /= pointsToMM
		} else {
			points[i] = up(points[i])
		}
	}
	p.page.Stroke(nil, c, width/pointsToMM, points...)
}

// fillRound and strokeRound draw a rectangle with corners of that radius.
func (p *paper) fillRound(x, y, width, height, radius float64, c pdf.Colour) {
	p.page.FillRound(nil, c, rect(x, y, width, height), radius/pointsToMM)
}

func (p *paper) strokeRound(x, y, width, height, radius float64, c pdf.Colour) {
	p.page.StrokeRound(nil, c, rect(x, y, width, height), radius/pointsToMM, 0.8)
}

// finish puts the foot under every page, now that their number is known, and returns the PDF.
func (p *paper) finish(source, page string) []byte {
	pages := p.pdf.Pages()
	for i, current := range pages {
		p.page = current
		number := strings.NewReplacer("{page}", strconv.Itoa(i+1), "{pages}", strconv.Itoa(len(pages))).Replace(page)
		p.rule(footerRule)
		p.write(margin, footerRule+2, line{p.printable(source), fine, nil})
		p.write(sheetWidth-margin-p.width(number, fine), footerRule+2, line{number, fine, nil})
	}
	return p.pdf.Bytes()
}
