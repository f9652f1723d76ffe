package file

import (
	"errors"
	"fmt"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"strings"
)

// bbolt takes every page for what it wrote: on a damaged one it panics, with words that speak of its code, and a page
// that the disk cannot read is a fault of memory, as bbolt reads the file through a map. Both end here. What is said
// of them is a sentence that tells an operator what to do; what the panic said, and where, is its Detail, for a log at
// level debug.

// Guard runs fn, which reads pages of a file that may be damaged; a panic becomes a *DamagedFile. It is for opening and
// checking, where nothing else is likely; what runs later has safely.
func Guard(path string, fn func() error) (err error) {
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	defer func() {
		if value := recover(); value != nil {
			err = &DamagedFile{Path: path, What: damageOf(value), detail: detailOf(value)}
		}
	}()
	return fn()
}

// damageOf says what a panic tells of the file.
func damageOf(value any) string {
	if isFault(value) {
		return "the disk cannot read a page of it, or a page points out of the file"
	}
	return "a page of it is not what Postern wrote"
}

// isFault reports whether a panic is that of a place in memory which cannot be read, and so in the map of the file. A
// nil pointer has no place.
func isFault(value any) bool {
	fault, is := value.(interface{ Addr() uintptr })
	return is && fault.Addr() != 0
}

// safely runs fn and makes a panic, also one of a page that can't be read, an error.
func safely(t *Tx, fn func(*Tx) error) (err error, panicked bool) {
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	defer func() {
		if value := recover(); value != nil {
			err, panicked = errorOf(t.file.path, value), true
		}
	}()
	return fn(t), false
}

// panicError is a panic in a transaction as an error; it is no Refusal, so that callers learn nothing of it. Whether
// the file or the code is to blame cannot be told from it alone: an index with a damaged key makes ours panic, too.
type panicError struct {
	path   string
	value  any
	detail string
}

// Error says what to do.
func (p *panicError) Error() string {
	return fmt.Sprintf("the data file %s could not be read as what Postern wrote: run postern check, and restore a "+
		"backup where it finds damage", p.path)
}

// Detail returns what the panic said, and where.
func (p *panicError) Detail() string { return p.detail }

// Unwrap returns the panic's value where it was an error.
func (p *panicError) Unwrap() error {
	err, _ := p.value.(error)
	return err
}

// errorOf makes an error of a panic in a transaction.
func errorOf(path string, value any) error {
	detail := detailOf(value)
	if isFault(value) {
		return &DamagedFile{Path: path, What: damageOf(value), detail: detail}
	}
	return &panicError{path: path, value: value, detail: detail}
}

// Advice returns what to tell the operator where err comes of a damaged file or record: one sentence, with what to do.
// It is empty where err has another cause.
func Advice(err error) string {
	var damaged *DamagedFile
	var panicked *panicError
	var record *DamagedRecord
	switch {
	case errors.As(err, &damaged):
		return damaged.Error()
	case errors.As(err, &panicked):
		return panicked.Error()
	case errors.As(err, &record):
		return fmt.Sprintf("a record in the data file is damaged (table %s, key %x): run postern check, which lists "+
			"every fault, and restore a backup", record.Table, record.Key)
	}
	return ""
}

// framesTold is how far up a Detail says where a panic was: beyond that everything has come through the committer or a
// handler, which is known.
const framesTold = 12

// detailOf returns the words of a panic and the functions that it came through, the innermost first. It is called in
// the deferred function that recovers, while they still stand on the stack.
func detailOf(value any) string {
	var stack [64]uintptr
	frames := runtime.CallersFrames(stack[:runtime.Callers(1, stack[:])])
	var places []string
	raised := false // what stands on the stack before is recovering
	for more := true; more && len(places) < framesTold; {
		var frame runtime.Frame
		frame, more = frames.Next()
		if strings.HasPrefix(frame.Function, "runtime.") {
			raised = true
		} else if raised {
			places = append(places, fmt.Sprintf("%s (%s:%d)", frame.Function, filepath.Base(frame.File), frame.Line))
		}
	}
	return fmt.Sprintf("%v, in %s", value, strings.Join(places, ", "))
}
