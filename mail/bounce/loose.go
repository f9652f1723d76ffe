package bounce

import (
	"regexp"
	"slices"
	"strings"
)

// byHeader reads a report of Exim or Google that has no status part: X-Failed-Recipients names the recipients, and the
// text has the server's words. Google writes the field in warnings of a delay, too.
func (r *Report) byHeader(t *tree, text string) bool {
	named, found := t.header.lookup("x-failed-recipients")
	if !found {
		return false
	}
	text, _ = beforeReturned(text)
	action := Failed
	if delayed(t.header.words("subject"), text) {
		action = Delayed
	}
	phrases := phrasesIn(text)
	for _, address := range addressesIn(named, maxRecipients) {
		one := Recipient{Final: address, Action: action}
		at := slices.IndexFunc(phrases, func(p phrase) bool { return strings.EqualFold(p.address, address) })
		switch {
		case at >= 0:
			one = phrases[at].recipient(action)
		case len(phrases) == 1 && !strings.Contains(named, ","):
			one = phrases[0].recipient(action)
		default:
			one.Diagnostic = wordsBelow(text, address)
		}
		one.Final = address
		r.Recipients = append(r.Recipients, one)
	}
	return len(r.Recipients) > 0
}

// wordsBelow returns what a text says below the line that is this address alone: why a mail system has given up without
// a server's words.
func wordsBelow(text, address string) string {
	lines := strings.SplitN(text, "\n", maxLines+1)
	for i, line := range lines[:min(len(lines), maxLines)] {
		if recipientLine.MatchString(line) && strings.EqualFold(addressIn(line), address) {
			return saidOf(restOf("", lines[i+1:]))
		}
	}
	return ""
}

var (
	// qmailRecipient begins the paragraph of one recipient in QSBMF.
	qmailRecipient = regexp.MustCompile(`^<([^<>\n]+@[^<>\n]+)>:[ \t]*(?:\n|$)`)

	// qmailHost is how qmail-remote names the server that it spoke to.
	qmailHost = regexp.MustCompile(`(?:Connected to|Giving up on) ([0-9a-fA-F.:]+[0-9a-fA-F])`)
)

// byQmail reads QSBMF, the format of qmail-send: a text that begins with a certain sentence, a paragraph for each
// recipient, and a line that begins with a dash before what is returned.
func (r *Report) byQmail(text string) bool {
	text = strings.TrimLeft(text, " \n")
	if !strings.HasPrefix(text, "Hi. This is the ") {
		return false
	}
	action := Failed
	if first, _, _ := strings.Cut(text, "\n\n"); delayed("", first) { // by a patch that many run; qmail itself warns not
		action = Delayed
	}
	for paragraph := range strings.SplitSeq(text, "\n\n") {
		if paragraph = strings.TrimLeft(paragraph, "\n"); strings.HasPrefix(paragraph, "-") {
			break
		}
		begin := qmailRecipient.FindStringSubmatch(paragraph)
		if begin == nil || len(r.Recipients) == maxRecipients {
			continue
		}
		words := cut(paragraph[len(begin[0]):], 4000)
		one := Recipient{Final: cleanAddress(begin[1]), Action: action, Diagnostic: saidOf(words)}
		if said := phrasesIn(words); len(said) > 0 {
			one.Code, one.Status = said[0].code, said[0].status
		}
		if host := qmailHost.FindStringSubmatch(words); host != nil {
			one.RemoteMTA = host[1]
		}
		r.Recipients = append(r.Recipients, one)
	}
	return len(r.Recipients) > 0
}

// byPhrases reads a mail system's plain text: a refusal for good in a server's phrase. The status part of a report
// whose structure is lost is looked for first.
func (r *Report) byPhrases(t *tree, text string) bool {
	if at := lostStatus.FindStringIndex(text); at != nil {
		status := part{kind: "message/delivery-status", body: []byte(text[at[0]:])}
		if r.byStatus(&tree{parts: []part{status}}, text[:at[0]]) {
			return true
		}
	}
	text, _ = beforeReturned(text)
	action := Failed
	if delayed(t.header.words("subject"), text) {
		action = Delayed
	}
	for _, p := range phrasesIn(text) {
		known := slices.ContainsFunc(r.Recipients, func(one Recipient) bool { return one.Final == p.address })
		if p.permanent() && !known {
			r.Recipients = append(r.Recipients, p.recipient(action))
		}
	}
	return len(r.Recipients) > 0
}

// lostStatus is the beginning of a status part within a text.
var lostStatus = regexp.MustCompile(`(?im)^(?:Reporting-MTA|Original-Recipient|Final-Recipient):\s*[a-z0-9-]+\s*;`)

var (
	// returnedMark is the line that mail systems write above what they return.
	returnedMark = regexp.MustCompile(`(?im)^[ \t]*[-=_*|]{2,}.*\b(?:copy of (?:the|your)|original message` +
		`|unsent message|header of the original|below this line|returned message|message header|original header` +
		`|kopie (?:der|ihrer)|urspr.ngliche[nr]? nachricht|message d'origine|message original|en-t.tes?` +
		`|oorspronkelijk bericht)\b.*$`)

	// returnedField is a field that a header which was returned has, and a mail system's own words have not.
	returnedField = regexp.MustCompile(`(?im)^[> \t]{0,4}(?:Received|Return-Path|Message-ID|MIME-Version|DKIM-Signature):`)
)

// beforeReturned cuts a text before what is returned in it, by the line above or by the first field that only a header
// has. Codes and addresses there are not the report's, and links are the letter's.
func beforeReturned(text string) (report, returned string) {
	at := len(text)
	for _, mark := range []*regexp.Regexp{returnedMark, returnedField} {
		if found := mark.FindStringIndex(text); found != nil {
			at = min(at, found[0])
		}
	}
	return text[:at], text[at:]
}

// maxMessageIDs is how many Message-IDs of a message are given out. A report has one or two.
const maxMessageIDs = 20

// idNames are the names of a field with the Message-ID. Relays that write their own keep the letter's under another.
var idNames = []string{"message-id", "original-message-id", "x-original-message-id"}

// idsIn finds the Message-IDs of returned headers, however those stand in a text: quoted, indented, or on one line.
func idsIn(text string, add func(string)) {
	for {
		before, after, found := strings.Cut(text, ":")
		if !found {
			return
		}
		text = after
		name := before[max(0, len(before)-40):]
		name = name[strings.LastIndexAny(name, " \t\n>|")+1:]
		if !slices.ContainsFunc(idNames, func(known string) bool { return strings.EqualFold(name, known) }) {
			continue
		}
		after = strings.TrimLeft(after[:min(len(after), 300)], " \t\n>")
		if id, _, closed := strings.Cut(after, ">"); closed && strings.HasPrefix(id, "<") {
			if id = id[1:]; len(id) <= 250 && !strings.ContainsAny(id, "< \t\n") {
				add(id)
			}
		}
	}
}

// messageIDs returns the Message-IDs of what was returned: of messages and headers in parts of their own, and of those
// in a text. The message's own is not among them.
func (t *tree) messageIDs() []string {
	var all []string
	add := func(id string) {
		if id = clean(utf8Of(id)); id != "" && len(all) < maxMessageIDs && !slices.Contains(all, id) {
			all = append(all, id)
		}
	}
	for _, h := range t.messages {
		for _, f := range h {
			if slices.Contains(idNames, f.name) && len(f.value) <= 250 {
				add(strings.Trim(f.value, "<> "))
			}
		}
	}
	for _, p := range t.parts {
		idsIn(p.text(), add)
	}
	return all
}
