package operator

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"runtime"
	"syscall"

	"github.com/go-json-experiment/json"

	"postern/store"
	"postern/store/file"
)

// CheckWord is the hidden command by which the binary calls itself to look through a data file: CheckWord FILE.
const CheckWord = "check-file"

// Checker looks through a data file that nobody writes to, and lists what is wrong with it.
type Checker func(ctx context.Context, path string) (faults []string, err error)

// finding is what the child prints.
type finding struct {
	Faults []string `json:"faults"`
	Error  string   `json:"error,omitzero"` // the file could not be looked through at all
	Older  bool     `json:"older,omitzero"` // the error is that its schema is an older one
}

// olderSchema is file.ErrOlderSchema as a child has told it.
type olderSchema struct{ sentence string }

func (o olderSchema) Error() string        { return o.sentence }
func (o olderSchema) Is(target error) bool { return target == file.ErrOlderSchema }

// Checked is what a check has found.
type Checked struct {
	Faults []string `json:"faults" doc:"Sentences; none: the data file is sound."`
}

// CheckData looks through a copy of the data file, as the last commit left it, while the appliance goes on. Of the file
// itself a check would need a read transaction for as long as it takes, and until that ends no freed page could be used
// again.
func (o *Operator) CheckData(ctx context.Context) (Checked, error) {
	o.checking.Lock()
	defer o.checking.Unlock()
	copied := o.copyName()
	defer os.Remove(copied)
	if err := o.Store.Copy(copied); err != nil {
		return Checked{}, err
	}
	faults, err := o.Check(ctx, copied)
	return Checked{Faults: append([]string{}, faults...)}, err
}

// CheckInChild is the Checker of the product: a process of its own, because on a damaged page bbolt panics in
// goroutines that no recover reaches. A child that dies of the file has found a fault, too.
func CheckInChild(ctx context.Context, path string) ([]string, error) {
	var answer bytes.Buffer
	var exit *exec.ExitError
	child := exec.CommandContext(ctx, "/proc/self/exe") // the very binary that runs, also after an upgrade replaced it
	child.Args = []string{os.Args[0], CheckWord, path}
	child.Stdout = &answer // what it says when it dies is no sentence
	ended := startLast(child)
	if ended == nil {
		ended = child.Wait()
	}
	var found finding
	switch err := json.Unmarshal(answer.Bytes(), &found); {
	case ctx.Err() != nil:
		return nil, ctx.Err()
	case ended == nil && err == nil && found.Error == "":
		return found.Faults, nil
	case err == nil && found.Older:
		return nil, olderSchema{found.Error}
	case err == nil && found.Error != "":
		return nil, errors.New(found.Error)
	case !errors.As(ended, &exit):
		return nil, fmt.Errorf("starting the check: %w", ended)
	case killed(exit):
		return nil, errors.New("the check was killed, as for want of memory: nothing is known of the file")
	}
	return []string{"the file is damaged so badly that reading it ends the reader"}, nil
}

// startLast starts a process that gets the processor when nobody else wants it: callers must not wait for a check. On
// Linux a thread has its own niceness, which its children inherit and which it may not lower again: so that is done on
// a thread of its own, which ends with the goroutine that it is locked to.
func startLast(child *exec.Cmd) error {
	started := make(chan error)
	go func() {
		runtime.LockOSThread()
		_ = syscall.Setpriority(syscall.PRIO_PROCESS, 0, 19) // one that cannot be nice works all the same
		started <- child.Start()
	}()
	return <-started
}

// killed reports whether a process was ended from outside, as by a machine that has run out of memory. What a damaged
// page does to a process ends it from within, and tells of the file.
func killed(ended *exec.ExitError) bool {
	status, ok := ended.Sys().(syscall.WaitStatus)
	return ok && status.Signaled() && status.Signal() == syscall.SIGKILL
}

// CheckFile is the child's side: it looks through the file and prints what CheckInChild reads.
func CheckFile(path string, out io.Writer) error {
	faults, err := store.CheckFile(path)
	found := finding{Faults: faults}
	if err != nil {
		found.Error, found.Older = err.Error(), errors.Is(err, file.ErrOlderSchema)
	}
	return json.MarshalWrite(out, found)
}
