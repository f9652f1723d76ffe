package store

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"strings"
	"time"

	"postern/store/file"
	"postern/store/guid"
	"postern/store/limit"
	"postern/store/migrate"
)

// CheckFile looks for faults in a data file that no appliance has open; see file.Check. It reads every record, and
// compares keys and indices with the records that they stand for.
func CheckFile(path string) (faults []string, err error) {
	s := &Store{signals: newSignals()}
	return file.Check(path, s.schema(migrate.Steps), func(t *file.Tx) []string { return checkFacts(tx{t, s}) })
}

// Glance is what an operator wants to know of a data file, and can be told at once.
type Glance struct {
	Schema, Current int  // of the file, and of this program; the rest is there where they are the same
	People          bool // anybody is registered
	Paused          bool // the operator has stopped sending
	Queue           QueueStats
	FailedLastDay   int
	LastEvent       time.Time // when the newest event happened; zero: there is none
}

// GlanceAt looks at a data file that no appliance has open, and changes nothing.
func GlanceAt(path string, now time.Time) (seen Glance, err error) {
	s := &Store{signals: newSignals(), options: Options{Now: func() time.Time { return now }}}
	err = file.Look(path, func(t *file.Tx) (err error) {
		about, err := tx{t, s}.meta()
		if err != nil {
			return &file.DamagedFile{Path: path, What: err.Error()}
		}
		seen = Glance{Schema: about.Schema, Current: len(s.schema(migrate.Steps).Migrations) + 1}
		if seen.Schema == seen.Current {
			seen, err = tx{t, s}.glance(now)
		}
		return err
	})
	return seen, err
}

// Glance looks at the open data file.
func (s *Store) Glance() (Glance, error) {
	return read(s, func(t tx) (Glance, error) { return t.glance(t.Now()) })
}

func (t tx) glance(now time.Time) (Glance, error) {
	about, err := t.meta()
	if err != nil {
		return Glance{}, err
	}
	seen := Glance{Schema: about.Schema, Current: about.Schema, Paused: about.Paused,
		People: holdsAny(t.Tx, userBucket) || holdsAny(t.Tx, bikerBucket),
		Queue:  t.queueStats(), FailedLastDay: t.failedLastDay(now)}
	if key, _ := t.Cursor(eventBucket).Last(); key != nil {
		event, _, err := events.Get(t.Tx, key)
		if err != nil {
			return Glance{}, err
		}
		seen.LastEvent = event.At
	}
	return seen, nil
}

// checker compares every key with its record, and collects what does not fit.
type checker struct {
	*file.Checker
	tx tx
}

// checkFacts reads every record, which verifies its checksum, and compares indices, due keys and counters with the
// records that they stand for.
func checkFacts(t tx) []string {
	c := &checker{&file.Checker{Tx: t.Tx}, t}
	c.Part("users", c.users)
	c.Part("partners", c.partners)
	c.Part("bikers", c.bikers)
	c.Part("sessions", c.sessions)
	c.Part("answers", c.answers)
	c.Part("cleanings", c.cleanings)
	c.Part("letters", c.letters)
	c.Part("events", c.events)
	c.Part("what was told and tried", c.traces)
	return c.Faults
}

func (c *checker) users() {
	all, pending := 0, 0
	file.CheckTable(c.Checker, users, func(key []byte, user User) {
		all++
		if !bytes.Equal(c.tx.Get(userAddressBucket, addressKey(user.Email)), key) {
			c.Fault("user %s is not found by the address", user.ID)
		}
		if user.ActivatedAt.IsZero() {
			pending++
			if !c.tx.Has(userPendingBucket, timeKey(user.RegisteredAt, user.ID)) {
				c.Fault("user %s is not activated and not pending", user.ID)
			}
		}
	})
	c.Indexed(userAddressBucket, all)
	c.Marked(userPendingBucket, pending)
}

func (c *checker) partners() {
	tokens := 0
	file.CheckTable(c.Checker, partners, func(key []byte, partner Partner) {
		if !bytes.Equal(key, nameKey(partner.Name)) {
			c.Fault("partner %s stands under the name %q", partner.Name, key)
		}
		for _, token := range partner.Tokens {
			tokens++
			if !bytes.Equal(c.tx.Get(partnerTokenBucket, token.Hash[:]), key) {
				c.Fault("partner %s is not found by a token", partner.Name)
			}
		}
	})
	c.Keys(partnerTokenBucket, func(_, name []byte) {
		if len(name) == 0 || name[0] != endedToken {
			tokens--
		} else if !c.tx.Has(partnerBucket, name[1:]) {
			c.Fault("an ended token is of a partner %q who is not there", name[1:])
		}
	})
	if tokens != 0 {
		c.Fault("%s and the partners differ by %d tokens that let in", partnerTokenBucket, tokens)
	}
	file.CheckTable(c.Checker, plans, func(key []byte, plan Plan) {
		if string(key) != plan.Code {
			c.Fault("plan %s stands under the code %q", plan.Code, key)
		}
	})
}

