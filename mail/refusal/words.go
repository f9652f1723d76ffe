package refusal

import (
	"regexp"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// The words of refusals that have no status code, or one that says as little. They are few: a refusal of the sender
// that was taken for one of a mailbox would fail every letter; one of a mailbox that is not known as one costs a
// pause.
var (
	mailboxWords = regexp.MustCompile(`(?i)\b(no such|unknown|invalid|non-?existent|unrouteable|inactive` +
		`|bad destination) (local )?(user|mailbox|recipient|account|address|addressee|alias|person|domain|host)\b` +
		`|\b(user|mailbox|recipient|account|address|addressee|alias|domain|host)\b.{0,40}` +
		`\b(unknown|invalid|disabled|inactive|suspended|closed|not (found|known|exist|here|local)` +
		`|doesn't exist|non-?existent)\b` +
		`|\bno (mailbox|user|account)\b|\b(address|recipient) rejected\b|\bdoes(n't| not) have an? .{0,30}account\b` +
		`|\b(onbekende?|inconnue?|unbekannte?[nr]?)\b`)
	fullWords = regexp.MustCompile(`(?i)\b(mailbox|account|inbox|storage)\b.{0,20}\bfull\b` +
		`|\b(over|exceed\w*|out of)\b.{0,20}\bquota\b|\bquota\b.{0,20}\bexceeded\b`)
	senderWords = regexp.MustCompile(`(?i)\b(sender|from|relay\w*|helo|ehlo|auth\w*|log ?in|` +
		`polic(y|ies)|spam|spf|dkim|dmarc|block\w*)\b`)

	// senderHints are words about the sender that stand in refusals of a recipient too, beside the recipient's address.
	senderHints = regexp.MustCompile(`(?i)\b(return[- ]?(path|address)|envelope|originator|call-?(back|out)|verif\w*` +
		`|your (mail )?(address|account|envelope|domain|host|server|ip)|credential\w*|submi\w+|logg?(ed)? ?on` +
		`|client host|reverse|ptr|rdns)\b`)

	// senderRefused is said beside codes that are about mailboxes elsewhere: Exchange has 5.2.0 and 5.2.252 for it.
	senderRefused = regexp.MustCompile(`(?i)\bsend[- ]?as(denied|\b)|\bSTOREDRV\.Submission\b` +
		`|\bsender (address )?(rejected|denied|not allowed)\b`)

	contentWords = regexp.MustCompile(`(?i)\b(spam\w*|virus\w*|malware|phishing|attachment|content|message (size|too)` +
		`|too (big|large)|urls?)\b`)
	policyWords = regexp.MustCompile(`(?i)\b(polic(y|ies)|black-?list\w*|block-?list\w*|blocked|rbl|dnsbl|reputation` +
		`|access denied|prohibited|not permitted by)\b`)
)

// varying is what servers tell of one letter alone: what stands in brackets, links, and addresses.
var varying = regexp.MustCompile(`<[^<>]*>|\[[^\[\]\s]*\]|\S+://\S*|\S*@\S*`)

// Unvarying returns a server's words without those that hang on the letter.
func Unvarying(text string) string { return varying.ReplaceAllString(unquoted(text), " ") }

// unquoted restores the line ends that Printable has in quoted form.
func unquoted(text string) string { return strings.ReplaceAll(text, `\n`, "\n") }

// statusMark finds an enhanced status code (RFC 3463 §2) where it does not begin the reply's text as RFC 2034 §4 has
// it: "#5.7.1", "(#5.7.1)", "[5.7.1]", "5.7.1:". Unmarked numbers within the text may be a version, or an address.
var statusMark = regexp.MustCompile(`(?m)(?:^|[#(\[])([245]\.\d{1,3}\.\d{1,3})(?:[^\d.]|\.?$)`)

// StatusIn returns the enhanced status code that a reply's text holds, if it fits the reply's code; else it is empty.
func StatusIn(code int, text string) string {
	found := statusMark.FindStringSubmatch(text)
	if found == nil || int(found[1][0]-'0') != code/100 {
		return ""
	}
	return found[1]
}

// IsStatus reports whether a text is an enhanced status code: three numbers of at most three digits.
func IsStatus(text string) bool {
	parts := strings.Split(text, ".")
	for _, part := range parts {
		if n, err := strconv.ParseUint(part, 10, 16); err != nil || n > 999 {
			return false
		}
	}
	return len(parts) == 3
}

// MaxKept bounds, in bytes, what is kept of a server's words.
const MaxKept = 500

// Printable makes a server's words fit to be kept and shown: one line, printable, at most MaxKept bytes. They reach a
// terminal and a page, where control characters would do things.
func Printable(said string) string {
	var kept strings.Builder
	for len(said) > 0 {
		r, size := utf8.DecodeRuneInString(said)
		piece := said[:size]
		if r == utf8.RuneError && size == 1 || !unicode.IsPrint(r) {
			piece = strings.Trim(strconv.Quote(piece), `"`)
		}
		if kept.Len()+len(piece) > MaxKept {
			break
		}
		kept.WriteString(piece)
		said = said[size:]
	}
	return kept.String()
}
