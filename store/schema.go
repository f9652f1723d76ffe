// Package store keeps Postern's records and the facts about them. Every fact (somebody registered, a load was decided,
// a letter was sent) is one exported method and one transaction, which carries the record, its index keys, the letter
// that the fact owes and the event that tells of it. To owe a letter is to write an outbox entry in the same
// transaction (transactional outbox); the courier delivers it later, at least once. The file below is package file's.
//
// The bucket tree; ids are 16 bytes, times 8 bytes of big-endian milliseconds, ∅ an empty value, and every value that
// is a record carries a checksum (file.Table):
//
//	meta
//	  meta                    → meta: schema, who this appliance is, whether sending is paused, where the webhook
//	                            stands, which keys it needs
//	  slot | 0 | begin        → series.Slot: what was counted in half an hour, for a month
//	users
//	  id                      → User
//	users.address
//	  address in lower case   → id
//	users.pending
//	  registered | id         → ∅     never activated, for KEEP_UNCONFIRMED
//	users.decided
//	  user id | cleaning id   → ∅     that tells of a decision of the user's, as long as both are there
//	partners
//	  name in lower case      → Partner
//	partners.token
//	  SHA-256 of a token      → name in lower case; 0 | name once it lets in no more
//	plans
//	  code                    → Plan
//	bikers
//	  id                      → Biker
//	bikers.address
//	  address in lower case   → id
//	bikers.employee
//	  partner | 0 | its id    → id    the partner in lower case, with its own id of the person
//	sessions
//	  id                      → Session
//	sessions.biker
//	  biker id | session id   → ∅
//	logins
//	  keyed hash of address, browser or session → tries: wrong passwords of late
//	told
//	  keyed hash | kind | faults → notice, 31 bytes: the last letter of that kind about those faults
//	answers
//	  partner | 0 | keyed hash of an Idempotency-Key → idempotency: a call whose answer is kept for a day
//	answers.results
//	  answer id | number      → results of one transaction
//	answers.person
//	  biker id | answer id | number → ∅  where an erasure has to reach
//	answers.begun
//	  begun | answer id       → key in answers
//	addresses
//	  keyed hash of the address → address: letters of late, and whether its owner wants none
//	limits
//	  name                    → Window
//	  strangers | 0 | keyed hash of a network → Window
//	  people, answers, letters or failed | 0 | partner in lower case → Window: what it may still cause
//	mailings
//	  user id                 → mailing: documents mailed within the last day
//	cleanings
//	  id                      → Cleaning with its load
//	cleanings.changed
//	  last change | id        → ∅     for KEEP_CLEANINGS
//	documents
//	  version | number        → 256 KiB of an uploaded PDF, raw
//	documents.uploading
//	  version                 → ∅     not live yet: an upload under way, or one whose process died
//	letters
//	  id                      → Letter
//	letters.due
//	  due | id                → ∅     queued, in nobody's hand: the first key is the next letter
//	letters.claimed
//	  id                      → ∅     queued, in the courier's hand
//	letters.held
//	  id                      → ∅     waits for the operator
//	letters.done
//	  state | 0 | done | id   → ∅     sent, failed or cancelled: for KEEP_SENT, and to list them
//	letters.person
//	  person id | id          → ∅
//	letters.reference
//	  ENVID                   → id    by which mail that comes back finds its letter
//	letters.count
//	  state                   → number, 8 bytes
//	events
//	  seq                     → Event
//	events.partner
//	  partner | 0 | seq       → ∅
//	events.person
//	  person id | seq         → ∅     of a biker or user, erased ones too
package store

import (
	"bytes"
	"encoding/binary"
	"strings"
	"time"

	"postern/store/file"
	"postern/store/guid"
	"postern/store/limit"
	"postern/store/series"
)

// schema tells the engine of the records, and of the migrations to them (migrate.Steps).
func (s *Store) schema(steps func(keyed func([]byte) []byte) []file.Migration) file.Schema {
	return file.Schema{
		Buckets: buckets,
		Fill: func(t *file.Tx, number int) error {
			return metas.Put(t, metaKey, meta{Schema: number, Appliance: t.NewID(), Feed: t.NewID(), MadeAt: t.Now()})
		},
		Number: func(t *file.Tx) (int, error) {
			about, err := tx{t, s}.meta()
			return about.Schema, err
		},
		Raise: func(t *file.Tx, number int) error {
			about, err := tx{t, s}.meta()
			if err != nil {
				return err
			}
			about.Schema = number
			return metas.Put(t, metaKey, about)
		},
		Migrations: steps(func(sum []byte) []byte { return s.hashes.Of(sum) }),
	}
}

