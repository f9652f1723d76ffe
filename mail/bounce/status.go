package bounce

import (
	"bytes"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"postern/mail/refusal"
)

// maxRecipients is how many recipients of a report are given out. A letter has one; a forward or a list makes more.
const maxRecipients = 100

// isStatus reports whether a media type is that of a status part (RFC 3464 §2, RFC 6533 §5).
func isStatus(kind string) bool {
	return kind == "message/delivery-status" || kind == "message/global-delivery-status"
}

// statuses returns the texts of the status parts. Those of a report that stands in another message, as one that was
// forwarded, count where the message has none of its own.
func (t *tree) statuses() [][]byte {
	var found [][]byte
	least := maxDepth + 1
	for _, p := range t.parts {
		if !isStatus(p.kind) && !p.statusByOtherName(t) {
			continue
		}
		if p.within < least {
			found, least = nil, p.within
		}
		if p.within == least {
			found = append(found, p.body)
		}
	}
	return found
}

// statusByOtherName reports whether a part is a status part whose type a gateway has changed: it stands in a report, or
// a mail system wrote it, and it begins with the fields of one.
func (p part) statusByOtherName(t *tree) bool {
	if p.within > 0 || p.returned || !t.claimsReport() && !t.fromSystem {
		return false
	}
	h, _ := readHeader(bytes.TrimLeft(p.body[:min(len(p.body), 4<<10)], " \t\n"))
	_, reporting := h.lookup("reporting-mta")
	_, final := h.lookup("final-recipient")
	return reporting || final
}

// byStatus reads the status parts into the report; false: there is none that tells of a recipient. What they do not say
// of the remote server's words may stand in the text.
func (r *Report) byStatus(t *tree, text string) bool {
	for _, text := range t.statuses() {
		for text = bytes.TrimLeft(text, " \t\n"); len(text) > 0 && len(r.Recipients) < maxRecipients; {
			var block header
			block, text = readHeader(text)
			text = bytes.TrimLeft(text, " \t\n")
			r.perMessage(block)
			for _, one := range block.perRecipient() {
				if recipient, said := recipientOf(one); said && len(r.Recipients) < maxRecipients {
					r.Recipients = append(r.Recipients, recipient)
				}
			}
		}
	}
	r.explain(text)
	return len(r.Recipients) > 0
}

// explain takes from the text what a server said of the recipients whose blocks have no words, as those of OpenSMTPD.
// What became of them stays as their blocks have it.
func (r *Report) explain(text string) {
	silent := func(one Recipient) bool { return one.Diagnostic == "" && one.Code == 0 }
	if !slices.ContainsFunc(r.Recipients, silent) {
		return
	}
	text, _ = beforeReturned(text)
	said := phrasesIn(text)
	for i, one := range r.Recipients {
		at := slices.IndexFunc(said, func(p phrase) bool { return strings.EqualFold(p.address, one.Final) })
		if silent(one) && at >= 0 && said[at].fits(one) {
			r.Recipients[i].Diagnostic, r.Recipients[i].Code = said[at].said, said[at].code
		}
	}
}

// fits reports whether a phrase and a recipient's status are of one class, so that the one can explain the other.
func (p phrase) fits(r Recipient) bool {
	return actionByCode(p.code, p.status) == actionByCode(0, r.Status) && r.Status != ""
}

// perMessage takes the fields about the whole message, wherever they stand.
func (r *Report) perMessage(block header) {
	if r.EnvelopeID == "" {
		r.EnvelopeID = cut(clean(utf8Of(block.get("original-envelope-id"))), maxAddress)
	}
	if r.ReportingMTA == "" {
		r.ReportingMTA = nameOf(block.get("reporting-mta"))
	}
}

// perRecipient cuts a block where the next recipient begins: some systems leave out the empty line between them.
func (h header) perRecipient() []header {
	var all []header
	seen := make(map[string]bool)
	begin := 0
	for i, f := range h {
		switch f.name {
		case "original-recipient", "final-recipient", "action":
			if seen[f.name] {
				all, begin = append(all, h[begin:i]), i
				clear(seen)
			}
			seen[f.name] = true
		}
	}
	return append(all, h[begin:])
}

// recipientOf reads a per-recipient block (RFC 3464 §2.3); false: it does not say what became of the letter.
func recipientOf(block header) (Recipient, bool) {
	r := Recipient{
		Final:     typedAddress(block.get("final-recipient")),
		Original:  typedAddress(block.get("original-recipient")),
		RemoteMTA: nameOf(block.get("remote-mta")),
	}
	diagnostic := block.get("diagnostic-code")
	r.Diagnostic = saidOf(diagnostic)
	r.Code, r.Status = codesOf(block.get("status"), diagnostic)
	if r.Action = actionOf(block.get("action")); r.Action == "" {
		r.Action = actionByCode(r.Code, r.Status)
	}
	if r.Final == "" && r.Original == "" && block.get("final-recipient") == "" {
		return r, false
	}
	return r, r.Action != ""
}

// actionOf returns the action that a word names; empty where it names none. Some systems write a comment behind it
// (RFC 3464 §2.1.1), or another form of the word.
func actionOf(text string) Kind {
	word := strings.ToLower(strings.TrimSpace(text))
	for _, known := range []struct {
		begin string
		kind  Kind
	}{{"fail", Failed}, {"undeliver", Failed}, {"delay", Delayed}, {"defer", Delayed}, {"deliver", Delivered},
		{"relay", Relayed}, {"expand", Expanded}} {
		if strings.HasPrefix(word, known.begin) {
			return known.kind
		}
	}
	return ""
}

