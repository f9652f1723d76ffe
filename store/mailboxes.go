package store

import (
	"postern/store/limit"
	"slices"
	"strings"
	"time"
)

// Mail to jan+anything@example.com lands in the mailbox of jan@example.com with many providers. Another tag makes
// another person, so that all tags together have a bound of their own: far above what a family or a test team needs,
// far below what floods a mailbox.
var taggedLetters = []limit.Rate{{Count: 20, Per: time.Hour}, {Count: 60, Per: 24 * time.Hour}}

// tagged counts the letters to a mailbox's plus addresses, for each of taggedLetters a window.
type tagged struct {
	Strangers []limit.Window `json:"strangers,omitempty"` // that anybody can cause
	Partners  []limit.Window `json:"partners,omitempty"`  // that partners cause; apart, so that no stranger holds up theirs
}

func taggedStrangers(t *tagged) *[]limit.Window { return &t.Strangers }
func taggedPartners(t *tagged) *[]limit.Window  { return &t.Partners }

// baseOf is the address without its tag; ok is false where it has none.
func baseOf(email string) (base string, ok bool) {
	at := strings.LastIndexByte(email, '@')
	tag := strings.IndexByte(email[:max(at, 0)], '+')
	if tag <= 0 {
		return "", false
	}
	return email[:tag] + email[at:], true
}

// tagGrant is a mailbox with one more letter counted; the zero value is for an address without a tag.
type tagGrant struct {
	base  string
	known address
}

// grantTagged decides whether one more letter may go to an address, if it has a tag. The wait is zero if so. The limit
// ends with the operator's own for addresses.
func (t tx) grantTagged(email string, of func(*tagged) *[]limit.Window) (g tagGrant, wait time.Duration, err error) {
	base, is := baseOf(email)
	if !is || t.store.rules.AddressLetters.Count == 0 {
		return tagGrant{}, 0, nil
	}
	known, err := t.address(base)
	if err != nil {
		return tagGrant{}, 0, err
	}
	windows := slices.Clone(*of(&known.Tagged))
	for len(windows) < len(taggedLetters) {
		windows = append(windows, limit.Window{})
	}
	for i, rate := range taggedLetters {
		var full time.Duration
		windows[i], full = rate.Take(windows[i], t.Now())
		wait = max(wait, full)
	}
	*of(&known.Tagged) = windows
	return tagGrant{base, known}, wait, nil
}

// countTagged records what grantTagged has counted.
func (t tx) countTagged(g tagGrant) error {
	if g.base == "" {
		return nil
	}
	return t.putAddress(g.base, g.known)
}

// over reports whether nothing of it counts any more.
func (t tagged) over(now time.Time) bool {
	for _, windows := range [][]limit.Window{t.Strangers, t.Partners} {
		for i, window := range windows {
			if i < len(taggedLetters) && taggedLetters[i].Taken(window, now) > 0 {
				return false
			}
		}
	}
	return true
}
