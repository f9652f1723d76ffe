package config

import (
	"net/url"
	"strings"
)

// Setting is one line of `postern config`.
type Setting struct {
	Name    string `json:"name"`    // with the prefix
	Value   string `json:"value"`   // in force now, secrets masked
	Default string `json:"default"` // a value, or in words where it is derived
	Meaning string `json:"meaning"`
}

// List returns every setting in the order of the documentation. Values that follow from others are those of config,
// the outcome of Parse; a nil config, as after a fault, leaves them empty.
func (s Settings) List(config *Config) []Setting {
	derived := map[string]string{}
	if config != nil {
		derived = config.derived()
	}
	var all []Setting
	s.Each(func(v Variable) {
		set := Setting{Name: v.Name, Default: v.tags.Get("default"), Meaning: v.tags.Get("desc")}
		set.Value = strings.TrimSpace(v.Value.String())
		if set.Value == "" {
			set.Value = set.Default
		}
		if set.Value == "" {
			set.Value = derived[v.Name]
		}
		if set.Default == "" {
			set.Default = v.tags.Get("computed")
		}
		switch v.tags.Get("secret") {
		case "url":
			set.Value = maskPassword(set.Value)
		case "query":
			set.Value = maskQuery(set.Value)
		}
		all = append(all, set)
	})
	return all
}

// derived returns the values of the settings whose default depends on others. Postern config shows them, so that nobody
// has to work out what a link will begin with.
func (c *Config) derived() map[string]string {
	return map[string]string{
		"POSTERN_PUBLIC_URL":          c.PublicURL.String(),
		"POSTERN_ALLOWED_ORIGINS":     strings.Join(c.AllowedOrigins, ","),
		"POSTERN_EECD_ACTIVATION_URL": c.ActivationURL,
		"POSTERN_KEY_FILE":            c.KeyFile,
		"POSTERN_MAIL_FROM":           defaultSender,
		"POSTERN_BOUNCE_ADDRESS":      c.Bounce.Address.String(),
	}
}

// maskQuery hides the query of a URL, which some receivers have for a password, and a password too.
func maskQuery(text string) string {
	before, _, has := strings.Cut(maskPassword(text), "?")
	if has {
		return before + "?****"
	}
	return before
}

// maskPassword hides the password of a URL; one that cannot be read is hidden as a whole.
func maskPassword(text string) string {
	u, err := url.Parse(text)
	switch {
	case err != nil || text != "" && u.Host == "":
		return "(cannot be read)"
	case u.User == nil:
		return text
	}
	if _, has := u.User.Password(); !has {
		return text
	}
	u.User = url.User(u.User.Username())
	scheme, rest, _ := strings.Cut(u.String(), "@")
	return scheme + ":****@" + rest
}
