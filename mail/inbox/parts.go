package inbox

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"math"
	"strconv"

	"github.com/emersion/go-message"
	"github.com/emersion/go-message/textproto"
)

// How far a letter's structure is followed. A sender decides about it, so it must not decide about our time and memory:
// a few octets open a multipart, and each level is read through all those around it.
const (
	maxHeader = 256 << 10 // bytes of the letter's header
	maxDepth  = 10        // multiparts in multiparts
	maxParts  = 200       // parts
)

// errSeenEnough ends a walk early, without fault.
var errSeenEnough = errors.New("seen enough")

// partVisit gets each part that is no multipart, with its path (0 for a letter of one part, else 1, 2, 2.1 …: RFC 3501
// section 6.4.5).
type partVisit func(id string, e *message.Entity) error

// walkParts calls visit for the parts of a letter in their order. It returns the header, as far as it can be read, and
// the first fault of the source or of visit.
func walkParts(raw []byte, visit partVisit) (message.Header, error) {
	limit := &io.LimitedReader{R: bytes.NewReader(raw), N: maxHeader}
	r := bufio.NewReader(limit)
	fields, err := textproto.ReadHeader(r)
	head := message.Header{Header: fields}
	if limit.N == 0 { // a cut header can look like a whole one
		return head, fmt.Errorf("the header is longer than %d octets", maxHeader)
	}
	if err != nil && !errors.Is(err, io.EOF) {
		return head, err
	}
	limit.N = math.MaxInt64 // the bufio.Reader has read ahead, so that the body goes on where it stands
	w := partWalk{visit: visit}
	var top *message.Entity
	top, w.fault = message.New(head, r)
	if err := w.entity("", top, 0); err != nil && !errors.Is(err, errSeenEnough) {
		return head, err
	}
	return head, w.fault
}

// partWalk is one walk over a letter's parts.
type partWalk struct {
	visit partVisit
	parts int
	fault error // the first part in an unknown character set or encoding: read as it stands
}

// entity visits a part, or the parts of a multipart, down to maxDepth and up to maxParts in all.
func (w *partWalk) entity(id string, e *message.Entity, depth int) error {
	if w.parts++; w.parts > maxParts {
		return fmt.Errorf("more than %d parts", maxParts)
	}
	children := e.MultipartReader()
	if children == nil {
		if id == "" {
			id = "0"
		}
		return w.visit(id, e)
	}
	if depth == maxDepth {
		return fmt.Errorf("more than %d multiparts in one another", maxDepth)
	}
	if id != "" {
		id += "."
	}
	for n := 1; ; n++ {
		child, err := children.NextPart()
		if errors.Is(err, io.EOF) {
			return nil
		}
		// With a child the fault is an unknown character set or encoding, and the part can be shown as it is.
		if err != nil && child == nil {
			return err
		}
		if w.fault == nil {
			w.fault = err
		}
		if err := w.entity(id+strconv.Itoa(n), child, depth+1); err != nil {
			return err
		}
	}
}
