package listener

import (
	"context"
	"errors"
	"io"
	"net"
	"sync/atomic"
	"time"
)

// conn bounds what one connection may cost, below TLS and whatever go-smtp asks of it: its life, and the bytes that it
// may bring beside messages. go-smtp knows a deadline for the next line alone, and no number of commands.
type conn struct {
	net.Conn
	stopping context.Context
	ends     time.Time
	left     atomic.Int64 // bytes that may still be read
	busy     atomic.Bool  // a message is under way: a stop waits for it
	unwatch  func() bool
}

// errTooMuch ends a connection that brings more than any mail system would.
var errTooMuch = errors.New("too many commands")

func (s *Server) newConn(stopping context.Context, raw net.Conn) *conn {
	c := &conn{Conn: raw, stopping: stopping, ends: time.Now().Add(s.limits.life)}
	c.left.Store(s.limits.commands)
	c.unwatch = context.AfterFunc(stopping, func() {
		if !c.busy.Load() {
			raw.Close()
		}
	})
	return c
}

// Read counts what comes.
func (c *conn) Read(p []byte) (int, error) {
	if c.stopping.Err() != nil && !c.busy.Load() {
		return 0, io.EOF
	}
	n, err := c.Conn.Read(p)
	if c.left.Add(int64(-n)) < 0 {
		return 0, errTooMuch
	}
	return n, err
}

// SetReadDeadline sets what go-smtp asks for, and never a time after the connection's life.
func (c *conn) SetReadDeadline(t time.Time) error { return c.Conn.SetReadDeadline(c.within(t)) }

// SetWriteDeadline does so for writing.
func (c *conn) SetWriteDeadline(t time.Time) error { return c.Conn.SetWriteDeadline(c.within(t)) }

// SetDeadline does both.
func (c *conn) SetDeadline(t time.Time) error { return c.Conn.SetDeadline(c.within(t)) }

func (c *conn) within(t time.Time) time.Time {
	if t.IsZero() || t.After(c.ends) {
		return c.ends
	}
	return t
}

// Close closes the connection and stops watching for the end of the server.
func (c *conn) Close() error {
	c.unwatch()
	return c.Conn.Close()
}

// watched is a listener whose connections are bounded.
type watched struct {
	net.Listener
	server   *Server
	stopping context.Context
}

func (l watched) Accept() (net.Conn, error) {
	raw, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	return l.server.newConn(l.stopping, raw), nil
}
