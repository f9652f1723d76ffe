package store

import (
	"bytes"
	"io"
	"testing"
	"time"

	"postern/store/refuse"
)

// TestUploadMendsDamage: the document whose stored form is damaged is stored anew when it is sent again.
func TestUploadMendsDamage(t *testing.T) {
	s := openTest(t)
	addCleaning(t, s, 1, SignedOff)
	pdf := somePDF(5*chunkSize + 7)
	putDocument(t, s, 1, pdf)
	c, err := s.Cleaning(cleaningID(1))
	must(t, err)
	flipKey(t, s, documentBucket, chunkKey(c.Document.Version, 4))
	putDocument(t, s, 1, pdf)
	if got, err := uploaded(s, cleaningID(1)); err != nil || !bytes.Equal(got, pdf) {
		t.Errorf("%d bytes came back, %v", len(got), err)
	}
}

// TestUploadSwept: an upload that a jump of the clock makes look dead is refused, and never becomes a document with
// holes; nor are its later chunks left.
func TestUploadSwept(t *testing.T) {
	for name, body := range map[string]func(sweep func()) (io.Reader, func(io.ReaderAt, int) error){
		"between chunks": func(sweep func()) (io.Reader, func(io.ReaderAt, int) error) {
			return io.MultiReader(bytes.NewReader(somePDF(chunksAtOnce*chunkSize)), &once{do: sweep},
				bytes.NewReader(somePDF(3))), nil
		},
		"at the end": func(sweep func()) (io.Reader, func(io.ReaderAt, int) error) {
			return bytes.NewReader(somePDF(2 * chunkSize)), func(io.ReaderAt, int) error { sweep(); return nil }
		},
	} {
		c := newClock()
		s := openTest(t, at(c))
		addCleaning(t, s, 1, SignedOff)
		in, check := body(func() {
			c.Advance(uploadTimeout + time.Minute)
			_, err := s.Prune(ctx, Keep{Cleanings: 100 * time.Hour, Events: 100 * time.Hour})
			must(t, err)
		})
		err := s.UploadDocument(ctx, Upload{Cleaning: cleaningID(1), Body: in, Check: check})
		if !refuse.Is(err, refuse.Unavailable) {
			t.Errorf("%s: %v", name, err)
		}
		if n := countKeys(t, s, documentBucket); n != 0 {
			t.Errorf("%s: %d chunks are left", name, n)
		}
	}
}

// once does something while it is read, and holds nothing.
type once struct{ do func() }

func (o *once) Read([]byte) (int, error) { o.do(); return 0, io.EOF }
