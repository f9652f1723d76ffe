package web

import (
	"net"
	"net/netip"
	"sync"
)

// LimitConnections bounds how many connections of a listener are open at once: total of them, further ones waiting to
// be accepted, and perClient from one IPv4 address or IPv6 /64, twice that from an IPv6 /48, further ones being
// closed, so that one stranger's idle connections keep nobody else out. Peers within exempt, as trusted proxies, and
// those on this machine count only in total.
func LimitConnections(l net.Listener, total, perClient int, exempt []netip.Prefix) net.Listener {
	return &limitedListener{Listener: l, free: make(chan struct{}, total), done: make(chan struct{}),
		perClient: perClient, exempt: exempt, open: make(census)}
}

type limitedListener struct {
	net.Listener
	free      chan struct{} // holds one for each open connection
	done      chan struct{} // closed by Close, for an Accept that waits for room
	closing   sync.Once
	perClient int
	exempt    []netip.Prefix

	mu   sync.Mutex
	open census // guarded by mu; connections
}

// Accept waits for room first, so that what can't be served yet stays in the system's backlog.
func (l *limitedListener) Accept() (net.Conn, error) {
	for {
		select {
		case l.free <- struct{}{}:
		case <-l.done:
			return nil, net.ErrClosed
		}
		conn, err := l.Listener.Accept()
		if err != nil {
			<-l.free
			return nil, err
		}
		if client, admitted := l.admit(conn); admitted {
			return &limitedConn{Conn: conn, leave: sync.OnceFunc(func() { l.leave(client) })}, nil
		}
		_ = conn.Close()
		<-l.free
	}
}

// Close ends the listener, and an Accept that waits for room too.
func (l *limitedListener) Close() error {
	l.closing.Do(func() { close(l.done) })
	return l.Listener.Close()
}

// admit counts a connection. The zero address stands for those that are not counted by client.
func (l *limitedListener) admit(conn net.Conn) (client netip.Addr, admitted bool) {
	client = parsePeer(conn.RemoteAddr().String())
	if !client.IsValid() || client.IsLoopback() || within(client, l.exempt) {
		return netip.Addr{}, true
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.open.full(client, l.perClient) {
		return client, false
	}
	l.open.count(client, 1)
	return client, true
}

func (l *limitedListener) leave(client netip.Addr) {
	l.mu.Lock()
	l.open.count(client, -1)
	l.mu.Unlock()
	<-l.free
}

// limitedConn gives its place back once, however often it is closed.
type limitedConn struct {
	net.Conn
	leave func()
}

func (c *limitedConn) Close() error {
	err := c.Conn.Close()
	c.leave()
	return err
}

// CloseWrite lets the server end an answer without a reset that could overtake it.
func (c *limitedConn) CloseWrite() error {
	if half, ok := c.Conn.(interface{ CloseWrite() error }); ok {
		return half.CloseWrite()
	}
	return nil
}
