package store

import (
	"net/netip"
	"slices"
	"strings"
	"time"

	"postern/store/limit"
)

// linkAsk is a letter with a link that somebody asks for: activate or recover.
type linkAsk struct {
	email      string
	kind       LetterKind
	generation uint32     // the person's
	proven     bool       // the mailbox has been
	client     netip.Addr // who asks; zero: nobody in particular
}

// linkGrant is what was decided about it, and what is to be counted if it is owed.
type linkGrant struct {
	ask   linkAsk
	known address
	wait  time.Duration // until it may be owed; zero: now
	limit Limit         // what stands against it

	client    []byte
	base      tagGrant
	strangers []strangerWindow
}

// grantLink decides, before anything is written, whether a letter with a link may be owed. The caller gives what is
// known of the address.
func (t tx) grantLink(ask linkAsk, known address) (g linkGrant, err error) {
	g = linkGrant{ask: ask, known: known, client: t.store.hashes.OfClient(ask.client)}
	rules := t.store.rules
	g.limit, g.wait = AddressLetters, known.wait(rules.AddressLetters, ask, g.client, t.Now())
	if g.wait > 0 || ask.proven {
		return g, nil
	}
	g.limit = MailboxLetters
	if g.base, g.wait, err = t.grantTagged(ask.email, taggedStrangers); err != nil || g.wait > 0 {
		return g, err
	}
	g.limit = StrangerLetters
	g.strangers, g.wait, err = t.grantStranger(ask.client)
	return g, err
}

// countLink records that the letter is owed.
func (t tx) countLink(g linkGrant) error {
	for _, counted := range g.strangers {
		if err := limits.Put(t.Tx, counted.key, counted.window); err != nil {
			return err
		}
	}
	if err := t.countTagged(g.base); err != nil {
		return err
	}
	link := owedLink{At: t.Now(), Kind: g.ask.kind, Generation: g.ask.generation, Client: g.client}
	return t.putAddress(g.ask.email, g.known.counted(link))
}

// strangersKey names the window that counts letters to mailboxes never proven, which anybody can cause. With a zero and
// a hash of a network behind it, it names the window of one network.
var strangersKey = []byte("strangers")

func networkWindowKey(network []byte) []byte { return slices.Concat(strangersKey, []byte{0}, network) }

// strangerWindow is a window with one more letter in it.
type strangerWindow struct {
	key    []byte
	window limit.Window
}

// grantStranger decides whether a client may cause one more letter to a mailbox that nobody has proven. The wait is
// zero if so.
func (t tx) grantStranger(client netip.Addr) (counted []strangerWindow, wait time.Duration, err error) {
	rate := t.store.rules.StrangerLetters
	if rate.Count == 0 {
		return nil, 0, nil
	}
	all, _, err := limits.Get(t.Tx, strangersKey)
	if err != nil {
		return nil, 0, err
	}
	if network := t.store.hashes.OfNetwork(client); network != nil {
		key := networkWindowKey(network)
		own, _, err := limits.Get(t.Tx, key)
		if err != nil {
			return nil, 0, err
		}
		if wait := networkShare(rate, rate.Taken(own, t.Now())).Wait(all, t.Now()); wait > 0 {
			return nil, wait, nil
		}
		own, _ = rate.Take(own, t.Now())
		counted = append(counted, strangerWindow{key, own})
	}
	if all, wait = rate.Take(all, t.Now()); wait > 0 {
		return nil, wait, nil
	}
	return append(counted, strangerWindow{strangersKey, all}), 0, nil
}

// networkShare is up to how many letters in all a network that has caused some may cause another one: all for who has
// caused none, three quarters after the first, and towards half with every further one. So a few networks that flood
// use up half, and the rest is for those who come for the first time.
func networkShare(rate limit.Rate, caused int) limit.Rate {
	parts := 2 * (1 + caused)
	return limit.Rate{Count: (rate.Count*(2+caused) + parts - 1) / parts, Per: rate.Per}
}

// Mail to jan+anything@example.com lands in the mailbox of jan@example.com with many providers. Another tag makes
// another person, so that all tags together have a bound of their own: far above what a family or a test team needs,
// far below what floods a mailbox.
var taggedLetters = []limit.Rate{{Count: 20, Per: time.Hour}, {Count: 60, Per: 24 * time.Hour}}

// tagged counts the letters to a mailbox's plus addresses, for each of taggedLetters a window.
type tagged struct {
	Strangers []limit.Window `json:"strangers,omitempty"` // that anybody can cause
	Partners  []limit.Window `json:"partners,omitempty"`  // that partners cause; apart: no stranger holds up theirs
}

func taggedStrangers(t *tagged) *[]limit.Window { return &t.Strangers }

func taggedPartners(t *tagged) *[]limit.Window { return &t.Partners }

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
