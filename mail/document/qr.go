package document

import (
	"fmt"
	"strings"

	"rsc.io/qr"

	"postern/mail/document/pdf"
)

const (
	codeSize  = 36.0 // millimetres
	codeX     = sheetWidth - margin - codeSize
	codeLabel = 7.0
	quietZone = 4 // modules around a code that must be empty (ISO/IEC 18004 §6.3.8)
)

// drawCode puts the QR code of a link, and the link in words below it, into the upper right corner of the page, and
// returns where that ends.
func (p *paper) drawCode(link, caption string) (bottom float64, err error) {
	code, err := qr.Encode(link, qr.M)
	if err != nil {
		return 0, fmt.Errorf("making the QR code of a link of %d octets: %w", len(link), err)
	}
	module := codeSize / float64(code.Size)
	var modules []pdf.Rect
	for y := range code.Size {
		for x := 0; x < code.Size; x++ {
			from := x
			for code.Black(x, y) {
				x++
			}
			if x > from {
				left, top := codeX+float64(from)*module, margin+float64(y)*module
				modules = append(modules, rect(left, top, float64(x-from)*module, module))
			}
		}
	}
	// On white, so that no cross behind it comes into the quiet zone.
	quiet := quietZone * module
	p.page.FillRects(nil, white, rect(codeX-quiet, margin-quiet, codeSize+2*quiet, codeSize+2*quiet))
	tag := p.root.Add("P").Add("Link")
	p.page.FillRects(tag.Add("Figure").Describe("QR code: "+link), black, modules...)

	_, short, _ := strings.Cut(link, "://")
	lines := p.wrap(caption, codeSize, style{true, codeLabel, muted}, tag)
	lines = append(lines, p.wrap(short, codeSize, style{false, codeLabel, muted}, tag)...)
	bottom = margin + codeSize + quiet
	for _, l := range lines {
		p.write(codeX, bottom, l)
		bottom += l.style.height()
	}
	p.page.Link(tag, rect(codeX, margin, codeSize, bottom-margin), link, caption+": "+link)
	return bottom, nil
}
