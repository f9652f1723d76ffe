package store

import (
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"sync"
	"time"

	"go.etcd.io/bbolt"
	bolterrors "go.etcd.io/bbolt/errors"

	"postern/store/guid"
	"postern/store/limit"
	"postern/store/private"
)

// Options is what a store is told once, when it is opened.
type Options struct {
	Now        func() time.Time // nil: time.Now
	Random     io.Reader        // nil: crypto/rand; used by one goroutine at a time
	MailDomain string           // right side of Message-IDs
	Rules      Rules

	// AddressKey gives the key for the hashes of e-mail addresses in the file, which must be the same each time. It is called
	// once the directory is held and before anything is migrated, and is told whether the file knows people: then a key
	// that is missing must not be made anew. nil: 32 zeros, for tools and tests.
	AddressKey func(knowsPeople bool) ([32]byte, error)

	// OverLimit is told of everything that goes over one of the store's limits, after its transaction. It must be quick.
	OverLimit func(Limit, LimitOutcome)

	// Free tells how many octets a directory's disk has in all, and how many this process may still use. nil: statfs(2).
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
	dir     string
	lock    *dirLock
	bolt    *bbolt.DB
	disk    *disk
	ids     guid.Source
	signals *signals

	committer  *committer
	appliance  guid.ID
	addressKey [32]byte
	macs       sync.Pool // of hashes under addressKey
	memos      memos

	closing sync.Once
	closed  error
}

const (
	dataName = "postern.db"
	newName  = "postern.db.new" // a data file that is not whole yet

	fileWait = 3 * time.Second // for bbolt's lock on the file, which only a foreign tool can hold
)

// DataFile is where the data file of a data directory lies.
func DataFile(dir string) string { return filepath.Join(dir, dataName) }

// Open takes a data directory and opens the data file in it; it makes what is missing, and migrates a file of an older
// schema after a copy of it. Everything that stands in the way is one sentence that says what to do:
// another process that holds the directory (ErrHeld), a missing right, a damaged file (*DamagedFile), a newer schema.
// A file that cannot be opened is left as it is.
func Open(dir string, o Options) (*Store, error) { return open(dir, o, migrations) }

func open(dir string, o Options, steps []migration) (*Store, error) {
	if err := prepareDir(dir); err != nil {
		return nil, err
	}
	lock, err := lockDir(dir, lockWait)
	if err != nil {
		return nil, err
	}
	s := newStore(dir, o)
	s.lock = lock
	if err := s.openFile(steps); err != nil {
		if s.bolt != nil {
			_ = s.bolt.Close()
		}
		_ = lock.release()
		return nil, err
	}
	s.committer = startCommitter(s)
	return s, nil
}

// newStore is a store without a file.
func newStore(dir string, o Options) *Store {
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Random == nil {
		o.Random = rand.Reader
	}
	if o.Free == nil {
		o.Free = diskSpace
	}
	return &Store{options: o, rules: o.Rules, dir: dir, signals: newSignals(),
		disk: &disk{dir: dir, free: o.Free, now: o.Now}}
}

// openFile opens the data file, and makes it where there is none. The lock is held.
func (s *Store) openFile(steps []migration) error {
	path := DataFile(s.dir)
	if err := os.Remove(filepath.Join(s.dir, newName)); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("what an interrupted first start left cannot be removed: %w; remove it", err)
	}
	if _, err := os.Lstat(path); errors.Is(err, fs.ErrNotExist) {
		if err := s.create(len(steps) + 1); err != nil {
			return fmt.Errorf("no data file could be made in %s: %w", s.dir, err)
		}
	}
	if err := preflight(path); err != nil {
		return err
	}
	var err error
	if s.bolt, err = openBolt(path, false); err != nil {
		return err
	}
	if err := s.takeAddressKey(len(steps) + 1); err != nil {
		return err
	}
	return guarded(path, func() error {
		if err := s.migrate(steps); err != nil {
			return err
		}
		return s.readMeta()
	})
}

// takeAddressKey asks for the key of the hashes of addresses, unless the file is none of ours or too new.
func (s *Store) takeAddressKey(current int) error {
	var known bool
	err := guarded(s.bolt.Path(), func() error {
		schema, err := s.readSchema()
		if err == nil && schema > current {
			err = newerSchema(s.bolt.Path(), schema, current)
		}
		if err != nil {
			return err
		}
		return s.bolt.View(func(bolt *bbolt.Tx) error {
			known = holdsAny(bolt, userBucket) || holdsAny(bolt, bikerBucket)
			return nil
		})
	})
	if err == nil && s.options.AddressKey != nil {
		s.addressKey, err = s.options.AddressKey(known)
	}
	return err
}