var (
	metaBucket              = []byte("meta")
	userBucket              = []byte("users")
	userAddressBucket       = []byte("users.address")
	userPendingBucket       = []byte("users.pending")
	userDecidedBucket       = []byte("users.decided")
	partnerBucket           = []byte("partners")
	partnerTokenBucket      = []byte("partners.token")
	planBucket              = []byte("plans")
	bikerBucket             = []byte("bikers")
	bikerAddressBucket      = []byte("bikers.address")
	bikerEmployeeBucket     = []byte("bikers.employee")
	sessionBucket           = []byte("sessions")
	sessionBikerBucket      = []byte("sessions.biker")
	loginBucket             = []byte("logins")
	noticeBucket            = []byte("told")
	idempotencyBucket       = []byte("answers")
	idempotencyResultBucket = []byte("answers.results")
	idempotencyPersonBucket = []byte("answers.person")
	idempotencyBegunBucket  = []byte("answers.begun")
	addressBucket           = []byte("addresses")
	limitBucket             = []byte("limits")
	mailingBucket           = []byte("mailings")
	cleaningBucket          = []byte("cleanings")
	cleaningChangeBucket    = []byte("cleanings.changed")
	documentBucket          = []byte("documents")
	uploadBucket            = []byte("documents.uploading")
	letterBucket            = []byte("letters")
	letterDueBucket         = []byte("letters.due")
	letterClaimedBucket     = []byte("letters.claimed")
	letterHeldBucket        = []byte("letters.held")
	letterDoneBucket        = []byte("letters.done")
	letterPersonBucket      = []byte("letters.person")
	letterReferenceBucket   = []byte("letters.reference")
	letterCountBucket       = []byte("letters.count")
	eventBucket             = []byte("events")
	eventPartnerBucket      = []byte("events.partner")
	eventPersonBucket       = []byte("events.person")
)

// buckets are all that a file of the current schema holds.
var buckets = [][]byte{
	metaBucket, userBucket, userAddressBucket, userPendingBucket, userDecidedBucket,
	addressBucket, limitBucket, mailingBucket,
	partnerBucket, partnerTokenBucket, planBucket, bikerBucket, bikerAddressBucket, bikerEmployeeBucket,
	sessionBucket, sessionBikerBucket, loginBucket, noticeBucket,
	idempotencyBucket, idempotencyResultBucket, idempotencyPersonBucket, idempotencyBegunBucket,
	cleaningBucket, cleaningChangeBucket, documentBucket, uploadBucket,
	letterBucket, letterDueBucket, letterClaimedBucket, letterHeldBucket, letterDoneBucket, letterPersonBucket,
	letterReferenceBucket, letterCountBucket,
	eventBucket, eventPartnerBucket, eventPersonBucket,
}

var (
	metas         = file.Table[meta]{Bucket: metaBucket}
	slots         = file.Table[series.Slot]{Bucket: metaBucket}
	users         = file.Table[User]{Bucket: userBucket}
	partners      = file.Table[Partner]{Bucket: partnerBucket}
	plans         = file.Table[Plan]{Bucket: planBucket}
	bikers        = file.Table[Biker]{Bucket: bikerBucket}
	sessions      = file.Table[Session]{Bucket: sessionBucket}
	logins        = file.Table[tries]{Bucket: loginBucket}
	idempotencies = file.Table[idempotency]{Bucket: idempotencyBucket}
	results       = file.Table[[]BikerResult]{Bucket: idempotencyResultBucket}
	addresses     = file.Table[address]{Bucket: addressBucket}
	limits        = file.Table[limit.Window]{Bucket: limitBucket}
	mailings      = file.Table[mailing]{Bucket: mailingBucket}
	cleanings     = file.Table[Cleaning]{Bucket: cleaningBucket}
	letters       = file.Table[Letter]{Bucket: letterBucket}
	events        = file.Table[Event]{Bucket: eventBucket}
)

// addressKey makes two spellings of one address the same person.
func addressKey(email string) []byte { return []byte(strings.ToLower(email)) }

// timeKey orders by time, then by id.
func timeKey(at time.Time, id guid.ID) []byte {
	key := make([]byte, 8, 24)
	binary.BigEndian.PutUint64(key, uint64(at.UnixMilli()))
	return append(key, id[:]...)
}

// splitTimeKey takes apart what timeKey made.
func splitTimeKey(key []byte) (time.Time, guid.ID) {
	return time.UnixMilli(int64(binary.BigEndian.Uint64(key))).UTC(), guid.ID(key[8:24])
}

// doneKey orders finished letters by state, then by when they were finished.
func doneKey(letter Letter) []byte {
	return append(donePrefix(letter.State), timeKey(letter.DoneAt, letter.ID)...)
}

func donePrefix(state LetterState) []byte { return append([]byte(state), 0) }

func seqKey(seq uint64) []byte { return binary.BigEndian.AppendUint64(nil, seq) }

// partnerEventKey orders the events of a partner; the name keeps its case, as events have it.
func partnerEventKey(partner string, seq uint64) []byte {
	return append(append([]byte(partner), 0), seqKey(seq)...)
}

// personEventKey orders the events about a biker or user.
func personEventKey(person guid.ID, seq uint64) []byte { return append(person[:], seqKey(seq)...) }

// personKey orders what belongs to a person, letters, sessions or decisions, by its id.
func personKey(person, id guid.ID) []byte { return append(person[:], id[:]...) }

func chunkKey(version guid.ID, number int) []byte {
	return binary.BigEndian.AppendUint32(version[:], uint32(number))
}

// slotPrefix begins the keys of slots, which are in the order of time.
var slotPrefix = []byte("slot\x00")

func slotKey(begin time.Time) []byte {
	return binary.BigEndian.AppendUint64(bytes.Clone(slotPrefix), uint64(begin.UnixMilli()))
}

// employeeKey is a person as a partner names it.
func employeeKey(partner, employee string) []byte {
	return append(append(nameKey(partner), 0), employee...)
}
