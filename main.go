// Postern is an appliance for onboarding: eECD users register and prove their mailbox, get the letters and documents
// that they are owed, and decide on loads. It is one process with one data directory.
package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"

	"postern/server/command"
)

// What the linker sets: -ldflags "-X main.version=v1.2.3 -X main.commit=1c08f57…".
var version, commit string

func main() {
	os.Exit(run())
}

// run gives the exit code. The first SIGTERM or SIGINT ends the context, so that what runs can finish; after it signals
// do again what they do by default, so that the second one ends the process at once.
func run() int {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM, syscall.SIGINT)
	defer stop()
	context.AfterFunc(ctx, stop)
	process := command.Process{In: os.Stdin, Out: os.Stdout, Err: os.Stderr, Version: version,
		Commit: commit}
	return command.Main(ctx, os.Args[1:], process)
}
