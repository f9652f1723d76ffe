package page

import (
	"bytes"
	"errors"
	"fmt"
	"image/png"
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
