package command

import (
	"context"
	"errors"
	"io"
	"os"
	"strings"
	"testing"
)

// TestStdinEnds holds that a command that waits for its standard input ends with its context, and loses nothing of an
// input that ends before.
func TestStdinEnds(t *testing.T) {
	t.Parallel()
	read, write, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer write.Close()
	defer read.Close()
	ctx, cancel := context.WithCancelCause(t.Context())
	interrupted := errors.New("interrupted")
	go func() {
		_, _ = write.WriteString("begun")
		cancel(interrupted)
	}()
	if _, err := io.ReadAll(newStdin(ctx, read)); !errors.Is(err, interrupted) {
		t.Errorf("%v", err)
	}
	long := strings.Repeat("a line\n", 1<<16)
	if got, err := io.ReadAll(newStdin(t.Context(), strings.NewReader(long))); err != nil || string(got) != long {
		t.Errorf("%d bytes, %v", len(got), err)
	}
	broken := errors.New("broken")
	failing := io.MultiReader(strings.NewReader("begun"), readerOf(func([]byte) (int, error) { return 0, broken }))
	if got, err := io.ReadAll(newStdin(t.Context(), failing)); !errors.Is(err, broken) || string(got) != "begun" {
		t.Errorf("%q, %v", got, err)
	}
}

type readerOf func([]byte) (int, error)

func (r readerOf) Read(p []byte) (int, error) { return r(p) }

// TestBounceIsInterrupted holds that an interrupt ends a command that waits for a message.
func TestBounceIsInterrupted(t *testing.T) {
	t.Parallel()
	read, write, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer write.Close()
	defer read.Close()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	var said strings.Builder
	if code := Main(ctx, []string{"bounce"}, Process{In: read, Out: io.Discard, Err: &said}); code != exitRefused {
		t.Errorf("%d: %s", code, &said)
	}
}
