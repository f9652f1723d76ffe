package command

import (
	"bufio"
	"os/exec"
	"regexp"
	"syscall"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
)

// follower is a command that goes on printing while the script does.
type follower struct {
	process *exec.Cmd
	lines   *bufio.Scanner // of both outputs, in the order of time
	giveUp  *time.Timer    // so that a line which does not come fails the script
}

// follow starts a command: follow events --follow.
func follow(ts *testscript.TestScript, _ bool, args []string) {
	path, err := exec.LookPath("postern")
	ts.Check(err)
	f := ts.Value("follower").(*follower)
	process := exec.Command(path, args...)
	process.Env = environment(ts)
	process.Dir = ts.MkAbs(".")
	out, err := process.StdoutPipe()
	ts.Check(err)
	process.Stderr = process.Stdout
	ts.Check(process.Start())
	kill := func() { _ = process.Process.Kill() } // this one, whichever is followed by then
	giveUp := time.AfterFunc(time.Minute, kill)
	ts.Defer(func() { giveUp.Stop(); kill() })
	*f = follower{process, bufio.NewScanner(out), giveUp}
}

// line waits for the follower's next line, which must match: line 'operator\.plan_added'.
func line(ts *testscript.TestScript, _ bool, args []string) {
	f := ts.Value("follower").(*follower)
	if !f.lines.Scan() {
		ts.Fatalf("it has ended")
	}
	if !regexp.MustCompile(args[0]).MatchString(f.lines.Text()) {
		ts.Fatalf("the next line is %s", f.lines.Text())
	}
}

// unfollow interrupts it, as an operator does. It must end well, and have no more to say.
func unfollow(ts *testscript.TestScript, _ bool, _ []string) {
	f := ts.Value("follower").(*follower)
	ts.Check(f.process.Process.Signal(syscall.SIGINT))
	for f.lines.Scan() {
		ts.Fatalf("one more line: %s", f.lines.Text())
	}
	f.giveUp.Stop()
	ts.Check(f.process.Wait())
}
