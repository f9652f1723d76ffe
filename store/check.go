package store

import (
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"slices"
	"strings"

	"postern/store/file"
	"postern/store/guid"
	"postern/store/limit"
)

// CheckFile looks for faults in a data file that no appliance has open; see file.Check. It reads every record, and
// compares keys and indices with the records that they stand for.
func CheckFile(path string) (faults []string, err error) {
	s := &Store{signals: newSignals()}
	return file.Check(path, s.schema(migrations), func(t *file.Tx) []string { return checkFacts(tx{t, s}) })
}

// faultsListed bounds what a check lists: a file with more faults than this is to be restored, not mended.
const faultsListed = 100

// checker compares every key with its record, and collects what does not fit.
type checker struct {
	tx     tx
	faults []string
}

func (c *checker) fault(format string, args ...any) {
	if len(c.faults) < faultsListed {
		c.faults = append(c.faults, fmt.Sprintf(format, args...))
	}
}

// checkFacts reads every record, which verifies its checksum, and compares indices, due keys and counters with the
// records that they stand for.
func checkFacts(t tx) []string {
	c := &checker{tx: t}
	for _, part := range []struct {
		name  string
		check func()
	}{
		{"users", c.users}, {"partners", c.partners}, {"bikers", c.bikers}, {"sessions", c.sessions},
		{"answers", c.answers}, {"cleanings", c.cleanings}, {"letters", c.letters}, {"events", c.events},
		{"what was told and tried", c.traces},
	} {
		var damaged *file.DamagedFile
		if err := file.Guard("", func() error { part.check(); return nil }); errors.As(err, &damaged) {
			c.fault("%s: the check breaks off, as %s", part.name, damaged.What)
		}
	}
	return c.faults
}

// traces checks what stands by itself.
func (c *checker) traces() {
	checkTable(c, metas, func(key []byte, about meta) {
		if after, last := valueOf(about.Webhook).After, c.tx.lastEvent(); after > last {
			c.fault("the webhook has taken event %d, and the last one is %d", after, last)
		}
	})
	checkTable(c, addresses, func(key []byte, known address) {
		if len(key) != sha256.Size || len(known.Links) > addressDaily {
			c.fault("address %x is not readable, or has %d letters", key, len(known.Links))
		}
	})
	checkTable(c, logins, func(key []byte, _ tries) {})
	c.keys(noticeBucket, func(key, value []byte) {
		if _, ok := decodeNotice(value); !ok || len(key) != noticeKeyLength {
			c.fault("told %x is not readable", key)
		}
	})
	checkTable(c, limits, func(key []byte, _ limit.Window) {})
	checkTable(c, mailings, func(key []byte, _ mailing) {
		if !c.tx.Has(userBucket, key) {
			c.fault("mailings of a user %x who is not there", key)
		}
	})
}

// checkTable visits every record of a table, the damaged ones excepted, which are faults.
func checkTable[T any](c *checker, table file.Table[T], visit func(key []byte, value T)) {
	for from := []byte(nil); ; {
		err := table.Each(c.tx.Tx, nil, from, func(key []byte, value T) (bool, error) {
			visit(key, value)
			return true, nil
		})
		var damaged *file.DamagedRecord
		if !errors.As(err, &damaged) {
			return
		}
		c.fault("%v", damaged)
		from = append(slices.Clone(damaged.Key), 0)
	}
}

// keys visits every key of an index.
func (c *checker) keys(bucket []byte, visit func(key, value []byte)) (count int) {
	cursor := c.tx.Cursor(bucket)
	for key, value := cursor.First(); key != nil; key, value = cursor.Next() {
		visit(key, value)
		count++
	}
	return count
}

// indexed tells faults of an index whose keys do not stand for a record: each record has had its own keys looked up, so
// that equal numbers mean an equal set.
func (c *checker) indexed(bucket []byte, want int) {
	if count := c.keys(bucket, func(_, _ []byte) {}); count != want {
		c.fault("%s has %d keys, and the records ask for %d", bucket, count, want)
	}
}

