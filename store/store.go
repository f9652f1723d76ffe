package store

import (
	"bytes"
	"context"
	"errors"
	"io"
	"sync/atomic"
	"time"

	"postern/store/file"
	"postern/store/guid"
	"postern/store/keyed"
	"postern/store/limit"
	"postern/store/migrate"
)

// Options is what a store is told once, when it is opened.
type Options struct {
	Now        func() time.Time // nil: time.Now
	Random     io.Reader        // nil: crypto/rand; used by one goroutine at a time
	MailDomain string           // right side of Message-IDs
	Rules      Rules

	// AddressKey returns the key for the hashes of e-mail addresses in the file, which must be the same each time. It
	// is called once the directory is locked and before anything is migrated, and is told whether the file knows
	// people: then a key that is missing must not be made anew. nil: 32 zeros, for tools and tests.
	AddressKey func(knowsPeople bool) ([32]byte, error)

	// KeysLost takes an AddressKey that is another one than the file was written with, for AdoptKeys. Without it that
	// is an *OtherKeys.
	KeysLost bool

	// OverLimit is told of everything that goes over one of the store's limits, after its transaction. It must be
	// quick.
	OverLimit func(Limit, LimitOutcome)

	// Committed is told of each commit: how long writing and syncing it took, and how many writes shared it. Told is
	// told of each event by its type, once it is on disk. Both must be quick. nil: nobody.
	Committed func(took time.Duration, writes int)
	Told      func(event string)

	// Free tells how many bytes a directory's disk has in all, and how many this process may still use. nil: statfs(2).
	Free func(dir string) (free, total uint64, err error)
}

// Rules are the settings that decide facts.
type Rules struct {
	ConfirmationReuse time.Duration // a used confirmation token answers the same for so long
	ReactivateAfter   time.Duration // a mailbox not proven for so long must be proven anew
	GiveUpAfter       time.Duration // a letter whose own delays sum up to this has failed
	MailboxSignIn     bool          // users' calls take a proven token, which only the mailbox gives

	StrangerLetters limit.Rate // letters to mailboxes that nobody has proven, in all; zero: no limit
	AddressLetters  limit.Rate // letters to one address; zero: no limit
	PartnerLetters  limit.Rate // letters that one partner causes, the rest are held; zero: no limit
	PartnerPeople   limit.Rate // people of whom one partner's calls have something stored; zero: no limit
	PartnerAnswers  limit.Rate // megabytes of answers kept for one partner's Idempotency-Keys; zero: no limit

	RepeatLettersAfter time.Duration // a person is told again that there is an account, or that the same failed
	LoginTries         int           // wrong passwords before delays start; 0: no delays
}

// Store is the data file of one appliance and everything that may be done with it. It may be used by many goroutines.
type Store struct {
	options Options
	rules   Rules
	file    *file.File
	signals *signals

	appliance  guid.ID
	tokensFrom time.Time     // user tokens of before are over
	holdsAll   atomic.Bool   // new letters are held: the file came from a backup, and sending was not resumed since
	hashes     *keyed.Hashes // of addresses, networks and the like
	memos      memos
}

// Open takes a data directory and opens the data file in it, as file.Open does. A file that cannot be opened is left as
// it is.
func Open(dir string, o Options) (*Store, error) {
	s := &Store{options: o, rules: o.Rules, signals: newSignals()}
	opened, err := file.Open(dir, file.Options{Schema: s.schema(migrate.Steps), Now: o.Now, Random: o.Random,
		Free: o.Free, Before: s.takeAddressKey, Signal: s.signals.fire, Committed: o.Committed})
	if err != nil {
		return nil, err
	}
	s.file = opened
	if err := errors.Join(s.readMeta(), s.noteAddressKey()); err != nil {
		return nil, errors.Join(err, opened.Close())
	}
	return s, nil
}

// holdsAny reports whether a bucket, which an older schema may not have, has a key.
func holdsAny(t *file.Tx, bucket []byte) bool {
	if !t.HasBucket(bucket) {
		return false
	}
	key, _ := t.Cursor(bucket).First()
	return key != nil
}

// Close refuses what comes, writes what has been accepted, waits for reads to end, and lets go of the directory.
func (s *Store) Close() error { return s.file.Close() }

// Ready returns nil where writes are accepted. Otherwise its error says in one sentence, for the operator, why not.
func (s *Store) Ready() error { return s.file.Ready() }

// Space asks for the room on the data file's disk.
func (s *Store) Space() (file.Space, error) { return s.file.Space() }

// countedAtOnce bounds the keys that one transaction of CountPeople looks at, so that freed pages can be used again.
const countedAtOnce = 20_000

// CountPeople counts the bikers and users that there are, by their index alone. It reads all of that, in stretches: who
// comes or goes meanwhile may be counted or not.
func (s *Store) CountPeople(ctx context.Context) (bikers, users int, err error) {
	if bikers, err = s.countKeys(ctx, bikerAddressBucket); err == nil {
		users, err = s.countKeys(ctx, userAddressBucket)
	}
	return bikers, users, err
}

func (s *Store) countKeys(ctx context.Context, bucket []byte) (count int, err error) {
	for next := []byte{}; next != nil; {
		if err := ctx.Err(); err != nil {
			return 0, err
		}
		from := next
		next, err = read(s, func(t tx) ([]byte, error) {
			c, looked := t.Cursor(bucket), 0
			key, _ := c.Seek(from)
			for ; key != nil && looked < countedAtOnce; key, _ = c.Next() {
				looked++
			}
			count += looked
			return bytes.Clone(key), nil
		})
		if err != nil {
			return 0, err
		}
	}
	return count, nil
}

// Fatal returns a channel that is closed after a commit whose outcome is unknown. The process must end then, and start
// again on what the disk says; until it has, every write is refused.
func (s *Store) Fatal() <-chan struct{} { return s.file.Fatal() }

// Copy writes the data file, as the last commit left it, to a new file; see file.File.Copy.
func (s *Store) Copy(path string) error { return s.file.Copy(path) }

// ApplianceID names this appliance. It is made at the first start and stays with the data file.
func (s *Store) ApplianceID() guid.ID { return s.appliance }

// Limit names one of the rate limits that the store keeps, for the operator.
type Limit string

// The limits.
const (
	StrangerLetters Limit = "stranger_letters" // to mailboxes never proven, in all
	AddressLetters  Limit = "address_letters"  // with a link, to one address
	MailboxLetters  Limit = "mailbox_letters"  // to one mailbox under its plus addresses
	PartnerLetters  Limit = "partner_letters"  // that one partner causes
	FailedLetters   Limit = "failed_letters"   // about failed registrations, that one partner causes
)

// LimitOutcome says what became of what went over a limit.
type LimitOutcome string

// The outcomes.
const (
	Refused  LimitOutcome = "refused"  // the caller was told to come back later
	Withheld LimitOutcome = "withheld" // the normal answer, without a letter
	Held     LimitOutcome = "held"     // the letter waits for the operator
)

// over has Options.OverLimit told once the transaction has ended well, whatever becomes of the function that runs.
func (t tx) over(limit Limit, outcome LimitOutcome) {
	if tell := t.store.options.OverLimit; tell != nil {
		t.After(func() { tell(limit, outcome) })
	}
}
