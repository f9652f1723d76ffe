package store

import (
	"bytes"
	"crypto/sha256"
	"slices"
	"time"

	"postern/mail/refusal"
	"postern/store/guid"
	"postern/store/limit"
)

// The fixed parts of an address's limit, beside the rate that the operator sets.
const (
	addressDaily  = 20 // letters with a link a day
	clientDaily   = 5  // of these, those that one client causes, so that no stranger uses up the owner's
	unprovenDaily = 3  // of one kind, while nobody has proven the mailbox
	unprovenInAll = 6  // and this many until somebody does
	sameLetter    = time.Minute
	unprovenFor   = 30 * 24 * time.Hour
	disownedFor   = 30 * 24 * time.Hour
)

// address is what is remembered of an e-mail address, under its hash, so that it survives a restart and an erasure. It
// holds times, codes and ids: no words of anybody, since they may repeat the address.
type address struct {
	Links         []owedLink    `json:"links,omitempty"`        // the last 20 letters with a link, oldest first
	Unproven      unproven      `json:"unproven,omitzero"`      // letters with a link since the mailbox was proven last
	DisownedUntil time.Time     `json:"disownedUntil,omitzero"` // its owner wants no letters from strangers
	Undeliverable undeliverable `json:"undeliverable,omitzero"` // its server says that there is no such mailbox
	Failed        limit.Window  `json:"failed,omitzero"`        // letters about failed registrations
	Tagged        tagged        `json:"tagged,omitzero"`        // letters to its plus addresses
}

// owedLink is one letter with a link.
type owedLink struct {
	At         time.Time  `json:"at"`
	Kind       LetterKind `json:"kind"`
	Generation uint32     `json:"generation"`       // the person's LinkGeneration when it was owed; 0: erased since
	Client     []byte     `json:"client,omitempty"` // who asked for it, for a day: keyed.Hashes.OfClient
}

// unproven counts letters to a mailbox that nobody has proven, by kind: users and bikers are populations of their own.
type unproven struct {
	Activate int `json:"activate,omitzero"`
	Recover  int `json:"recover,omitzero"`
}

func (u *unproven) of(kind LetterKind) *int {
	if kind == LetterActivate {
		return &u.Activate
	}
	return &u.Recover
}

// addressSum is the SHA-256 of an address without regard to case. It is not stored: package keyed says why.
func addressSum(email string) []byte {
	sum := sha256.Sum256(addressKey(email))
	return sum[:]
}

// addressHash is what an address is remembered under.
func (t tx) addressHash(email string) []byte { return t.store.hashes.Of(addressSum(email)) }

// emailHash is what tokens carry of an address: the first half of its SHA-256.
func emailHash(email string) [16]byte { return [16]byte(addressSum(email)) }

// address reads what is remembered of an address.
func (t tx) address(email string) (address, error) {
	known, _, err := addresses.Get(t.Tx, t.addressHash(email))
	return known, err
}

func (t tx) putAddress(email string, known address) error {
	return addresses.Put(t.Tx, t.addressHash(email), known)
}

// addressFailed is how many letters about failed registrations an address gets: whoever posts it chooses the faults,
// and each set of them would be news.
var addressFailed = limit.Rate{Count: 5, Per: 24 * time.Hour}

// countFailed counts one of those.
func (t tx) countFailed(email string) error {
	known, err := t.address(email)
	if err != nil {
		return err
	}
	known.Failed, _ = addressFailed.Take(known.Failed, t.Now())
	return t.putAddress(email, known)
}

// lastAt is when the last letter with a link was owed; zero: none is remembered.
func (a address) lastAt() time.Time {
	if len(a.Links) == 0 {
		return time.Time{}
	}
	return a.Links[len(a.Links)-1].At
}

// lastOf is the last letter of a kind.
func (a address) lastOf(kind LetterKind) (link owedLink, known bool) {
	for _, link := range slices.Backward(a.Links) {
		if link.Kind == kind {
			return link, true
		}
	}
	return owedLink{}, false
}

// resting is how much of the minute after a kind's last letter is left. A time that lies ahead is of a clock that has
// been set back since.
func (a address) resting(kind LetterKind, now time.Time) (last owedLink, left time.Duration) {
	last, known := a.lastOf(kind)
	age := now.Sub(last.At)
	if !known || age <= -sameLetter || age >= sameLetter {
		return owedLink{}, 0
	}
	return last, min(sameLetter-age, sameLetter)
}

// justOwed reports whether a letter of the last minute counts as the one that is asked for: its link still holds, or it
// went to somebody who has been erased since.
func (a address) justOwed(kind LetterKind, generation uint32, now time.Time) bool {
	last, left := a.resting(kind, now)
	return left > 0 && (last.Generation == generation || last.Generation == 0)
}

// wait is how long the address must be left alone before it may be owed the letter; zero: not at all.
func (a address) wait(rate limit.Rate, ask linkAsk, client []byte, now time.Time) time.Duration {
	if rate.Count == 0 {
		return 0
	}
	daily := func(count int) limit.Rate { return limit.Rate{Count: count, Per: 24 * time.Hour} }
	wait := max(full(a.Links, rate, now), full(a.Links, daily(addressDaily), now))
	if client != nil {
		theirs := a.linksOf(func(l owedLink) bool { return bytes.Equal(l.Client, client) })
		wait = max(wait, full(theirs, daily(clientDaily), now))
	}
	if ask.proven {
		return wait
	}
	links := a.linksOf(func(l owedLink) bool { return l.Kind == ask.kind })
	unproven := a.unproven(ask.kind, now)
	if unproven >= unprovenInAll {
		last, _ := a.lastOf(ask.kind)
		return min(last.At.Add(unprovenFor).Sub(now), unprovenFor)
	}
	return max(wait, full(links[max(0, len(links)-unproven):], daily(unprovenDaily), now))
}

