package pdf_test

import (
	"bytes"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/image/font/gofont/gobold"
	"golang.org/x/image/font/gofont/goregular"

	"postern/mail/document/pdf"
	"postern/mail/document/pdf/pdftest"
)

func parse(t testing.TB, name string, ttf []byte) *pdf.Font {
	t.Helper()
	f, err := pdf.ParseFont(name, ttf)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// sample has every kind of part, on two pages.
func sample(regular, bold *pdf.Font) []byte {
	at := time.Date(2025, 3, 3, 8, 26, 0, 0, time.FixedZone("", 3600))
	d := pdf.New(pdf.Info{Title: "Zoë & (co)", Language: "nl", Producer: "Postern", Created: at, Modified: at})
	ink := pdf.Colour{R: 17, G: 24, B: 255}
	p := d.AddPage(595.28, 841.89)
	title := d.Structure().Add("H1")
	row := d.Structure().Add("Table").Add("TR")
	p.FillRound(nil, ink, pdf.Rect{X: 10, Y: 10, Width: 100, Height: 20}, 5)
	p.StrokeRound(nil, ink, pdf.Rect{X: 10, Y: 10, Width: 100, Height: 20}, 5, 1)
	// Cells are drawn line by line, and read one after the other.
	one, two := row.Add("TH").HeadsColumn(), row.Add("TD")
	p.Text(one, regular, 10, ink, 20, 500, "one")
	p.Text(two, bold, 10, ink, 120, 500, "three")
	p.Text(one, regular, 10, ink, 20, 490, "two")
	p.Text(two, bold, 10, ink, 120, 490, "four")
	p.Text(title, bold, 24, ink, 20, 700, "Łódź")
	p.FillRects(d.Structure().Add("Figure").Describe("A mark"), ink, pdf.Rect{X: 1, Y: 2, Width: 3, Height: 4.005})
	p.Stroke(nil, ink, 2, 1, 2, 3, 4, 5, -6)
	link := d.Structure().Add("P").Add("Link")
	p.Text(link, regular, 8, ink, 20, 300, "here")
	p.Link(link, pdf.Rect{X: 20, Y: 295, Width: 50, Height: 12}, `https://a.example/(b)\c`, "To ë")
	second := d.AddPage(595.28, 841.89)
	second.Text(two, regular, 10, ink, 20, 700, "five")
	second.Text(nil, regular, 7, ink, 20, 20, "page 2")
	return d.Bytes()
}

func TestFile(t *testing.T) {
	regular, bold := parse(t, "GoRegular", goregular.TTF), parse(t, "Go-Bold", gobold.TTF)
	file := sample(regular, bold)
	f := pdftest.Read(t, file)
	const want = `Document
  H1: Łódź
  Table
    TR
      TH: one two
      TD: three four five
  Figure (A mark)
  P
    Link: here (a link)
`
	if f.Outline != want || len(f.Unread()) > 0 {
		t.Errorf("it is read as\n%s, and %q not at all", f.Outline, f.Unread())
	}
	last := pdftest.Text{Text: "Łódź", X: 20, Y: 700, Size: 24, Font: "Go-Bold"}
	if len(f.Pages) != 2 || f.Pages[0].Texts[4] != last {
		t.Errorf("pages: %+v", f.Pages)
	}
	for _, want := range []string{
		"/Lang(nl)/MarkInfo<</Marked true>>", "/DisplayDocTitle true", "/Title<FEFF005A006F00EB0020002600200028",
		"/CreationDate(D:20250303072600+00'00')", "<xmp:ModifyDate>2025-03-03T07:26:00Z<", ">Zoë &amp; (co)<",
		`/URI(https://a.example/\(b\)\\c)`, "/Contents<FEFF0054006F002000EB>", "/A<</O/Table/Scope/Column>>",
		"/Nums[0[", "/MediaBox[0 0 595.28 841.89]",
	} {
		if !bytes.Contains(file, []byte(want)) {
			t.Errorf("there is no %s in the file", want)
		}
	}
	for _, want := range []string{"1 2 3 4.01 re\nf\n", "0.07 0.09 1 RG 2 w 1 J 1 j\n1 2 m\n3 4 l\n5 -6 l\nS\n"} {
		if !strings.Contains(f.Pages[0].Content, want) {
			t.Errorf("there is no %q in %s", want, f.Pages[0].Content)
		}
	}
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			if !bytes.Equal(sample(regular, bold), file) {
				t.Error("written again, beside others, it differs")
			}
		})
	}
	wg.Wait()
}
