package returns_test

import (
	"context"
	"maps"
	"strings"
	"testing"

	"postern/mail/bounce"
	"postern/mail/returns"
	"postern/mail/returns/returnstest"
	"postern/store"
)

// TestTake holds what becomes of messages: by what they are found, what they make of the letter, and what changes
// nothing.
func TestTake(t *testing.T) {
	const plain = "From: MAILER-DAEMON@mx.far.example\r\nTo: %\r\nSubject: failure\r\n\r\n"
	without := func(message []byte, lines ...string) []byte {
		text := string(message)
		for _, line := range lines {
			before, after, _ := strings.Cut(text, line)
			_, after, _ = strings.Cut(after, "\r\n")
			text = before + after
		}
		return []byte(text)
	}
	for _, test := range []struct {
		name    string
		message func(d *returnstest.Desk, letter store.Letter) []byte
		outcome returns.Outcome
		state   store.LetterState
	}{
		{"to its code", func(d *returnstest.Desk, l store.Letter) []byte {
			return without(returnstest.Report(d.Sender(l), l, "failed", "5.1.1"), "Original-Envelope-Id", "Message-ID")
		}, returns.Failed, store.LetterFailed},
		{"to its code in capitals", func(d *returnstest.Desk, l store.Letter) []byte {
			return without(returnstest.Report(strings.ToUpper(d.Sender(l)), l, "failed", "5.1.1"),
				"Original-Envelope-Id", "Message-ID")
		}, returns.Failed, store.LetterFailed},
		{"with its ENVID", func(d *returnstest.Desk, l store.Letter) []byte {
			return without(returnstest.Report("gate@client.example", l, "failed", "5.1.1"), "Message-ID")
		}, returns.Failed, store.LetterFailed},
		{"with its Message-ID", func(d *returnstest.Desk, l store.Letter) []byte {
			return without(returnstest.Report("gate@client.example", l, "failed", "5.1.1"), "Original-Envelope-Id")
		}, returns.Failed, store.LetterFailed},
		{"with its address alone", func(d *returnstest.Desk, l store.Letter) []byte {
			return without(returnstest.Report("gate@client.example", l, "failed", "5.1.1"), "Original-Envelope-Id",
				"Message-ID")
		}, returns.Unmatched, store.LetterSent},
		{"with its id, which APIs tell", func(d *returnstest.Desk, l store.Letter) []byte {
			l.EnvelopeID, l.MessageID = l.ID.String(), l.ID.String()+"@client.example"
			return returnstest.Report("gate+"+l.ID.String()+"@client.example", l, "failed", "5.1.1")
		}, returns.Unmatched, store.LetterSent},
		{"to a forged code", func(d *returnstest.Desk, l store.Letter) []byte {
			forged := strings.Replace(d.Sender(l), "@", "a@", 1)
			forged = strings.Replace(forged, "+", "+a", 1)
			return without(returnstest.Report(forged, l, "failed", "5.1.1"), "Original-Envelope-Id", "Message-ID")
		}, returns.Unmatched, store.LetterSent},
		{"delayed", func(d *returnstest.Desk, l store.Letter) []byte {
			return returnstest.Report(d.Sender(l), l, "delayed", "4.4.1")
		}, returns.Delayed, store.LetterSent},
		{"delivered", func(d *returnstest.Desk, l store.Letter) []byte {
			return returnstest.Report(d.Sender(l), l, "delivered", "2.0.0")
		}, returns.Delivered, store.LetterSent},
		{"relayed", func(d *returnstest.Desk, l store.Letter) []byte {
			return returnstest.Report(d.Sender(l), l, "relayed", "2.0.0")
		}, returns.Relayed, store.LetterSent},
		{"expanded", func(d *returnstest.Desk, l store.Letter) []byte {
			return returnstest.Report(d.Sender(l), l, "expanded", "2.0.0")
		}, returns.Expanded, store.LetterSent},
		{"a mail system's that is not understood", func(d *returnstest.Desk, l store.Letter) []byte {
			return []byte(strings.ReplaceAll(plain, "%", d.Sender(l)) + "Something happened to your mail.\r\n")
		}, returns.Noted, store.LetterSent},
		{"the same for nobody", func(d *returnstest.Desk, l store.Letter) []byte {
			return []byte(strings.ReplaceAll(plain, "%", "gate@client.example") + "Something happened to your mail.\r\n")
		}, returns.Unread, store.LetterSent},
		{"a vacation's answer", func(d *returnstest.Desk, l store.Letter) []byte {
			return []byte("From: jan@far.example\r\nTo: " + d.Sender(l) + "\r\nAuto-Submitted: auto-replied\r\n" +
				"In-Reply-To: <" + l.MessageID + ">\r\n\r\n550 5.1.1 is what I am not\r\n")
		}, returns.Ignored, store.LetterSent},
		{"nothing", func(*returnstest.Desk, store.Letter) []byte { return nil }, returns.Ignored, store.LetterSent},
	} {
		t.Run(test.name, func(t *testing.T) {
			d := returnstest.NewDesk(t)
			letter := d.Sent("jan@far.example")
			message := test.message(d, letter)
			taken, err := d.Take(t.Context(), returns.FromCommand, message, bounce.Envelope{})
			if err != nil || taken.Outcome != test.outcome || d.Letter(letter).State != test.state {
				t.Errorf("%s, %v; the letter is %s", taken.Outcome, err, d.Letter(letter).State)
			}
			if !taken.Letter.ID.IsZero() {
				again, err := d.Take(t.Context(), returns.FromCommand, message, bounce.Envelope{})
				if err != nil || again.Outcome != returns.Repeated {
					t.Errorf("again: %s, %v", again.Outcome, err)
				}
			}
			if counted := d.Counted(); counted["command "+string(test.outcome)] != 1 {
				t.Errorf("%v", counted)
			}
		})
	}
}

