package supervisor

import (
	"context"
	"net"
	"path/filepath"
	"testing"
	"time"
)

// environment is a process's, as a map.
func environment(values map[string]string) func(string) string {
	return func(name string) string { return values[name] }
}

// listen makes a supervisor's socket.
func listen(t *testing.T, name string) *net.UnixConn {
	t.Helper()
	conn, err := net.ListenUnixgram("unixgram", &net.UnixAddr{Name: name, Net: "unixgram"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	return conn
}

// heard is the next datagram.
func heard(t *testing.T, conn *net.UnixConn) string {
	t.Helper()
	buffer := make([]byte, 4096)
	if err := conn.SetReadDeadline(time.Now().Add(10 * time.Second)); err != nil {
		t.Fatal(err)
	}
	n, err := conn.Read(buffer)
	if err != nil {
		t.Fatal(err)
	}
	return string(buffer[:n])
}

// TestTells holds what a supervisor hears, by a path and by an abstract name.
func TestTells(t *testing.T) {
	path := filepath.Join(t.TempDir(), "notify")
	for name, socket := range map[string]string{path: path, "@postern-" + t.Name(): "@postern-" + t.Name()} {
		conn := listen(t, socket)
		s := FromEnvironment(environment(map[string]string{"NOTIFY_SOCKET": name}), 1)
		s.Ready("listening on 127.0.0.1:8080\nREADY=0")
		if got := heard(t, conn); got != "READY=1\nSTATUS=listening on 127.0.0.1:8080 READY=0" {
			t.Errorf("%s hears %q", name, got)
		}
		s.Stopping("ends")
		if got := heard(t, conn); got != "STOPPING=1\nSTATUS=ends" {
			t.Errorf("%s hears %q", name, got)
		}
	}
}

// TestNobody: without a supervisor, or with one that has gone, nothing happens.
func TestNobody(t *testing.T) {
	var none *Supervisor
	none.Ready("")
	if none.Watches() {
		t.Error("nobody watches")
	}
	FromEnvironment(environment(nil), 1).Stopping("")
	FromEnvironment(environment(map[string]string{"NOTIFY_SOCKET": t.TempDir() + "/gone"}), 1).Ready("")
}

// TestWatches holds whose watchdog is answered.
func TestWatches(t *testing.T) {
	for _, c := range []struct {
		micros, pid string
		want        bool
	}{
		{"30000000", "", true}, {"30000000", "7", true}, {"30000000", "8", false}, {"", "7", false}, {"0", "7", false},
		{"-5", "7", false}, {"soon", "7", false},
	} {
		s := FromEnvironment(environment(map[string]string{"NOTIFY_SOCKET": "/x", "WATCHDOG_USEC": c.micros,
			"WATCHDOG_PID": c.pid}), 7)
		if s.Watches() != c.want {
			t.Errorf("WATCHDOG_USEC=%s WATCHDOG_PID=%s: %v", c.micros, c.pid, s.Watches())
		}
	}
}

// TestWatch: each sign of life comes after a look, and a look that hangs ends them.
func TestWatch(t *testing.T) {
	conn := listen(t, filepath.Join(t.TempDir(), "notify"))
	s := FromEnvironment(environment(map[string]string{"NOTIFY_SOCKET": conn.LocalAddr().String(),
		"WATCHDOG_USEC": "2000"}), 1)
	ctx, cancel := context.WithCancel(t.Context())
	looks, hang, ended := 0, make(chan struct{}), make(chan struct{})
	go func() {
		defer close(ended)
		s.Watch(ctx, func() {
			if looks++; looks > 2 {
				<-hang
			}
		})
	}()
	for range 2 {
		if got := heard(t, conn); got != "WATCHDOG=1" {
			t.Errorf("heard %q", got)
		}
	}
	if err := conn.SetReadDeadline(time.Now().Add(20 * time.Millisecond)); err != nil {
		t.Fatal(err)
	}
	if n, err := conn.Read(make([]byte, 64)); err == nil {
		t.Errorf("%d bytes are heard while the look hangs", n)
	}
	cancel()
	close(hang)
	<-ended
}
