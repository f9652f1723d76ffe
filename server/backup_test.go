package server

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/rs/zerolog"

	"postern/server/backups"
	"postern/server/config"
	"postern/store"
)

// TestMakeBackups lets an appliance fill a directory for some days, which is gone for one of them.
func TestMakeBackups(t *testing.T) { synctest.Test(t, testMakeBackups) }

func testMakeBackups(t *testing.T) {
	data, into := filepath.Join(t.TempDir(), "data"), t.TempDir()
	settings := config.Settings{Data: data, Listen: "127.0.0.1:0"}
	settings.Backup.Dir, settings.Backup.Keep = into, "3"
	parsed, err := settings.Parse()
	if err != nil {
		t.Fatal(err)
	}
	var log bytes.Buffer
	a, err := Open(Options{Config: parsed, Log: zerolog.New(&log), Offline: true})
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := a.Close(); err != nil {
			t.Error(err)
		}
	}()
	if _, is := a.backupMeasured(); !is {
		t.Error("the metrics say nothing of backups that are to come")
	}
	a.acts.Check = func(_ context.Context, path string) ([]string, error) { return store.CheckFile(path) }
	ctx, stop := context.WithCancel(t.Context())
	done := make(chan error)
	go func() { done <- a.makeBackups(ctx) }()
	newest := func() time.Duration {
		synctest.Wait()
		at, err := backups.Dir{Path: into}.Newest()
		if err != nil {
			t.Error(err)
		}
		return time.Since(at)
	}
	time.Sleep(time.Hour)
	if age := newest(); age < 59*time.Minute || age > time.Hour {
		t.Errorf("after a start the newest is %v old", age)
	}
	for range 5 {
		time.Sleep(24 * time.Hour)
		if age := newest(); age > 2*time.Hour {
			t.Errorf("the newest is %v old", age)
		}
	}
	if names, _ := filepath.Glob(filepath.Join(into, "*")); len(names) != 3 {
		t.Errorf("kept: %v", names)
	}
	if m, is := a.backupMeasured(); !is || m.Failed != 0 || time.Since(m.At) > 2*time.Hour {
		t.Errorf("measured: %+v", m)
	}

	check := a.acts.Check
	a.acts.Check = func(context.Context, string) ([]string, error) { return nil, errors.New("the disk is on fire") }
	time.Sleep(25 * time.Hour)
	synctest.Wait()
	detail, err := a.backupDetail()
	if err != nil || detail.Fault != "the disk is on fire" || time.Since(detail.Since) < time.Hour ||
		!strings.Contains(log.String(), `"error":"the disk is on fire","message":"no backup could be made; `) {
		t.Errorf("%+v, %v: %s", detail, err, log.String())
	}
	if m, _ := a.backupMeasured(); m.Failed < 10 || m.Failed > 30 {
		t.Errorf("%d tries failed in about two hours", m.Failed)
	}
	a.acts.Check = check
	time.Sleep(retryBackup + time.Minute)
	if detail, err := a.backupDetail(); newest() > retryBackup+time.Minute || err != nil || detail.Fault != "" {
		t.Errorf("mended: %+v, %v", detail, err)
	}
	stop()
	if err := <-done; err != nil {
		t.Error(err)
	}
	if _, err := os.Stat(filepath.Join(data, "postern.db.check")); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the copy is left: %v", err)
	}
}
