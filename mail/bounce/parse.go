package bounce

import (
	"crypto/sha256"
	"slices"
	"strings"
)

// Parse reads one message (RFC 5322) and says what it is. It never fails: what a mail system wrote and cannot be
// understood is Unknown.
//
// A report is looked for first, as mail systems mark theirs as automatic answers too (RFC 3834 §5). Only what has none
// is judged by what answering machines write in their header, and words alone are the last resort.
func Parse(message []byte, envelope Envelope) Report {
	message = message[:min(len(message), MaxMessage)]
	t := readTree(message)
	t.fromSystem = fromSystem(t.header, envelope)
	first, text := t.texts()
	first, _ = beforeReturned(first)
	r := Report{
		Addresses:  addressesOf(t.header, envelope),
		MessageIDs: t.messageIDs(),
		Text:       strings.TrimSpace(cut(withoutSecrets(clean(first)), maxText)),
		Hash:       hashOf(t),
	}
	r.Kind = r.read(t, text)
	return r
}

// read fills in the recipients, and returns the message's kind.
func (r *Report) read(t *tree, text string) Kind {
	switch {
	case r.byStatus(t, text):
		r.Format = FormatReport
		return worst(r.Recipients)
	case r.byHeader(t, text):
		r.Format = FormatHeader
		return worst(r.Recipients)
	case r.byQmail(text):
		r.Format = FormatQmail
		return worst(r.Recipients)
	case t.otherReport():
		return Other
	case t.autoReply():
		return AutoReply
	case !t.fromSystem && !t.claimsReport():
		return Other
	case r.byPhrases(t, text):
		r.Format = FormatPhrases
		return worst(r.Recipients)
	}
	return Unknown
}

// worst returns the action that a report as a whole stands for: whoever waits for a letter is told of the one that did
// not get it.
func worst(recipients []Recipient) Kind {
	for _, kind := range []Kind{Failed, Delayed, Relayed, Expanded} {
		if slices.ContainsFunc(recipients, func(r Recipient) bool { return r.Action == kind }) {
			return kind
		}
	}
	return Delivered
}

// fromSystem reports whether a mail system wrote the message: it has the null sender (RFC 5321 §4.5.5), or is from one
// of the names that mail systems write under.
func fromSystem(h header, envelope Envelope) bool {
	if envelope.NullSender {
		return true
	}
	if path, found := h.lookup("return-path"); found && envelope.From == "" && strings.Trim(path, "<> ") == "" {
		return true
	}
	return isSystemName(h)
}

// isSystemName reports whether a message is from one of the names that mail systems write under.
func isSystemName(h header) bool {
	if _, found := h.lookup("from"); !found {
		return false
	}
	name, _, _ := strings.Cut(strings.ToLower(h.senderOf()), "@")
	return name == "" || name == "postmaster" || strings.HasPrefix(name, "mailer-daemon")
}

// addressesOf returns the addresses that a message was sent to, the most certain first, each once.
func addressesOf(h header, envelope Envelope) []string {
	const most = 50
	var all []string
	add := func(found []string) {
		for _, one := range found {
			same := func(other string) bool { return strings.EqualFold(one, other) }
			if one != "" && len(all) < most && !slices.ContainsFunc(all, same) {
				all = append(all, one)
			}
		}
	}
	for _, one := range envelope.To {
		add([]string{cleanAddress(one)})
	}
	for _, name := range []string{"delivered-to", "x-original-to", "envelope-to", "to"} {
		for _, f := range h {
			if f.name == name {
				add(addressesIn(f.value, most))
			}
		}
	}
	return all
}

// hashOf returns the hash of what a mail system wrote: the message without the fields that each server on its way adds
// to it, or changes. A report of another try has another date or Message-ID.
func hashOf(t *tree) [32]byte {
	sum := sha256.New()
	for _, name := range []string{"message-id", "date", "from", "to", "subject"} {
		sum.Write([]byte(strings.Join(strings.Fields(t.header.get(name)), " ") + "\n"))
	}
	for _, h := range t.messages {
		sum.Write([]byte(h.get("message-id") + "\n"))
	}
	for _, p := range t.parts {
		sum.Write([]byte(p.kind + "\n"))
		sum.Write([]byte(strings.Join(strings.Fields(string(p.body)), " ") + "\n"))
	}
	return [32]byte(sum.Sum(nil))
}
