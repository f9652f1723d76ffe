package e2e

import (
	"fmt"
	"net"
	"strings"
	"testing"
	"time"
)

const (
	slowUploads  = 16      // of two partners, as many as may be of each
	uploadMemory = 3 << 19 // what one may cost: a mebibyte of the PDF, and what net/http and the client take
	uploadBegun  = 6 << 20 // bytes of it that have come
)

// TestSlowUploads: sixteen documents of 10 MiB that stand still behind their sixth cost a fraction of what has come of
// them, and arrive whole when they go on.
func TestSlowUploads(t *testing.T) {
	dir := t.TempDir()
	bearers := addPartners(t, dir, 2)
	app := run(t, "DATA="+dir)
	const end = "\nxref\n0 1\nstartxref\n10485000\n%%EOF"
	pdf := "%PDF-1.7\n" + strings.Repeat("x", 10485000-9) + end
	var conns []net.Conn
	for n := range slowUploads {
		conn, err := net.Dial("tcp", app.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { conn.Close() })
		send(t, conn, put(n, "", bearers[n%2], len(cleaningJSON)), cleaningJSON)
		answered(t, conn, "HTTP/1.1 201")
		conns = append(conns, conn)
	}
	before := heap()
	for n, conn := range conns {
		send(t, conn, put(n, "/document", bearers[n%2], len(pdf)), pdf[:uploadBegun])
	}
	grown := heap() - before
	for end := time.Now().Add(30 * time.Second); grown > slowUploads*uploadMemory && time.Now().Before(end); {
		grown = heap() - before // what is on its way is still being taken
	}
	if grown > slowUploads*uploadMemory {
		t.Errorf("%d slow uploads take %d KiB each", slowUploads, grown/slowUploads>>10)
	}
	t.Logf("%d KiB an upload", grown/slowUploads>>10)
	for _, conn := range conns {
		send(t, conn, pdf[uploadBegun:])
		answered(t, conn, "HTTP/1.1 204")
	}
}

const cleaningJSON = `{"number":"1","station":{"name":"S"},"equipment":{"kind":"silo"},"status":"planned"}`

// put is the head of a call about one of a partner's cleanings.
func put(n int, path, bearer string, length int) string {
	return fmt.Sprintf("PUT /partner/v1/cleanings/00000000-0000-4000-8000-%012x%s HTTP/1.1\r\nHost: a\r\n"+
		"Authorization: %s\r\nContent-Type: application/pdf\r\nContent-Length: %d\r\n\r\n", n+1, path, bearer, length)
}

func send(t *testing.T, conn net.Conn, parts ...string) {
	t.Helper()
	for _, part := range parts {
		if _, err := conn.Write([]byte(part)); err != nil {
			t.Fatal(err)
		}
	}
}

func answered(t *testing.T, conn net.Conn, want string) {
	t.Helper()
	answer := make([]byte, 4<<10)
	if n, err := conn.Read(answer); err != nil || !strings.HasPrefix(string(answer[:n]), want) {
		t.Fatalf("%s, %v, want %s", answer[:n], err, want)
	}
}
