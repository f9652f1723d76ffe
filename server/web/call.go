package web

import (
	"bytes"
	"encoding/hex"
	"io"
	"net/http"
	"net/netip"
	"sync"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/julienschmidt/httprouter"
	"github.com/rs/zerolog"
)

// Call is one request and its answer. It belongs to the goroutine that serves it.
type Call struct {
	W       http.ResponseWriter
	R       *http.Request
	Params  httprouter.Params
	TraceID string     // X-Request-Id of the answer
	Client  netip.Addr // who called, through trusted proxies; invalid over a Unix socket
	Secure  bool       // TLS up to here, or up to a trusted proxy

	handler  *handler
	route    *Route // nil where no route matched
	answer   answer
	began    time.Time
	crossing bool // the path lies under Options.CrossOrigin

	lingering *http.ResponseController // of linger; nil: there is nothing more to read

	spoken, switches string // of Speak
	suggested        string // of Suggest
}

// answer notes what is written, and where a handler's error can still be answered.
type answer struct {
	http.ResponseWriter
	call   *Call
	status int
	octets int64
}

func (a *answer) WriteHeader(status int) {
	if a.status == 0 && status >= 200 {
		a.status = status
	}
	a.ResponseWriter.WriteHeader(status)
}

func (a *answer) Write(data []byte) (int, error) {
	if a.status == 0 {
		a.status = http.StatusOK
	}
	n, err := a.ResponseWriter.Write(data)
	a.octets += int64(n)
	return n, err
}

// Unwrap lets http.ResponseController reach the connection.
func (a *answer) Unwrap() http.ResponseWriter { return a.ResponseWriter }

func newCall(h *handler, w http.ResponseWriter, r *http.Request) *Call {
	c := &Call{R: r, handler: h, began: time.Now()}
	c.answer = answer{ResponseWriter: w, call: c}
	c.W = &c.answer
	return c
}

// Shared header values: one slice for all answers, never changed.
var (
	noSniff = []string{"nosniff"}
	noStore = []string{"no-store"}
	hsts    = []string{"max-age=31536000"}
	isJSON  = []string{"application/json"}
)

// prepare finds out who calls and sets the headers that every answer carries.
func (c *Call) prepare() {
	c.Client, c.Secure = resolve(c.R, c.handler.middleware.options.TrustedProxies)
	c.TraceID = c.requestID()
	header := c.W.Header()
	header["X-Request-Id"] = []string{c.TraceID}
	header["X-Content-Type-Options"] = noSniff
	header["Cache-Control"] = noStore
	if c.overTLS() {
		header["Strict-Transport-Security"] = hsts
	}
	c.shareOrigin()
	if c.R.ContentLength != 0 {
		// for bodies that no handler reads, too: the server reads them before the next request
		c.bodyWithin(defaultBodyTime)
	}
}

// requestID is the caller's own where it is a plain word, so that both sides' logs can be laid side by side.
func (c *Call) requestID() string {
	if given := c.R.Header["X-Request-Id"]; len(given) == 1 && isPlainWord(given[0]) {
		return given[0]
	}
	var id [8]byte
	_, _ = io.ReadFull(c.handler.middleware.options.Random, id[:]) // an id that is no id harms nobody
	return hex.EncodeToString(id[:])
}

// isPlainWord matches [A-Za-z0-9._-]{1,64}.
func isPlainWord(text string) bool {
	if text == "" || len(text) > 64 {
		return false
	}
	for i := range len(text) {
		switch b := text[i]; {
		case 'a' <= b && b <= 'z', 'A' <= b && b <= 'Z', '0' <= b && b <= '9', b == '.', b == '_', b == '-':
		default:
			return false
		}
	}
	return true
}

// Param is a path parameter, never empty.
func (c *Call) Param(name string) string { return c.Params.ByName(name) }

// Log is a logger that names this call's traceId and route.
func (c *Call) Log() *zerolog.Logger {
	log := c.handler.middleware.options.Log.With().Str("traceId", c.TraceID).Str("method", c.R.Method).Str("route",
		c.routeName()).Logger()
	return &log
}

// routeName is the route's pattern: paths hold GUIDs, and links' queries hold tokens.
func (c *Call) routeName() string {
	if c.route == nil {
		return "-"
	}
	return c.route.Path
}

func (c *Call) logLine() {
	e := c.handler.middleware.options.Log.Debug()
	if e == nil {
		return
	}
	if c.Client.IsValid() {
		e.Stringer("client", c.Client)
	}
	e.Str("traceId", c.TraceID).Str("method", c.R.Method).Str("route", c.routeName()).Int("status", c.answer.status).
		Int64("octets", c.answer.octets).Dur("took", time.Since(c.began)).Msg("request")
}

// buffers are kept for the next answer; those that one large answer has grown are let go.
var buffers = sync.Pool{New: func() any { return new(bytes.Buffer) }}

const keepBuffer = 64 << 10

func withBuffer(fn func(*bytes.Buffer) error) error {
	b := buffers.Get().(*bytes.Buffer)
	b.Reset()
	err := fn(b)
	if b.Cap() <= keepBuffer {
		buffers.Put(b)
	}
	return err
}

var jsonOut = json.JoinOptions(json.Deterministic(true))

// JSON answers with v. It is encoded before the status is written, so that what can't be encoded is still a 500.
func (c *Call) JSON(status int, v any) error { return c.json(status, isJSON, v) }

// JSONThen answers as JSON does, and calls encoded with the length of the answer before its first byte leaves: there
// the handler gives back what a caller that reads slowly must not keep from others. What encoded returns is called
// once the answer is written, or the caller has gone.
func (c *Call) JSONThen(status int, v any, encoded func(length int) (written func())) error {
	return withBuffer(func(b *bytes.Buffer) error {
		if err := encode(b, v); err != nil {
			return err
		}
		defer encoded(b.Len())()
		c.send(status, isJSON, b.Bytes())
		return nil
	})
}

func (c *Call) json(status int, contentType []string, v any) error {
	return withBuffer(func(b *bytes.Buffer) error {
		if err := encode(b, v); err != nil {
			return err
		}
		c.send(status, contentType, b.Bytes())
		return nil
	})
}

func encode(b *bytes.Buffer, v any) error {
	if err := json.MarshalWrite(b, v, jsonOut); err != nil {
		return err
	}
	return b.WriteByte('\n')
}

// NoContent answers 204.
func (c *Call) NoContent() error {
	c.W.WriteHeader(http.StatusNoContent)
	return nil
}

// Bytes answers 200 with data of some content type.
func (c *Call) Bytes(contentType string, data []byte) error {
	c.send(http.StatusOK, []string{contentType}, data)
	return nil
}

// SeeOther sends a browser on after a form (303).
func (c *Call) SeeOther(location string) error {
	c.W.Header().Set("Location", location)
	c.W.WriteHeader(http.StatusSeeOther)
	return nil
}

// RetryAfter says, beside a page of 429 or 503, when to come back.
func (c *Call) RetryAfter(wait time.Duration) {
	c.W.Header().Set("Retry-After", retryAfter(wait))
}
