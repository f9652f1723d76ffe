package smtp

import (
	"context"
	"errors"
	"net"
	"sync"
	"sync/atomic"
	"time"
)

// limits bound what one connection to a smarthost may cost. The waits for answers are those of RFC 5321 §4.5.3.2, or
// shorter where a contracted smarthost has no reason to be so slow.
type limits struct {
	dial     time.Duration // resolving and connecting
	command  time.Duration // from a command to the end of its answer; the greeting and the TLS handshake as well
	write    time.Duration // one write of at most a few KiB
	body     time.Duration // all writes of one message
	dot      time.Duration // from the final dot to its answer: giving up early makes duplicates
	quit     time.Duration // the courtesy at the end
	received int64         // bytes that a smarthost may send on one connection, TLS included
	letters  int           // letters on one connection
	age      time.Duration // of a connection that is taken for one more letter
}

var defaultLimits = limits{
	dial:     30 * time.Second,
	command:  2 * time.Minute,
	write:    3 * time.Minute,
	body:     30 * time.Minute,
	dot:      10 * time.Minute,
	quit:     2 * time.Second,
	received: 1 << 20,
	letters:  100,
	age:      300 * time.Second,
}

var (
	errTooManyBytes = errors.New("the smarthost says more than any dialogue needs")
	errCutOff       = errors.New("cut off, because the appliance is stopping")
	errAuthAborted  = errors.New("authentication is not continued")
)

// limitedConn is the connection below TLS. go-smtp sets a deadline for a command and its answer, and none while a body
// is written; here every single read and write has one. It is used by one goroutine; cut may come from another, and mu
// is for it: whether a message has begun and whether the connection was cut must be decided in one step.
type limitedConn struct {
	net.Conn
	limits   limits
	received int64       // bytes read so far
	broken   atomic.Bool // a write failed: what it carried is not all on the wire

	mu         sync.Mutex
	readLimit  time.Time // of the command under way; zero: none
	writeLimit time.Time
	begun      bool // a message is being sent: only the end of everything cuts it
	wasCut     bool
}

func newLimitedConn(raw net.Conn, l limits) *limitedConn { return &limitedConn{Conn: raw, limits: l} }

// Read reads with a deadline of its own, and no more than the connection's share.
func (c *limitedConn) Read(p []byte) (int, error) {
	left := c.limits.received - c.received
	if left <= 0 {
		return 0, errTooManyBytes
	}
	if err := c.Conn.SetReadDeadline(c.deadline(&c.readLimit, c.limits.dot)); err != nil {
		return 0, err
	}
	n, err := c.Conn.Read(p[:min(int64(len(p)), left)])
	c.received += int64(n)
	return n, err
}

// Write writes with a deadline of its own.
func (c *limitedConn) Write(p []byte) (int, error) {
	if err := c.Conn.SetWriteDeadline(c.deadline(&c.writeLimit, c.limits.write)); err != nil {
		c.broken.Store(true)
		return 0, err
	}
	n, err := c.Conn.Write(p)
	if err != nil {
		c.broken.Store(true)
	}
	return n, err
}

// deadline is the earlier of what was set for the command and what one operation may take.
func (c *limitedConn) deadline(limit *time.Time, most time.Duration) time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	at := time.Now().Add(most)
	if !limit.IsZero() && limit.Before(at) {
		return *limit
	}
	return at
}

// SetDeadline takes the limit of a command from go-smtp; the zero time leaves the limit of each operation.
func (c *limitedConn) SetDeadline(at time.Time) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.readLimit, c.writeLimit = at, at
	return nil
}

// SetReadDeadline is SetDeadline for reading alone.
func (c *limitedConn) SetReadDeadline(at time.Time) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.readLimit = at
	return nil
}

// SetWriteDeadline is SetDeadline for writing alone; crypto/tls bounds its closing alert with it.
func (c *limitedConn) SetWriteDeadline(at time.Time) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.writeLimit = at
	return nil
}

// cutBy lets the end of ctx close the connection, unless a message has begun by then. The caller calls release when
// what it does is over.
func (c *limitedConn) cutBy(ctx context.Context) (release func()) {
	stop := context.AfterFunc(ctx, c.cut)
	return func() {
		stop()
		c.mu.Lock()
		defer c.mu.Unlock()
		c.begun = false
	}
}

// cut closes the connection, unless a message has begun.
func (c *limitedConn) cut() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if !c.begun {
		c.wasCut = true
		c.Conn.Close()
	}
}

// begin marks that a message is being sent from now on. It returns false where the connection was cut before.
func (c *limitedConn) begin() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.begun = !c.wasCut
	return c.begun
}
