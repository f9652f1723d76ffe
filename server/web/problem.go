package web

import (
	"cmp"
	"context"
	"errors"
	"net/http"
	"strconv"
	"time"

	"github.com/rs/zerolog"

	"postern/store/refuse"
)

// Problem is an error with the status that it is answered with, for what the kinds of refuse.Refusal have no word
// for. It is answered as RFC 9457 application/problem+json, or as a page.
type Problem struct {
	Status     int
	Detail     string              // one sentence for the caller; of a 500, only where the caller is the operator
	Fields     map[string][]string // errors
	Extra      map[string]any      // further members
	RetryAfter time.Duration       // 0: none, but on 429 and 503
	TraceID    string              // of the call that a kept answer was first given to; empty: of this one
	Cause      error               // for the log alone
}

// Error is the caller's sentence.
func (p *Problem) Error() string { return p.Detail }

// Unwrap returns the cause to errors.Is and the log.
func (p *Problem) Unwrap() error { return p.Cause }

// statuses is the one place where kinds of refusal become statuses.
var statuses = map[refuse.Kind]int{
	refuse.Invalid:      http.StatusBadRequest,
	refuse.Unauthorized: http.StatusUnauthorized,
	refuse.Forbidden:    http.StatusForbidden,
	refuse.NotFound:     http.StatusNotFound,
	refuse.Conflict:     http.StatusConflict,
	refuse.Gone:         http.StatusGone,
	refuse.TooMany:      http.StatusTooManyRequests,
	refuse.Unavailable:  http.StatusServiceUnavailable,
}

// The fixed sentences of what the caller can do nothing about.
const (
	internalFault = "Something went wrong here, and has been logged under this traceId. The call may be repeated."
	cutShort      = "The call was ended before it was answered. It may be repeated."
)

// problemOf says how an error is answered.
func problemOf(err error) *Problem {
	var problem *Problem
	if errors.As(err, &problem) {
		return problem
	}
	var refusal *refuse.Refusal
	if errors.As(err, &refusal) && statuses[refusal.Kind] != 0 {
		return &Problem{Status: statuses[refusal.Kind], Detail: refusal.Reason, Fields: refusal.Fields,
			Extra:      refusal.Extra,
			RetryAfter: refusal.RetryAfter, Cause: refusal.Cause}
	}
	var large *http.MaxBytesError
	switch {
	case errors.As(err, &large):
		return tooLarge(large.Limit)
	case errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded):
		return &Problem{Status: http.StatusServiceUnavailable, Detail: cutShort, Cause: err}
	}
	return &Problem{Status: http.StatusInternalServerError, Cause: err}
}

func tooLarge(limit int64) *Problem {
	return &Problem{Status: http.StatusRequestEntityTooLarge,
		Detail: "The body is too large: at most " + strconv.FormatInt(limit, 10) + " octets are read here."}
}

// fail answers an error, and logs it where it is a fault of ours.
func (c *Call) fail(err error) {
	p := problemOf(err)
	if p.Status >= http.StatusInternalServerError && c.R.Context().Err() == nil {
		level := zerolog.ErrorLevel
		switch {
		case p.Status == http.StatusServiceUnavailable && p.Cause == nil:
			level = zerolog.WarnLevel // busy: a limit that does what it is for
		case p.Status == http.StatusNotImplemented:
			level = zerolog.DebugLevel // said on purpose
		case p.Status == http.StatusInternalServerError && p.Detail != "":
			level = zerolog.WarnLevel // the operator asked, and is told what to do
		}
		c.Log().WithLevel(level).AnErr("cause", p.Cause).Int("status", p.Status).Msg(p.logged())
		if detail := refuse.Detail(err); detail != "" {
			c.Log().Debug().Str("detail", detail).Msg("more of the cause")
		}
	}
	if c.answer.status != 0 {
		panic(http.ErrAbortHandler) // half an answer must not look whole
	}
	c.refusing(p.Status, func() { c.write(p) })
}

func (p *Problem) logged() string {
	if p.Detail == "" {
		return "request failed"
	}
	return p.Detail
}

// wire is the problem as RFC 9457 §3 has it. Its type is about:blank, so its title is the status's own (§4.2.1).
type wire struct {
	Type    string              `json:"type" doc:"Always about:blank: the status says what sort of problem it is."`
	Title   string              `json:"title" doc:"The status in words."`
	Status  int                 `json:"status"`
	Detail  string              `json:"detail,omitzero" doc:"What is wrong and what to do, in a sentence."`
	TraceID string              `json:"traceId" doc:"Names the call in the log, as X-Request-Id does; in a kept answer: the first."`
	Errors  map[string][]string `json:"errors,omitempty" doc:"Sentences by field; an empty name is the whole body."`
	Extra   map[string]any      `json:",embed"`
}

// SchemaName is what its schema is called.
func (wire) SchemaName() string { return "Problem" }

var isProblem = []string{"application/problem+json"}

// write answers a problem in the form that fits the caller.
func (c *Call) write(p *Problem) {
	c.problemHeaders(p)
	if c.wantsPage() {
		if err := c.errorPage(p); err != nil {
			c.Log().Error().Err(err).Msg("error page")
			c.W.WriteHeader(p.Status)
		}
		return
	}
	body := wire{Type: "about:blank", Title: http.StatusText(p.Status), Status: p.Status, Detail: p.Detail,
		TraceID: cmp.Or(p.TraceID, c.TraceID), Errors: p.Fields, Extra: p.Extra}
	if p.Status == http.StatusInternalServerError {
		body.Errors, body.Extra = nil, nil
		body.Detail = cmp.Or(p.Detail, internalFault)
	}
	if err := c.json(p.Status, isProblem, body); err != nil { // only what a handler put into Extra can fail
		c.Log().Error().Err(err).Msg("problem not encoded")
		body.Extra = nil
		_ = c.json(p.Status, isProblem, body)
	}
}

func (c *Call) problemHeaders(p *Problem) {
	header := c.W.Header()
	header["Cache-Control"] = noStore // whatever the handler had set for its success
	for _, name := range []string{"Content-Disposition", "Content-Encoding", "ETag", "Last-Modified"} {
		header.Del(name)
	}
	switch p.Status {
	case http.StatusUnauthorized:
		if c.route != nil && c.route.Caller.isBearer() {
			header.Set("WWW-Authenticate", "Bearer")
		}
	case http.StatusTooManyRequests, http.StatusServiceUnavailable:
		header.Set("Retry-After", retryAfter(p.RetryAfter))
	default:
		if p.RetryAfter > 0 {
			header.Set("Retry-After", retryAfter(p.RetryAfter))
		}
	}
}

// retryAfter returns whole seconds, rounded up: who comes back then must not be a moment early.
func retryAfter(wait time.Duration) string {
	const unknown = 5 * time.Second // where nobody can tell
	if wait <= 0 {
		wait = unknown
	}
	return strconv.FormatInt(int64((wait+time.Second-1)/time.Second), 10)
}
