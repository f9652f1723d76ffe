// Package operator does the acts of the operator: functions with values in and values out, one subject a file. Beside
// them, in the files called _json, stands how the command line asks for them: JSON over a Unix socket in the data
// directory, or in process where no appliance runs, and never over the network: whoever reaches it may do everything.
package operator

import (
	"context"
	"crypto/rand"
	"errors"
	"io"
	"io/fs"
	"os"
	"sync"
	"time"

	"postern/store"
	"postern/store/file"
)

// Options are the plain values that an Operator is made of.
type Options struct {
	Store           *store.Store
	Dir             string           // the data directory; a check puts its copy there
	ReactivateAfter time.Duration    // a user whose mailbox was proven longer ago must prove it again
	Check           Checker          // nil: CheckInChild
	CheckSmarthost  SmarthostChecker // nil: letters go to the built-in inbox
	Draining        context.Context  // ended when the appliance begins to stop: ends waiting for events
	Now             func() time.Time // nil: time.Now
	Random          io.Reader        // of partners' tokens; nil: crypto/rand
}

// Operator does the acts, and has their endpoints. It is safe for concurrent use.
type Operator struct {
	Options
	checking sync.Mutex // one check at a time: they share the copy's name
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
	if err := os.Remove(made.copyName()); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	return made, nil
}

func (o *Operator) copyName() string { return file.DataFile(o.Dir) + ".check" }

// longestList is how many items one answer of a list holds at most.
const longestList = 500

// views are the records of a list as they leave.
func views[R, V any](records []R, view func(R) V) []V {
	list := make([]V, len(records))
	for i, record := range records {
		list[i] = view(record)
	}
	return list
}
