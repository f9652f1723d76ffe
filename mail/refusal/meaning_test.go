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
