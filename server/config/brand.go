package config

import (
	"io"

	"postern/server/input"
	"postern/server/web/page"
)

// logo reads BRAND_LOGO's file, at the start alone.
func (p *parser) logo(field *string) *page.Logo {
	name, text, _ := p.setting(field)
	if text == "" {
		return nil
	}
	file, err := input.Open(text)
	if err != nil {
		p.fault(name, "cannot be read: %s", err)
		return nil
	}
	defer file.Close()
	data, err := io.ReadAll(io.LimitReader(file, page.MostLogo+1))
	if err != nil {
		p.fault(name, "cannot be read: %s", err)
		return nil
	}
	logo, err := page.ParseLogo(data)
	if err != nil {
		p.fault(name, "cannot be shown on pages: %s: %s", text, err)
	}
	return logo
}

// colour reads BRAND_COLOUR. What can be read on it, and variants that can be read on pages, follow from it.
func (p *parser) colour(field *string) page.Colour {
	name, text, _ := p.setting(field)
	colour, err := page.ParseColour(text)
	if err != nil {
		p.fault(name, "is %q: %s", text, err)
	}
	return colour
}
