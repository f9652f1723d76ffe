// Package returns brings mail that comes back to the letter that it is about. A smarthost's 250 is not a mailbox's:
// what a server further on refuses comes back as a report, a mail of its own (a bounce), hours later and in many forms.
//
// Whatever way a message comes in, the Desk does the same: package bounce says what it is; the letter is found by the
// code in the address that it was sent to, by its ENVID or by its Message-ID; and the store writes down what follows,
// in one transaction. Nothing is believed for an address that somebody names, and nothing is ever answered: a report
// about a report would go round for ever.
//
// The ways in are package listener, an SMTP server that takes mail for one address, package mailbox, which reads a
// mailbox by IMAP, and the command line.
package returns

import (
	"cmp"
	"context"
	"fmt"
	"runtime/debug"

	"github.com/rs/zerolog"

	"postern/mail/bounce"
	"postern/mail/refusal"
	"postern/store"
	"postern/store/guid"
	"postern/tokens"
)

// Source says by which way a message came in.
type Source string

// The sources.
const (
	FromListener Source = "listener"
	FromMailbox  Source = "mailbox"
	FromCommand  Source = "command"
	FromInbox    Source = "inbox" // the built-in inbox plays a report
)

// Outcome says what became of a message.
type Outcome string

// The outcomes. All but Failed leave the letter in its state; those behind Noted change nothing.
const (
	Failed    Outcome = "failed"    // a letter is failed by it
	Delayed   Outcome = "delayed"   // noted on a letter, and so the next ones
	Delivered Outcome = "delivered" //
	Relayed   Outcome = "relayed"   //
	Expanded  Outcome = "expanded"  //
	Noted     Outcome = "noted"     // about a letter, and not understood, or about one that did not wait for it

	Repeated  Outcome = "repeated"  // it came before
	Ignored   Outcome = "ignored"   // no report: an automatic answer, a person's, a report of another kind
	Unmatched Outcome = "unmatched" // a report that leads to no letter that is kept
	Unread    Outcome = "unread"    // neither understood nor about a letter
)

// Words lists them.
func (Outcome) Words() []string {
	return []string{string(Failed), string(Delayed), string(Delivered), string(Relayed), string(Expanded), string(Noted),
		string(Repeated), string(Ignored), string(Unmatched), string(Unread)}
}

// Taken is what became of a message.
type Taken struct {
	Outcome Outcome
	Letter  store.Letter // the zero one: none was found
	Report  bounce.Report
}

// Understood reports whether a message is a report about a letter of ours that has done all it can: it may be put away.
func (t Taken) Understood() bool { return !t.Letter.ID.IsZero() && t.Report.Kind != bounce.Unknown }

// Options is what a Desk is made of.
type Options struct {
	Store   *store.Store
	Marks   *tokens.Marks
	Address Address
	Counted func(Source, Outcome) // nil: nobody; called once for every message
	Log     zerolog.Logger
}

// Desk takes messages. It is safe for concurrent use.
type Desk struct{ Options }

// New makes a Desk.
func New(o Options) *Desk {
	if o.Counted == nil {
		o.Counted = func(Source, Outcome) {}
	}
	return &Desk{o}
}

// Take takes one message. What follows from it is on the disk when it returns. An error is the store's: the message is
// to be taken again later.
func (d *Desk) Take(ctx context.Context, from Source, message []byte, envelope bounce.Envelope) (Taken, error) {
	taken, err := d.take(ctx, d.parse(message, envelope))
	if err != nil {
		return taken, err
	}
	d.Counted(from, taken.Outcome)
	line := d.Log.Debug() // anybody can send any number of these
	switch {
	case taken.Outcome == Failed:
		line = d.Log.Warn() // as with a letter that the smarthost refuses for good
	case !taken.Letter.ID.IsZero():
		line = d.Log.Info()
	}
	if !taken.Letter.ID.IsZero() {
		line = line.Stringer("letter", taken.Letter.ID).Str("state", string(taken.Letter.State))
	}
	line.Str("source", string(from)).Str("outcome", string(taken.Outcome)).Str("kind", string(taken.Report.Kind)).
		Msg("mail came back")
	return taken, nil
}

// parse reads a message. A panic on one message is that message's alone.
func (d *Desk) parse(message []byte, envelope bounce.Envelope) (report bounce.Report) {
	defer func() {
		if cause := recover(); cause != nil {
			d.Log.Error().Err(fmt.Errorf("panic: %v\n%s", cause, debug.Stack())).Msg("a message cannot be read")
			report = bounce.Report{Kind: bounce.Unknown, Addresses: envelope.To}
		}
	}()
	return bounce.Parse(message, envelope)
}

func (d *Desk) take(ctx context.Context, report bounce.Report) (Taken, error) {
	taken := Taken{Report: report, Outcome: Ignored}
	if report.Kind == bounce.AutoReply || report.Kind == bounce.Other {
		return taken, nil
	}
	letter, found, err := d.Store.ReturnedLetter(d.clues(report))
	switch {
	case err != nil:
		return taken, err
	case !found && report.Kind == bounce.Unknown:
		taken.Outcome = Unread
		return taken, nil
	case !found:
		taken.Outcome = Unmatched
		return taken, nil
	}
	said := returnOf(report, letter.To)
	letter, outcome, err := d.Store.RecordReturn(ctx, letter.ID, said)
	taken.Letter, taken.Outcome = letter, outcomeOf(said, outcome)
	return taken, err
}

// clues are what leads from a report to its letter.
func (d *Desk) clues(report bounce.Report) store.Clues {
	clues := store.Clues{EnvelopeID: report.EnvelopeID, MessageIDs: report.MessageIDs}
	for _, address := range report.Addresses {
		for _, code := range d.Address.codes(address) {
			if letter, ok := d.Marks.Read(code); ok {
				clues.Letter = guid.ID(letter)
				return clues
			}
		}
	}
	return clues
}

// classes are the kinds of reports as they stand with a letter.
var classes = map[bounce.Kind]store.AttemptClass{
	bounce.Failed: store.AttemptReturned, bounce.Delayed: store.AttemptDelayed,
	bounce.Delivered: store.AttemptDelivered, bounce.Relayed: store.AttemptRelayed,
	bounce.Expanded: store.AttemptExpanded, bounce.Unknown: store.AttemptNoted,
}

// returnOf is what a report says of a letter to an address: the remote server's words or, where there are none, what
// the message begins with. What it means for a mailbox counts for the letter's alone: a forward that ends in a dead one
// says nothing of the mailbox that forwards.
func returnOf(report bounce.Report, to string) store.Return {
	said := store.Return{Class: classes[report.Kind], Text: report.Text, Hash: report.Hash}
	one, is := report.For(to)
	if !is {
		return said
	}
	said.Class, said.Code, said.Enhanced = classes[one.Action], one.Code, one.Status
	said.Text = cmp.Or(one.Diagnostic, report.Text)
	if one.Action == bounce.Failed && one.Is(to) {
		meaning := one.Meaning()
		said.NoMailbox, said.NotNow = meaning == refusal.NoMailbox, meaning == refusal.NotNow
	}
	return said
}

// outcomeOf says what became of a report that led to a letter.
func outcomeOf(said store.Return, outcome store.ReturnOutcome) Outcome {
	switch {
	case outcome == store.ReturnUnknown: // deleted a moment ago
		return Unmatched
	case outcome == store.ReturnRepeat:
		return Repeated
	case outcome == store.ReturnFailed:
		return Failed
	case said.Class == store.AttemptReturned:
		return Noted
	}
	return Outcome(said.Class)
}
