package document

import (
	"fmt"

	"rsc.io/qr"
)

const (
	codeSize  = 34.0 // millimetres
	codeX     = sheetWidth - margin - codeSize
	codeLabel = 6.5
	quietZone = 4 // modules around a code that must be empty (ISO/IEC 18004 §6.3.8)
)

// drawCode puts the QR code of a link, and the link in words below it, into the upper right corner of the page, and
// returns where that ends. The code is drawn as one shape: cut into many, viewers would leave hair-thin gaps.
func (p *paper) drawCode(link, caption string) (bottom float64, err error) {
	code, err := qr.Encode(link, qr.M)
	if err != nil {
		return 0, fmt.Errorf("making the QR code of a link of %d octets: %w", len(link), err)
	}
	module := codeSize / float64(code.Size)
	for y := range code.Size {
		for x := 0; x < code.Size; x++ {
			from := x
			for code.Black(x, y) {
				x++
			}
			if x > from {
				p.trace(codeX+float64(from)*module, margin+float64(y)*module, float64(x-from)*module, module)
			}
		}
	}
	p.pdf.SetFillColor(0, 0, 0)
	p.pdf.DrawPath("F")

	lines := p.wrap(caption, codeSize, style{"B", codeLabel, muted})
	lines = append(lines, p.wrap(link, codeSize, style{"", codeLabel, muted})...)
	bottom = margin + codeSize + quietZone*module
	for _, l := range lines {
		p.write(codeX, bottom, l)
		bottom += l.style.height()
	}
	p.pdf.LinkString(codeX, margin, codeSize, bottom-margin, link)
	return bottom, nil
}

// trace adds a rectangle to the shape being drawn.
func (p *paper) trace(x, y, width, height float64) {
	p.pdf.MoveTo(x, y)
	p.pdf.LineTo(x+width, y)
	p.pdf.LineTo(x+width, y+height)
	p.pdf.LineTo(x, y+height)
	p.pdf.ClosePath()
}
