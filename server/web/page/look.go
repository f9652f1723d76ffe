package page

import (
	"bytes"
)

// Look is what an organisation's pages have of its own. All of it may be empty.
type Look struct {
	Organisation string
	Logo         *Logo  // in place of the name
	Colour       Colour // of buttons, links and lines
	PrivacyURL   string // linked from the footer
	Contact      string // a mail address in the footer
}

// LogoURL is where the logo is; empty where there is none.
func (l Look) LogoURL() string {
	if l.Logo == nil {
		return ""
	}
	return l.Logo.file.URL()
}

// usualColour is that of the style sheet and of the icon.
const usualColour = "#0b5a6b"

// coloured gives a file of the kit's own the organisation's colour.
func (l Look) coloured(name string, data []byte) []byte {
	switch {
	case !l.Colour.isSet || l.Colour.String() == usualColour:
	case name == "style.css":
		return append(data, l.Colour.style()...)
	case name == "icon.svg":
		data = bytes.ReplaceAll(data, []byte("#fff"), []byte(l.Colour.readable().String()))
		return bytes.ReplaceAll(data, []byte(usualColour), []byte(l.Colour.String()))
	}
	return data
}
