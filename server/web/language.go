package web

import (
	"strings"
)

// maxLanguages bounds how many entries of an Accept-Language are looked at.
const maxLanguages = 32

// Language chooses among the supported languages by Accept-Language (RFC 9110 §12.5.4). Supported are lower-case
// primary subtags, as "en"; the first is the answer where nothing fits.
func (c *Call) Language(supported ...string) string {
	return Language(strings.Join(c.R.Header["Accept-Language"], ","), supported...)
}

// Language chooses among the supported languages by the text of an Accept-Language header: the highest weight, at
// equal weights the one named first. A region or script is passed over: nl-BE is nl, and so is nl_BE, as Java and
// POSIX write it. Entries that are not well formed are passed over, too.
func Language(header string, supported ...string) string {
	best, bestWeight := supported[0], 0
	for range maxLanguages {
		entry, rest, more := strings.Cut(header, ",")
		tag, weight, ok := parseLanguage(entry)
		if ok && weight > bestWeight {
			if language, fits := fitting(tag, supported); fits {
				best, bestWeight = language, weight
			}
		}
		if !more {
			break
		}
		header = rest
	}
	return best
}

func fitting(tag string, supported []string) (string, bool) {
	if tag == "*" {
		return supported[0], true
	}
	primary, _, _ := strings.Cut(strings.ReplaceAll(tag, "_", "-"), "-")
	for _, language := range supported {
		if strings.EqualFold(primary, language) {
			return language, true
		}
	}
	return "", false
}

// parseLanguage reads one entry, as "fr-BE;q=0.8". The weight is in thousandths.
func parseLanguage(entry string) (tag string, weight int, ok bool) {
	tag, params, weighted := strings.Cut(entry, ";")
	tag = strings.Trim(tag, " \t")
	if tag == "" || len(tag) > 35 {
		return "", 0, false
	}
	if !weighted {
		return tag, 1000, true
	}
	name, value, _ := strings.Cut(strings.Trim(params, " \t"), "=")
	if !strings.EqualFold(strings.TrimRight(name, " \t"), "q") {
		return "", 0, false
	}
	weight, ok = parseWeight(strings.TrimLeft(value, " \t"))
	return tag, weight, ok
}

// parseWeight reads a qvalue (RFC 9110 §12.4.2): 0 to 1 with at most three decimals.
func parseWeight(text string) (thousandths int, ok bool) {
	whole, decimals, _ := strings.Cut(text, ".")
	if (whole != "0" && whole != "1") || len(decimals) > 3 || strings.Trim(decimals, "0123456789") != "" {
		return 0, false
	}
	for _, digit := range whole + (decimals + "000")[:3] {
		thousandths = thousandths*10 + int(digit-'0')
	}
	return thousandths, thousandths <= 1000
}
