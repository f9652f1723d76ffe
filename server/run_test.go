package server

import (
	"bytes"
	"os"
	"strings"
	"testing"

	"github.com/rs/zerolog"

	"postern/server/config"
	"postern/store/file"
)

// TestWarningsAreLogged holds that they reach the log of a start.
func TestWarningsAreLogged(t *testing.T) {
	var log bytes.Buffer
	a := &App{log: zerolog.New(&log), config: config.Config{Data: t.TempDir(), Warnings: []string{"POSTERN_X is open"}}}
	a.warn()
	if !strings.Contains(log.String(), `"level":"warn","message":"POSTERN_X is open"`) {
		t.Error(log.String())
	}
}

// TestLostDataFile: a data file that is gone, while its keys are there, is no first start.
func TestLostDataFile(t *testing.T) {
	dir := t.TempDir()
	settings := config.Settings{Data: dir, Listen: "127.0.0.1:0"}
	parsed, err := settings.Parse()
	if err != nil {
		t.Fatal(err)
	}
	for _, lost := range []bool{false, false, true} {
		if lost {
			if err := os.Remove(file.DataFile(dir)); err != nil {
				t.Fatal(err)
			}
		}
		var log bytes.Buffer
		a, err := Open(Options{Config: parsed, Log: zerolog.New(&log), Offline: true})
		if err != nil {
			t.Fatal(err)
		}
		if err := a.Close(); err != nil {
			t.Error(err)
		}
		if said := strings.Contains(log.String(), "there was no data file"); said != lost {
			t.Errorf("lost %v: %s", lost, log.String())
		}
	}
}
