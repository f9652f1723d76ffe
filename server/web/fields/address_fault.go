package fields

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// The sentences about addresses that are wrong as a whole.
const (
	notAddress = fault("This must be a plain e-mail address, as jane@example.org.")
	noAt       = fault("This must be a plain e-mail address, as jane@example.org: there is no @ in it.")
	severalAts = fault("An e-mail address has one @, and this has more: send one address alone.")
	notAlone   = fault(
		"Send the e-mail address alone, as jane@example.org: without a name, angle brackets or mailto:.")
	severalOnes = fault("This holds a comma or semicolon: send one e-mail address alone, as jane@example.org.")
	withSpace   = fault("There is white space within the e-mail address: take it out.")
	withQuotes  = fault(
		"A quoted part before the @ is not taken: the address must be a plain one, as jane@example.org.")
	withComment  = fault("An e-mail address may hold no comment in round brackets.")
	notUTF8      = fault("The e-mail address is not valid UTF-8.")
	noLocal      = fault("There is nothing before the @: the address must be a plain one, as jane@example.org.")
	longLocal    = fault("The part before the @ may have at most 64 characters.")
	localDots    = fault("The part before the @ may neither begin nor end with a dot, nor have two in a row.")
	noDomain     = fault("There is nothing after the @: the address must be a plain one, as jane@example.org.")
	badDomain    = fault("The part after the @ must be a domain name of at least two parts, as example.org.")
	numberDomain = fault("The part after the @ must be a domain name, which may not end in a number.")
	literal      = fault("An IP address in square brackets after the @ is not taken: name the domain, as example.org.")
	trailingDot  = fault("The part after the @ ends with a dot: take it away.")
	domainDots   = fault("The part after the @ may neither begin with a dot nor have two in a row.")
	underscore   = fault("The part after the @ holds an underscore (_), which no mail domain has.")
	hyphens      = fault("No part of the domain after the @ may begin or end with a hyphen.")
	longLabel    = fault("A part of the domain after the @ is longer than 63 characters.")
	badIDN       = fault("The domain after the @ holds a part that is no valid international domain name.")
)

// addressFault says what is wrong with a trimmed text that is no address.
func addressFault(text string) fault {
	if wrong := wholeFault(text); wrong != "" {
		return wrong
	}
	local, domain, _ := strings.Cut(text, "@")
	if wrong := localFault(local); wrong != "" {
		return wrong
	}
	if wrong := domainFault(domain); wrong != "" {
		return wrong
	}
	return notAddress
}

// wholeFault looks for what is not one address alone. First come characters that nobody sees: whoever looks at the
// address finds nothing else wrong with it.
func wholeFault(text string) fault {
	if !utf8.ValidString(text) {
		return notUTF8
	}
	for _, r := range text {
		if unicode.IsControl(r) {
			return fault(fmt.Sprintf("The e-mail address holds a control character or line break (%U): take it out.",
				r))
		}
		if !unicode.IsSpace(r) && r >= utf8.RuneSelf && (!unicode.IsPrint(r) || strings.ContainsRune(blanks, r)) {
			return fault(fmt.Sprintf(
				"The e-mail address holds an invisible character (%U): take it out, or type the address anew.", r))
		}
	}
	switch {
	case strings.ContainsAny(text, "<>"), hasPrefixFold(text, "mailto:"):
		return notAlone
	case strings.Contains(text, `"`):
		return withQuotes
	case strings.ContainsAny(text, ",;"):
		return severalOnes
	case strings.ContainsAny(text, "()"):
		return withComment
	case strings.ContainsFunc(text, unicode.IsSpace):
		return withSpace
	case !strings.Contains(text, "@"):
		return noAt
	case strings.Count(text, "@") > 1:
		return severalAts
	}
	return ""
}

func hasPrefixFold(text, prefix string) bool {
	return len(text) >= len(prefix) && equalFold(text[:len(prefix)], prefix)
}

func localFault(local string) fault {
	at := strings.IndexFunc(local, isNoAtom)
	switch {
	case local == "":
		return noLocal
	case at >= 0:
		r, _ := utf8.DecodeRuneInString(local[at:])
		return fault(fmt.Sprintf("The part before the @ holds %q: taken are letters without accents, digits, dots and "+
			"!#$%%&'*+/=?^_`{|}~-.", r))
	case dotsAmiss(local):
		return localDots
	case len(local) > maxLocal:
		return longLocal
	}
	return ""
}

func domainFault(domain string) fault {
	labels := strings.Split(domain, ".")
	switch {
	case domain == "":
		return noDomain
	case strings.HasPrefix(domain, "["):
		return literal
	case len(labels) > 2 && strings.HasSuffix(domain, "."):
		return trailingDot
	case len(labels) > 1 && dotsAmiss(domain) && !strings.HasSuffix(domain, "."):
		return domainDots
	case len(labels) < 2 || labels[1] == "":
		return badDomain
	}
	for _, label := range labels {
		if wrong := labelFault(label); wrong != "" {
			return wrong
		}
	}
	switch {
	case isNumber(labels[len(labels)-1]):
		return numberDomain
	case len(domain) > maxDomain:
		return tooLong
	}
	return ""
}

func labelFault(label string) fault {
	if _, ok := parseLabel(label); ok {
		return ""
	}
	for _, r := range label {
		if r < utf8.RuneSelf && r != '-' && r != '_' && !isAlphanumeric(byte(r)) {
			return fault(fmt.Sprintf("The part after the @ holds %q, which no domain name has.", r))
		}
	}
	switch {
	case strings.Contains(label, "_"):
		return underscore
	case label == "":
		return domainDots
	case strings.HasPrefix(label, "-") || strings.HasSuffix(label, "-"):
		return hyphens
	case isASCII(label) && len(label) > maxLabel:
		return longLabel
	}
	return badIDN
}
