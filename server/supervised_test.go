package server

import (
	"context"
	"net"
	"net/http"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/rs/zerolog"

	"postern/server/config"
	"postern/server/supervisor"
)

// TestSupervisorIsTold holds that a supervisor hears of the start when requests are answered, that the process lives,
// and of the end before it has come.
func TestSupervisorIsTold(t *testing.T) {
	socket := filepath.Join(t.TempDir(), "notify")
	conn, err := net.ListenUnixgram("unixgram", &net.UnixAddr{Name: socket, Net: "unixgram"})
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if err := conn.SetReadDeadline(time.Now().Add(time.Minute)); err != nil {
		t.Fatal(err)
	}
	settings := config.Settings{Data: t.TempDir(), Listen: "127.0.0.1:0"}
	parsed, err := settings.Parse()
	if err != nil {
		t.Fatal(err)
	}
	environment := map[string]string{"NOTIFY_SOCKET": socket, "WATCHDOG_USEC": "60000000"}
	app, err := Open(Options{Config: parsed, Log: zerolog.Nop(),
		Supervisor: supervisor.FromEnvironment(func(name string) string { return environment[name] }, 1)})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- app.Run(ctx) }()
	heard := map[string]bool{}
	for !heard["READY=1"] || !heard["WATCHDOG=1"] {
		heard[first(t, conn)] = true
	}
	response, err := http.Get(app.PublicURL() + "/healthz")
	if err != nil {
		t.Fatal(err)
	}
	response.Body.Close()
	cancel()
	if state := first(t, conn); state != "STOPPING=1" {
		t.Errorf("at the end it hears %s", state)
	}
	if err := <-ended; err != nil {
		t.Error(err)
	}
	if err := app.Close(); err != nil {
		t.Error(err)
	}
}

// first is the first line of the next datagram.
func first(t *testing.T, conn *net.UnixConn) string {
	t.Helper()
	buffer := make([]byte, 1024)
	n, err := conn.Read(buffer)
	if err != nil {
		t.Fatal(err)
	}
	line, _, _ := strings.Cut(string(buffer[:n]), "\n")
	return line
}
