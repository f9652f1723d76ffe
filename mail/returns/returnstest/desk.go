// Package returnstest has what the tests of mail that comes back need: a desk over a real store with letters that have
// left, and reports as mail systems write them.
package returnstest

import (
	"context"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/rs/zerolog"

	"postern/mail/returns"
	"postern/store"
	"postern/store/file"
	"postern/tokens"
)

// Desk is a desk over a store of its own.
type Desk struct {
	*returns.Desk
	t       testing.TB
	counted map[string]int
	mu      sync.Mutex // guards counted
}

// Address is where the letters of a Desk come back to.
const Address = "gate+{code}@client.example"

// NewDesk makes a desk. At the end of the test its store is closed, and the data file checked.
func NewDesk(t testing.TB) *Desk {
	t.Helper()
	dir := t.TempDir()
	kept, err := store.Open(dir, store.Options{MailDomain: "client.example", Rules: store.Rules{
		GiveUpAfter: 72 * time.Hour, RepeatLettersAfter: 720 * time.Hour}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := kept.Close(); err != nil {
			t.Error(err)
		}
		if faults, err := store.CheckFile(file.DataFile(dir)); err != nil || len(faults) > 0 {
			t.Errorf("%q, %v", faults, err)
		}
	})
	ring, err := tokens.CreateKeyring(filepath.Join(dir, "keys"), strings.NewReader(strings.Repeat("random", 100)), time.Now())
	if err != nil {
		t.Fatal(err)
	}
	marks, err := tokens.NewMarks(ring)
	if err != nil {
		t.Fatal(err)
	}
	address, err := returns.ParseAddress(Address)
	if err != nil {
		t.Fatal(err)
	}
	d := &Desk{t: t, counted: make(map[string]int)}
	d.Desk = returns.New(returns.Options{Store: kept, Marks: marks, Address: address, Counted: d.count,
		Log: zerolog.New(os.Stderr).Level(zerolog.ErrorLevel)})
	return d
}

func (d *Desk) count(from returns.Source, outcome returns.Outcome) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.counted[string(from)+" "+string(outcome)]++
}

// Counted returns how many messages came by which way to which outcome.
func (d *Desk) Counted() map[string]int {
	d.mu.Lock()
	defer d.mu.Unlock()
	return maps.Clone(d.counted)
}

// Sent is a letter to somebody new, which the smarthost has taken.
func (d *Desk) Sent(email string) store.Letter {
	d.t.Helper()
	ctx := context.Background()
	if _, err := d.Store.RegisterUser(ctx, store.Registration{Email: email, FirstName: "A", LastName: "B",
		OrganisationName: "C", Language: "en"}); err != nil {
		d.t.Fatal(err)
	}
	claimed, _, err := d.Store.ClaimLetters(ctx, 1)
	if err != nil || len(claimed) != 1 {
		d.t.Fatalf("%d letters, %v", len(claimed), err)
	}
	sent, err := d.Store.RecordAttempts(ctx, []store.Outcome{{Letter: claimed[0].ID,
		Attempt: store.Attempt{At: time.Now(), Class: store.AttemptSent, Text: "queued as 1"}}})
	if err != nil {
		d.t.Fatal(err)
	}
	return sent[0]
}

// Letter is a letter as it is now.
func (d *Desk) Letter(letter store.Letter) store.Letter {
	d.t.Helper()
	now, err := d.Store.Letter(letter.ID)
	if err != nil {
		d.t.Fatal(err)
	}
	return now
}

// Sender is the envelope sender of a letter, to which its reports go.
func (d *Desk) Sender(letter store.Letter) string { return d.Address.Sender(d.Marks)(letter.ID) }

// Report is what Postfix writes of a letter that it cannot deliver. to is where it is sent.
func Report(to string, letter store.Letter, action, status string) []byte {
	return []byte(strings.ReplaceAll(fmt.Sprintf(`Return-Path: <>
Date: Thu, 26 Nov 2026 22:00:00 +0000
From: MAILER-DAEMON@mx.client.example (Mail Delivery System)
Subject: Undelivered Mail Returned to Sender
To: %[1]s
Auto-Submitted: auto-replied
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary="B"

This is a MIME-encapsulated message.

--B
Content-Description: Notification
Content-Type: text/plain; charset=us-ascii

This is the mail system at host mx.client.example.

I'm sorry to have to inform you that your message could not be delivered.

<%[2]s>: host mx.far.example[192.0.2.1] said: 550 %[4]s
    <%[2]s>: Recipient address rejected: User unknown (in reply to RCPT TO command)

--B
Content-Description: Delivery report
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.client.example
Original-Envelope-Id: %[5]s
X-Postfix-Queue-ID: 4D2F1
Arrival-Date: Thu, 26 Nov 2026 21:00:00 +0000

Final-Recipient: rfc822; %[2]s
Original-Recipient: rfc822;%[2]s
Action: %[3]s
Status: %[4]s
Remote-MTA: dns; mx.far.example
Diagnostic-Code: smtp; 550 %[4]s <%[2]s>: Recipient address rejected: User unknown

--B
Content-Description: Undelivered Message Headers
Content-Type: text/rfc822-headers

Message-ID: <%[6]s>
To: %[2]s
Subject: Activate your account

--B--
`, to, letter.To, action, status, letter.EnvelopeID, letter.MessageID), "\n", "\r\n"))
}
