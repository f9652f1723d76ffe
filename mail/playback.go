package mail

import (
	"bytes"
	"context"
	"fmt"
	"strings"
	"time"

	"postern/mail/letters"
)

// Playback plays the mail systems behind the built-in inbox: a letter to bounced@… is taken, and a second later a
// report comes back that its mailbox is not there, as it does in earnest. So one sees on a laptop what follows from it.
// Its goroutine is Run's; Send of the inbox only leaves letters with it.
type Playback struct {
	letters chan played
	take    func(ctx context.Context, report []byte, to string)
}

// played is a letter whose report is still to come.
type played struct {
	due     time.Time
	message letters.Message
}

const (
	// playedAtOnce is how many reports may be on their way. A letter beyond them has none.
	playedAtOnce = 1000

	playedAfter = time.Second
)

// NewPlayback returns a playback that gives its reports to take, each with the address that it is sent to.
func NewPlayback(take func(ctx context.Context, report []byte, to string)) *Playback {
	return &Playback{letters: make(chan played, playedAtOnce), take: take}
}

// add has a report of a letter made, where there is room.
func (p *Playback) add(m letters.Message) {
	select {
	case p.letters <- played{time.Now().Add(playedAfter), m}:
	default:
	}
}

// Run brings reports until ctx ends. Those that are still to come then never do.
func (p *Playback) Run(ctx context.Context) error {
	for {
		select {
		case one := <-p.letters: // in the order in which they are due
			select {
			case <-time.After(time.Until(one.due)):
				p.take(ctx, playedReport(one.message, time.Now()), one.message.From)
			case <-ctx.Done():
				return nil
			}
		case <-ctx.Done():
			return nil
		}
	}
}

// playedReport is what a server says that has taken a letter and found no mailbox for it (RFC 3464), with the letter's
// header.
func playedReport(m letters.Message, at time.Time) []byte {
	header, _, _ := bytes.Cut(m.Data, []byte("\r\n\r\n"))
	text := fmt.Sprintf(`From: Mail Delivery System <mailer-daemon@inbox.invalid>
To: %[1]s
Subject: Undelivered Mail Returned to Sender
Date: %[2]s
Auto-Submitted: auto-replied
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary="=_played"

--=_played
Content-Type: text/plain; charset=us-ascii

The built-in inbox plays a mailbox that is not there. Your letter to
<%[3]s> came back.

--=_played
Content-Type: message/delivery-status

Reporting-MTA: dns; inbox.invalid
Original-Envelope-Id: %[4]s
Arrival-Date: %[2]s

Final-Recipient: rfc822; %[3]s
Action: failed
Status: 5.1.1
Remote-MTA: dns; mail.inbox.invalid
Diagnostic-Code: smtp; 550 5.1.1 <%[3]s>: the inbox plays an unknown mailbox

--=_played
Content-Type: text/rfc822-headers

`, m.From, at.UTC().Format(time.RFC1123Z), m.To, m.EnvelopeID)
	if m.EnvelopeID == "" {
		text = strings.Replace(text, "Original-Envelope-Id: \n", "", 1)
	}
	report := strings.ReplaceAll(text, "\n", "\r\n") + string(header) + "\r\n\r\n--=_played--\r\n"
	return []byte(report)
}
