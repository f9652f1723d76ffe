package document

import (
	"regexp"
	"strings"
	"testing"

	"rsc.io/qr"
	"rsc.io/qr/coding"
)

// TestCode reads the QR code back from the page, module by module.
func TestCode(t *testing.T) {
	for _, link := range []string{link, "http://localhost/",
		"https://exämple.example/?a=(b)&c=" + strings.Repeat("long", 100)} {
		if got := readCode(t, readPDF(t, render(t, fixtures(t)["bare"], link, "nl"))[0].content); got != link {
			t.Errorf("the code says %q, want %q", got, link)
		}
	}
}

// TestQuietZone holds that no text comes nearer to the code than four modules, or readers would not find it.
func TestQuietZone(t *testing.T) {
	for _, link := range []string{"http://localhost/", link, link + strings.Repeat("/long", 60)} {
		code, err := qr.Encode(link, qr.M)
		check(t, err)
		zone := 4 * codeSize / float64(code.Size)
		c := worst()
		c.Number = strings.Repeat("W", 30)
		for _, text := range readPDF(t, render(t, c, link, "fr"))[0].texts {
			size := text.size * pointsToMM
			x, y := text.x*pointsToMM, sheetHeight-text.y*pointsToMM
			above, below := y-0.75*size, y+0.22*size
			right := x
			if x < codeX { // beside the code; its width is held by TestOnTheSheet
				right = margin + headWidth
			}
			if right > codeX-zone && above < margin+codeSize+zone && below > margin-zone {
				t.Errorf("%.30s…: %.30q stands in the quiet zone of %.1f mm", link, text.text, zone)
			}
		}
	}
}

// readCode decodes the first filled shape of a content stream as a QR code of level M (ISO/IEC 18004), undamaged as it
// is.
func readCode(t testing.TB, content string) string {
	t.Helper()
	shape, _, found := strings.Cut(content, "\nf\n")
	if !found {
		t.Fatal("no filled shape")
	}
	var boxes [][4]float64 // left, bottom, right, top
	corners := regexp.MustCompile(`([\d.]+) ([\d.]+) [ml]\n`).FindAllStringSubmatch(shape, -1)
	for ; len(corners) >= 4; corners = corners[4:] {
		boxes = append(boxes, [4]float64{number(corners[0][1]), number(corners[2][2]), number(corners[2][1]),
			number(corners[0][2])})
	}
	black := func(modules, x, y int) bool {
		module := codeSize / pointsToMM / float64(modules)
		px := codeX/pointsToMM + (float64(x)+0.5)*module
		py := (sheetHeight-margin)/pointsToMM - (float64(y)+0.5)*module
		for _, b := range boxes {
			if b[0] < px && px < b[2] && b[1] < py && py < b[3] {
				return true
			}
		}
		return false
	}
	modules := int(codeSize/pointsToMM*7/(boxes[0][2]-boxes[0][0]) + 0.5) // a code begins with a finder pattern, 7 wide
	version := coding.Version((modules - 17) / 4)
	plan, err := coding.NewPlan(version, coding.M, 0)
	check(t, err)
	data, ok := readModules(plan, black)
	if !ok {
		t.Fatalf("no QR code of level M with %d modules", modules)
	}
	return readOctets(t, data, version)
}

// readModules collects the data bits of a code; ok reports whether every fixed module is as this plan has it.
func readModules(plan *coding.Plan, black func(modules, x, y int) bool) (data []byte, ok bool) {
	data = make([]byte, plan.DataBytes)
	for y, row := range plan.Pixel {
		for x, pixel := range row {
			differs := black(len(plan.Pixel), x, y) != (pixel&coding.Black != 0)
			switch pixel.Role() {
			case coding.Data:
				if differs {
					data[pixel.Offset()/8] |= 1 << (7 - pixel.Offset()%8)
				}
			case coding.Position, coding.Alignment, coding.Timing, coding.Format, coding.PVersion:
				if differs {
					return nil, false
				}
			}
		}
	}
	return data, true
}

// readOctets returns the text of a code in byte mode: mode 0100, length in 8 or 16 bits, bytes.
func readOctets(t testing.TB, data []byte, version coding.Version) string {
	t.Helper()
	nibbles := make([]byte, 0, 2*len(data))
	for _, octet := range data {
		nibbles = append(nibbles, octet>>4, octet&15)
	}
	next := func() byte {
		octet := nibbles[0]<<4 | nibbles[1]
		nibbles = nibbles[2:]
		return octet
	}
	if nibbles[0] != 4 {
		t.Fatalf("mode %d", nibbles[0])
	}
	nibbles = nibbles[1:]
	length := int(next())
	if version > 9 {
		length = length<<8 | int(next())
	}
	text := make([]byte, length)
	for i := range text {
		text[i] = next()
	}
	return string(text)
}