func (c *checker) cleanings() {
	all, chunks := 0, 0
	checkTable(c, cleanings, func(key []byte, cleaning Cleaning) {
		all++
		if !c.tx.Has(cleaningChangeBucket, timeKey(cleaning.ChangedAt, cleaning.ID)) {
			c.fault("cleaning %s is not found by its last change", cleaning.ID)
		}
		if err := c.tx.checkDocument(cleaning.Document); err != nil {
			c.fault("cleaning %s: %v", cleaning.ID, err)
		}
		chunks += (cleaning.Document.Size + chunkSize - 1) / chunkSize
		if (cleaning.Load.Status == LoadOpen) != cleaning.Load.DecidedAt.IsZero() {
			c.fault("cleaning %s: its load is %q and decided at %v",
				cleaning.ID, cleaning.Load.Status, cleaning.Load.DecidedAt)
		}
	})
	c.indexed(cleaningChangeBucket, all)
	c.keys(uploadBucket, func(version, _ []byte) {
		for n := 0; c.tx.Has(documentBucket, chunkKey(guid.ID(version), n)); n++ {
			chunks++
		}
	})
	c.indexed(documentBucket, chunks)
}

func (c *checker) letters() {
	var due, claimed, held, done, all int
	counts := make(map[LetterState]int)
	checkTable(c, letters, func(key []byte, letter Letter) {
		all++
		counts[letter.State]++
		isDue := c.tx.Has(letterDueBucket, timeKey(letter.DueAt, letter.ID))
		isClaimed := c.tx.Has(letterClaimedBucket, letter.ID[:])
		if isQueued := letter.State == LetterQueued; isQueued != (isDue != isClaimed) || isDue && isClaimed {
			c.fault("letter %s is %s; due: %v, claimed: %v", letter.ID, letter.State, isDue, isClaimed)
		}
		due, claimed = due+one(isDue), claimed+one(isClaimed)
		isHeld := c.tx.Has(letterHeldBucket, letter.ID[:])
		if isHeld != (letter.State == LetterHeld) {
			c.fault("letter %s is %s; held: %v", letter.ID, letter.State, isHeld)
		}
		held += one(isHeld)
		isDone := c.tx.Has(letterDoneBucket, doneKey(letter))
		if isDone == letter.open() {
			c.fault("letter %s is %s; done: %v", letter.ID, letter.State, isDone)
		}
		done += one(isDone)
		if !c.tx.Has(letterPersonBucket, personKey(letter.Person, letter.ID)) {
			c.fault("letter %s is not found by its person", letter.ID)
		}
	})
	c.indexed(letterDueBucket, due)
	c.indexed(letterClaimedBucket, claimed)
	c.indexed(letterHeldBucket, held)
	c.indexed(letterDoneBucket, done)
	c.indexed(letterPersonBucket, all)
	c.keys(letterCountBucket, func(state, _ []byte) {
		if n := c.tx.letterCount(LetterState(state)); n != counts[LetterState(state)] {
			c.fault("%d letters are counted as %s, and there are %d", n, state, counts[LetterState(state)])
		}
		delete(counts, LetterState(state))
	})
	for state, n := range counts {
		c.fault("%d letters are %s, and none is counted", n, state)
	}
}

func one(is bool) int {
	if is {
		return 1
	}
	return 0
}

func (c *checker) events() {
	next, partners := c.tx.oldestEvent(), 0
	checkTable(c, events, func(key []byte, event Event) {
		if seq := binary.BigEndian.Uint64(key); seq != next || event.Seq != seq {
			c.fault("event %d stands where %d should", event.Seq, next)
		}
		next = event.Seq + 1
		if event.Partner != "" {
			if strings.HasPrefix(event.Type, "operator.") {
				c.fault("event %d is the operator's alone, and in the feed of a partner", event.Seq)
			}
			partners++
			if !c.tx.Has(eventPartnerBucket, partnerKey(event.Partner, event.Seq)) {
				c.fault("event %d is not in the feed of its partner", event.Seq)
			}
		}
	})
	if last := c.tx.Bucket(eventBucket).Sequence(); next != last+1 {
		c.fault("the last event is %d, and %d were numbered", next-1, last)
	}
	c.indexed(eventPartnerBucket, partners)
}