// actionByCode returns the action that codes stand for; empty where there is none. A named action goes before: a letter
// that is given up after days of 4.4.1 has failed.
func actionByCode(code int, status string) Kind {
	class := code / 100
	if status != "" {
		class = int(status[0] - '0')
	}
	return map[int]Kind{2: Delivered, 4: Delayed, 5: Failed}[class]
}

var (
	// statusCode is an enhanced status code in a field that is for it.
	statusCode = regexp.MustCompile(`\b([245]\.\d{1,3}\.\d{1,3})\b`)

	// replyBegin is the reply of a server at the beginning of its words, or behind what a mail system puts before it.
	replyBegin = regexp.MustCompile(`(?:^|[^\w.#@-])([245]\d\d)(?:[ -]+[#(\["']?([245]\.\d{1,3}\.\d{1,3})\b|[ -]|$)`)

	// repeatedCode is the code that each line of a reply has, where the lines have become one.
	repeatedCode = regexp.MustCompile(` ([245]\d\d)[ -]([245]\.\d{1,3}\.\d{1,3}) `)

	diagnosticType = regexp.MustCompile(`(?i)^(smtp|lmtp|x-[a-z0-9_-]+|dns|x400)\s*;\s*`)
)

// codesOf returns a recipient's reply code and enhanced status code. A status of which only the class is defined, as
// Exim and Postfix give where the remote server's reply had none, yields to one in the server's words.
func codesOf(status, diagnostic string) (int, string) {
	code, inWords := codesIn(diagnosticType.ReplaceAllString(diagnostic, ""))
	if status = statusCode.FindString(status); status == "" {
		return code, inWords
	}
	if strings.HasSuffix(status, ".0.0") && inWords != "" && inWords[0] == status[0] {
		status = inWords
	}
	return code, status
}

// codesIn finds the codes in a server's words.
func codesIn(words string) (code int, status string) {
	if found := replyBegin.FindStringSubmatch(words); found != nil {
		code, _ = strconv.Atoi(found[1])
		if status = found[2]; status != "" && status[0] != found[1][0] {
			status = ""
		}
	}
	if status == "" {
		for _, class := range []int{code, 500, 400} {
			if status = refusal.StatusIn(class, words); status != "" || class != 0 && code != 0 {
				break
			}
		}
	}
	return code, status
}

// saidOf returns a remote server's words, on one line, without the type before them and the code that each line of
// theirs had.
func saidOf(diagnostic string) string {
	text := clean(diagnosticType.ReplaceAllString(utf8Of(diagnostic), ""))
	if first := replyBegin.FindStringSubmatchIndex(text); first != nil && first[4] >= 0 {
		code, status, end := text[first[2]:first[3]], text[first[4]:first[5]], first[1]
		text = text[:end] + repeatedCode.ReplaceAllStringFunc(text[end:], func(again string) string {
			if again[1:4] == code && again[5:len(again)-1] == status {
				return " "
			}
			return again
		})
	}
	if strings.HasSuffix(text, ">") && !strings.Contains(text, "<") { // the end of what stood in brackets as a whole
		text = strings.TrimSuffix(text, ">")
	}
	return strings.TrimSpace(refusal.Printable(withoutSecrets(text)))
}

// typedAddress returns the address of a field that names its type first (RFC 3464 §2.3.1), as rfc822; jan@… or
// utf-8; j\x{E4}n@… (RFC 6533 §3).
func typedAddress(value string) string {
	kind, address, typed := strings.Cut(value, ";")
	if !typed {
		kind, address = "", value
	}
	if strings.EqualFold(strings.TrimSpace(kind), "utf-8") {
		address = utf8Escape.ReplaceAllStringFunc(address, func(escape string) string {
			r, err := strconv.ParseUint(escape[3:len(escape)-1], 16, 21)
			if err != nil {
				return escape
			}
			return string(rune(r))
		})
	}
	if found := cleanAddress(address); found != "" {
		return found
	}
	if found := addressesIn(address, 1); len(found) > 0 { // as Jan Peeters <jan@client.example>
		return found[0]
	}
	return cut(clean(utf8Of(address)), maxAddress) // a name that is no address stands for somebody else
}

var utf8Escape = regexp.MustCompile(`\\x\{[0-9A-Fa-f]{1,6}\}`)

// nameOf returns the name in a field of a mail system (RFC 3464 §2.2.2), as dns; mx.client.example (192.0.2.25).
func nameOf(value string) string {
	if _, name, typed := strings.Cut(value, ";"); typed {
		value = name
	}
	name, _, _ := strings.Cut(clean(utf8Of(value)), " ")
	return cut(strings.TrimSuffix(name, "."), 255)
}

// sameAddress reports whether an address of a report is a letter's. Original-Recipient may have it as ORCPT does: a
// plus sign and two digits stand for a character (xtext, RFC 3461 §4).
func sameAddress(reported, letters string) bool {
	if strings.EqualFold(reported, letters) {
		return reported != ""
	}
	return strings.EqualFold(xtext.ReplaceAllStringFunc(reported, func(escape string) string {
		n, _ := strconv.ParseUint(escape[1:], 16, 8)
		return string(rune(n))
	}), letters)
}

var xtext = regexp.MustCompile(`\+[0-9A-F]{2}`)
