package smtp

import (
	"regexp"
	"slices"
	"strings"
	"unicode"

	"postern/store"
)

// statusMark finds an enhanced status code (RFC 3463 §2) where it does not begin the reply's text as RFC 2034 §4 has
// it: "#5.7.1", "(#5.7.1)", "[5.7.1]", "5.7.1:". Unmarked numbers within the text may be a version, or an address.
var statusMark = regexp.MustCompile(`(?m)(?:^|[#(\[])([245]\.\d{1,3}\.\d{1,3})(?:[^\d.]|\.?$)`)

// statusIn returns the enhanced status code that a reply's text holds, if it fits the reply's code; else it is empty.
func statusIn(code int, text string) string {
	found := statusMark.FindStringSubmatch(text)
	if found == nil || int(found[1][0]-'0') != code/100 {
		return ""
	}
	return found[1]
}

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
)

// AboutMailbox reports whether a permanent refusal of a letter is of this one recipient, and says nothing about the
// sender.
func AboutMailbox(from, to string, a store.Attempt) bool {
	said := unquoted(a.Text)
	switch status := a.Enhanced; {
	case senderRefused.MatchString(said):
		return false
	case status == "5.1.1", status == "5.1.2", status == "5.1.10", status == "5.4.1", strings.HasPrefix(status, "5.2."):
		return true
	case status == "", strings.HasSuffix(status, ".0"): // undefined, whatever the subject
		words := varying.ReplaceAllString(said, " ") // an address may have any word in it
		return mailboxWords.MatchString(words) && !senderWords.MatchString(words) &&
			(holds(said, to) || !namesSender(said, from, to) && !senderHints.MatchString(words))
	}
	return false
}

func holds(said, address string) bool {
	return address != "" && strings.Contains(strings.ToLower(said), strings.ToLower(address))
}

// namesSender reports whether a refusal's text holds the sender's address or, where the recipient is of another one,
// the sender's domain.
func namesSender(said, from, to string) bool {
	_, ours, _ := strings.Cut(from, "@")
	_, theirs, _ := strings.Cut(to, "@")
	return holds(said, from) || !strings.EqualFold(ours, theirs) && holds(said, ours)
}

// isFull reports whether a refusal in words says that a mailbox is full, which it will not be for ever.
func isFull(text string) bool { return fullWords.MatchString(varying.ReplaceAllString(text, " ")) }

// unquoted restores the line ends that the record of an attempt has in quoted form.
func unquoted(text string) string { return strings.ReplaceAll(text, `\n`, "\n") }

// Refusal is what is compared of two refusals. Servers put into their words what differs from letter to letter, and
// into their codes what does not. So a status is enough; without one the words decide, less what hangs on the letter.
type Refusal struct {
	Phase  string
	code   int
	status string   // all of 5.7.x are 5.7, security: the last number is often that of the server's own rule
	words  []string // where there is no status; sorted
}

// RefusalOf returns the refusal that an attempt at a letter to this address met.
func RefusalOf(to string, a store.Attempt) Refusal {
	r := Refusal{Phase: a.Phase, code: a.Code, status: a.Enhanced}
	switch {
	case r.status == "":
		r.words = constant(unquoted(a.Text), to)
	case strings.HasPrefix(r.status, "5.7."):
		r.status = "5.7"
	}
	return r
}

// Like reports whether two refusals say the same: the same status or, without one, the same code and at least two
// thirds of the words. Not all of them: what varying and constant do not know of, as a host's name in a cluster, must
// not make one fault look like many.
func (r Refusal) Like(other Refusal) bool {
	if r.Phase != other.Phase || r.status != other.status {
		return false
	}
	if r.status != "" {
		return true
	}
	common := 0
	for _, word := range r.words {
		if _, found := slices.BinarySearch(other.words, word); found {
			common++
		}
	}
	return r.code == other.code && 3*common >= 2*max(len(r.words), len(other.words))
}

// varying is what servers tell of one letter alone: what stands in brackets, links, and addresses.
var varying = regexp.MustCompile(`<[^<>]*>|\[[^\[\]\s]*\]|\S+://\S*|\S*@\S*`)

// constant returns the words of a refusal that do not hang on the letter: no address, link, queue id, or name of the
// recipient's.
func constant(text, to string) []string {
	recipient := wordsOf(to)
	words := slices.DeleteFunc(wordsOf(varying.ReplaceAllString(text, " ")), func(word string) bool {
		return strings.ContainsFunc(word, unicode.IsDigit) || slices.Contains(recipient, word)
	})
	slices.Sort(words)
	return slices.Compact(words)
}

// wordsOf splits a text into its words, in lower case.
func wordsOf(text string) []string {
	between := func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) }
	return strings.FieldsFunc(strings.ToLower(text), between)
}
