package bounce

import (
	"bytes"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
	"time"
)

// TestAddresses: the code is looked for in the envelope first, then in what servers note on the way, then in To.
func TestAddresses(t *testing.T) {
	message := "X-Original-To: three@gate.example\r\nDelivered-To: two@gate.example\r\n" +
		"To: \"Gate, =?utf-8?Q?=C3=A9?=\" " +
		"<five@gate.example>,\r\n ONE@GATE.example, six@b\u00fccher.example\r\nEnvelope-To: four@gate.example\r\n\r\n"
	got := Parse([]byte(message), Envelope{To: []string{"<one@gate.example>", "", "not an address"}}).Addresses
	want := []string{"one@gate.example", "two@gate.example", "three@gate.example", "four@gate.example",
		"five@gate.example", "six@xn--bcher-kva.example"}
	if !slices.Equal(got, want) {
		t.Errorf("%q", got)
	}
}

// TestFromSystem tells mail systems from people, without which words mean nothing.
func TestFromSystem(t *testing.T) {
	for _, tt := range []struct {
		header   string
		envelope Envelope
		want     bool
	}{
		{"From: jan@client.example\n", Envelope{NullSender: true}, true},
		{"From: jan@client.example\nReturn-Path: <>\n", Envelope{}, true},
		{"From: jan@client.example\nReturn-Path:\n", Envelope{}, true},
		{"From: jan@client.example\nReturn-Path: <>\n", Envelope{From: "jan@client.example"}, false}, // whoever wrote it
		{"From: Mail <MAILER-DAEMON@x.example>\n", Envelope{From: "x@x.example"}, true},
		{"From: MAILER-DAEMON (Mail Delivery System)\n", Envelope{}, true}, {"From: <>\n", Envelope{}, true},
		{"From: Postmaster <postmaster@x.example>\n", Envelope{}, true},
		{"From: \"postmaster@x.example\" <jan@client.example>\n", Envelope{}, false},
		{"From: jan@client.example\n", Envelope{}, false}, {"From: postmasters@x.example\n", Envelope{}, false},
		{"Subject: none\n", Envelope{}, false}, {"", Envelope{}, false},
	} {
		r := Parse([]byte(tt.header+"\n<jan@client.example>: said: 550 5.1.1 no\n"), tt.envelope)
		if got := r.Kind == Failed; got != tt.want {
			t.Errorf("%q with %+v: %s", tt.header, tt.envelope, r.Kind)
		}
	}
}

