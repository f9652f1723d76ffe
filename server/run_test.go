package server

import (
	"bytes"
	"postern/server/config"
	"strings"
	"testing"

	"github.com/rs/zerolog"
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
