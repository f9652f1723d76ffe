package pdf

import (
	"bytes"
	"fmt"
)

// Page is one page in the making. Lengths are points, places are seen from the lower left corner. Whatever is drawn
// belongs to an element of the document's structure; nil is for what a screen reader passes over, as rules and grounds.
type Page struct {
	document      *Document
	index, number int
	width, height float64
	content       bytes.Buffer
	marked        []*Element // whose the marked parts of the content are, by their numbers
	open          bool       // a marked part has begun and not ended
	current       *Element   // whose that is
	links         []link
}

// Colour is one of the screen's: red, green and blue from 0 to 255.
type Colour struct{ R, G, B uint8 }

func (c Colour) String() string {
	return decimals(float64(c.R)/255, float64(c.G)/255, float64(c.B)/255)
}

// Rect is a rectangle by its lower left corner.
type Rect struct{ X, Y, Width, Height float64 }

// Text writes one line with its baseline at that place. All its characters must be in the font.
func (p *Page) Text(e *Element, f *Font, size float64, c Colour, x, y float64, text string) {
	p.mark(e)
	s := p.document.subset(f)
	fmt.Fprintf(&p.content, "BT /%s %s Tf %s rg %s Td <", s.resource, decimal(size), c, decimals(x, y))
	for _, r := range text {
		fmt.Fprintf(&p.content, "%04X", s.code(r))
	}
	p.content.WriteString("> Tj ET\n")
}

// FillRects fills rectangles as one shape: filled one by one, viewers leave hair-thin gaps between neighbours.
func (p *Page) FillRects(e *Element, c Colour, rects ...Rect) {
	p.mark(e)
	fmt.Fprintf(&p.content, "%s rg\n", c)
	for _, r := range rects {
		fmt.Fprintf(&p.content, "%s re\n", decimals(r.X, r.Y, r.Width, r.Height))
	}
	p.content.WriteString("f\n")
}

// FillRound fills a rectangle whose corners are round with that radius; half its height makes a circle of a square.
func (p *Page) FillRound(e *Element, c Colour, r Rect, radius float64) {
	p.mark(e)
	fmt.Fprintf(&p.content, "%s rg\n", c)
	p.round(r, radius)
	p.content.WriteString("f\n")
}

// StrokeRound draws the line around such a rectangle.
func (p *Page) StrokeRound(e *Element, c Colour, r Rect, radius, width float64) {
	p.mark(e)
	fmt.Fprintf(&p.content, "%s RG %s w\n", c, decimal(width))
	p.round(r, radius)
	p.content.WriteString("S\n")
}

// round is the path of a rectangle with round corners, which are cubic curves within a thousandth of a circle's.
func (p *Page) round(r Rect, radius float64) {
	const arc = 0.5523
	left, right, bottom, top := r.X, r.X+r.Width, r.Y, r.Y+r.Height
	inset := radius * (1 - arc)
	fmt.Fprintf(&p.content, "%s m\n", decimals(left+radius, bottom))
	for _, corner := range [][8]float64{ // end of the side before it, then the curve
		{right - radius, bottom, right - inset, bottom, right, bottom + inset, right, bottom + radius},
		{right, top - radius, right, top - inset, right - inset, top, right - radius, top},
		{left + radius, top, left + inset, top, left, top - inset, left, top - radius},
		{left, bottom + radius, left, bottom + inset, left + inset, bottom, left + radius, bottom},
	} {
		fmt.Fprintf(&p.content, "%s l %s c\n", decimals(corner[:2]...), decimals(corner[2:]...))
	}
	p.content.WriteString("h ")
}

// Stroke draws a line through points given as x, y, x, y, with round ends and corners.
func (p *Page) Stroke(e *Element, c Colour, width float64, points ...float64) {
	p.mark(e)
	fmt.Fprintf(&p.content, "%s RG %s w 1 J 1 j\n", c, decimal(width))
	for i := 0; i+1 < len(points); i += 2 {
		operator := "l"
		if i == 0 {
			operator = "m"
		}
		fmt.Fprintf(&p.content, "%s %s\n", decimals(points[i:i+2]...), operator)
	}
	p.content.WriteString("S\n")
}

// mark begins the part of the content that belongs to an element, unless it has begun already (§14.6, §14.7.4).
func (p *Page) mark(e *Element) {
	if p.open && p.current == e {
		return
	}
	p.unmark()
	p.open, p.current = true, e
	if e == nil {
		p.content.WriteString("/Artifact BMC\n")
		return
	}
	fmt.Fprintf(&p.content, "/%s <</MCID %d>> BDC\n", e.role, len(p.marked))
	e.kids = append(e.kids, kid{page: p, mark: len(p.marked)})
	p.marked = append(p.marked, e)
}

func (p *Page) unmark() {
	if p.open {
		p.content.WriteString("EMC\n")
	}
	p.open = false
}

// link is a place on a page that leads somewhere.
type link struct {
	rect        Rect
	uri         string
	description string
	element     *Element
	number      int
}

// Link makes a place lead to a URI. The element should be a Link, with the text that stands there in it; the
// description is what is read for it.
func (p *Page) Link(e *Element, r Rect, uri, description string) {
	e.kids = append(e.kids, kid{page: p, link: len(p.links), isLink: true})
	p.links = append(p.links, link{rect: r, uri: uri, description: description, element: e})
}

// write writes the page, its content and its links.
func (p *Page) write(f *file, tree, resources int) {
	p.unmark()
	content := f.reserve()
	f.stream(content, "", p.content.Bytes(), true)
	annotations := ""
	for i := range p.links {
		l := &p.links[i]
		l.number = f.reserve()
		f.object(l.number, "<</Type/Annot/Subtype/Link/Rect[%s]/Border[0 0 0]/F 4/Contents%s/StructParent %d"+
			"/A<</S/URI/URI%s>>>>", decimals(l.rect.X, l.rect.Y, l.rect.X+l.rect.Width, l.rect.Y+l.rect.Height),
			textString(l.description), p.document.linkKey(p, i), literal(l.uri))
		annotations += fmt.Sprintf("%d 0 R ", l.number)
	}
	if annotations != "" {
		annotations = "/Annots[" + annotations + "]"
	}
	f.object(p.number, "<</Type/Page/Parent %d 0 R/MediaBox[0 0 %s]/Resources %d 0 R/Contents %d 0 R"+
		"/StructParents %d/Tabs/S%s>>", tree, decimals(p.width, p.height), resources, content, p.index,
		annotations)
}
