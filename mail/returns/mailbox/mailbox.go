// Package mailbox reads reports from a mailbox by IMAP (RFC 9051, and servers of RFC 3501), for mail systems that
// deliver to one and to nothing else, as Microsoft 365 does.
//
// The mailbox may be somebody's, with thousands of other messages. Each message is looked at once: how far that has
// come is kept in the data file. What is a report about a letter of ours is marked as seen and, if wanted, moved, once
// what follows from it is on the disk; everything else is left exactly as it is. Nothing is deleted, and nothing is
// answered.
package mailbox

import (
	"context"
	"crypto/x509"
	"errors"
	"math/rand/v2"
	"net"
	"sync"
	"time"

	"github.com/emersion/go-sasl"
	"github.com/rs/zerolog"

	"postern/mail/returns"
	"postern/store"
)

// Login makes what a mailbox is opened with by tokens, in place of a password.
type Login interface {
	Client(ctx context.Context, user string) (sasl.Client, error)
	Forget() // the token was refused
}

// Options is what a Reader is made of.
type Options struct {
	Desk           *returns.Desk
	Host           string // of the server; its certificate names it
	Addr           string // host:port
	User, Password string
	Login          Login          // nil: User and Password
	Roots          *x509.CertPool // nil: the system's
	Folder         string
	MoveTo         string        // folder for messages that were understood; empty: they stay
	Back           time.Duration // how far back the first look goes: no letter is older
	Log            zerolog.Logger

	// Dial opens the connection to Addr; nil: over TCP.
	Dial func(ctx context.Context, address string) (net.Conn, error)
}

// name names the mailbox in the data file.
func (o Options) name() string { return o.User + " " + o.Addr + " " + o.Folder }

// times are how long things may take.
type times struct {
	answer time.Duration // of one command; for a message that is read, from one piece to the next
	idle   time.Duration // until the server is asked again although it said that it would tell
	poll   time.Duration // between two looks where the server does not tell

	least, most   time.Duration // pauses after faults
	refused, rest time.Duration // those after a login that was refused
}

var defaultTimes = times{answer: time.Minute, idle: time.Minute, poll: time.Minute,
	least: time.Second, most: 5 * time.Minute, refused: time.Minute, rest: time.Hour}

// Reader reads one mailbox for as long as Run runs.
type Reader struct {
	options Options
	times   times

	mu     sync.Mutex
	status Status // guarded by mu
}

// Status is how reading goes, for the operator.
type Status struct {
	Connected bool
	LookedAt  time.Time // when the mailbox was looked at last; zero: never yet
	Fault     string    // why it cannot be read now; empty: it can
	Since     time.Time // of the fault
	NextTry   time.Time // after the fault
}

// New makes a reader; it does nothing before Run.
func New(o Options) *Reader {
	if o.Dial == nil {
		o.Dial = func(ctx context.Context, address string) (net.Conn, error) {
			return new(net.Dialer).DialContext(ctx, "tcp", address)
		}
	}
	return &Reader{options: o, times: defaultTimes}
}

// Status returns how reading goes.
func (r *Reader) Status() Status {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.status
}

// Run reads until ctx ends. A fault ends the connection, and another one is made after a pause, with exponential
// backoff: nothing else in the appliance depends on it.
func (r *Reader) Run(ctx context.Context) error {
	pause := r.times.least
	for {
		looked, err := r.visit(ctx)
		if ctx.Err() != nil {
			return nil
		}
		if looked { // the fault is a new one
			pause = r.times.least
		}
		most := r.times.most
		if errors.Is(err, errRefused) { // too many of these, and the account is locked
			pause, most = max(pause, r.times.refused), r.times.rest
		}
		wait := pause/2 + rand.N(pause/2+1)
		r.failed(err, wait)
		select {
		case <-time.After(wait):
		case <-ctx.Done():
			return nil
		}
		pause = min(2*pause, most)
	}
}

// failed notes a fault. It is logged once, until the mailbox can be read again.
func (r *Reader) failed(err error, wait time.Duration) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if now := time.Now(); r.status.Fault == "" {
		r.status.Since = now
		r.options.Log.Warn().
			Err(err).
			Str("mailbox", r.options.name()).
			Msg("the mailbox of returned mail cannot be read; it is tried again")
	}
	r.status.Connected, r.status.Fault, r.status.NextTry = false, err.Error(), time.Now().Add(wait)
}

// looked notes that the mailbox was looked at to its end.
func (r *Reader) looked() {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.status.Fault != "" || r.status.LookedAt.IsZero() {
		r.options.Log.Info().Str("mailbox", r.options.name()).Msg("the mailbox of returned mail is read")
	}
	r.status = Status{Connected: true, LookedAt: time.Now()}
}

// position is how far the mailbox was looked at, under its present validity.
func (r *Reader) position(validity uint32) (store.MailboxPosition, error) {
	at, err := r.options.Desk.Store.MailboxPosition(r.options.name())
	if at.Validity != validity {
		at = store.MailboxPosition{Name: r.options.name(), Validity: validity}
	}
	return at, err
}
