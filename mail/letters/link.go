package letters

import (
	"errors"
	"fmt"
	"net/url"
	"strconv"
	"strings"

	"postern/store/guid"
	"postern/tokens"
)

// The two places in EECD_ACTIVATION_URL that are filled in.
const (
	tokenPlace    = "{token}"
	cleaningPlace = "{cleaningId}"
)

// CheckActivationURL reports whether a text can be EECD_ACTIVATION_URL: a whole http or https address, in which {token}
// and {cleaningId} may stand anywhere after the host.
func CheckActivationURL(template string) error {
	empty := strings.NewReplacer(tokenPlace, "", cleaningPlace, "").Replace(template)
	filled := fillActivationURL(template, "token", guid.ID{1})
	if _, err := ParseWebURL(filled); err != nil {
		return fmt.Errorf("the activation address %q: %w", template, err)
	}
	if strings.ContainsAny(empty, "{}") {
		return fmt.Errorf("the activation address %q: only {token} and {cleaningId} are filled in", template)
	}
	// A place in the host would send tokens to hosts named by them.
	before, errBefore := url.Parse(empty)
	after, errAfter := url.Parse(filled)
	if errBefore != nil || errAfter != nil || before.Host != after.Host || before.Scheme != after.Scheme {
		return fmt.Errorf("the activation address %q: {token} and {cleaningId} may stand only after the host", template)
	}
	return nil
}

// ParseWebURL reads a whole http or https address that can stand in a letter as it is. Its errors are half sentences,
// to follow a setting's name.
func ParseWebURL(text string) (*url.URL, error) {
	for i := range len(text) {
		if c := text[i]; c <= ' ' || c >= 0x7f || strings.IndexByte("\"<>\\^`|", c) >= 0 {
			return nil, errors.New("spaces, quotes and letters beyond ASCII must be percent-encoded (a host: as xn--…)")
		}
	}
	u, err := url.Parse(text)
	switch {
	case err != nil:
		return nil, errors.New("it can't be read as an address")
	case u.Scheme != "http" && u.Scheme != "https" || u.Hostname() == "":
		return nil, errors.New("write a whole URL, as https://postern.example.org")
	case u.User != nil:
		return nil, errors.New("a user or password has no place in it")
	case u.Port() != "":
		if _, err := strconv.ParseUint(u.Port(), 10, 16); err != nil {
			return nil, errors.New("the port is a number up to 65535")
		}
	}
	return u, nil
}

// fillActivationURL puts the token and the cleaning, escaped, into their places. Without a place for the token both go
// into the query, before a fragment; the cleaning not where it has a place of its own, nor where there is none.
func fillActivationURL(template, token string, cleaning guid.ID) string {
	id := ""
	if !cleaning.IsZero() {
		id = cleaning.String()
	}
	link := template
	if !strings.Contains(template, tokenPlace) {
		query := "token=" + tokenPlace
		if id != "" && !strings.Contains(template, cleaningPlace) {
			query += "&cleaningId=" + cleaningPlace
		}
		link = appendQuery(template, query)
	}
	return strings.NewReplacer(tokenPlace, url.QueryEscape(token), cleaningPlace, id).Replace(link)
}

// appendQuery adds to an address's query, which may be there already, as may a fragment.
func appendQuery(address, query string) string {
	address, fragment, hasFragment := strings.Cut(address, "#")
	separator := "?"
	if strings.Contains(address, "?") {
		separator = "&"
		if last := address[len(address)-1]; last == '?' || last == '&' {
			separator = ""
		}
	}
	address += separator + query
	if hasFragment {
		address += "#" + fragment
	}
	return address
}

// mint seals a token for a link. One that would not end its link in a letter or digit, as one in thirty does not, is
// sealed anew: links stand bare where they can, for whoever copies one by hand or reads it by a pattern.
func (c *Composer) mint(purpose tokens.Purpose, claims tokens.Claims) (token string, err error) {
	const most = 8 // a random source that repeats itself must not hang a letter
	for range most {
		if token, err = c.o.Sealer.Seal(purpose, claims); err != nil || endsPlain(token) {
			break
		}
	}
	return token, err
}

// endsPlain reports whether a link ends in a letter or digit.
func endsPlain(link string) bool {
	if link == "" {
		return false
	}
	last := link[len(link)-1]
	return last >= '0' && last <= '9' || last >= 'A' && last <= 'Z' || last >= 'a' && last <= 'z'
}

// cleaningLink leads to the page about one cleaning.
func (c *Composer) cleaningLink(id guid.ID) string {
	return c.o.PublicURL.JoinPath("eecd", "cleanings", id.String()).String()
}

func (c *Composer) notMeLink(token string) string {
	return c.o.PublicURL.JoinPath("eecd", "not-me").String() + "?token=" + url.QueryEscape(token)
}
