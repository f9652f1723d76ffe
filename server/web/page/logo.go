package page

import (
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"image/png"
	"io"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// Logo is an organisation's mark, checked: a picture that does nothing but show itself.
type Logo struct {
	file          File
	Width, Height int // its proportions
}

// MostLogo is the largest file that is taken for a logo, in bytes: every page loads it.
const MostLogo = 256 << 10

const mostPixels = 4096 // of a logo's side

// ParseLogo reads an SVG or PNG file. Its errors say what to mend.
func ParseLogo(data []byte) (*Logo, error) {
	switch {
	case len(data) > MostLogo:
		return nil, fmt.Errorf("it has more than %d KiB", MostLogo>>10)
	case bytes.HasPrefix(data, []byte("\x89PNG\r\n\x1a\n")):
		return parsePNG(data)
	case bytes.Contains(data, []byte("<svg")):
		return parseSVG(data)
	}
	return nil, errors.New("it must be an SVG or PNG file")
}

func parsePNG(data []byte) (*Logo, error) {
	c, err := png.DecodeConfig(bytes.NewReader(data))
	if err != nil {
		return nil, fmt.Errorf("it is no PNG file that can be read: %w", err)
	}
	if c.Width > mostPixels || c.Height > mostPixels {
		return nil, fmt.Errorf("it has %d × %d pixels, and each side may have at most %d", c.Width, c.Height,
			mostPixels)
	}
	return &Logo{NewFile("/static/logo.png", "image/png", data), c.Width, c.Height}, nil
}

// parseSVG takes an SVG that is well formed, says how large it is, runs nothing and loads nothing. Browsers hold
// pictures to that as well, but the file can also be opened by itself.
func parseSVG(data []byte) (*Logo, error) {
	l := &Logo{file: NewFile("/static/logo.svg", "image/svg+xml", data)}
	d := xml.NewDecoder(bytes.NewReader(data))
	for {
		token, err := d.Token()
		switch {
		case errors.Is(err, io.EOF) && l.Width > 0:
			return l, nil
		case errors.Is(err, io.EOF):
			return nil, errors.New("its first element is not svg")
		case err != nil:
			return nil, fmt.Errorf("it is no SVG file that can be read: %w", err)
		}
		if err := checkSVG(token); err != nil {
			return nil, err
		}
		if start, is := token.(xml.StartElement); is && l.Width == 0 {
			if l.Width, l.Height, err = sizeOf(start); err != nil {
				return nil, err
			}
		}
	}
}

// activeElements are those of SVG that run, embed or lead somewhere.
var activeElements = []string{"script", "foreignobject", "iframe", "embed", "object", "audio", "video", "a", "handler",
	"set", "animate", "animatetransform", "animatemotion", "discard"}

// foreignInStyle finds what a style loads: anything by url() but a part of the same file, and imports.
var foreignInStyle = regexp.MustCompile(`(?i)url\(\s*['"]?\s*[^#'"\s]|@import|\\`)

// checkSVG refuses what does more than show a picture.
func checkSVG(token xml.Token) error {
	switch t := token.(type) {
	case xml.Directive:
		return errors.New("it has a DOCTYPE or entities: save it as plain SVG, without them")
	case xml.ProcInst:
		if t.Target != "xml" {
			return fmt.Errorf("it holds the instruction %s: save it as plain SVG", t.Target)
		}
	case xml.CharData:
		if foreignInStyle.Match(t) {
			return errors.New("a style in it loads another file: save it with all that belongs to it")
		}
	case xml.StartElement:
		if name := t.Name.Local; slices.Contains(activeElements, strings.ToLower(name)) {
			return fmt.Errorf("it holds the element %s: a logo is a still picture, without scripts and links", name)
		}
		for _, a := range t.Attr {
			if err := checkAttribute(a); err != nil {
				return err
			}
		}
	}
	return nil
}

// embedded pictures are a part of the file.
var embeddedPicture = regexp.MustCompile(`^data:image/(png|jpeg|gif|webp);base64,`)

func checkAttribute(a xml.Attr) error {
	name := strings.ToLower(a.Name.Local)
	isLink := name == "href" || name == "src"
	switch {
	case strings.HasPrefix(name, "on"):
		return fmt.Errorf("it has a script in %s", a.Name.Local)
	case isLink && !strings.HasPrefix(a.Value, "#") && !embeddedPicture.MatchString(a.Value),
		!isLink && foreignInStyle.MatchString(a.Value):
		return fmt.Errorf("its %s refers to another file: save it with all that belongs to it", a.Name.Local)
	}
	return nil
}

// sizeOf reads the proportions of an SVG: those of its viewBox, else its width and height.
func sizeOf(root xml.StartElement) (width, height int, err error) {
	if root.Name.Local != "svg" {
		return 0, 0, errors.New("its first element is not svg")
	}
	var w, h string
	for _, a := range root.Attr {
		switch box := strings.FieldsFunc(a.Value, isBetween); {
		case a.Name.Local == "viewBox" && len(box) == 4:
			w, h = box[2], box[3]
		case a.Name.Local == "width" && w == "":
			w = strings.TrimSuffix(a.Value, "px")
		case a.Name.Local == "height" && h == "":
			h = strings.TrimSuffix(a.Value, "px")
		}
	}
	wide, wrongWidth := strconv.ParseFloat(w, 64)
	high, wrongHeight := strconv.ParseFloat(h, 64)
	isSize := func(side float64) bool { return side >= 1 && side <= 1e6 }
	if wrongWidth != nil || wrongHeight != nil || !isSize(wide) || !isSize(high) {
		return 0, 0,
			errors.New(`it does not say how large it is: give its svg element a viewBox, as viewBox="0 0 160 40"`)
	}
	return int(wide + 0.5), int(high + 0.5), nil
}

func isBetween(r rune) bool { return r == ' ' || r == ',' || r == '\n' || r == '\t' }
