package store

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"iter"
	"time"

	"postern/store/guid"
	"postern/store/refuse"
)

// Document describes an uploaded PDF; without one the appliance renders the document from the data.
type Document struct {
	Version guid.ID `json:"version"` // prefix of its chunks' keys
	Size    int     `json:"size"`    // bytes
	Hash    string  `json:"hash"`    // SHA-256, hex
}

const (
	chunkSize     = 256 << 10
	chunksAtOnce  = 8 // chunks a transaction, so that others' writes pass between
	uploadsAtOnce = 4 // dead uploads a transaction
	uploadTimeout = time.Hour
)

// PutDocument stores a PDF as a cleaning's document, in place of the one before. Its chunks are written by several
// transactions and made live by the last one. It refuses with NotFound, and with Conflict where the load is decided.
func (s *Store) PutDocument(ctx context.Context, cleaning guid.ID, pdf []byte) error {
	if _, err := read(s, func(t tx) (Cleaning, error) { return t.openCleaning(cleaning) }); err != nil {
		return err
	}
	version, err := s.putChunks(ctx, pdf)
	if err != nil {
		return err
	}
	sum := sha256.Sum256(pdf)
	document := Document{Version: version, Size: len(pdf), Hash: hex.EncodeToString(sum[:])}
	err = update(ctx, s, func(t tx) error {
		c, err := t.openCleaning(cleaning)
		if err != nil {
			return err
		}
		if err := t.deleteDocument(c.Document); err != nil {
			return err
		}
		if err := t.Delete(uploadBucket, version[:]); err != nil {
			return err
		}
		c.Document = document
		return t.changeCleaning(&c)
	})
	return err
}

// openCleaning returns a cleaning whose document may still change.
func (t tx) openCleaning(id guid.ID) (Cleaning, error) {
	c, err := t.cleaning(id)
	if err == nil && c.Load.Status != LoadOpen {
		err = errDecided(c)
	}
	return c, err
}

func (s *Store) putChunks(ctx context.Context, pdf []byte) (version guid.ID, err error) {
	for number := 0; number*chunkSize < len(pdf); number += chunksAtOnce {
		version, err = write(ctx, s, func(t tx) (guid.ID, error) {
			version := version
			if version.IsZero() {
				version = t.NewID()
				if err := t.Put(uploadBucket, version[:], nil); err != nil {
					return guid.ID{}, err
				}
			}
			for n := number; n < number+chunksAtOnce && n*chunkSize < len(pdf); n++ {
				chunk := pdf[n*chunkSize : min((n+1)*chunkSize, len(pdf))]
				if err := t.Put(documentBucket, chunkKey(version, n), chunk); err != nil {
					return guid.ID{}, err
				}
			}
			return version, nil
		})
		if err != nil {
			return guid.ID{}, err
		}
	}
	return version, nil
}

func (t tx) deleteDocument(d Document) error {
	for n := 0; n*chunkSize < d.Size; n++ {
		if err := t.Delete(documentBucket, chunkKey(d.Version, n)); err != nil {
			return err
		}
	}
	return nil
}

var errDocumentDamaged = errors.New("an uploaded document is not what was stored")

// chunks hands out the bytes of an uploaded PDF in their order, as far as they are there.
func (t tx) chunks(d Document) iter.Seq[[]byte] {
	return func(yield func([]byte) bool) {
		for n := 0; n*chunkSize < d.Size; n++ {
			if !yield(t.Get(documentBucket, chunkKey(d.Version, n))) {
				return
			}
		}
	}
}

// checkDocument looks whether an uploaded PDF is what was stored.
func (t tx) checkDocument(d Document) error {
	if d.Version.IsZero() {
		return nil
	}
	sum := sha256.New()
	for chunk := range t.chunks(d) {
		sum.Write(chunk)
	}
	if hex.EncodeToString(sum.Sum(nil)) != d.Hash {
		return errDocumentDamaged
	}
	return nil
}

// document reads an uploaded PDF whole, or nil where there is none.
func (t tx) document(d Document) ([]byte, error) {
	if d.Version.IsZero() {
		return nil, nil
	}
	if err := t.checkDocument(d); err != nil {
		return nil, err
	}
	pdf := make([]byte, 0, d.Size)
	for chunk := range t.chunks(d) {
		pdf = append(pdf, chunk...)
	}
	return pdf, nil
}

// sweepUploads removes the chunks of uploads that were never made live: their process died in the middle.
func (t tx) sweepUploads() (int, error) {
	var dead []guid.ID
	young := timeID(t.Now().Add(-uploadTimeout)) // one that may still be under way
	c := t.Cursor(uploadBucket)
	for key, _ := c.First(); key != nil &&
		len(dead) < uploadsAtOnce && bytes.Compare(key, young[:]) < 0; key, _ = c.Next() {
		dead = append(dead, guid.ID(key))
	}
	for _, version := range dead {
		if err := t.deleteUpload(version); err != nil {
			return 0, err
		}
	}
	return len(dead), nil
}

func (t tx) deleteUpload(version guid.ID) error {
	for n := 0; t.Has(documentBucket, chunkKey(version, n)); n++ {
		if err := t.Delete(documentBucket, chunkKey(version, n)); err != nil {
			return err
		}
	}
	return t.Delete(uploadBucket, version[:])
}

// timeID is the smallest ID that the store could make at a time.
func timeID(at time.Time) (id guid.ID) {
	millis := uint64(at.UnixMilli())
	for i := range 6 {
		id[i] = byte(millis >> (40 - 8*i))
	}
	return id
}

// DocumentReader reads an uploaded PDF piece by piece, each piece in a short transaction of its own: however slowly
// its reader goes on, it holds neither the PDF in memory nor a transaction open. It belongs to one goroutine, and
// needs no closing.
type DocumentReader struct {
	store    *Store
	document Document
	at       int // bytes read so far
}

// OpenDocument returns the PDF uploaded for a cleaning; nil where none was, and NotFound where there is no cleaning.
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
var errDocumentGone = refuse.New(refuse.Unavailable,
	"The document was replaced or deleted while it was read; ask for it again.")

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
