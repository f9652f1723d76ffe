// Package operator does the acts of the operator: functions with values in and values out, one subject a file. Beside
// them, in the files called _json, stands how the command line asks for them: JSON over a Unix socket in the data
// directory, or in process where no appliance runs, and never over the network: whoever reaches it may do everything.
//
// An act writes by one call of the store, so that it happens or does not; documents of cleanings are the one exception,
// and say how far it went. What an act shows is a view: the record without what is secret (hashes, generations) and
// without ids that mean something to the store alone. Acts know no HTTP, so that a page for the operator can do them as
// well; a test holds that.
//
// The package keeps no state but one lock: everything is in the store.
package operator

import (
	"context"
	"crypto/rand"
	"io"
	"sync"
	"time"

	"postern/mail/returns"
	"postern/store"
	"postern/store/file"
)

// Options are the plain values that an Operator is made of.
type Options struct {
	Store           *store.Store
	Dir             string           // the data directory; a check puts its copy there
	Keys            Keyed            // what the acts on the token keys need
	ReactivateAfter time.Duration    // a user whose mailbox was proven longer ago must prove it again
	Check           Checker          // nil: CheckInChild
	CheckSmarthost  SmarthostChecker // nil: letters go to the built-in inbox
	Returns         *returns.Desk    // takes mail that comes back
	Draining        context.Context  // ended when the appliance begins to stop: ends waiting for events
	Now             func() time.Time // nil: time.Now
	Random          io.Reader        // of partners' tokens; nil: crypto/rand
}

// Operator does the acts, and has their endpoints. It is safe for concurrent use.
type Operator struct {
	Options
	checking sync.Mutex // one check or backup at a time: they share the copy's name
	keys     sync.Mutex // one change of the key file at a time
}

// New makes an Operator and removes what a check left behind whose process died.
func New(o Options) (*Operator, error) {
	if o.Check == nil {
		o.Check = CheckInChild
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Random == nil {
		o.Random = rand.Reader
	}
	made := &Operator{Options: o}
	return made, removeLeft(made.copyName())
}

func (o *Operator) copyName() string { return copyName(o.Dir) }

// copyName is where a check or a backup puts its copy. It is one name, so that the next start finds what a killed one
// has left.
func copyName(dir string) string { return file.DataFile(dir) + ".check" }

// longestList is how many items one answer of a list holds at most. A list is read in one transaction, which must be
// short, and is in memory as a whole; Page.Next leads on from it.
const longestList = 500

// views are the records of a list as they leave.
func views[R, V any](records []R, view func(R) V) []V {
	list := make([]V, len(records))
	for i, record := range records {
		list[i] = view(record)
	}
	return list
}
