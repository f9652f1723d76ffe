package fields

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/net/idna"
	"golang.org/x/text/unicode/norm"
)

// The lengths of RFC 5321 §4.5.3.1, in octets; the path's 256 hold the angle brackets.
const (
	maxAddress = 254
	maxLocal   = 64
	maxDomain  = 253
	maxLabel   = 63 // RFC 1035 §2.3.4

	// maxTyped bounds what is looked at at all: an IDN is typed in at most four octets for each of its A-label.
	maxTyped = 4 * maxAddress
)

// fault is a sentence for the caller.
type fault string

func (f fault) Error() string { return string(f) }

const tooLong = fault("An e-mail address may have at most 254 octets.")

// ParseEmail reads one plain e-mail address and returns it as it is stored: trimmed as Trim does, the local part as
// typed, the domain in lower case with each international label as A-label (RFC 5890 §2.3.2.1). Errors are sentences.
//
// Accepted is a dot-atom local part (RFC 5322 §3.2.3) of at most 64 octets, a domain of two labels or more whose last
// is not a number, 254 octets in all (RFC 5321 §4.5.3.1). Not accepted are quoted local parts, display names, comments,
// address literals and local parts outside ASCII. What it returns, it accepts and returns again. The error says what is
// wrong with this very address.
func ParseEmail(text string) (address string, err error) {
	if len(text) > maxTyped {
		return "", tooLong
	}
	text = Trim(text)
	at := strings.LastIndexByte(text, '@')
	if at < 0 || !isDotAtom(text[:at]) {
		return "", addressFault(text)
	}
	domain, ok := parseDomain(text[at+1:])
	if !ok {
		return "", addressFault(text)
	}
	address = text[:at+1] + domain
	if len(address) > maxAddress {
		return "", tooLong
	}
	return address, nil
}

func isDotAtom(local string) bool {
	return local != "" && len(local) <= maxLocal && !dotsAmiss(local) && strings.IndexFunc(local, isNoAtom) < 0
}

// dotsAmiss reports whether there is a dot at an end, or two are in a row.
func dotsAmiss(text string) bool {
	return strings.HasPrefix(text, ".") || strings.HasSuffix(text, ".") || strings.Contains(text, "..")
}

// isNoAtom reports whether a character may not stand in a local part.
func isNoAtom(r rune) bool {
	return r >= utf8.RuneSelf || !isAlphanumeric(byte(r)) && !strings.ContainsRune(".!#$%&'*+/=?^_`{|}~-", r)
}

func isAlphanumeric(b byte) bool { return isDigit(b) || 'a' <= lower(b) && lower(b) <= 'z' }

// international is the registration profile of IDNA2008: it checks and converts, but maps nothing. A mapping would turn
// full-width letters, soft hyphens and ideographic dots into something else than what was typed.
var international = idna.New(idna.ValidateForRegistration())

// parseDomain returns a domain as it is stored. It is not ok where it has fewer than two labels, a wrong one, or a
// number as its last.
func parseDomain(typed string) (domain string, ok bool) {
	labels := strings.Split(typed, ".")
	if len(labels) < 2 {
		return "", false
	}
	for i, label := range labels {
		if labels[i], ok = parseLabel(label); !ok {
			return "", false
		}
	}
	domain = strings.Join(labels, ".")
	return domain, !isNumber(labels[len(labels)-1]) && len(domain) <= maxDomain
}

func isNumber(label string) bool { return strings.Trim(label, "0123456789") == "" }

// parseLabel returns a label in lower case, as A-label where it is international.
func parseLabel(label string) (string, bool) {
	if isASCII(label) {
		label = lowerText(label)
		if !strings.HasPrefix(label, "xn--") {
			return label, isHostLabel(label)
		}
		return label, isHostLabel(label) && isALabel(label)
	}
	small, ok := smallLetters(label)
	if !ok {
		return "", false
	}
	ascii, err := international.ToASCII(small)
	return ascii, err == nil && isHostLabel(ascii) && isALabel(ascii)
}

// smallLetters brings an international label into the one spelling that IDNA2008 converts: lower case, NFC (RFC 5891
// §4.2.1, RFC 5895 §2). It refuses characters that this would turn into ASCII, as the Kelvin sign.
func smallLetters(label string) (string, bool) {
	for _, r := range label {
		if r >= utf8.RuneSelf {
			small := []rune(norm.NFC.String(strings.ToLower(string(r))))
			if len(small) == 0 || small[0] < utf8.RuneSelf {
				return "", false
			}
		}
	}
	return norm.NFC.String(strings.Map(unicode.ToLower, label)), true
}

// isALabel reports whether a label that begins with xn-- is what its own Unicode form converts to.
func isALabel(label string) bool {
	shown, err := international.ToUnicode(label)
	if err != nil || isASCII(shown) || strings.ContainsFunc(shown, isSymbol) {
		return false
	}
	again, err := international.ToASCII(shown)
	return err == nil && again == label
}

// isSymbol tells what IDNA2008 has no place for but the library's tables, made for web addresses, let pass, as ☃. What
// else is neither letter, mark nor digit is allowed in some contexts (RFC 5892 appendix A), which the library checks.
func isSymbol(r rune) bool {
	const inContext = "-\u00b7\u0375\u05f3\u05f4\u200c\u200d\u30fb"
	return !unicode.In(r, unicode.L, unicode.M, unicode.Nd) && !strings.ContainsRune(inContext, r)
}

func isHostLabel(label string) bool {
	if label == "" || len(label) > maxLabel || label[0] == '-' || label[len(label)-1] == '-' {
		return false
	}
	for i := range len(label) {
		if b := label[i]; !isAlphanumeric(b) && b != '-' {
			return false
		}
	}
	return true
}

func isASCII(text string) bool {
	for i := range len(text) {
		if text[i] >= utf8.RuneSelf {
			return false
		}
	}
	return true
}