func (c *checker) bikers() {
	all, numbered := 0, 0
	file.CheckTable(c.Checker, bikers, func(key []byte, biker Biker) {
		all++
		if !bytes.Equal(c.tx.Get(bikerAddressBucket, addressKey(biker.Email)), key) {
			c.Fault("biker %s is not found by the address", biker.ID)
		}
		if !c.tx.Has(partnerBucket, nameKey(biker.Partner)) {
			c.Fault("biker %s belongs to a partner %q who is not there", biker.ID, biker.Partner)
		}
		if biker.EmployeeID == "" {
			return
		}
		numbered++
		if !bytes.Equal(c.tx.Get(bikerEmployeeBucket, employeeKey(biker.Partner, biker.EmployeeID)), key) {
			c.Fault("biker %s is not found by the partner's id", biker.ID)
		}
	})
	c.Indexed(bikerAddressBucket, all)
	c.Indexed(bikerEmployeeBucket, numbered)
}

func (c *checker) sessions() {
	all := 0
	file.CheckTable(c.Checker, sessions, func(key []byte, session Session) {
		all++
		if !c.tx.Has(sessionBikerBucket, personKey(session.Biker, session.ID)) {
			c.Fault("session %s is not found by its biker", session.ID)
		}
		if !c.tx.Has(bikerBucket, session.Biker[:]) {
			c.Fault("session %s is of a biker who is not there", session.ID)
		}
	})
	c.Marked(sessionBikerBucket, all)
}

func (c *checker) answers() {
	all, parts, kept := 0, 0, make(map[guid.ID]int)
	file.CheckTable(c.Checker, idempotencies, func(key []byte, record idempotency) {
		all++
		if !bytes.Equal(c.tx.Get(idempotencyBegunBucket, timeKey(record.BegunAt, record.ID)), key) {
			c.Fault("answer %s is not found by its time", record.ID)
		}
		kept[record.ID] = record.Results
	})
	c.Indexed(idempotencyBegunBucket, all)
	file.CheckTable(c.Checker, results, func(key []byte, part []BikerResult) {
		kept[guid.ID(key[:16])] -= len(part)
		people := make(map[guid.ID]bool) // one may stand there twice
		for _, result := range part {
			if !result.Biker.IsZero() && !people[result.Biker] {
				people[result.Biker] = true
				parts++
				if !c.tx.Has(idempotencyPersonBucket, resultsOfKey(result.Biker, key)) {
					c.Fault("results %x are not found by biker %s", key, result.Biker)
				}
			}
		}
	})
	c.Marked(idempotencyPersonBucket, parts)
	for id, missing := range kept {
		if missing != 0 {
			c.Fault("answer %s: %d results are missing", id, missing)
		}
	}
}

func (c *checker) cleanings() {
	all, chunks, decided := 0, 0, 0
	file.CheckTable(c.Checker, cleanings, func(key []byte, cleaning Cleaning) {
		all++
		if !c.tx.Has(cleaningChangeBucket, timeKey(cleaning.ChangedAt, cleaning.ID)) {
			c.Fault("cleaning %s is not found by its last change", cleaning.ID)
		}
		if err := c.tx.checkDocument(cleaning.Document); err != nil {
			c.Fault("cleaning %s: %v", cleaning.ID, err)
		}
		chunks += (cleaning.Document.Size + chunkSize - 1) / chunkSize
		if (cleaning.Load.Status == LoadOpen) != cleaning.Load.DecidedAt.IsZero() {
			c.Fault("cleaning %s: its load is %q and decided at %v",
				cleaning.ID, cleaning.Load.Status, cleaning.Load.DecidedAt)
		}
		decided += c.deciders(cleaning)
	})
	c.Marked(cleaningChangeBucket, all)
	c.Marked(userDecidedBucket, decided)
	c.Keys(uploadBucket, func(version, _ []byte) {
		for n := 0; c.tx.Has(documentBucket, chunkKey(guid.ID(version), n)); n++ {
			chunks++
		}
	})
	c.Indexed(documentBucket, chunks)
}

// deciders counts the users who are there and find a cleaning by their decisions.
func (c *checker) deciders(cleaning Cleaning) (count int) {
	by := cleaning.deciders()
	for i, user := range by {
		if i > 0 && user == by[0] || !c.tx.Has(userBucket, user[:]) {
			continue
		}
		count++
		if !c.tx.Has(userDecidedBucket, personKey(user, cleaning.ID)) {
			c.Fault("cleaning %s is not found by user %s, who decided its load", cleaning.ID, user)
		}
	}
	return count
}

