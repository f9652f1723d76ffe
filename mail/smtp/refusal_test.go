package smtp

import (
	"testing"

	"postern/store"
)

// TestLike: two refusals of different recipients in words alone are told apart by what does not hang on the letter.
func TestLike(t *testing.T) {
	for _, tt := range []struct {
		one, other string
		like       bool
	}{
		{"relay not permitted", "Relay not permitted!", true}, {"", "", true}, {"rejected", "", false},
		{"see https://x.example/why/these/words?go=on", "see https://x.example/or/others", true},
		{"<one@a.example>: no relay", "<other-one@b.example>: no relay", true},
		{"one@a.example no relay", "two@b.example no relay", true},
		{"no relay for one", "no relay for two", true}, {"no relay to a.example", "no relay to b.example", true},
		{"denied [aBcD_efGh.uk]", "denied [xyZwV-u.uk]", true}, {"denied (4KxyzT0abc)", "denied (4QQyzT0def)", true},
		{"rule QWERTY: mail refused", "rule ASDFGH: mail refused", true},
		{`not here\nrelay denied`, `not here\nrelay denied`, true},
		{"relay not permitted", "this looks like spam", false}, {"relay denied", "access denied", false},
	} {
		one := RefusalOf("one@a.example", store.Attempt{Phase: PhaseRcpt, Code: 550, Text: tt.one})
		other := RefusalOf("two@b.example", store.Attempt{Phase: PhaseRcpt, Code: 550, Text: tt.other})
		if one.Like(other) != tt.like || other.Like(one) != tt.like {
			t.Errorf("%q and %q: %q, %q", tt.one, tt.other, one.words, other.words)
		}
	}
}

// TestStatusIn finds enhanced status codes where servers put them, and takes nothing else for one.
func TestStatusIn(t *testing.T) {
	for text, want := range map[string]string{
		"sorry (#5.7.1)": "5.7.1", "#5.1.0 Address rejected.": "5.1.0", "5.7.1: no": "5.7.1", "5.1.1": "5.1.1",
		"no [5.7.509]": "5.7.509", "no\n5.7.1 no": "5.7.1",
		"no (#5.7.1).": "5.7.1", "": "", "no": "", "4.7.1: later": "", "(2.0.0)": "", "5.7": "",
		"[5.7.1.2] is blocked": "", "5.7.1.2 is blocked": "",
		"version 5.7.1 says no": "", "(5.7.1234)": "", "v5.7.1": "",
	} {
		if got := statusIn(550, text); got != want {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
	}
}

// TestAboutMailbox tells refusals in words alone apart: of one mailbox, or of the sender, however that is said.
func TestAboutMailbox(t *testing.T) {
	const from, to = "gate@gate.example", "jan@client.example"
	for text, want := range map[string]bool{
		"no such user":     true,
		"Account disabled": true, "mailbox is disabled": true, "inactive recipient": true, "User not local": true,
		"This user doesn't have a yahoo.com account (" + to + ")": true, "No such domain": true, "Host unknown": true,
		"Domain not found": true, "Recipient Rejected": true, "Address rejected": true,
		"Bad destination mailbox address": true, "Onbekende gebruiker": true, "Utilisateur inconnu": true,
		"<" + to + "> (by " + from + "): user unknown":         true,
		"Verification failed for <" + to + ">: unknown user":   true,
		"<" + from + ">: user unknown":                         false,
		"Verification failed for <" + from + ">: no such user": false,
		"Return path <" + from + "> is an unknown address":     false,
		"Return-path address does not exist":                   false,
		"Return address unknown":                               false,
		"Callback to your address failed: no such user":        false,
		"Your envelope address is invalid":                     false,
		"Envelope originator address invalid":                  false,
		"Your account is unknown":                              false,
		"Your mail address is not known here":                  false,
		"Invalid account, submit with SMTP credentials":        false,
		"gate.example: unknown user or domain; go away":        false,
		"Unknown user gate, log on first":                      false,
		"Sender address rejected":                              false,
		"Client host [192.0.2.1] not found":                    false,
		"Requested action not taken: mailbox unavailable":      false, // GMX and others refuse senders so
		"relay not permitted":                                  false,
		"":                                                     false,
	} {
		a := store.Attempt{Class: store.AttemptPermanent, Phase: PhaseRcpt, Code: 550, Text: text}
		if AboutMailbox(from, to, a) != want {
			t.Errorf("%q is about the mailbox: %v", text, !want)
		}
		a.Enhanced = "5.1.0"
		if AboutMailbox(from, to, a) != want {
			t.Errorf("5.1.0 %q is about the mailbox: %v", text, !want)
		}
	}
	inside := store.Attempt{Class: store.AttemptPermanent, Phase: PhaseRcpt, Code: 550,
		Text: "<jan@gate.example>: unknown user"}
	if !AboutMailbox(from, "jan@gate.example", inside) {
		t.Error("a recipient of the sender's own domain counts as the sender")
	}
}

// TestIsFull: a mailbox that is full is so for now, also where only words say it.
func TestIsFull(t *testing.T) {
	for text, want := range map[string]bool{
		"mailbox full": true, "The mailbox of <x@full.example> is full": true, "user is over quota": true,
		"Quota exceeded":         true,
		"exceeded storage quota": true, "mailbox unavailable": false, "": false,
		"<full@x.example>: no such mailbox": false,
	} {
		if isFull(text) != want {
			t.Errorf("%q is full: %v", text, !want)
		}
	}
}