func (a address) linksOf(which func(owedLink) bool) (links []owedLink) {
	for _, link := range a.Links {
		if which(link) {
			links = append(links, link)
		}
	}
	return links
}

// unproven is how many letters count towards those that a mailbox gets until somebody proves it. After a month without
// one they are forgotten, or else a stranger could keep the mailbox's owner out for good.
func (a address) unproven(kind LetterKind, now time.Time) int {
	if last, known := a.lastOf(kind); known && now.Sub(last.At) >= unprovenFor {
		return 0
	}
	return *a.Unproven.of(kind)
}

// full is how long it takes until fewer than the rate's letters lie in the last span.
func full(links []owedLink, rate limit.Rate, now time.Time) time.Duration {
	if len(links) < rate.Count {
		return 0
	}
	oldest := links[len(links)-rate.Count].At
	return min(max(0, oldest.Add(rate.Per).Sub(now)), rate.Per)
}

// counted adds a letter with a link. Who asked for those before is forgotten after a day, when it counts no more.
func (a address) counted(link owedLink) address {
	*a.Unproven.of(link.Kind) = a.unproven(link.Kind, link.At) + 1
	links := append(slices.Clone(a.Links), link)
	for i := range links {
		if link.At.Sub(links[i].At) >= 24*time.Hour {
			links[i].Client = nil
		}
	}
	a.Links = links[max(0, len(links)-addressDaily):]
	return a
}

// proveAddress notes that a mailbox has been read.
func (t tx) proveAddress(email string) error {
	known, err := t.address(email)
	if err != nil || known.Unproven == (unproven{}) {
		return err
	}
	known.Unproven = unproven{}
	return t.putAddress(email, known)
}

// loosenLinks is for a person who is erased: the letters of that kind stay counted, and are nobody's.
func (t tx) loosenLinks(email string, kind LetterKind) error {
	known, err := t.address(email)
	if err != nil || len(known.linksOf(func(l owedLink) bool { return l.Kind == kind && l.Generation != 0 })) == 0 {
		return err
	}
	known.Links = slices.Clone(known.Links)
	for i := range known.Links {
		if known.Links[i].Kind == kind {
			known.Links[i].Generation = 0
		}
	}
	return t.putAddress(email, known)
}

// undeliverableFor is for how long partners' repeats owe no letter to an address whose server knows no such mailbox.
const undeliverableFor = 24 * time.Hour

// undeliverable is a refusal that makes it pointless to repeat a letter for a while. The server's words stand with the
// letter alone, where an erasure reaches them.
type undeliverable struct {
	At       time.Time `json:"at"`
	Code     int       `json:"code,omitzero"`     // SMTP reply code
	Enhanced string    `json:"enhanced,omitzero"` // enhanced status code
	NotNow   bool      `json:"notNow,omitzero"`   // there is a mailbox, which takes no mail
	Letter   guid.ID   `json:"letter,omitzero"`   // the one that was refused
}

// unknownMailbox reports whether an attempt's end says that there is no such mailbox.
func (a Attempt) unknownMailbox() bool {
	return a.Class == AttemptPermanent &&
		refusal.Of(refusal.Reply{Code: a.Code, Status: a.Enhanced, Text: a.Text}) == refusal.NoMailbox
}

// undeliverable reports whether a letter to the address was refused of late because there is no such mailbox.
func (a address) undeliverable(now time.Time) bool {
	age := now.Sub(a.Undeliverable.At)
	return !a.Undeliverable.At.IsZero() && age < undeliverableFor && age > -undeliverableFor
}

// noteUndeliverable remembers that there is no such mailbox, or that it takes no mail now: until a day has passed, a
// letter has gone through, somebody is registered anew with the address, or the operator has a letter to it tried
// again.
func (t tx) noteUndeliverable(letter Letter, attempt Attempt, notNow bool) error {
	if letter.To == "" {
		return nil // the person has been erased
	}
	known, err := t.address(letter.To)
	if err != nil {
		return err
	}
	known.Undeliverable = undeliverable{At: t.Now(), Code: attempt.Code, Enhanced: attempt.Enhanced, NotNow: notNow,
		Letter: letter.ID}
	return t.putAddress(letter.To, known)
}

// noteDeliverable has partners' repeats owe letters to an address again.
func (t tx) noteDeliverable(email string) error {
	if email == "" {
		return nil
	}
	known, err := t.address(email)
	if err != nil || known.Undeliverable == (undeliverable{}) {
		return err
	}
	known.Undeliverable = undeliverable{}
	return t.putAddress(email, known)
}

// undeliverableText tells a partner whom letters do not reach, with the server's words as long as the letter has them.
func (t tx) undeliverableText(u undeliverable) (string, error) {
	letter, _, err := letters.Get(t.Tx, u.Letter[:])
	if err != nil {
		return "", err
	}
	said := Attempt{Code: u.Code, Enhanced: u.Enhanced}
	for _, attempt := range letter.Attempts {
		final := attempt.Class == AttemptPermanent || attempt.Class == AttemptReturned
		if final && attempt.Code == u.Code && attempt.Enhanced == u.Enhanced {
			said.Text = attempt.Text
		}
	}
	why := "its server knows no such mailbox"
	if u.NotNow {
		why = "its server takes no mail for it now"
	}
	if words := said.inWords(); words != "" {
		why += " (" + words + ")"
	}
	return "Letters to this address come back, as " + why + "; none is owed before " +
		u.At.Add(undeliverableFor).UTC().Format("2006-01-02T15:04Z") + ".", nil
}
