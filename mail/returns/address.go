package returns

import (
	"errors"
	"fmt"
	"strings"

	"postern/mail/letters"
	"postern/store/guid"
	"postern/tokens"
)

// Address is where mail systems send what they report of a letter: its envelope sender. It may have room for the code
// that names the letter (a variable envelope return path).
type Address struct {
	before, after string // in the local part, around the code
	domain        string
	coded         bool
}

// placeholder stands for the code in BOUNCE_ADDRESS.
const placeholder = "{code}"

// longestLocal is how long a local part may be, in octets (RFC 5321 §4.5.3.1.1).
const longestLocal = 64

// ParseAddress reads an address like gate@client.example or gate+{code}@client.example. Its error is a sentence.
func ParseAddress(text string) (Address, error) {
	local, domain, _ := strings.Cut(text, "@")
	a := Address{before: local, domain: domain}
	a.before, a.after, a.coded = strings.Cut(local, placeholder)
	whole := a.For(strings.Repeat("a", tokens.MarkLength))
	switch {
	case strings.Contains(a.after, placeholder) || strings.ContainsAny(a.before+a.after+domain, "{}"):
		return Address{}, errors.New("write {code} once, before the @, or leave it out")
	case !letters.IsPlainAddress(whole) || strings.HasPrefix(whole, ".") || strings.Contains(whole, ".."):
		return Address{}, errors.New("write an address as gate@example.org or gate+{code}@example.org, without a name")
	case len(whole)-len(domain)-1 > longestLocal:
		return Address{}, fmt.Errorf("what stands before the @ may have %d characters, and with a code in the place of "+
			"{code} it has %d: take a shorter name", longestLocal, len(whole)-len(domain)-1)
	}
	return a, nil
}

// String is the address as ParseAddress reads it.
func (a Address) String() string { return a.For(placeholder) }

// Domain is what stands behind the @.
func (a Address) Domain() string { return a.domain }

// Coded reports whether the address has room for a code.
func (a Address) Coded() bool { return a.coded }

// For is the address with a code in its place; where there is none, the address itself.
func (a Address) For(code string) string {
	if !a.coded {
		return a.before + "@" + a.domain
	}
	return a.before + code + a.after + "@" + a.domain
}

// Sender returns what makes the envelope sender of each letter.
func (a Address) Sender(marks *tokens.Marks) func(letter guid.ID) string {
	return func(letter guid.ID) string {
		if !a.coded {
			return a.For("")
		}
		return a.For(marks.Of(letter))
	}
}

// Takes reports whether a recipient is this address, whatever the code says.
func (a Address) Takes(recipient string) bool {
	at := strings.LastIndex(recipient, "@")
	if at < 0 || !strings.EqualFold(recipient[at+1:], a.domain) {
		return false
	}
	if !a.coded {
		return strings.EqualFold(recipient[:at], a.before)
	}
	_, fits := a.codeIn(recipient[:at])
	return fits
}

// codeIn returns what stands in the code's place of a local part.
func (a Address) codeIn(local string) (code string, fits bool) {
	middle := len(local) - len(a.before) - len(a.after)
	if !a.coded || middle < 0 || !strings.EqualFold(local[:len(a.before)], a.before) ||
		!strings.EqualFold(local[len(a.before)+middle:], a.after) {
		return "", false
	}
	return local[len(a.before) : len(a.before)+middle], true
}

// codes are the texts of an address that may be a code: what stands in its place, and any word of a code's length, as
// BOUNCE_ADDRESS may have been another one when the letter left.
func (a Address) codes(address string) (codes []string) {
	local := address[:max(0, strings.LastIndex(address, "@"))]
	if code, fits := a.codeIn(local); fits {
		codes = append(codes, code)
	}
	for word := range strings.FieldsFuncSeq(local, func(r rune) bool { return strings.ContainsRune("+-=._/#", r) }) {
		if len(word) == tokens.MarkLength {
			codes = append(codes, word)
		}
	}
	return codes
}
