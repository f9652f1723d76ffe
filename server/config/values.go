package config

import (
	"errors"
	"net"
	"net/mail"
	"net/netip"
	"net/url"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"
	_ "time/tzdata" // TIMEZONE's data, 450 KB in the binary
	"unicode"
	"unicode/utf8"

	"github.com/rs/zerolog"

	"postern/mail/letters"
	"postern/server/web"
	"postern/store/limit"
)

// listen reads host:port; the host may be empty, the port 0.
func (p *parser) listen(field *string) string {
	name, text, _ := p.setting(field)
	if text == "" {
		return ""
	}
	host, port, err := net.SplitHostPort(text)
	if err != nil {
		p.fault(name, "is %q: write host:port, as 127.0.0.1:8080, [::1]:8080 or :8080", text)
		return ""
	}
	if n, err := strconv.ParseUint(port, 10, 16); err != nil || strconv.FormatUint(n, 10) != port {
		p.fault(name, "is %q: the port is a number from 0 to 65535", text)
		return ""
	}
	if strings.ContainsFunc(host, func(r rune) bool { return r <= ' ' || r == '/' || r == '@' }) {
		p.fault(name, "is %q: the host is an IP address, a name, or empty for all addresses", text)
		return ""
	}
	return text
}

// duration reads a length of time as Go writes it. The bounds keep out a missing or a wrong unit ("24" or "24m" for a
// day), which would void links before anybody has opened them.
func (p *parser) duration(field *string) time.Duration {
	name, text, tags := p.setting(field)
	least, most := bounds(tags)
	d, err := time.ParseDuration(text)
	switch {
	case err != nil:
		p.fault(name, "is %q: write a length of time as 90s, 10m or 24h", text)
	case d < mustDuration(least):
		p.fault(name, "is %s: it must be at least %s", text, least)
	case d > mustDuration(most):
		p.fault(name, "is %s: it may be at most %s", text, most)
	default:
		return d
	}
	return 0
}

// mustDuration reads a duration of the program's own.
func mustDuration(text string) time.Duration {
	d, err := time.ParseDuration(text)
	if err != nil {
		panic("config: " + err.Error()) // only a change of Settings itself can cause it
	}
	return d
}

// timezone reads a zone's name. The data about zones is in the binary: a small image or machine may have none.
func (p *parser) timezone(field *string) *time.Location {
	name, text, _ := p.setting(field)
	zone, err := time.LoadLocation(text)
	if err != nil || zone == time.Local { // "Local" is no name: readers of a letter are told which zone it is
		p.fault(name, "is %q: write a zone's name of the IANA list, capitals included, as Europe/Brussels or UTC", text)
		return nil
	}
	return zone
}

func (p *parser) rate(field *string) limit.Rate {
	name, text, _ := p.setting(field)
	rate, err := limit.Parse(text)
	if err != nil {
		p.fault(name, "is wrong: %s", err)
	}
	return rate
}

// number reads a whole number within the bounds of its tag.
func (p *parser) number(field *string) int {
	name, text, tags := p.setting(field)
	least, most := bounds(tags)
	from, _ := strconv.Atoi(least)
	to, _ := strconv.Atoi(most)
	n, err := strconv.Atoi(text)
	if err != nil || n < from || n > to {
		p.fault(name, "is %q: it must be a number from %d to %d", text, from, to)
		return 0
	}
	return n
}

// directory reads the name of a directory that must be there. It is not made: a misspelt one would be, and be empty.
func (p *parser) directory(name, text string) string {
	if text == "" {
		return ""
	}
	if about, err := os.Stat(text); err != nil {
		p.fault(name, "cannot be read: %s", err)
	} else if !about.IsDir() {
		p.fault(name, "is %q: it must be a directory", text)
	}
	return text
}

