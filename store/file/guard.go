package file

import (
	"errors"
	"fmt"
	"runtime/debug"
)

// Guard runs fn, which reads pages of a file; a panic, also that of a page which cannot be read, becomes a
// sentence. What the panic said is no part of it: it speaks of the code.
func Guard(path string, fn func() error) (err error) {
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	defer func() {
		if value := recover(); value != nil {
			err = &DamagedFile{Path: path, What: damageOf(value)}
		}
	}()
	return fn()
}

// damageOf says what a panic tells of the file.
func damageOf(value any) string {
	if fault, is := value.(interface{ Addr() uintptr }); is && fault.Addr() != 0 { // of the map of the file
		return "the disk cannot read a page of it, or a page points out of the file"
	}
	return "a page of it is not what Postern wrote"
}

// safely runs fn and makes a panic, also one of a page that can't be read, an error.
func safely(t *Tx, fn func(*Tx) error) (err error, panicked bool) {
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	defer func() {
		if value := recover(); value != nil {
			err, panicked = &panicError{value: value, stack: debug.Stack()}, true
		}
	}()
	return fn(t), false
}

// panicError is a panic as an error; it is no Refusal, so that only the log sees it.
type panicError struct {
	value any
	stack []byte
}

// Error returns what the panic said; the stack stands in the cause.
func (p *panicError) Error() string { return fmt.Sprintf("a transaction panicked: %v", p.value) }

// Unwrap returns the stack, and where the panic was an error, that one.
func (p *panicError) Unwrap() []error {
	causes := []error{errors.New(string(p.stack))}
	if err, ok := p.value.(error); ok {
		causes = append(causes, err)
	}
	return causes
}
