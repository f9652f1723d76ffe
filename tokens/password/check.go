// Package password hashes the passwords that bikers choose, compares them, and refuses those that are easy to guess. It
// knows no person and no record: what it is given are texts, and what it returns is a text to store.
//
// A password is a text in Unicode form NFKC wherever it is counted, judged or hashed (normalise), so that it is the
// same from every keyboard. Hashing is made dear on purpose, for whoever steals the file; so it is done in turns
// (line.go), as a flood of logins must cost neither the memory nor the processors that other calls need. Guessing is
// judged once, when a password is chosen, and by the guesses that it takes, not by kinds of characters (NIST SP
// 800-63B-4 §3.1.1.2).
//
// Nothing here logs, and no error holds a password or a hash.
package password

import (
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// Fault is what is wrong with a password that somebody chooses.
type Fault int

// The faults of a password.
const (
	NoFault   Fault = iota
	TooShort        // fewer code points than asked for
	TooLong         // over 256 code points, or 1 KiB
	Guessable       // of common words, names, dates, keyboard rows, repetitions or the person's own, and little else
)

// A password is counted and bounded in Unicode form NFKC, as it is hashed (NIST SP 800-63B-4 §3.1.1.2). The bound on
// what is typed only spares the work: UTF-8 text grows at most threefold by being decomposed.
const (
	passwordCodePoints = 256
	passwordOctets     = 1 << 10
	typedOctets        = 4 << 10
)

// Check returns what is wrong with a new password: at least minimum code points, at most 256 (and 1 KiB), and not
// one that is found within some 10⁹ guesses by somebody who knows common passwords and words, the usual tricks with
// them, and the words given: the person's names, address, numbers, plan, client, employer. Words may hold several words
// ("jan.peeters@example.be"). It asks for no kinds of characters. The work is bounded: 0.1 ms for a usual password, 5
// ms at worst, but for the first call of a process, which also reads the word lists (30 ms).
func Check(password string, minimum int, words []string) Fault {
	text, fits := normalise(password)
	switch {
	case !fits:
		return TooLong
	case utf8.RuneCountInString(text) < minimum:
		return TooShort
	case guessBits(text, words) < guessableBits:
		return Guessable
	}
	return NoFault
}

// normalise returns the password as it is counted and hashed: the one form of all ways to type the same characters.
// Nothing is trimmed or changed in case. fits is false where it is over the limits, and the text is then empty.
func normalise(password string) (text string, fits bool) {
	if len(password) > typedOctets {
		return "", false
	}
	text = norm.NFKC.String(password)
	if len(text) > passwordOctets || utf8.RuneCountInString(text) > passwordCodePoints {
		return "", false
	}
	return text, true
}
