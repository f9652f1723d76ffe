// Package refusal says what a mail server's refusal means: by its reply code (RFC 5321 §4.2), its enhanced status code
// (RFC 3463) and its words. It is the one judgement of all refusals, whether the smarthost said them while the letter
// was handed over, or another server later, in a report. A leaf: it knows no letter.
package refusal

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
	NoMailbox Meaning = "no such mailbox"       // 5.1.1, 5.1.10, 5.1.2: there is none by this name
	NotNow    Meaning = "mailbox takes no mail" // 5.4.1, 5.2.1: often said of one that is there again tomorrow
	Full      Meaning = "mailbox full"          // will not be so for ever
	Mailbox   Meaning = "mailbox"               // of this one mailbox, in another way
	Sender    Meaning = "sender"                // may not send, or not so
	Policy    Meaning = "policy"                // a rule of the recipient's side
	Content   Meaning = "content"               // what the letter holds
	Temporary Meaning = "temporary"             // may pass
	Unclear   Meaning = "unclear"               // refused, for a reason that is not said in words known here
)

// Of returns what a refusal means.
func Of(reply Reply) Meaning {
	switch {
	case reply.Status == "5.1.1", reply.Status == "5.1.2", reply.Status == "5.1.10":
		return NoMailbox
	case reply.Status == "5.4.1", reply.Status == "5.2.1":
		return NotNow
	}
	return Unclear
}