// TestForward holds that another final recipient fails the letter, and rests nobody's address.
func TestForward(t *testing.T) {
	for final, rests := range map[string]bool{"jan@far.example": true, "jan@home.example": false} {
		d := returnstest.NewDesk(t)
		letter := d.Sent("jan@far.example")
		report := strings.Replace(string(returnstest.Report(d.Sender(letter), letter, "failed", "5.1.1")),
			"Final-Recipient: rfc822; jan@far.example", "Final-Recipient: rfc822; "+final, 1)
		taken, err := d.Take(t.Context(), returns.FromListener, []byte(report), bounce.Envelope{NullSender: true,
			To: []string{d.Sender(letter)}})
		if err != nil || taken.Outcome != returns.Failed {
			t.Errorf("%s, %v", taken.Outcome, err)
		}
		ctx := context.Background()
		partner := store.PartnerInput{Name: "Acme", Token: store.PartnerToken{Hash: [32]byte{1}}}
		if _, err := d.Store.AddPartner(ctx, partner); err != nil {
			t.Fatal(err)
		}
		answer, err := d.Store.RegisterBikers(ctx, store.BikerList{Partner: "Acme", People: []store.Candidate{
			{Email: "jan@far.example", Faults: map[string][]string{"Language": {"x"}}}}})
		if err != nil || (len(answer.Results[0].Warnings) > 0) != rests {
			t.Errorf("%s: %+v, %v", final, answer.Results, err)
		}
	}
}

// TestNoWords holds that of a report without the remote server's words the beginning of its text stands with the
// letter.
func TestNoWords(t *testing.T) {
	d := returnstest.NewDesk(t)
	letter := d.Sent("jan@far.example")
	report := string(returnstest.Report(d.Sender(letter), letter, "failed", "5.0.0"))
	report = strings.NewReplacer("said: 550", "", "Diagnostic-Code", "X-Other").Replace(report)
	if _, err := d.Take(t.Context(), returns.FromCommand, []byte(report), bounce.Envelope{}); err != nil {
		t.Fatal(err)
	}
	if now := d.Letter(letter); !strings.Contains(now.Reason, "This is the mail system at host") {
		t.Errorf("the letter is %s: %s", now.State, now.Reason)
	}
}

// TestManySources holds that what comes by two ways counts once.
func TestManySources(t *testing.T) {
	d := returnstest.NewDesk(t)
	letter := d.Sent("jan@far.example")
	report := returnstest.Report(d.Sender(letter), letter, "failed", "5.1.1")
	received := append([]byte("Received: from mx by client.example; Thu, 26 Nov 2026 22:00:01 +0000\r\nDelivered-To: "+
		d.Sender(letter)+"\r\n"), report...)
	for source, message := range map[returns.Source][]byte{returns.FromListener: report, returns.FromMailbox: received} {
		if _, err := d.Take(t.Context(), source, message, bounce.Envelope{}); err != nil {
			t.Fatal(err)
		}
	}
	got := d.Counted()
	if !maps.Equal(got, map[string]int{"listener failed": 1, "mailbox repeated": 1}) &&
		!maps.Equal(got, map[string]int{"mailbox failed": 1, "listener repeated": 1}) {
		t.Errorf("%v", got)
	}
}
