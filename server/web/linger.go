package web

import (
	"io"
	"net/http"
	"time"
)

// The bounds of what is still read of a body after its call has been refused.
const (
	lingerFrom  = 256 << 10 // net/http itself reads up to this on a connection that stays open
	lingerMost  = 32 << 20  // twice the largest body that is taken
	lingerStep  = 16 << 10  // what must arrive before lingerStall has passed
	lingerTime  = 30 * time.Second
	lingerStall = 2 * time.Second
)

// refusing writes the answer to a call that is refused. Where its body may still be arriving, linger has work to do,
// and the connection ends afterwards: what came late would be read as a call of its own otherwise, and behind a proxy
// that shares connections be answered to somebody else (request smuggling).
func (c *Call) refusing(status int, write func()) {
	control := http.NewResponseController(c.answer.ResponseWriter)
	lingers := c.lingers(status) && control.EnableFullDuplex() == nil // so that the answer waits for no body
	if lingers {
		c.W.Header().Set("Connection", "close")
	}
	write()
	if lingers && control.Flush() == nil {
		c.lingering = control
	}
}

// lingers reports whether a body may still be arriving that net/http does not read by itself. HTTP/2 ends one call
// without the others; who expects to be asked for the body (RFC 9110 §10.1.1) has not begun to send it; who was too
// slow has had its time.
func (c *Call) lingers(status int) bool {
	length := c.R.ContentLength
	if length == 0 || c.R.ProtoMajor != 1 || c.R.Header.Get("Expect") != "" || status == http.StatusRequestTimeout {
		return false
	}
	return length < 0 || length > lingerFrom || c.R.Close || c.W.Header().Get("Connection") == "close"
}

// linger reads, and forgets, what the caller of a refused call is still sending. Most callers look at an answer only
// when all is sent: if the connection ended at once, it would be reset beneath them, and instead of the 401 or 413 they
// would see a broken pipe.
func (c *Call) linger() {
	if c.lingering == nil {
		return
	}
	end := time.Now().Add(lingerTime)
	for left := int64(lingerMost); left > 0; left -= lingerStep {
		pause := time.Now().Add(lingerStall)
		if pause.After(end) || c.lingering.SetReadDeadline(pause) != nil {
			return
		}
		if _, err := io.CopyN(io.Discard, c.R.Body, lingerStep); err != nil {
			return
		}
	}
}
