package store

import (
	"crypto/sha256"
	"time"
)

// The fixed parts of an address's limit, beside the rate that the operator sets (CONTRACT section 8).
const (
	addressDaily    = 20 // link letters a day
	unprovenDaily   = 3  // the same, while nobody has proven the mailbox
	unprovenInAll   = 6  // and this many until somebody does
	sameLetter      = time.Minute
	disownedFor     = 30 * 24 * time.Hour
	addressRemember = addressDaily // times kept
)

// address is what is remembered of an e-mail address, under its hash, so that it survives a restart and an erasure.
type address struct {
	Letters       []time.Time `json:"letters,omitempty"`      // the last link letters, oldest first
	Unproven      int         `json:"unproven,omitzero"`      // link letters since the mailbox was proven last
	DisownedUntil time.Time   `json:"disownedUntil,omitzero"` // its owner wants no letters from strangers
}

func addressHash(email string) []byte {
	sum := sha256.Sum256(addressKey(email))
	return sum[:]
}

// justOwed tells whether a link letter of the last minute counts as the one that is asked for.
func (a address) justOwed(now time.Time) bool {
	return len(a.Letters) > 0 && now.Sub(a.Letters[len(a.Letters)-1]) < sameLetter
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
	if a.Unproven >= unprovenInAll {
		return 24 * time.Hour
	}
	fresh := address{Letters: a.Letters[max(0, len(a.Letters)-a.Unproven):]}
	return max(wait, fresh.full(Rate{unprovenDaily, 24 * time.Hour}, now))
}

// full tells how long it takes until fewer than the rate's letters lie in the last span.
func (a address) full(rate Rate, now time.Time) time.Duration {
	if len(a.Letters) < rate.Count {
		return 0
	}
	oldest := a.Letters[len(a.Letters)-rate.Count]
	return max(0, oldest.Add(rate.Per).Sub(now))
}

// counted adds a link letter of now.
func (a address) counted(now time.Time) address {
	a.Letters = append(a.Letters[max(0, len(a.Letters)+1-addressRemember):len(a.Letters):len(a.Letters)], now)
	a.Unproven++
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

// countLink records that a link letter is owed to an address.
func (t *tx) countLink(email string, a address, proven bool, strangers Window) error {
	if !proven && t.store.rules.StrangerLetters.Count > 0 {
		if err := limits.put(t, strangersKey, strangers); err != nil {
			return err
		}
	}
	return addresses.put(t, addressHash(email), a.counted(t.now))
}
