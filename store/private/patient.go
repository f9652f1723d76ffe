package private

import (
	"errors"
	"io"
	"os"
	"time"
)

// Patient is a file that is written with patience: what it is given to copy is put on the disk piece by piece, and
// after each it rests for as long as that took, so that half of the disk's time is others'. A file that is synced as a
// whole, at its end, makes every commit on the same disk wait for all of it.
type Patient struct{ *os.File }

const (
	pieceBytes  = 1 << 20
	longestRest = time.Second
)

// ReadFrom is what io.Copy uses.
func (p Patient) ReadFrom(from io.Reader) (written int64, err error) {
	piece := make([]byte, pieceBytes)
	for {
		begun := time.Now()
		n, ended := io.ReadFull(from, piece)
		if n > 0 {
			if _, err := p.Write(piece[:n]); err != nil {
				return written, err
			}
			written += int64(n)
		}
		switch {
		case errors.Is(ended, io.EOF), errors.Is(ended, io.ErrUnexpectedEOF):
			return written, p.Sync()
		case ended != nil:
			return written, ended
		}
		if err := p.Sync(); err != nil {
			return written, err
		}
		time.Sleep(min(time.Since(begun), longestRest))
	}
}
