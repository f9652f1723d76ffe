package smtp

import (
	"slices"
	"strings"
	"unicode"

	"postern/mail/refusal"
	"postern/store"
)

// AboutMailbox reports whether a permanent refusal of a letter is of this one recipient, and says nothing about the
// sender.
func AboutMailbox(from, to string, a store.Attempt) bool {
	return refusal.AboutMailbox(from, to, refusal.Reply{Code: a.Code, Status: a.Enhanced, Text: a.Text})
}

// Refusal is what is compared of two refusals. Servers put into their words what differs from letter to letter, and
// into their codes what does not. So a status is enough; without one the words decide, less what hangs on the letter.
type Refusal struct {
	Phase  string
	code   int
	status string   // all of 5.7.x are 5.7, security: the last number is often that of the server's own rule
	words  []string // where there is no status; sorted
}

// RefusalOf returns the refusal that an attempt at a letter to this address met.
func RefusalOf(to string, a store.Attempt) Refusal {
	r := Refusal{Phase: a.Phase, code: a.Code, status: a.Enhanced}
	switch {
	case r.status == "":
		r.words = constant(a.Text, to)
	case strings.HasPrefix(r.status, "5.7."):
		r.status = "5.7"
	}
	return r
}

// Like reports whether two refusals say the same: the same status or, without one, the same code and at least two
// thirds of the words. Not all of them: what varying and constant do not know of, as a host's name in a cluster, must
// not make one fault look like many.
func (r Refusal) Like(other Refusal) bool {
	if r.Phase != other.Phase || r.status != other.status {
		return false
	}
	if r.status != "" {
		return true
	}
	common := 0
	for _, word := range r.words {
		if _, found := slices.BinarySearch(other.words, word); found {
			common++
		}
	}
	return r.code == other.code && 3*common >= 2*max(len(r.words), len(other.words))
}

// constant returns the words of a refusal that do not hang on the letter: no address, link, queue id, or name of the
// recipient's.
func constant(text, to string) []string {
	recipient := wordsOf(to)
	words := slices.DeleteFunc(wordsOf(refusal.Unvarying(text)), func(word string) bool {
		return strings.ContainsFunc(word, unicode.IsDigit) || slices.Contains(recipient, word)
	})
	slices.Sort(words)
	return slices.Compact(words)
}

// wordsOf splits a text into its words, in lower case.
func wordsOf(text string) []string {
	between := func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) }
	return strings.FieldsFunc(strings.ToLower(text), between)
}
