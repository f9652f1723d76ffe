package web

import (
	"io"
	"net/http"
	"strconv"
	"sync"
	"time"
)

// How fast a caller must take an answer that does not fit into one piece: within answerGrace, and from then on at
// leastRate on average, without standing still for longer than answerStall. The operating system's own buffer counts
// as taken.
const (
	pieceSize   = 32 << 10
	leastRate   = 16 << 10 // bytes a second: 10 MiB in 11 minutes
	answerGrace = 30 * time.Second
	answerStall = time.Minute
)

// pieces are lent to answers that are streamed.
var pieces = sync.Pool{New: func() any { return new([pieceSize]byte) }}

// Stream answers 200 with size bytes of content, piece by piece, so that a slow caller holds one piece in memory. For
// HEAD content is not read, and may be nil. An error of content after the first piece breaks the connection. leave is
// called before the last piece goes out: who has read all of an answer finds its place free.
func (c *Call) Stream(contentType string, size int, content io.Reader, leave func()) error {
	c.begin(http.StatusOK, []string{contentType}, size)
	if c.R.Method == http.MethodHead {
		return nil
	}
	piece := pieces.Get().(*[pieceSize]byte)
	defer pieces.Put(piece) // net/http keeps nothing of what Write was given
	for p, left := c.pace(), size; left > 0; {
		part := piece[:min(left, pieceSize)]
		if _, err := io.ReadFull(content, part); err != nil {
			return err
		}
		if left -= len(part); left == 0 {
			leave()
		}
		if err := p.write(part); err != nil {
			panic(http.ErrAbortHandler) // the caller has gone, or is too slow: nobody's fault, and no whole answer
		}
	}
	return nil
}

// begin writes the head of an answer of so many bytes.
func (c *Call) begin(status int, contentType []string, size int) {
	header := c.W.Header()
	header["Content-Type"] = contentType
	header["Content-Length"] = []string{strconv.Itoa(size)}
	c.W.WriteHeader(status)
}

// send writes a whole answer. A caller who has gone is nobody's fault, so its errors are not reported.
func (c *Call) send(status int, contentType []string, data []byte) {
	c.begin(status, contentType, len(data))
	if c.R.Method == http.MethodHead {
		return
	}
	if len(data) <= pieceSize && c.R.ProtoMajor < 2 { // the operating system takes it at once
		_, _ = c.W.Write(data)
		return
	}
	for p := c.pace(); len(data) > 0; {
		n := min(len(data), pieceSize)
		if p.write(data[:n]) != nil {
			return
		}
		data = data[n:]
	}
}

// pace holds the caller of one answer to the least rate. Time is the connection's here, so it is the real one.
type pace struct {
	call    *Call
	control *http.ResponseController
	begun   time.Time
	written int
}

func (c *Call) pace() *pace {
	return &pace{call: c, control: http.NewResponseController(c.answer.ResponseWriter), begun: time.Now()}
}

// write hands a piece to the connection, which breaks where it is not taken in time.
func (p *pace) write(piece []byte) error {
	p.written += len(piece)
	_ = p.control.SetWriteDeadline(p.deadline(time.Now())) // not every transport has deadlines
	_, err := p.call.W.Write(piece)
	return err
}

// deadline is when all that is written so far must have been taken.
func (p *pace) deadline(now time.Time) time.Time {
	rate := p.begun.Add(answerGrace + time.Duration(p.written)*time.Second/leastRate)
	if stall := now.Add(answerStall); stall.Before(rate) {
		return stall
	}
	return rate
}
