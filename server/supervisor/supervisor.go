// Package supervisor tells the service manager how the appliance stands, as systemd's sd_notify(3) has it: one datagram
// per fact to the socket that NOTIFY_SOCKET names. A unit of Type=notify is started once the appliance answers, not
// once its process is there, and with WatchdogSec one that hangs is ended and started again.
package supervisor

import (
	"context"
	"net"
	"os"
	"strconv"
	"strings"
	"time"
)

// Supervisor is whoever has started the process. Nil, or without an address, it is nobody who wants to know, and
// telling it anything does nothing.
type Supervisor struct {
	address string        // of a datagram socket
	every   time.Duration // at least so often it wants to hear that the process lives; 0: never
}

// FromEnvironment returns the supervisor that the environment names. getenv is os.Getenv, and pid os.Getpid(): a
// watchdog that is meant for another process, as for a shell around this one, is not answered.
func FromEnvironment(getenv func(string) string, pid int) *Supervisor {
	s := &Supervisor{address: getenv("NOTIFY_SOCKET")}
	if of := getenv("WATCHDOG_PID"); of != "" && of != strconv.Itoa(pid) {
		return s
	}
	if micros, err := strconv.ParseInt(getenv("WATCHDOG_USEC"), 10, 64); err == nil && micros > 0 {
		s.every = time.Duration(micros) * time.Microsecond
	}
	return s
}

// OfProcess returns the supervisor of this process.
func OfProcess() *Supervisor { return FromEnvironment(os.Getenv, os.Getpid()) }

// Ready says that requests are answered, and in a few words where.
func (s *Supervisor) Ready(status string) { s.tell("READY=1\nSTATUS=" + oneLine(status)) }

// Stopping says that the end has begun.
func (s *Supervisor) Stopping(status string) { s.tell("STOPPING=1\nSTATUS=" + oneLine(status)) }

// Watches reports whether Watch has anything to do.
func (s *Supervisor) Watches() bool { return s != nil && s.address != "" && s.every > 0 }

// Watch says twice in each interval that the process lives, until ctx ends. Before each time it calls alive, which
// returns where the process does not hang: what it finds on the way is nobody's business here, since a restart mends no
// full disk. Watch owns no goroutine: where alive hangs so does Watch, and that is what the supervisor waits for.
func (s *Supervisor) Watch(ctx context.Context, alive func()) {
	tick := time.NewTicker(s.every / 2)
	defer tick.Stop()
	for {
		alive()
		s.tell("WATCHDOG=1")
		select {
		case <-tick.C:
		case <-ctx.Done():
			return
		}
	}
}

// tell sends one datagram. A supervisor that does not take it is not ours to mend, and no reason to stop: it will do
// what it does with a process that says nothing.
func (s *Supervisor) tell(state string) {
	if s == nil || s.address == "" {
		return
	}
	address := s.address
	if strings.HasPrefix(address, "@") { // Linux's abstract namespace
		address = "\x00" + address[1:]
	}
	conn, err := net.DialUnix("unixgram", nil, &net.UnixAddr{Name: address, Net: "unixgram"})
	if err != nil {
		return
	}
	defer conn.Close()
	_, _ = conn.Write([]byte(state))
}

// oneLine keeps a text from being read as another assignment.
func oneLine(text string) string { return strings.Join(strings.Fields(text), " ") }
