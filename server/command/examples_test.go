package command

import (
	"bytes"
	"flag"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// TestExamples holds that every command has one to three examples, and that each is a call of that command which
// parses, in the words that a shell makes of it.
func TestExamples(t *testing.T) {
	t.Parallel()
	for _, c := range commands() {
		if c.hidden {
			continue
		}
		if n := len(c.examples); n < 1 || n > 3 {
			t.Errorf("%s has %d examples: give it one to three, in the field examples", c.name, n)
		}
		for _, example := range c.examples {
			words := inShell(t, example)
			chosen, rest, err := find(words)
			if err != nil || chosen.name != c.name {
				t.Errorf("%q is no call of %s: %v", example, c.name, err)
				continue
			}
			flags := flag.NewFlagSet(c.name, flag.ContinueOnError)
			flags.SetOutput(io.Discard)
			chosen.prepare(flags)
			args, err := parse(flags, rest)
			if err != nil || len(args) < c.least || len(args) > c.most {
				t.Errorf("%q: %v, and %d words beside the flags", example, err, len(args))
			}
		}
	}
}

// inShell returns the words that a shell calls postern with.
func inShell(t *testing.T, line string) []string {
	t.Helper()
	dir := t.TempDir()
	for _, made := range []string{".zsh", ".config/fish/completions"} {
		if err := os.MkdirAll(filepath.Join(dir, made), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	for _, read := range []string{"cleanings.json", "returned.eml"} {
		if err := os.WriteFile(filepath.Join(dir, read), nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	// Whatever an example pipes into only reads.
	script := `exec 3>&1; postern() { printf '%s\0' "$@" >&3; }; sudo() { cat; }; man() { cat; }
` + line
	shell := exec.Command("sh", "-c", script)
	shell.Dir, shell.Env = dir, append(os.Environ(), "HOME="+dir)
	var said, faults bytes.Buffer
	shell.Stdout, shell.Stderr = &said, &faults
	if err := shell.Run(); err != nil || faults.Len() > 0 {
		t.Errorf("%q: %v: %s", line, err, &faults)
	}
	return strings.Split(strings.TrimSuffix(said.String(), "\x00"), "\x00")
}

// TestRefusals holds that whatever is wrong with a call is said in one sentence that tells what to do, without anything
// having been done: every command, with a flag that it does not have, a word too many, and each flag without its value,
// given twice, and given nonsense.
func TestRefusals(t *testing.T) {
	for _, c := range commands() {
		if c.hidden {
			continue
		}
		words := strings.Fields(c.name)
		enough := strings.Fields(strings.Repeat("x ", c.least))
		calls := [][]string{append(words[:len(words):len(words)], "--frobnicate")}
		if c.most < 100 {
			calls = append(calls, append(words[:len(words):len(words)], strings.Fields(strings.Repeat("x ", c.most+1))...))
		}
		if c.least > 0 {
			calls = append(calls, words)
		}
		for _, f := range c.describe().Flags {
			base := append(words[:len(words):len(words)], enough...)
			if f.Value == "" {
				calls = append(calls, append(base, "--"+f.Name+"=maybe"))
				continue
			}
			calls = append(calls, append(base, "--"+f.Name))
			if !f.Again {
				calls = append(calls, append(base, "--"+f.Name, "1", "--"+f.Name, "1"))
			}
			if len(f.Choices) > 0 {
				calls = append(calls, append(base, "--"+f.Name, "frobnicate"))
			}
		}
		for _, call := range calls {
			refusesCall(t, call)
		}
	}
}

func refusesCall(t *testing.T, call []string) {
	t.Helper()
	var out, faults bytes.Buffer
	code := Main(t.Context(), call, Process{In: strings.NewReader(""), Out: &out, Err: &faults})
	said := faults.String()
	switch {
	case code != exitUsage:
		t.Errorf("%q exits %d: %s", call, code, said)
	case out.Len() > 0:
		t.Errorf("%q prints %q", call, &out)
	case !strings.HasPrefix(said, "postern: ") || strings.Count(said, "\n") != 1:
		t.Errorf("%q says %q, which is not one sentence", call, said)
	case !strings.Contains(said, "postern help ") && !strings.Contains(said, "usage: postern ") &&
		!strings.Contains(said, "say "):
		t.Errorf("%q says %q, and not what to do", call, said)
	}
}

// TestShowsJSON holds that every command that lists or shows can print JSON.
func TestShowsJSON(t *testing.T) {
	t.Parallel()
	for _, c := range commands() {
		words := strings.Fields(c.name)
		switch words[len(words)-1] {
		case "list", "show", "export", "check", "config", "version", "events", "doctor", "inspect":
			if !hasFlag(c.describe().Flags, "json") {
				t.Errorf("%s has no --json", c.name)
			}
		}
	}
}
