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

const (
	notAddress = fault("This must be a plain e-mail address, as jane@example.org.")
	badLocal   = fault("The part before the @ must be 1 to 64 letters, digits, dots or the signs !#$%&'*+/=?^_`{|}~-, " +
		"without a dot at its ends or two in a row.")
	badDomain    = fault("The part after the @ must be a domain name of at least two parts, as example.org.")
	numberDomain = fault("The part after the @ must be a domain name, which may not end in a number.")
	tooLong      = fault("An e-mail address may have at most 254 octets.")
)

// ParseEmail reads one plain e-mail address and returns it as it is stored: surrounding white space gone, the local part as
// typed, the domain in lower case with each international label as A-label (RFC 5890 §2.3.2.1). Errors are sentences.
//
// Accepted is a dot-atom local part (RFC 5322 §3.2.3) of at most 64 octets, a domain of two labels or more whose last is not
// a number, 254 octets in all (RFC 5321 §4.5.3.1). Not accepted are quoted local parts, display names, comments, address
// literals and local parts outside ASCII. What it returns, it accepts and returns again.
func ParseEmail(text string) (address string, err error) {
	if len(text) > maxTyped {
		return "", tooLong
	}
	text = strings.TrimSpace(text)
	at := strings.LastIndexByte(text, '@')
	if at < 0 {
		return "", notAddress
	}
	local, typed := text[:at], text[at+1:]
	if !isDotAtom(local) {
		return "", badLocal
	}
	domain, err := parseDomain(typed)
	if err != nil {
		return "", err
	}
	if len(local)+1+len(domain) > maxAddress {
		return "", tooLong
	}
	return local + "@" + domain, nil
}

func isDotAtom(local string) bool {
	if local == "" || len(local) > maxLocal || local[0] == '.' || local[len(local)-1] == '.' || strings.Contains(local, "..") {
		return false
	}
	for i := range len(local) {
		if b := local[i]; !isAlphanumeric(b) && strings.IndexByte(".!#$%&'*+/=?^_`{|}~-", b) < 0 {
			return false
		}
	}
	return true
}

func isAlphanumeric(b byte) bool { return isDigit(b) || 'a' <= lower(b) && lower(b) <= 'z' }

// international is the registration profile of IDNA2008: it checks and converts, but maps nothing. A mapping would turn
// full-width letters, soft hyphens and ideographic dots into something else than what was typed.
var international = idna.New(idna.ValidateForRegistration())

func parseDomain(typed string) (string, error) {
	labels := strings.Split(typed, ".")
	if len(labels) < 2 {
		return "", badDomain
	}
	for i, label := range labels {
		var ok bool
		if labels[i], ok = parseLabel(label); !ok {
			return "", badDomain
		}
	}
	if isNumber(labels[len(labels)-1]) {
		return "", numberDomain
	}
	domain := strings.Join(labels, ".")
	if len(domain) > maxDomain {
		return "", tooLong
	}
	return domain, nil
}

func isNumber(label string) bool { return strings.Trim(label, "0123456789") == "" }

// parseLabel gives a label in lower case, as A-label where it is international.
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
			if small := []rune(norm.NFC.String(strings.ToLower(string(r)))); len(small) == 0 || small[0] < utf8.RuneSelf {
				return "", false
			}
		}
	}
	return norm.NFC.String(strings.Map(unicode.ToLower, label)), true
}

// isALabel tells whether a label that begins with xn-- is what its own Unicode form converts to.
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
	return !unicode.In(r, unicode.L, unicode.M, unicode.Nd) && !strings.ContainsRune("-\u00b7\u0375\u05f3\u05f4\u200c\u200d\u30fb", r)
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
