// Package refuse has the one kind of error whose sentence is meant for the caller, and the way to what others know.
package refuse

import (
	"errors"
	"time"
)

// Kind classes a Refusal. The mapping to HTTP statuses stands in one place, server/web.
type Kind int

// The kinds of refusal.
const (
	Invalid      Kind = iota + 1 // the request itself is wrong
	Unauthorized                 // no valid proof of who calls
	Forbidden                    // known, and may not
	NotFound                     // nothing there, or nothing that this caller may know of
	Conflict                     // the record's state does not allow it
	Gone                         // it was there, and is no longer kept
	TooMany                      // over a limit; RetryAfter says when to come back
	Unavailable                  // the store takes no writes now
)

// Refusal is an error whose sentence is meant for the caller. Whatever is not a Refusal is a fault of the appliance,
// and its text is for the log alone.
type Refusal struct {
	Kind       Kind
	Reason     string              // one sentence: what is wrong and what to do
	Fields     map[string][]string // faults by field name; "" is the body as a whole
	RetryAfter time.Duration       // TooMany and Unavailable: when to try again
	Extra      map[string]any      // further members of the problem, as loadStatus
	Cause      error               // for the log, never shown
}

// New makes a Refusal of one sentence.
func New(kind Kind, reason string) *Refusal { return &Refusal{Kind: kind, Reason: reason} }

// Error is the caller's sentence, without the cause.
func (r *Refusal) Error() string { return r.Reason }

// Unwrap returns the cause to errors.Is and the log.
func (r *Refusal) Unwrap() error { return r.Cause }

// Detail returns what an error knows beyond its sentence in words of the code, as those of a panic and where it was. It
// is for a log at level debug: nobody who cannot read the code can do anything with it. Empty: nothing.
func Detail(err error) string {
	var detailed interface{ Detail() string }
	if errors.As(err, &detailed) {
		return detailed.Detail()
	}
	return ""
}

// Is reports whether err is a Refusal of that kind.
func Is(err error, kind Kind) bool {
	var refusal *Refusal
	return errors.As(err, &refusal) && refusal.Kind == kind
}