// TestPhrases tells what a server said from a number in a sentence.
func TestPhrases(t *testing.T) {
	for text, want := range map[string]string{
		"550 5.1.1 <jan@client.example>: User unknown":       "550 5.1.1",
		"550-5.1.1 no\n550 5.1.1 more":                       "550 5.1.1",
		"host said: 550 mailbox unavailable":                 "550 ",
		"The server answered:\n  554 Denied":                 "554 ",
		"(reason: 552 5.2.2 Over quota)":                     "552 5.2.2",
		"550 User unknown":                                   "550 ",
		"Sorry, no mailbox here by that name. (#5.1.1)":      "0 5.1.1",
		"Der Server meldet: 550 Empfaenger unbekannt":        "550 ",
		"Le serveur a r\u00e9pondu : 550 inconnu":            "550 ",
		"Status: 5.7.1":                                      "0 5.7.1",
		"5.1.1 User unknown":                                 "0 5.1.1",
		"error [5.7.509]":                                    "0 5.7.509",
		"reply: 450 4.2.0 greylisted":                        "450 4.2.0",
		"550 visitors came":                                  "",
		"version 5.1.1 of our gate":                          "",
		"5.1.1 of our gate is out":                           "",
		"Our release (5.1.1) is out":                         "",
		"at 10.5.1.1 on port 550":                            "",
		"call 0550 5.1.1":                                    "",
		"550 4.1.1 a code of another class, and no cue":      "",
		"1550 5.1.1 not a code":                              "",
		"see https://client.example/550/5.1.1 for the price": "",
		"": "",
	} {
		got := ""
		if all := phrasesIn(text); len(all) > 0 {
			got = fmt.Sprintf("%d %s", all[0].code, all[0].status)
		}
		if got != want {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
	}
}

// TestIs: a forward's recipient is another one, however an address is written.
func TestIs(t *testing.T) {
	for _, tt := range []struct {
		one     Recipient
		address string
		want    bool
	}{
		{Recipient{Final: "Jan@Client.example"}, "jan@client.example", true},
		{Recipient{Final: "jan+2Bbike@client.example"}, "jan+bike@client.example", true},
		{Recipient{Final: "jan@far.example", Original: "jan@client.example"}, "jan@client.example", false},
		{Recipient{Original: "jan@client.example"}, "jan@client.example", true},
		{Recipient{Original: "els@client.example"}, "jan@client.example", false},
		{Recipient{}, "jan@client.example", true},
		{Recipient{Final: "jan"}, "jan@client.example", false},
	} {
		if tt.one.Is(tt.address) != tt.want {
			t.Errorf("%+v is %s: %v", tt.one, tt.address, !tt.want)
		}
	}
}

// TestFor: of a report about several recipients, what became of one letter.
func TestFor(t *testing.T) {
	r := Report{Kind: Failed, Recipients: []Recipient{
		{Final: "office@client.example", Action: Expanded},
		{Final: "els@client.example", Original: "office@client.example", Action: Delivered},
		{Final: "ann@far.example", Original: "ann@client.example", Action: Delayed},
		{Final: "Tom@client.example", Original: "office@client.example", Action: Failed},
		{Final: "els@far.example", Original: "els@client.example", Action: Failed},
	}}
	for address, want := range map[string]string{
		"tom@client.example": "Tom@client.example", "office@client.example": "Tom@client.example",
		"ann@client.example": "ann@far.example", "els@client.example": "els@client.example",
		"jan@client.example": "Tom@client.example",
	} {
		if got, found := r.For(address); !found || got.Final != want {
			t.Errorf("%s: %+v, %v", address, got, found)
		}
	}
	if got, found := (Report{Kind: Unknown}).For("jan@client.example"); found {
		t.Errorf("%+v of nobody", got)
	}
}

// TestHash: a report of another try, and one of another letter, is another report.
func TestHash(t *testing.T) {
	raw := corpus(t)["postfix"]
	first := Parse(raw, Envelope{}).Hash
	for from, to := range map[string]string{
		"Date: Mon, 2 Mar 2026 09:00:05":       "Date: Mon, 2 Mar 2026 10:00:05",
		"Arrival-Date: Mon,  2 Mar 2026 09":    "Arrival-Date: Mon,  2 Mar 2026 10",
		"Message-ID: <postfix@":                "Message-ID: <another@",
		"Message-ID: <3f9c01b7a5d24e@":         "Message-ID: <another@",
		"gate+k7q2w@gate.example\nMessage-ID:": "gate+z8r3x@gate.example\nMessage-ID:",
	} {
		other := bytes.Replace(raw, []byte(from), []byte(to), 1)
		if bytes.Equal(other, raw) || Parse(other, Envelope{}).Hash == first {
			t.Errorf("%s: the same hash", to)
		}
	}
}

// TestSecrets: what a report brings back of the letter's link is not given out, wherever it stands.
func TestSecrets(t *testing.T) {
	token := "pst1_" + strings.Repeat("Secret-9_", 14)
	for name, text := range map[string]string{
		"in the text":  "Your message https://gate.example/biker/password?token=" + token + " came back: said: 550 no\n",
		"wrapped":      "Your message\n" + token[:70] + "\n" + token[70:] + "\ncame back: said: 550 no\n",
		"quoted":       "Your message\n" + token[:75] + "=\n" + token[75:] + "\ncame back: said: 550 no\n",
		"in the words": "said: 550 5.7.1 The link " + token + " is blocked\n",
		"below":        "said: 550 no\n--- Below this line is a copy of the message.\n\n" + token + "\n",
	} {
		r := Parse([]byte("Return-Path: <>\n\n"+text), Envelope{})
		if len(r.Recipients) != 1 || strings.Contains(string(describe(r)), "Secret-9_Secret-9_") {
			t.Errorf("%s:\n%s", name, describe(r))
		}
	}
}

// TestBounds: what a stranger makes long, deep or many is read in a time that grows with its length alone.
func TestBounds(t *testing.T) {
	size := MaxMessage
	if testing.Short() {
		size /= 8
	}
	fill := func(head, repeated string) string {
		return head + strings.Repeat(repeated, (size-len(head))/len(repeated))
	}
	system := "Return-Path: <>\nFrom: MAILER-DAEMON@x.example\n"
	status := system + "Content-Type: message/delivery-status\n\nReporting-MTA: dns; x.example\n\n"
	var deep strings.Builder
	for i := range 2000 {
		fmt.Fprintf(&deep, "Content-Type: multipart/mixed; boundary=b%d\n\n--b%d\n", i, i)
	}
	for name, message := range map[string]string{
		"fields":        fill(system, "X: y\n"),
		"one field":     fill(system+"X: ", "y"),
		"folded":        fill(system+"X: y\n", " y\n"),
		"addresses":     fill(system+"To: ", "a@b.example, "),
		"parts":         fill(system+"Content-Type: multipart/mixed; boundary=b\n\n", "--b\n\n"),
		"empty parts":   fill(system+"Content-Type: multipart/mixed; boundary=b\n\n", "--b\n"),
		"multiparts":    deep.String(),
		"messages":      fill(system, "Content-Type: message/rfc822\n\n"),
		"recipients":    fill(status, "Final-Recipient: rfc822; a@b.example\nAction: failed\nStatus: 5.1.1\n\n"),
		"one recipient": fill(status, "Final-Recipient: rfc822; a@b.example\nAction: failed\n"),
		"diagnostic":    fill(status+"Final-Recipient: a@b.example\nAction: failed\nDiagnostic-Code: ", "550 5.1.1 "),
		"phrases":       fill(system+"\n", "<a@b.example>: said: 550 5.1.1 User unknown\n"),
		"one line":      fill(system+"\n", "550 5.1.1 said: host x.example <a@b.example> "),
		"near misses":   fill(system+"\n", "user mailbox account address over quota "),
		"at signs":      fill(system+"\n", "@"),
		"marks":         fill(system+"\n", "---- "),
		"message ids":   fill(system+"\n", "Message-ID: <a@b.example>\n"),
		"open ids":      fill(system+"\n", "Message-ID: <"),
		"html":          fill(system+"Content-Type: text/html\n\n", "<p><b>"),
		"base64":        fill(system+"Content-Transfer-Encoding: base64\n\n", "QUFB\n"),
		"qmail":         fill(system+"\nHi. This is the qmail-send program\n\n", "<a@b.example>:\nno (#5.1.1)\n\n"),
		"failed header": fill(system+"X-Failed-Recipients: a@b.example\n\n", "a@b.example\n  550 5.1.1 no\n"),
		"encoded words": fill(system+"Subject: ", "=?utf-8?Q?=C3=A9?= "),
		"nothing":       fill("", "\x00"),
	} {
		begin := time.Now()
		r := Parse([]byte(message), Envelope{NullSender: true})
		if took := time.Since(begin); took > 30*time.Second { // some tens of milliseconds on an idle machine
			t.Errorf("%s: %v", name, took)
		}
		holds(t, r)
	}
	if r := Parse(append([]byte(strings.Repeat("X: y\n", MaxMessage/5)+"\n"), "x"...), Envelope{}); r.Text != "" {
		t.Error("what comes after the bound is read")
	}
}

// holds looks at what is promised of every report.
func holds(t testing.TB, r Report) {
	t.Helper()
	texts := slices.Concat(r.Addresses, r.MessageIDs, []string{r.EnvelopeID, r.ReportingMTA, r.Text})
	for _, one := range r.Recipients {
		texts = append(texts, one.Final, one.Original, one.Status, one.Diagnostic, one.RemoteMTA)
		if len(one.Diagnostic) > 500 || one.Code != 0 && (one.Code < 200 || one.Code > 599) {
			t.Errorf("%+v", one)
		}
		if !slices.Contains([]Kind{Failed, Delayed, Delivered, Relayed, Expanded}, one.Action) {
			t.Errorf("an action %q", one.Action)
		}
		one.Meaning()
	}
	for _, text := range texts {
		if text != clean(text) || len(text) > 4*maxText {
			t.Errorf("not clean, or too long: %.600q", text)
		}
	}
	understood := slices.Contains([]Kind{Failed, Delayed, Delivered, Relayed, Expanded}, r.Kind)
	if other := slices.Contains([]Kind{AutoReply, Other, Unknown}, r.Kind); understood == other ||
		understood != (r.Format != "") || understood != (len(r.Recipients) > 0) {
		t.Errorf("%q by %q with %d recipients", r.Kind, r.Format, len(r.Recipients))
	}
	if len(r.Recipients) > maxRecipients || len(r.MessageIDs) > maxMessageIDs || len(r.Addresses) > 50 {
		t.Errorf("%d recipients, %d ids, %d addresses", len(r.Recipients), len(r.MessageIDs), len(r.Addresses))
	}
}

// FuzzParse: nothing panics, and what is promised of a report holds for all.
func FuzzParse(f *testing.F) {
	for _, raw := range corpus(f) {
		f.Add(raw, "gate+k7q2w@gate.example", true)
	}
	f.Add([]byte(""), "", false)
	f.Fuzz(func(t *testing.T, message []byte, to string, null bool) {
		before := bytes.Clone(message)
		r := Parse(message, Envelope{To: []string{to}, NullSender: null})
		holds(t, r)
		if !bytes.Equal(before, message) {
			t.Error("the message was changed")
		}
		again := Parse(message, Envelope{To: []string{to}, NullSender: null})
		if !bytes.Equal(describe(r), describe(again)) || r.Hash != again.Hash {
			t.Error("two readings differ")
		}
	})
}

// TestReadme: the list of what comes back names every file of the corpus, and no other.
func TestReadme(t *testing.T) {
	readme, err := os.ReadFile("../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	_, section, found := strings.Cut(string(readme), "### What comes back\n")
	if !found {
		t.Fatal("README has no section on what comes back")
	}
	section, _, _ = strings.Cut(section, "\n#")
	named := make(map[string]bool)
	for _, entry := range strings.Split(section, "\n- ")[1:] {
		entry, _, _ = strings.Cut(entry, "\n\n")
		examples := entry[strings.LastIndex(entry, "(")+1:]
		for i, word := range strings.Split(examples, "`") {
			if i%2 == 1 {
				named[word] = true
			}
		}
	}
	for name := range corpus(t) {
		if !named[name] {
			t.Errorf("%s stands in no entry", name)
		}
		delete(named, name)
	}
	for name := range named {
		t.Errorf("there is no %s.eml", name)
	}
}

func BenchmarkParse(b *testing.B) {
	all := corpus(b)
	var size int64
	for _, raw := range all {
		size += int64(len(raw))
	}
	b.SetBytes(size / int64(len(all)))
	b.ReportAllocs()
	for b.Loop() {
		for _, raw := range all {
			Parse(raw, Envelope{})
		}
	}
	b.ReportMetric(float64(b.Elapsed().Microseconds())/float64(b.N*len(all)), "µs/message")
}
