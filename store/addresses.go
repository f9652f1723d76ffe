package store

import (
	"crypto/sha256"
	"slices"
	"time"
)

// The fixed parts of an address's limit, beside the rate that the operator sets (CONTRACT section 8).
const (
	addressDaily    = 20 // link letters a day
	unprovenDaily   = 3  // the same, while nobody has proven the mailbox
	unprovenInAll   = 6  // and this many until somebody does
	sameLetter      = time.Minute
	unprovenFor     = 30 * 24 * time.Hour
	disownedFor     = 30 * 24 * time.Hour
	voidFor         = 30 * 24 * time.Hour
	addressRemember = addressDaily // times kept
)

// address is what is remembered of an e-mail address, under its hash, so that it survives a restart and an erasure.
type address struct {
	Links         []owedLink `json:"links,omitempty"`        // the last link letters, oldest first
	Unproven      int        `json:"unproven,omitzero"`      // link letters since the mailbox was proven last
	DisownedUntil time.Time  `json:"disownedUntil,omitzero"` // its owner wants no letters from strangers
	Void          voided     `json:"void,omitzero"`          // its server says that there is no such mailbox
	Failed        Window     `json:"failed,omitzero"`        // letters about failed registrations
}

// addressFailed is how many letters about failed registrations an address gets: whoever posts it chooses the faults, and each
// set of them would be news.
var addressFailed = Rate{Count: 5, Per: 24 * time.Hour}

// countFailed counts one of those.
func (t *tx) countFailed(email string) error {
	known, _, err := addresses.get(t, addressHash(email))
	if err != nil {
		return err
	}
	known.Failed, _ = addressFailed.Take(known.Failed, t.now)
	return addresses.put(t, addressHash(email), known)
}

// voided is a refusal that makes it pointless to write to an address again.
type voided struct {
	At   time.Time `json:"at"`
	Text string    `json:"text"` // the server's words
}

// owedLink is one letter with a link.
type owedLink struct {
	At         time.Time  `json:"at"`
	Kind       LetterKind `json:"kind"`
	Generation uint32     `json:"generation"` // the person's LinkGeneration: whether the link still holds
}

func addressHash(email string) []byte {
	sum := sha256.Sum256(addressKey(email))
	return sum[:]
}

// last is when the last link letter was owed. A time that lies ahead is of a clock that has been set back since.
func (a address) last() (link owedLink, known bool) {
	if len(a.Links) == 0 {
		return owedLink{}, false
	}
	return a.Links[len(a.Links)-1], true
}

// justOwed tells whether a letter of the last minute, whose link still holds, counts as the one that is asked for.
func (a address) justOwed(kind LetterKind, generation uint32, now time.Time) bool {
	for _, link := range slices.Backward(a.Links) {
		if link.Kind == kind {
			age := now.Sub(link.At)
			return link.Generation == generation && age > -sameLetter && age < sameLetter
		}
	}
	return false
}

// wait tells how long the address must be left alone before it may be owed another link letter; zero: not at all.
func (a address) wait(rate Rate, proven bool, now time.Time) time.Duration {
	if rate.Count == 0 {
		return 0
	}
	wait := max(a.full(rate, now), a.full(Rate{addressDaily, 24 * time.Hour}, now))
	if proven {
		return wait
	}
	unproven := a.unproven(now)
	if unproven >= unprovenInAll {
		link, _ := a.last()
		return min(link.At.Add(unprovenFor).Sub(now), unprovenFor)
	}
	fresh := address{Links: a.Links[max(0, len(a.Links)-unproven):]}
	return max(wait, fresh.full(Rate{unprovenDaily, 24 * time.Hour}, now))
}

// unproven is how many letters count towards those that a mailbox gets until somebody proves it. After a month without
// one they are forgotten, or else a stranger could keep the mailbox's owner out for good.
func (a address) unproven(now time.Time) int {
	if link, known := a.last(); known && now.Sub(link.At) >= unprovenFor {
		return 0
	}
	return a.Unproven
}

// full tells how long it takes until fewer than the rate's letters lie in the last span.
func (a address) full(rate Rate, now time.Time) time.Duration {
	if len(a.Links) < rate.Count {
		return 0
	}
	oldest := a.Links[len(a.Links)-rate.Count].At
	return min(max(0, oldest.Add(rate.Per).Sub(now)), rate.Per)
}

// counted adds a link letter.
func (a address) counted(link owedLink) address {
	a.Unproven = a.unproven(link.At) + 1
	a.Links = append(a.Links[max(0, len(a.Links)+1-addressRemember):len(a.Links):len(a.Links)], link)
	return a
}

// strangersKey names the window that counts letters to mailboxes never proven, which anybody can cause.
var strangersKey = []byte("strangers")

// mayOweLink decides, before anything is written, whether a link letter may be owed to an address; the wait is zero if
// so. The caller writes what countLink gets.
func (t *tx) mayOweLink(a address, proven bool) (strangers Window, wait time.Duration, err error) {
	rules := t.store.rules
	wait = a.wait(rules.AddressLetters, proven, t.now)
	if wait > 0 || proven {
		return Window{}, wait, nil
	}
	strangers, _, err = limits.get(t, strangersKey)
	if err != nil {
		return Window{}, 0, err
	}
	strangers, wait = rules.StrangerLetters.Take(strangers, t.now)
	return strangers, wait, nil
}

// countLink records that a link letter is owed to an address. Strangers is what mayOweLink gave: empty where they are not
// what is counted.
func (t *tx) countLink(email string, known address, link owedLink, strangers Window) error {
	if len(strangers.Slots) > 0 {
		if err := limits.put(t, strangersKey, strangers); err != nil {
			return err
		}
	}
	return addresses.put(t, addressHash(email), known.counted(link))
}
