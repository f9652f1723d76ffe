package document

import (
	"regexp"
	"strconv"
	"strings"
	"testing"

	"rsc.io/qr"
	"rsc.io/qr/coding"

	"postern/mail/document/pdf/pdftest"
)

// TestCode reads the QR code back from the page, module by module.
func TestCode(t *testing.T) {
	for _, link := range []string{link, "http://localhost/",
		"https://exämple.example/?a=(b)&c=" + strings.Repeat("long", 100)} {
		o := options(t, "nl")
		o.Link = link
		file := pdftest.Read(t, render(t, fixture(t, "bare"), o))
		if got := readCode(t, file.Pages[0].Content); got != link {
			t.Errorf("the code says %q, want %q", got, link)
		}
		_, short, _ := strings.Cut(link, "://")
		if !strings.Contains(squeeze(file.Outline), squeeze(short)) {
			t.Errorf("the link does not stand below the code:\n%s", file.Outline)
		}
	}
}

// TestQuietZone holds that nothing comes nearer to the code than four modules, or readers would not find it: no text,
// and no cross behind it, which a white ground covers.
func TestQuietZone(t *testing.T) {
	for _, link := range []string{"http://localhost/", link + strings.Repeat("/long", 60)} {
		code, err := qr.Encode(link, qr.M)
		check(t, err)
		zone := 4 * codeSize / float64(code.Size)
		c, o := fixture(t, "invalid"), options(t, "fr")
		c.Number, o.Link = strings.Repeat("W", 30), link
		c.Station.Name, c.Station.Phone = strings.Repeat("W", 200), strings.Repeat("W", 200)
		page := pdftest.Read(t, render(t, c, o)).Pages[0]
		for _, text := range page.Texts {
			size := text.Size * pointsToMM
			x, y := text.X*pointsToMM, sheetHeight-text.Y*pointsToMM
			above, below := y-0.75*size, y+0.22*size
			right := x
			if x < codeX { // beside the code; its width is held by TestOnTheSheet
				right = margin + headWidth
			}
			if right > codeX-zone && above < margin+codeSize+zone && below > margin-zone {
				t.Errorf("%.30s…: %.30q stands in the quiet zone of %.1f mm", link, text.Text, zone)
			}
		}
		ground := regexp.MustCompile(`1 1 1 rg\n([\d.]+) ([\d.]+) ([\d.]+) ([\d.]+) re\nf\n`).
			FindStringSubmatch(page.Content)
		side := (codeSize + 2*zone) / pointsToMM
		if ground == nil || number(ground[3]) < side-0.01 || number(ground[4]) < side-0.01 ||
			strings.Index(page.Content, " RG") > strings.Index(page.Content, ground[0]) {
			t.Errorf("no white ground of %.1f points over the cross: %q", side, ground)
		}
	}
}

// readCode decodes the shape of a content stream that is filled in black as a QR code of level M (ISO/IEC 18004),
// undamaged as it is.
func readCode(t testing.TB, content string) string {
	t.Helper()
	_, shape, found := strings.Cut(content, "0 0 0 rg\n")
	shape, _, ends := strings.Cut(shape, "f\n")
	if !found || !ends {
		t.Fatal("no shape filled in black")
	}
	var boxes [][4]float64 // left, bottom, right, top
	for _, m := range regexp.MustCompile(`([\d.]+) ([\d.]+) ([\d.]+) ([\d.]+) re\n`).FindAllStringSubmatch(shape, -1) {
		x, y := number(m[1]), number(m[2])
		boxes = append(boxes, [4]float64{x, y, x + number(m[3]), y + number(m[4])})
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

func number(text string) float64 {
	n, _ := strconv.ParseFloat(text, 64)
	return n
}
