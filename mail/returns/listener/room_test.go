package listener

import (
	"errors"
	"io"
	"net"
	"net/netip"
	"strings"
	"testing"
)

// addressed is a connection from an address.
type addressed struct {
	net.Conn
	from string
}

func (c addressed) RemoteAddr() net.Addr {
	return net.TCPAddrFromAddrPort(netip.MustParseAddrPort(c.from))
}

// TestRoomOfOnePeer holds that a peer that fills its half, from whatever of its addresses, leaves the other half.
func TestRoomOfOnePeer(t *testing.T) {
	t.Parallel()
	s := New(Options{})
	s.limits.held = 1 << 10
	for _, tt := range []struct {
		from string
		size int
		busy bool
	}{
		{"192.0.2.1:1", 300, false}, {"192.0.2.1:2", 300, true}, {"[::ffff:192.0.2.1]:3", 1, true},
		{"[2001:db8:1:1::1]:1", 1, false}, {"[2001:db8:1:2::1]:1", 250, false}, {"192.0.2.2:1", 300, true},
	} {
		_, err := s.read(io.LimitReader(strings.NewReader(strings.Repeat("x", tt.size)), 1<<20),
			peerOf(addressed{from: tt.from}))
		if errors.Is(err, errBusy) != tt.busy {
			t.Errorf("%s, %d bytes: %v", tt.from, tt.size, err)
		}
	}
	for _, tt := range []struct {
		from string
		size int64
	}{{"192.0.2.1:9", 601}, {"[2001:db8:1:9::1]:1", 251}, {"192.0.2.2:9", 300}} {
		s.room.give(peerOf(addressed{from: tt.from}), tt.size)
	}
	if s.room.used != 0 || len(s.room.by) != 0 {
		t.Errorf("left: %+v", s.room.by)
	}
}
