package store

import (
	"bytes"
	"errors"
	"io"
	"testing"

	"postern/store/guid"
	"postern/store/refuse"
)

// uploaded reads a cleaning's document whole; nil where there is none.
func uploaded(s *Store, cleaning guid.ID) ([]byte, error) {
	document, err := s.OpenDocument(cleaning)
	if err != nil || document == nil {
		return nil, err
	}
	return io.ReadAll(document)
}

// somePDF makes a document whose chunks all differ.
func somePDF(size int) []byte {
	pdf := []byte("%PDF-1.7 ")
	for n := 0; len(pdf) < size; n++ {
		pdf = append(pdf, byte(n), byte(n>>8), byte(n>>16))
	}
	return pdf[:size]
}

func putDocument(t testing.TB, s *Store, n byte, pdf []byte) {
	t.Helper()
	if err := s.PutDocument(ctx, cleaningID(n), pdf); err != nil {
		t.Fatal(err)
	}
}

func openDocument(t testing.TB, s *Store, n byte) *DocumentReader {
	t.Helper()
	document, err := s.OpenDocument(cleaningID(n))
	if err != nil {
		t.Fatal(err)
	}
	return document
}

// TestDocumentReader reads documents that end in, at and behind the border of a chunk, in pieces of any size.
func TestDocumentReader(t *testing.T) {
	s := openTest(t)
	if _, err := s.OpenDocument(cleaningID(1)); !refuse.Is(err, refuse.NotFound) {
		t.Errorf("no cleaning: %v", err)
	}
	addCleaning(t, s, 1, SignedOff)
	if document, err := s.OpenDocument(cleaningID(1)); document != nil || err != nil {
		t.Errorf("none uploaded: %v, %v", document, err)
	}
	for _, size := range []int{9, chunkSize - 1, chunkSize, chunkSize + 1, 3*chunkSize + 7} {
		pdf := somePDF(size)
		putDocument(t, s, 1, pdf)
		for _, piece := range []int{1000, 32 << 10, chunkSize, 1 << 20} {
			document := openDocument(t, s, 1)
			var got bytes.Buffer
			_, err := io.CopyBuffer(struct{ io.Writer }{&got}, document, make([]byte, piece))
			if err != nil || document.Size() != size || !bytes.Equal(got.Bytes(), pdf) {
				t.Errorf("%d bytes in pieces of %d came back as %d, %v", size, piece, got.Len(), err)
			}
		}
	}
}

// TestDocumentReaderOvertaken: a document that changes or goes while it is read is never read as whole, nor mixed
// with another.
func TestDocumentReaderOvertaken(t *testing.T) {
	old, other := somePDF(3*chunkSize), bytes.Repeat([]byte("%PDF-2.0 "), chunkSize/2)
	for name, change := range map[string]func(t *testing.T, s *Store){
		"replaced": func(t *testing.T, s *Store) { putDocument(t, s, 1, other) },
		"deleted": func(t *testing.T, s *Store) {
			if err := s.DeleteCleaning(ctx, cleaningID(1)); err != nil {
				t.Fatal(err)
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			s := openTest(t)
			addCleaning(t, s, 1, SignedOff)
			putDocument(t, s, 1, old)
			document := openDocument(t, s, 1)
			begun := make([]byte, chunkSize)
			if _, err := io.ReadFull(document, begun); err != nil {
				t.Fatal(err)
			}
			change(t, s)
			rest, err := io.ReadAll(document)
			if !refuse.Is(err, refuse.Unavailable) || !bytes.Equal(append(begun, rest...), old[:len(begun)+len(rest)]) {
				t.Errorf("%d more bytes, %v", len(rest), err)
			}
		})
	}
}

// TestDocumentReaderHoldsNoTransaction: the file, which waits for every reader's transaction, can be closed with
// documents half read; they say so then.
func TestDocumentReaderHoldsNoTransaction(t *testing.T) {
	s := openTest(t)
	addCleaning(t, s, 1, SignedOff)
	putDocument(t, s, 1, somePDF(3*chunkSize))
	document := openDocument(t, s, 1)
	if _, err := document.Read(make([]byte, 100)); err != nil {
		t.Fatal(err)
	}
	closeTest(t, s)
	if _, err := document.Read(make([]byte, 100)); !refuse.Is(err, refuse.Unavailable) {
		t.Errorf("read on with %v", err)
	}
}

// TestDocumentDamaged: a document with a flipped bit is refused before the first byte.
func TestDocumentDamaged(t *testing.T) {
	s := openDamaged(t)
	addCleaning(t, s, 1, SignedOff)
	putDocument(t, s, 1, somePDF(2*chunkSize))
	c, err := s.Cleaning(cleaningID(1))
	if err != nil {
		t.Fatal(err)
	}
	flipKey(t, s, documentBucket, chunkKey(c.Document.Version, 1))
	if _, err := s.OpenDocument(cleaningID(1)); !errors.Is(err, errDocumentDamaged) {
		t.Errorf("opened with %v", err)
	}
}
