package web

import (
	"bytes"
	"errors"
	"io"
	"testing"
	"testing/iotest"
)

// TestReadAll holds that a body is read whole, however it arrives, into no more room than it can need.
func TestReadAll(t *testing.T) {
	for _, size := range []int{0, 1, keepBuffer - 1, keepBuffer, keepBuffer + 1, 5*keepBuffer + 7} {
		want := bytes.Repeat([]byte("x"), size)
		for name, r := range map[string]io.Reader{
			"whole": bytes.NewReader(want), "halves": iotest.HalfReader(bytes.NewReader(want)),
			"end with the last": iotest.DataErrReader(bytes.NewReader(want)),
		} {
			got, err := readAll(r, int64(size))
			if err != nil || !bytes.Equal(got, want) || cap(got) > size+1 {
				t.Errorf("%d octets, %s: %d of them, %d kept, %v", size, name, len(got), cap(got), err)
			}
		}
	}
	lost := errors.New("lost")
	if _, err := readAll(io.MultiReader(bytes.NewReader(make([]byte, keepBuffer)), iotest.ErrReader(lost)),
		2*keepBuffer); !errors.Is(err, lost) {
		t.Errorf("an error became %v", err)
	}
}
