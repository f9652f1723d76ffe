package page

import (
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// parseSVG takes an SVG that is well formed, says how large it is, and has nothing in it but what still pictures are
// made of: it runs nothing and loads nothing. Browsers hold pictures to that as well, but the file can also be opened
// by itself. What we don't know is refused, so that nothing new that a browser learns gets by.
func parseSVG(data []byte) (*Logo, error) {
	l := &Logo{file: NewFile("/static/logo.svg", "image/svg+xml", data)}
	d := xml.NewDecoder(bytes.NewReader(data))
	var r svgReader
	for {
		token, err := d.Token()
		switch {
		case errors.Is(err, io.EOF) && r.root.Name.Local == "":
			return nil, errors.New("its first element is not svg")
		case errors.Is(err, io.EOF):
			l.Width, l.Height, err = sizeOf(r.root)
			if err != nil {
				return nil, err
			}
			return l, nil
		case err != nil:
			return nil, fmt.Errorf("it is no SVG file that can be read: %w", err)
		}
		if err := r.read(token); err != nil {
			return nil, err
		}
	}
}

// svgReader goes through an SVG file.
type svgReader struct {
	root  xml.StartElement
	open  []xml.Name // the elements around what comes next
	style []byte     // what the style element around it has said so far: comments may split it
}

func (r *svgReader) read(token xml.Token) error {
	switch t := token.(type) {
	case xml.Directive:
		if !usualDoctype.Match(t) {
			return errors.New("it has a DOCTYPE of its own or entities: save it as plain SVG, without them")
		}
	case xml.ProcInst:
		if t.Target != "xml" {
			return fmt.Errorf("it holds the instruction %s: save it as plain SVG", t.Target)
		}
	case xml.CharData:
		return r.text(t)
	case xml.StartElement:
		return r.begin(t)
	case xml.EndElement:
		return r.end()
	}
	return nil
}

func (r *svgReader) begin(e xml.StartElement) error {
	isFirst := r.root.Name.Local == ""
	switch {
	case isFirst && e.Name.Local != "svg":
		return errors.New("its first element is not svg")
	case isFirst && e.Name.Space != svgSpace:
		return fmt.Errorf(`no browser takes it for a picture: give its svg element xmlns="%s"`, svgSpace)
	case !isFirst && len(r.open) == 0:
		return fmt.Errorf("it has the element %s after its svg element: one picture is enough", e.Name.Local)
	case e.Name.Space == svgSpace && !slices.Contains(svgElements, e.Name.Local):
		return fmt.Errorf("it holds the element %s: a logo is a still picture, without scripts, links and animations",
			e.Name.Local)
	case e.Name.Space != svgSpace && !slices.Contains(editorSpaces, e.Name.Space):
		return fmt.Errorf("it holds the element %s of %q, which is none of a picture's: save it as plain SVG",
			e.Name.Local, e.Name.Space)
	}
	for _, a := range e.Attr {
		if e.Name.Space != svgSpace {
			break // nobody draws it
		}
		if err := checkAttribute(a); err != nil {
			return err
		}
	}
	if isFirst {
		r.root = e.Copy()
	}
	r.open = append(r.open, e.Name)
	return nil
}

func (r *svgReader) text(text xml.CharData) error {
	switch {
	case len(r.open) == 0 && len(bytes.Trim(text, "\ufeff \t\r\n")) > 0:
		return errors.New("it has text outside its svg element")
	case len(r.open) > 0 && r.open[len(r.open)-1] == svgStyle:
		r.style = append(r.style, text...)
	}
	return nil
}

func (r *svgReader) end() error {
	last := len(r.open) - 1
	ended := r.open[last]
	r.open = r.open[:last]
	if ended != svgStyle {
		return nil
	}
	style := string(r.style)
	r.style = nil
	return checkStyle("a style in it", style)
}

// usualDoctype matches the one of SVG 1.1, which drawing programs used to write. No browser loads what it names.
var usualDoctype = regexp.MustCompile(
	`^DOCTYPE svg\s+PUBLIC\s+"-//W3C//DTD SVG [^"]*"\s+"https?://www\.w3\.org/[^"]*"\s*$`)

// embeddedPicture matches a picture that is a part of the file.
var embeddedPicture = regexp.MustCompile(`^data:image/(png|jpeg|gif|webp);base64,`)

// checkAttribute refuses what leads out of the file, and what we don't know of SVG's own attributes.
func checkAttribute(a xml.Attr) error {
	name := a.Name.Local
	switch a.Name.Space {
	case "xmlns":
		return nil
	case xmlSpace:
		if name == "space" || name == "lang" || name == "id" {
			return nil
		}
	case xlinkSpace:
		if name == "href" {
			return checkLink(a.Value)
		}
		return nil // says of a link what it does where it is one
	case "":
		switch {
		case slices.Contains(svgNames, name), strings.HasPrefix(name, "data-"), strings.HasPrefix(name, "aria-"):
			return nil
		case name == "href":
			return checkLink(a.Value)
		case slices.Contains(svgAttributes, name):
			return checkStyle("its attribute "+name, a.Value)
		}
	default:
		if slices.Contains(editorSpaces, a.Name.Space) {
			return nil
		}
		name += " of " + strconv.Quote(a.Name.Space)
	}
	return fmt.Errorf("it has the attribute %s, which no still picture needs: save it as plain SVG", name)
}

func checkLink(target string) error {
	if strings.HasPrefix(target, "#") || embeddedPicture.MatchString(target) {
		return nil
	}
	return fmt.Errorf("its href refers to another file, %.60q: save it with all that belongs to it", target)
}

var (
	// styleFunction and styleRule find what may load something: functions of CSS, and rules such as @import.
	styleFunction = regexp.MustCompile(`([\w-]+)\(\s*['"]?\s*(.?)`)
	styleRule     = regexp.MustCompile(`@\s*([\w-]*)`)
)

// checkStyle takes a value or sheet of CSS that refers to nothing but parts of the same file. An escape could hide any
// name.
func checkStyle(where, style string) error {
	if strings.Contains(style, `\`) {
		return fmt.Errorf(`%s has a \, which may hide something: save it as plain SVG`, where)
	}
	for _, rule := range styleRule.FindAllStringSubmatch(style, -1) {
		if !strings.EqualFold(rule[1], "media") {
			return fmt.Errorf("%s has the rule @%s, which may load another file: save it without", where, rule[1])
		}
	}
	for _, f := range styleFunction.FindAllStringSubmatch(style, -1) {
		name, begin := strings.ToLower(f[1]), f[2]
		switch {
		case name == "url" && begin != "#":
			return fmt.Errorf("%s refers to another file: save it with all that belongs to it", where)
		case name != "url" && !slices.Contains(styleFunctions, name):
			return fmt.Errorf("%s uses %s(), which no still picture needs: save it as plain SVG", where, f[1])
		}
	}
	return nil
}

// sizeOf reads the proportions of an SVG: those of its viewBox, else its width and height.
func sizeOf(root xml.StartElement) (width, height int, err error) {
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