// tries reads a plain count; off is 0.
func (p *parser) tries(field *string) int {
	name, text, _ := p.setting(field)
	if text == "off" {
		return 0
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < 1 || n > 1000 {
		p.fault(name, "is %q: it must be a number from 1 to 1000, or off", text)
	}
	return n
}

// oneOf reads one of the words of the tag oneof. Empty is right where it is the default.
func (p *parser) oneOf(field *string) string {
	name, text, tags := p.setting(field)
	values := strings.Fields(tags.Get("oneof"))
	if slices.Contains(values, text) || text == "" {
		return text
	}
	p.fault(name, "is %q: it must be %s", text, orList(values))
	return ""
}

// orList writes "a, b or c".
func orList(values []string) string {
	last := len(values) - 1
	if last == 0 {
		return values[0]
	}
	return strings.Join(values[:last], ", ") + " or " + values[last]
}

// level reads LOG_LEVEL. The words of its tag are zerolog's, so that ParseLevel has no error of its own.
func (p *parser) level(field *string) zerolog.Level {
	level, _ := zerolog.ParseLevel(p.oneOf(field))
	return level
}

// text reads a name to show: one line, at most 200 characters. It stands in headers of letters, where a line break
// would begin another one.
func (p *parser) text(field *string) string {
	name, text, _ := p.setting(field)
	if !utf8.ValidString(text) || strings.ContainsFunc(text, unicode.IsControl) || utf8.RuneCountInString(text) > 200 {
		p.fault(name, "must be one line of at most 200 characters in UTF-8")
		return ""
	}
	return text
}

// list splits a comma-separated setting. Empty items are passed over, as a comma at the end leaves one.
func list(text string) []string {
	var items []string
	for item := range strings.SplitSeq(text, ",") {
		if item = strings.TrimSpace(item); item != "" {
			items = append(items, item)
		}
	}
	return items
}

// hosts reads host names, which are asked for without regard to case and port.
func (p *parser) hosts(field *string) []string {
	name, text, _ := p.setting(field)
	var hosts []string
	for _, item := range list(text) {
		if strings.ContainsFunc(item, func(r rune) bool {
			return r <= ' ' || r > '~' || strings.ContainsRune("/:@*[]",
				r)
		}) {
			p.fault(name, "holds %q: write names as ops.example.org, without scheme and port", item)
			continue
		}
		hosts = append(hosts, hostKey(item))
	}
	return hosts
}

// prefixes reads CIDRs; an address alone is a network of one.
func (p *parser) prefixes(field *string) []netip.Prefix {
	name, text, _ := p.setting(field)
	var prefixes []netip.Prefix
	for _, item := range list(text) {
		prefix, err := web.ParseNetwork(item)
		if err != nil {
			p.fault(name, "holds %q: %s", item, err)
			continue
		}
		prefixes = append(prefixes, prefix)
	}
	return prefixes
}

// address reads a mail address with or without a name. Names may hold any character, the address only ASCII, as
// nothing says that the smarthost knows SMTPUTF8 (RFC 6531).
func (p *parser) address(name, text string) mail.Address {
	address, err := mail.ParseAddress(text)
	if err != nil {
		p.fault(name, "is %q: write an address as Postern <postern@example.org>", text)
		return mail.Address{}
	}
	if strings.ContainsFunc(address.Address, func(r rune) bool { return r <= ' ' || r > '~' }) ||
		strings.ContainsFunc(address.Name, unicode.IsControl) || strings.ContainsAny(address.Address, `"[`) {
		p.fault(name, "is %q: the address must be plain ASCII (an international domain as xn--…)", text)
		return mail.Address{}
	}
	return *address
}

// sender reads MAIL_FROM. Without it letters are from an address that is good for the built-in inbox alone, which
// together sees to.
func (p *parser) sender(text string) mail.Address {
	if text == "" {
		text = defaultSender
	}
	return p.address("MAIL_FROM", text)
}

// contact reads CONTACT, the Reply-To of letters; nil: none, and answers go to the sender.
func (p *parser) contact(text string) *mail.Address {
	if text == "" {
		return nil
	}
	address := p.address("CONTACT", text)
	return &address
}

// publicURL reads PUBLIC_URL; nil follows LISTEN. It may have no path: the links within pages begin at the host.
func (p *parser) publicURL(text string) *url.URL {
	if text == "" {
		return nil
	}
	u, err := letters.ParseWebURL(text)
	switch {
	case err != nil:
	case u.RawQuery != "" || u.ForceQuery || u.Fragment != "":
		err = errors.New("leave out the query and the fragment")
	case strings.Trim(u.EscapedPath(), "/") != "":
		err = errors.New("leave out the path: the appliance needs a host name of its own")
	}
	if err != nil {
		p.fault("PUBLIC_URL", "is wrong: %s", err)
		return nil
	}
	u.Path, u.RawPath = "", ""
	return u
}

// link reads the URL of a web page; it is kept as it was written.
func (p *parser) link(field *string) string {
	name, text, _ := p.setting(field)
	if text == "" {
		return ""
	}
	if _, err := letters.ParseWebURL(text); err != nil {
		p.fault(name, "is wrong: %s", err)
		return ""
	}
	return text
}

// origins reads ALLOWED_ORIGINS. A wildcard is refused: the API answers with tokens.
func (p *parser) origins(text string) []string {
	var origins []string
	for _, item := range list(text) {
		origin, err := web.ParseOrigin(item)
		if err != nil {
			p.fault("ALLOWED_ORIGINS", "is wrong: %s", err)
			continue
		}
		origins = append(origins, origin)
	}
	return origins
}

// activationURL reads EECD_ACTIVATION_URL; empty follows PUBLIC_URL.
func (p *parser) activationURL(text string) string {
	if text == "" {
		return ""
	}
	if err := letters.CheckActivationURL(text); err != nil {
		p.fault("EECD_ACTIVATION_URL", "is wrong: %s", err)
		return ""
	}
	return text
}
