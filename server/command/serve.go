package command

import (
	"errors"
	"flag"
	"io"
	"os"
	"runtime/debug"

	"github.com/mattn/go-isatty"
	"github.com/rs/zerolog"

	"postern/server"
	"postern/server/config"
	"postern/server/supervisor"
)

func serve() command {
	return command{
		name: "serve", short: "runs the appliance",
		long: "After SIGTERM or Ctrl-C, running requests and letters that are being sent are finished; a second " +
			"one ends it at once.",
		examples: []string{"POSTERN_DATA=/var/lib/postern postern serve"},
		prepare: func(*flag.FlagSet) action {
			return func(c *call, _ []string) error {
				settings, err := config.ReadSettings()
				if err != nil {
					return err
				}
				config, err := settings.Parse()
				if err != nil {
					return err
				}
				tuneMemory()
				app, err := server.Open(server.Options{Config: config, Supervisor: supervisor.OfProcess(),
					Build: c.build(),
					Log:   newLogger(c.Err, config.LogFormat, config.LogLevel)})
				if err != nil {
					return err
				}
				return errors.Join(app.Run(c.ctx), app.Close())
			}
		},
	}
}

// The live heap is a few MB, so that the collector would run all the time at its usual setting: let two and a half
// times as much gather, but less when there is much of it.
const (
	gcPercent   = 250
	memoryLimit = 256 << 20
)

// tuneMemory sets the collector, unless the environment does (GOGC, GOMEMLIMIT). It is for serve alone: other commands
// end before it matters, and tests must not have their process changed.
func tuneMemory() {
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(gcPercent)
	}
	if os.Getenv("GOMEMLIMIT") == "" {
		debug.SetMemoryLimit(memoryLimit)
	}
}

// newLogger writes to out: JSON lines, or for people where the format says so or, without a format, a terminal is
// there.
func newLogger(out io.Writer, format string, level zerolog.Level) zerolog.Logger {
	file, isFile := out.(*os.File)
	terminal := isFile && isatty.IsTerminal(file.Fd())
	if format == "console" || format == "" && terminal {
		out = zerolog.ConsoleWriter{Out: out, NoColor: !terminal, TimeFormat: "15:04:05"}
	}
	return zerolog.New(out).Level(level).With().Timestamp().Logger()
}
