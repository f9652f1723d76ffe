package console

import (
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"fmt"
	"io"
	"maps"
	"sync"
	"time"

	"postern/server/web/page"
	"postern/store/guid"
)

// How long what lets in is good for.
const (
	linkLife    = 5 * time.Minute
	idleLife    = 30 * time.Minute
	sessionLife = 12 * time.Hour
)

// How many there may be at once: each link needs the socket, so that more are a mistake. The oldest gives way.
const (
	mostLinks    = 16
	mostSessions = 32
)

// secretSize is that of links and sessions, in octets.
const secretSize = 32

// sessions are the links that are out and the browsers that have come in, by the hash of what they hold. They are in
// memory alone: a restart ends them. They are safe for concurrent use.
type sessions struct {
	now    func() time.Time
	random io.Reader

	mu    sync.Mutex
	links map[[32]byte]time.Time // when they expire; guarded by mu, like what follows
	open  map[[32]byte]*session
}

// session is a browser that has come in. Two pages of it may be under way at once: mu of sessions guards what changes.
type session struct {
	owner       *sessions
	begun, seen time.Time
	word        string // that its forms carry; never changes
	notice      page.Notice
	viewed      map[guid.ID]time.Time // people, when that was told to the feed
}

func newSessions(now func() time.Time, random io.Reader) *sessions {
	return &sessions{now: now, random: random, links: make(map[[32]byte]time.Time), open: make(map[[32]byte]*session)}
}

// secret makes what nobody can guess.
func (s *sessions) secret() (text string, hash [32]byte, err error) {
	octets := make([]byte, secretSize)
	if _, err := io.ReadFull(s.random, octets); err != nil {
		return "", hash, fmt.Errorf("making a secret: %w", err)
	}
	text = base64.RawURLEncoding.EncodeToString(octets)
	return text, hashOf(text), nil
}

func hashOf(text string) [32]byte { return sha256.Sum256([]byte(text)) }

// link makes a link's key.
func (s *sessions) link() (key string, expires time.Time, err error) {
	key, hash, err := s.secret()
	if err != nil {
		return "", time.Time{}, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.sweep()
	for len(s.links) >= mostLinks {
		delete(s.links, oldest(s.links, func(at time.Time) time.Time { return at }))
	}
	expires = s.now().Add(linkLife)
	s.links[hash] = expires
	return key, expires, nil
}

// sweep drops what is over. The lock is held.
func (s *sessions) sweep() {
	now := s.now()
	maps.DeleteFunc(s.links, func(_ [32]byte, expires time.Time) bool { return !now.Before(expires) })
	maps.DeleteFunc(s.open, func(_ [32]byte, open *session) bool { return open.isOver(now) })
}

func (s *session) isOver(now time.Time) bool {
	return now.Sub(s.seen) >= idleLife || now.Sub(s.begun) >= sessionLife
}

func oldest[V any](all map[[32]byte]V, at func(V) time.Time) (key [32]byte) {
	var first time.Time
	for k, v := range all {
		if first.IsZero() || at(v).Before(first) {
			key, first = k, at(v)
		}
	}
	return key
}

// isLink reports whether a key would let in. It burns nothing.
func (s *sessions) isLink(key string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.sweep()
	_, is := s.links[hashOf(key)]
	return is
}

// enter begins a session by a link's key, which is good for nothing afterwards; isIn is false where the key lets nobody
// in.
func (s *sessions) enter(key string) (cookie string, isIn bool, err error) {
	cookie, hash, err := s.secret()
	if err != nil {
		return "", false, err
	}
	word, _, err := s.secret()
	if err != nil {
		return "", false, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.sweep()
	if _, is := s.links[hashOf(key)]; !is {
		return "", false, nil
	}
	delete(s.links, hashOf(key))
	for len(s.open) >= mostSessions {
		delete(s.open, oldest(s.open, func(open *session) time.Time { return open.seen }))
	}
	now := s.now()
	s.open[hash] = &session{owner: s, begun: now, seen: now, word: word, viewed: make(map[guid.ID]time.Time)}
	return cookie, true, nil
}

// find returns the session of a cookie, which is used by that; nil where there is none any more.
func (s *sessions) find(cookie string) *session {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.sweep()
	open := s.open[hashOf(cookie)]
	if open != nil {
		open.seen = s.now()
	}
	return open
}

// end ends the session of a cookie.
func (s *sessions) end(cookie string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.open, hashOf(cookie))
}

func (s *session) isWord(word string) bool {
	return subtle.ConstantTimeCompare([]byte(word), []byte(s.word)) == 1
}

// say has the next page say something.
func (s *session) say(notice page.Notice) {
	s.owner.mu.Lock()
	defer s.owner.mu.Unlock()
	s.notice = notice
}

func (s *session) takeNotice() page.Notice {
	s.owner.mu.Lock()
	defer s.owner.mu.Unlock()
	taken := s.notice
	s.notice = page.Notice{}
	return taken
}

// viewedFor is for how long looking at the same person again is the same look: an act leads back to the page.
const viewedFor = 10 * time.Minute

// views reports whether looking at a person is to be told, and notes that it is.
func (s *session) views(person guid.ID) bool {
	s.owner.mu.Lock()
	defer s.owner.mu.Unlock()
	now := s.owner.now()
	maps.DeleteFunc(s.viewed, func(_ guid.ID, at time.Time) bool { return now.Sub(at) >= viewedFor })
	if _, seen := s.viewed[person]; seen {
		return false
	}
	s.viewed[person] = now
	return true
}