// holdsAny reports whether a bucket, which an older schema may not have, has a key.
func holdsAny(bolt *bbolt.Tx, name []byte) bool {
	bucket := bolt.Bucket(name)
	if bucket == nil {
		return false
	}
	key, _ := bucket.Cursor().First()
	return key != nil
}

// create makes the data file under another name first: where a first start is interrupted, the next one begins anew.
func (s *Store) create(schema int) (err error) {
	path := filepath.Join(s.dir, newName)
	bolt, err := bbolt.Open(path, 0o600, boltOptions())
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			_ = os.Remove(path)
		}
	}()
	err = bolt.Update(func(bolt *bbolt.Tx) error {
		for _, name := range buckets {
			if _, err := bolt.CreateBucket(name); err != nil {
				return err
			}
		}
		t := newTx(s, bolt)
		return metas.put(t, metaKey, meta{Schema: schema, Appliance: t.newID(), Feed: t.newID(), MadeAt: t.now})
	})
	if err := errors.Join(err, bolt.Close()); err != nil {
		return err
	}
	if err := syncPath(path); err != nil {
		return err
	}
	if err := os.Rename(path, DataFile(s.dir)); err != nil {
		return err
	}
	return syncPath(s.dir)
}

// readMeta reads what the file says of itself, and looks whether it has all its tables.
func (s *Store) readMeta() error {
	return s.bolt.View(func(bolt *bbolt.Tx) error {
		if err := checkBuckets(s.bolt.Path(), bolt); err != nil {
			return err
		}
		about, err := metaOf(s.bolt.Path(), newTx(s, bolt))
		s.appliance = about.Appliance
		return err
	})
}

// metaOf reads the meta record of a file.
func metaOf(path string, t *tx) (meta, error) {
	if t.bolt.Bucket(metaBucket) == nil {
		return meta{}, &DamagedFile{Path: path, What: "it has no table meta, so that it is none of Postern's"}
	}
	about, found, err := metas.get(t, metaKey)
	switch {
	case err != nil:
		return meta{}, &DamagedFile{Path: path, What: err.Error()}
	case !found || about.Schema < 1:
		return meta{}, &DamagedFile{Path: path, What: "its meta record does not say which schema it has"}
	}
	return about, nil
}

// checkBuckets looks whether a file of the current schema has all tables.
func checkBuckets(path string, bolt *bbolt.Tx) error {
	for _, name := range buckets {
		if bolt.Bucket(name) == nil {
			return &DamagedFile{Path: path, What: fmt.Sprintf("the table %s is missing", name)}
		}
	}
	return nil
}

// Close refuses what comes, writes what has been accepted, waits for reads to end, and lets go of the directory.
func (s *Store) Close() error {
	s.closing.Do(func() {
		s.committer.stop()
		if s.committer.stuck {
			s.closed = errors.New("the data file stays open until the process ends")
			return
		}
		s.closed = errors.Join(s.bolt.Close(), s.lock.release())
	})
	return s.closed
}

// Ready is nil where writes are accepted. Otherwise it says in one sentence, for the operator, why not: the disk is
// nearly full, the outcome of a commit is unknown, or the store is closed.
func (s *Store) Ready() error {
	if err := s.committer.ready(); err != nil {
		return err
	}
	return s.disk.look()
}

// ApplianceID names this appliance. It is made at the first start and stays with the data file.
func (s *Store) ApplianceID() guid.ID { return s.appliance }

// boltOptions are bbolt's for a file that is written. The freelist is kept in the file: rebuilding it from a large file takes
// a start too long.
func boltOptions() *bbolt.Options {
	return &bbolt.Options{Timeout: fileWait, FreelistType: bbolt.FreelistMapType, NoStatistics: true,
		OpenFile: private.OpenFile}
}

// openBolt opens an existing file after its preflight.
func openBolt(path string, readOnly bool) (bolt *bbolt.DB, err error) {
	options := boltOptions()
	options.ReadOnly = readOnly
	if strconv.IntSize == 64 && !readOnly {
		options.InitialMmapSize = 1 << 30 // address space alone; a file that outgrows its map makes a write wait for all reads
	}
	err = guarded(path, func() error {
		bolt, err = bbolt.Open(path, 0o600, options)
		return err
	})
	switch {
	case errors.Is(err, bolterrors.ErrTimeout):
		return nil, &heldError{fmt.Sprintf("the data file %s is in use by another program: stop that one first, or use a copy", path)}
	case err != nil:
		return nil, fmt.Errorf("the data file %s cannot be opened: %w", path, err)
	}
	return bolt, nil
}

// syncPath makes a file or a directory's entries durable.
func syncPath(path string) error {
	file, err := os.Open(path)
	if err != nil {
		return err
	}
	return errors.Join(file.Sync(), file.Close())
}
