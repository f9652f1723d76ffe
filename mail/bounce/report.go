// Package bounce understands mail that comes back: reports of mail systems about letters of ours (bounces), and what
// only looks like one. It knows no letter, record or store: bytes go in, values come out, and whose letter a report is
// about, and whether it may be believed, is for the caller to find out.
//
// Everything in such a message was written by a stranger. So all that is read is bounded in size, number and depth, all
// text that is given out is clean, and nothing in it is followed, fetched or answered.
package bounce

import "postern/mail/refusal"

// MaxMessage is how much of a message is read, in bytes. What comes after that is not looked at.
const MaxMessage = 1 << 20

// Kind says what a message, or one recipient's block in it, reports.
type Kind string

// The kinds of messages. Those of a Recipient are the first five.
const (
	Failed    Kind = "failed"    // given up: nobody got the letter
	Delayed   Kind = "delayed"   // still tried
	Delivered Kind = "delivered" // in the mailbox
	Relayed   Kind = "relayed"   // handed on to a system that reports nothing further
	Expanded  Kind = "expanded"  // delivered to a list or a forward, and sent on from there

	AutoReply Kind = "auto-reply" // a vacation's, a challenge's or a ticket system's answer: changes nothing
	Other     Kind = "other"      // another kind of report, or a person's mail: changes nothing
	Unknown   Kind = "unknown"    // a mail system's message that is not understood
)

// Format says by what a report was understood; empty where none was.
type Format string

// The formats.
const (
	FormatReport  Format = "report"  // message/delivery-status (RFC 3464), message/global-delivery-status (RFC 6533)
	FormatHeader  Format = "header"  // the header field X-Failed-Recipients
	FormatQmail   Format = "qmail"   // QSBMF, the format of qmail-send
	FormatPhrases Format = "phrases" // a server's phrase in plain text
)

// Envelope is what the SMTP transaction said that brought the message. It is empty for a message from a file or a
// mailbox: its header has to say then who sent it and to which address.
type Envelope struct {
	From       string   // MAIL FROM, without angle brackets
	To         []string // RCPT TO
	NullSender bool     // MAIL FROM:<>
}

// Report is what a message says.
//
// A report by FormatPhrases is a guess: it is to be believed only where the code in one of Addresses, or one of
// MessageIDs, is a letter's. Nothing in a report is to be believed because it names an address.
type Report struct {
	Kind         Kind
	Format       Format
	Recipients   []Recipient // one for each per-recipient block; none where Kind is AutoReply, Other or Unknown
	Addresses    []string    // where it was sent to: the envelope, Delivered-To, X-Original-To, Envelope-To, To; each once
	EnvelopeID   string      // Original-Envelope-Id: what ENVID was
	MessageIDs   []string    // of the returned message or header, without angle brackets, each once
	ReportingMTA string      // who reports
	Text         string      // the first 500 characters of the message's text, on one line
	Hash         [32]byte    // the same where the message comes twice, by another way too; two of one letter differ
}

// Recipient is one recipient of the letter, as a report tells of it.
type Recipient struct {
	Final      string // the address that was delivered to, or not; behind a forward not the letter's
	Original   string // the address that the letter was sent to, where the report says so
	Action     Kind   // Failed, Delayed, Delivered, Relayed or Expanded
	Code       int    // SMTP reply code of the remote server; 0: none
	Status     string // enhanced status code, as 5.1.1; empty: none
	Diagnostic string // the remote server's words, on one line, at most 500 bytes
	RemoteMTA  string // who said so
}

// Meaning returns what the refusal of a recipient means.
func (r Recipient) Meaning() refusal.Meaning {
	return refusal.Of(refusal.Reply{Code: r.Code, Status: r.Status, Text: r.Diagnostic})
}

// Is reports whether the final recipient is this address, the letter's, or nobody else is named. Another one is a
// forward's, whose fault tells nothing about the letter's mailbox.
func (r Recipient) Is(address string) bool {
	if r.Final == "" {
		return r.Original == "" || sameAddress(r.Original, address)
	}
	return sameAddress(r.Final, address)
}

// For returns what the report says of a letter to this address; the block's action is what became of the letter. That
// is the address's own block, where it tells of the end: with a copy in the mailbox, a dead forward beside it loses
// nothing. Else it is the worst of the blocks that name the address, as a forward's, or of all. False: the report tells
// of no recipient.
func (r Report) For(address string) (Recipient, bool) {
	var named []Recipient
	for _, one := range r.Recipients {
		own := sameAddress(one.Final, address)
		if own && one.Action != Expanded && one.Action != Relayed {
			return one, true
		}
		if own || sameAddress(one.Original, address) {
			named = append(named, one)
		}
	}
	if len(named) == 0 {
		named = r.Recipients
	}
	kind := worst(named)
	for _, one := range named {
		if one.Action == kind {
			return one, true
		}
	}
	return Recipient{}, false
}