func (c *checker) letters() {
	var due, claimed, held, done, referred, all int
	counts := make(map[LetterState]int)
	file.CheckTable(c.Checker, letters, func(key []byte, letter Letter) {
		all++
		counts[letter.State]++
		isDue := c.tx.Has(letterDueBucket, timeKey(letter.DueAt, letter.ID))
		isClaimed := c.tx.Has(letterClaimedBucket, letter.ID[:])
		if isQueued := letter.State == LetterQueued; isQueued != (isDue != isClaimed) || isDue && isClaimed {
			c.Fault("letter %s is %s; due: %v, claimed: %v", letter.ID, letter.State, isDue, isClaimed)
		}
		due, claimed = due+one(isDue), claimed+one(isClaimed)
		isHeld := c.tx.Has(letterHeldBucket, letter.ID[:])
		if isHeld != (letter.State == LetterHeld) {
			c.Fault("letter %s is %s; held: %v", letter.ID, letter.State, isHeld)
		}
		held += one(isHeld)
		isDone := c.tx.Has(letterDoneBucket, doneKey(letter))
		if isDone == letter.open() {
			c.Fault("letter %s is %s; done: %v", letter.ID, letter.State, isDone)
		}
		done += one(isDone)
		if !c.tx.Has(letterPersonBucket, personKey(letter.Person, letter.ID)) {
			c.Fault("letter %s is not found by its person", letter.ID)
		}
		if letter.EnvelopeID != "" {
			referred++
			if !bytes.Equal(c.tx.Get(letterReferenceBucket, []byte(letter.EnvelopeID)), key) {
				c.Fault("letter %s is not found by its ENVID", letter.ID)
			}
		}
	})
	c.Marked(letterDueBucket, due)
	c.Marked(letterClaimedBucket, claimed)
	c.Marked(letterHeldBucket, held)
	c.Marked(letterDoneBucket, done)
	c.Marked(letterPersonBucket, all)
	c.Indexed(letterReferenceBucket, referred)
	c.Keys(letterCountBucket, func(state, _ []byte) {
		if n := c.tx.letterCount(LetterState(state)); n != counts[LetterState(state)] {
			c.Fault("%d letters are counted as %s, and there are %d", n, state, counts[LetterState(state)])
		}
		delete(counts, LetterState(state))
	})
	for state, n := range counts {
		c.Fault("%d letters are %s, and none is counted", n, state)
	}
}

func one(is bool) int {
	if is {
		return 1
	}
	return 0
}

func (c *checker) events() {
	next, partners, people := c.tx.oldestEvent(), 0, 0
	file.CheckTable(c.Checker, events, func(key []byte, event Event) {
		if seq := binary.BigEndian.Uint64(key); seq != next || event.Seq != seq {
			c.Fault("event %d stands where %d should", event.Seq, next)
		}
		next = event.Seq + 1
		if event.Partner != "" {
			if strings.HasPrefix(event.Type, "operator.") {
				c.Fault("event %d is the operator's alone, and in the feed of a partner", event.Seq)
			}
			partners++
			if !c.tx.Has(eventPartnerBucket, partnerEventKey(event.Partner, event.Seq)) {
				c.Fault("event %d is not in the feed of its partner", event.Seq)
			}
		}
		if person := event.person(); !person.IsZero() {
			people++
			if !c.tx.Has(eventPersonBucket, personEventKey(person, event.Seq)) {
				c.Fault("event %d is not found by the person that it is about", event.Seq)
			}
		}
	})
	if last := c.tx.Bucket(eventBucket).Sequence(); next != last+1 {
		c.Fault("the last event is %d, and %d were numbered", next-1, last)
	}
	c.Marked(eventPartnerBucket, partners)
	c.Marked(eventPersonBucket, people)
}

// traces checks what stands by itself.
func (c *checker) traces() {
	file.CheckTable(c.Checker, metas, func(_ []byte, about meta) {
		if after, last := valueOf(about.Webhook).After, c.tx.lastEvent(); after > last {
			c.Fault("the webhook has taken event %d, and the last one is %d", after, last)
		}
	})
	file.CheckTable(c.Checker, addresses, func(key []byte, known address) {
		if len(key) != sha256.Size || len(known.Links) > addressDaily {
			c.Fault("address %x is not readable, or has %d letters", key, len(known.Links))
		}
	})
	file.CheckTable(c.Checker, logins, func(key []byte, _ tries) {})
	c.Keys(noticeBucket, func(key, value []byte) {
		if _, ok := decodeNotice(key, value); !ok || len(key) != noticeKeyLength {
			c.Fault("told %x is not readable", key)
		}
	})
	file.CheckTable(c.Checker, limits, func(key []byte, _ limit.Window) {})
	file.CheckTable(c.Checker, mailings, func(key []byte, _ mailing) {
		if !c.tx.Has(userBucket, key) {
			c.Fault("mailings of a user %x who is not there", key)
		}
	})
}
