package e2e

import (
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// TestFullDisk fills the disk of an appliance that runs, and makes room again: reads go on, writes are refused without
// having happened, and all is well without a restart. It waits for real time: the disk is looked at once a second.
func TestFullDisk(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "disk")
	must(t, os.Mkdir(dir, 0o700))
	if err := syscall.Mount("tmpfs", dir, "tmpfs", 0, "size=80m,mode=0700"); err != nil {
		t.Skipf("no small disk can be mounted: %v", err)
	}
	t.Cleanup(func() { _ = syscall.Unmount(dir, syscall.MNT_DETACH) })
	app := run(t, "DATA="+filepath.Join(dir, "data"), "LIMIT_REGISTER=off")
	register := func(email string) *http.Response {
		response, err := http.Post(app.url+"/non-license-user/register", "application/json", strings.NewReader(
			`{"email":"`+email+`","firstName":"A","lastName":"B","organisationName":"C"}`))
		must(t, err)
		_, _ = io.Copy(io.Discard, response.Body)
		must(t, response.Body.Close())
		return response
	}
	ready := func() int {
		response, err := http.Get(app.url + "/readyz")
		must(t, err)
		must(t, response.Body.Close())
		return response.StatusCode
	}
	if got := register("before@example.org").StatusCode; got != http.StatusCreated || ready() != http.StatusOK {
		t.Fatalf("before: %d", got)
	}
	ballast := filepath.Join(dir, "ballast")
	for _, left := range []int64{2 << 20, 0} { // below the reserve of 4 MiB, and nothing at all
		var about syscall.Statfs_t
		must(t, syscall.Statfs(dir, &about))
		had := int64(0)
		if file, err := os.Stat(ballast); err == nil {
			had = file.Size()
		}
		file, err := os.OpenFile(ballast, os.O_CREATE|os.O_WRONLY, 0o600)
		must(t, err)
		must(t, syscall.Fallocate(int(file.Fd()), 0, 0, had+int64(about.Bavail)*about.Bsize-left))
		must(t, file.Close())
		awaitReady(t, ready, http.StatusServiceUnavailable)
		response := register("during@example.org")
		if response.StatusCode != http.StatusServiceUnavailable || response.Header.Get("Retry-After") == "" {
			t.Errorf("with %d bytes left: %d", left, response.StatusCode)
		}
		response, err = http.Get(app.url + "/non-license-user/cleanings/00000000-0000-4000-8000-000000000001")
		must(t, err)
		must(t, response.Body.Close())
		if response.StatusCode != http.StatusUnauthorized {
			t.Errorf("a read: %d", response.StatusCode)
		}
		if got := register("before@example.org").StatusCode; got != http.StatusServiceUnavailable {
			t.Errorf("with %d bytes left a known address gets %d", left, got)
		}
	}
	must(t, os.Remove(ballast))
	awaitReady(t, ready, http.StatusOK)
	for email, want := range map[string]int{"during@example.org": http.StatusCreated,
		"before@example.org": http.StatusConflict} {
		if got := register(email).StatusCode; got != want {
			t.Errorf("afterwards %s gets %d, want %d", email, got, want)
		}
	}
}

// awaitReady waits until readiness has a status.
func awaitReady(t *testing.T, ready func() int, want int) {
	t.Helper()
	for deadline := time.Now().Add(10 * time.Second); ready() != want; time.Sleep(50 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("not %d within 10 s", want)
		}
	}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
