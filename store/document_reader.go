package store

import (
	"io"
	"postern/store/guid"
	"postern/store/refuse"
)

// DocumentReader reads an uploaded PDF piece by piece, each piece in a short transaction of its own: however slowly
// its reader goes on, it holds neither the PDF in memory nor a transaction open. It belongs to one goroutine, and
// needs no closing.
type DocumentReader struct {
	store    *Store
	document Document
	at       int // octets read so far
}

// OpenDocument gives the PDF uploaded for a cleaning; nil where none was, and NotFound where there is no cleaning.
// The PDF has been compared with its checksum then.
func (s *Store) OpenDocument(cleaning guid.ID) (*DocumentReader, error) {
	return read(s, func(t tx) (*DocumentReader, error) {
		c, err := t.cleaning(cleaning)
		if err != nil || c.Document.Version.IsZero() {
			return nil, err
		}
		return &DocumentReader{store: s, document: c.Document}, t.checkDocument(c.Document)
	})
}

// errDocumentGone is for a reader whose PDF was there when it began.
var errDocumentGone = refuse.New(refuse.Unavailable, "The document was replaced or deleted while it was read; ask for it again.")

// Size is the PDF's, in bytes.
func (r *DocumentReader) Size() int { return r.document.Size }

// Read reads on, at most to the end of a chunk. Once the document has been replaced, or deleted with its cleaning, it
// refuses with Unavailable: what has been read is then no whole document.
func (r *DocumentReader) Read(p []byte) (int, error) {
	if r.at >= r.document.Size {
		return 0, io.EOF
	}
	n, err := read(r.store, func(t tx) (int, error) {
		chunk := t.Get(documentBucket, chunkKey(r.document.Version, r.at/chunkSize))
		if len(chunk) <= r.at%chunkSize {
			return 0, errDocumentGone
		}
		return copy(p, chunk[r.at%chunkSize:]), nil
	})
	r.at += n
	return n, err
}
