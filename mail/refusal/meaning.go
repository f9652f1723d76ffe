// Package refusal says what a mail server's refusal means: by its reply code (RFC 5321 §4.2), its enhanced status code
// (RFC 3463) and its words. It is the one judgement of all refusals, whether the smarthost says them while it is handed
// a letter, or another server later, in a report. A leaf: it knows no letter.
package refusal

import "strings"

// Reply is a refusal, in a dialogue or in a report.
type Reply struct {
	Code   int    // reply code; 0: none
	Status string // enhanced status code, as 5.1.1; empty: none
	Text   string // the server's words
}

// Meaning says what a refusal is about.
type Meaning string

// The meanings.
const (
	NoMailbox Meaning = "no such mailbox"       // 5.1.1, 5.1.10, 5.1.2: the server does not have it
	NotNow    Meaning = "mailbox takes no mail" // 5.4.1, 5.2.1: often said of one that is there again tomorrow
	Full      Meaning = "mailbox full"          // will not be so for ever
	Mailbox   Meaning = "mailbox"               // of this one mailbox, by another code or in words alone
	Route     Meaning = "no way there"          // no host, a loop, or too many tries
	Sender    Meaning = "sender"                // who sends may not, or not so
	Policy    Meaning = "policy"                // a rule of the recipient's side
	Content   Meaning = "content"               // what the letter holds, or its size
	Temporary Meaning = "temporary"             // may pass
	Unclear   Meaning = "unclear"               // refused, for a reason that neither codes nor words tell
)

// meanings are those of status codes, whatever else is said. Exchange says 5.4.1 of recipients that its directory does
// not have yet or any longer, others 5.2.1 of mailboxes that are closed for a while.
var meanings = map[string]Meaning{
	"5.1.1": NoMailbox, "5.1.2": NoMailbox,
	"5.1.10": NoMailbox, // a domain that takes no mail (RFC 7505 §4.2), and with Exchange an unknown recipient
	"5.1.7":  Sender, "5.1.8": Sender,
	"5.2.1": NotNow, "5.4.1": NotNow,
	"5.2.2": Full, "4.2.2": Full,
	"5.3.4": Content,
	"5.7.8": Sender, "5.7.9": Sender, "5.7.30": Sender, "5.7.57": Sender, "5.7.60": Sender, "5.7.64": Sender, // login
	"5.7.20": Sender, "5.7.21": Sender, "5.7.22": Sender, // DKIM (RFC 7372)
	"5.7.23": Sender, "5.7.24": Sender, "5.7.25": Sender, "5.7.26": Sender, "5.7.27": Sender, // SPF, PTR, MX
	"5.7.29": Sender, "5.7.509": Sender, "5.7.515": Sender, // TLS with Google; DMARC with Microsoft
}

// Of returns what a refusal means.
func Of(reply Reply) Meaning { return meaning("", "", reply) }

// AboutMailbox reports whether a permanent refusal of a letter is of this one recipient, and says nothing about the
// sender.
func AboutMailbox(from, to string, reply Reply) bool {
	switch meaning(from, to, reply) {
	case NoMailbox, NotNow, Full, Mailbox:
		return true
	}
	return false
}

// meaning judges by the status code and, where that is missing or undefined, by the words. Both addresses may be empty:
// words that name one of them say whom they mean.
func meaning(from, to string, reply Reply) Meaning {
	said, status := unquoted(reply.Text), reply.Status
	if senderRefused.MatchString(said) {
		return Sender
	}
	if known, found := meanings[status]; found {
		return known
	}
	if strings.HasPrefix(status, "5.2.") {
		return Mailbox
	}
	if status == "" || strings.HasSuffix(status, ".0") { // undefined, whatever the subject
		if said := byWords(from, to, said, reply); said != Unclear {
			return said
		}
	}
	switch {
	case strings.HasPrefix(status, "4."):
		return Temporary
	case strings.HasPrefix(status, "5.4."):
		return Route
	case strings.HasPrefix(status, "5.6."), contentWords.MatchString(Unvarying(said)):
		return Content
	case strings.HasPrefix(status, "5.7."):
		return Policy
	}
	return Unclear
}

// byWords judges a refusal without a status code that says something. Words are guesses, so that they never mean
// NoMailbox, from which more follows than from Mailbox.
func byWords(from, to, said string, reply Reply) Meaning {
	words := Unvarying(said) // an address may have any word in it
	bySender := senderWords.MatchString(words)
	switch {
	case reply.Code/100 == 4, strings.HasPrefix(reply.Status, "4."):
		if fullWords.MatchString(words) {
			return Full
		}
		return Temporary
	case mailboxWords.MatchString(words) && !bySender &&
		(holds(said, to) || !namesSender(said, from, to) && !senderHints.MatchString(words)):
		if fullWords.MatchString(words) {
			return Full
		}
		return Mailbox
	case contentWords.MatchString(words):
		return Content
	case policyWords.MatchString(words):
		return Policy
	case bySender, senderHints.MatchString(words), from != "" && namesSender(said, from, to):
		return Sender
	case IsFull(reply):
		return Full
	}
	return Unclear
}

// IsFull reports whether a permanent refusal says that a mailbox is full: by 552, by 5.2.2, or in words where it has no
// status code. Some servers say so of an account of the sender's, which will not be full for ever either.
func IsFull(reply Reply) bool {
	return reply.Code == 552 || reply.Status == "5.2.2" ||
		reply.Status == "" && fullWords.MatchString(Unvarying(reply.Text))
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
