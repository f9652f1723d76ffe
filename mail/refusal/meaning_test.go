package refusal

import "testing"

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
		a := Reply{Code: 550, Text: text}
		if AboutMailbox(from, to, a) != want {
			t.Errorf("%q is about the mailbox: %v", text, !want)
		}
		a.Status = "5.1.0"
		if AboutMailbox(from, to, a) != want {
			t.Errorf("5.1.0 %q is about the mailbox: %v", text, !want)
		}
	}
	inside := Reply{Code: 550, Text: "<jan@gate.example>: unknown user"}
	if !AboutMailbox(from, "jan@gate.example", inside) {
		t.Error("a recipient of the sender's own domain counts as the sender")
	}
}

// TestOf: what a refusal means, by its status code first, then by its words.
func TestOf(t *testing.T) {
	for _, tt := range []struct {
		code         int
		status, text string
		want         Meaning
	}{
		{550, "5.1.1", "User unknown", NoMailbox}, {550, "5.1.10", "not found", NoMailbox}, {0, "5.1.2", "", NoMailbox},
		{550, "5.4.1", "Access denied", NotNow}, {550, "5.2.1", "inactive", NotNow},
		{552, "5.2.2", "over quota", Full}, {452, "4.2.2", "over quota", Full},
		{552, "", "mailbox full", Full}, {450, "", "mailbox is full", Full}, {550, "", "user unknown, mailbox full", Full},
		{550, "5.2.3", "", Mailbox}, {550, "5.2.0", "", Mailbox}, {550, "", "no such user", Mailbox},
		{550, "5.0.0", "Unknown user", Mailbox},
		{0, "5.4.4", "Host not found", Route}, {0, "5.4.6", "loop", Route},
		{550, "5.7.26", "unauthenticated", Sender}, {550, "5.1.8", "", Sender}, {550, "5.2.0", "SendAsDenied", Sender},
		{550, "5.1.1", "Sender address rejected: User unknown", Sender}, {550, "", "relay not permitted", Sender},
		{550, "5.7.1", "Access denied", Policy}, {554, "", "your host is on a blocklist", Policy},
		{554, "5.7.1", "looks like spam", Content}, {552, "5.3.4", "too big", Content}, {0, "5.6.0", "", Content},
		{554, "", "message contains a virus", Content},
		{451, "", "later", Temporary}, {0, "4.4.1", "timed out", Temporary}, {0, "4.0.0", "", Temporary},
		{550, "", "Requested action not taken: mailbox unavailable", Unclear},
		{0, "", "", Unclear}, {550, "5.7.0", "no", Policy}, {550, "5.4.0", "no", Route}, {550, "5.5.0", "no", Unclear},
		{550, "5.1.3", "", Unclear},
	} {
		if got := Of(Reply{Code: tt.code, Status: tt.status, Text: tt.text}); got != tt.want {
			t.Errorf("%d %s %q means %s, want %s", tt.code, tt.status, tt.text, got, tt.want)
		}
	}
}
