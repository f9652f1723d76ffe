package page

import (
	"encoding/hex"
	"errors"
	"fmt"
	"math"
	"strings"
)

// Colour is a colour in sRGB. The zero value is none.
type Colour struct {
	rgb   [3]byte
	isSet bool
}

var errColour = errors.New("write a colour as #0b5a6b: six hexadecimal digits, two each for red, green and blue")

// ParseColour reads a colour as #rrggbb.
func ParseColour(text string) (c Colour, err error) {
	digits, marked := strings.CutPrefix(text, "#")
	if len(digits) != 2*len(c.rgb) || !marked {
		return Colour{}, errColour
	}
	if _, err := hex.Decode(c.rgb[:], []byte(digits)); err != nil {
		return Colour{}, errColour
	}
	c.isSet = true
	return c, nil
}

// String writes a colour as #rrggbb.
func (c Colour) String() string { return "#" + hex.EncodeToString(c.rgb[:]) }

// luminance is WCAG 2.2's relative luminance: 0 is black, 1 is white.
func (c Colour) luminance() float64 {
	var linear [3]float64
	for i, b := range c.rgb {
		v := float64(b) / math.MaxUint8
		if v <= 0.04045 {
			linear[i] = v / 12.92
		} else {
			linear[i] = math.Pow((v+0.055)/1.055, 2.4)
		}
	}
	return 0.2126*linear[0] + 0.7152*linear[1] + 0.0722*linear[2]
}

// contrast is WCAG 2.2's contrast ratio of two colours, 1 to 21.
func contrast(a, b Colour) float64 {
	lighter, darker := a.luminance(), b.luminance()
	if lighter < darker {
		lighter, darker = darker, lighter
	}
	return (lighter + 0.05) / (darker + 0.05)
}

// mixed is a colour with so many hundredths of another in it.
func (c Colour) mixed(other Colour, hundredths int) Colour {
	m := Colour{isSet: true}
	for i := range m.rgb {
		m.rgb[i] = byte((int(c.rgb[i])*(100-hundredths) + int(other.rgb[i])*hundredths + 50) / 100)
	}
	return m
}

// against returns the colour, with as much of another as it takes to stand out from a background by that contrast.
func (c Colour) against(background, towards Colour, least float64) Colour {
	for hundredths := range 100 {
		if m := c.mixed(towards, hundredths); contrast(m, background) >= least {
			return m
		}
	}
	return towards
}

// readable returns white where that can be read on a colour, else black, which then can.
func (c Colour) readable() Colour {
	if contrast(white, c) >= textContrast {
		return white
	}
	return black
}

// The contrasts that WCAG 2.2 AA wants of text (1.4.3) and of what a control is made out by (1.4.11). Links stand on
// tinted backgrounds too, so they get a little more.
const (
	textContrast    = 4.5
	controlContrast = 3
	linkContrast    = 5.5
)

var (
	white = Colour{rgb: [3]byte{0xff, 0xff, 0xff}, isSet: true}
	black = Colour{isSet: true}
	// the backgrounds of style.css that are the hardest to read on: the darker one in light, the lighter one in dark
	lightBack = Colour{rgb: [3]byte{0xf2, 0xf5, 0xf6}, isSet: true}
	darkPaper = Colour{rgb: [3]byte{0x18, 0x20, 0x24}, isSet: true}
)

// palette is what becomes of an organisation's colour.
type palette struct{ accent, button, onButton Colour }

// light and dark derive what can be read: links and lines in a darker or lighter variant, the colour itself for
// buttons, which in dark must stand out from the page.
func (c Colour) light() palette {
	return palette{accent: c.against(lightBack, black, linkContrast), button: c, onButton: c.readable()}
}

func (c Colour) dark() palette {
	button := c.against(darkPaper, white, controlContrast)
	return palette{accent: c.against(darkPaper, white, linkContrast), button: button, onButton: button.readable()}
}

// style overrides the style sheet's own colours.
func (c Colour) style() string {
	return fmt.Sprintf("%s\n@media (prefers-color-scheme: dark) { %s }\n", c.light(), c.dark())
}

// String writes the palette as CSS.
func (p palette) String() string {
	return fmt.Sprintf(":root { --accent: %s; --button: %s; --on-button: %s; }", p.accent, p.button, p.onButton)
}
