package store

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"hash"
	"io"
	"slices"
	"sync"
	"time"

	"postern/store/guid"
	"postern/store/refuse"
)

// Upload is a PDF on its way to a cleaning.
type Upload struct {
	Partner  string // whose cleaning it must be; empty: the operator's call
	Cleaning guid.ID
	Body     io.Reader

	// Check looks at all that has come, before it becomes the document, and refuses it by an error; nil: nobody looks.
	Check func(pdf io.ReaderAt, size int) error
}

const (
	chunksAtOnce  = 4 // chunks a transaction, so that others' writes pass between
	uploadsAtOnce = 4 // dead uploads a transaction
	uploadTimeout = time.Hour
)

// PutDocument is UploadDocument for an operator who has the PDF in memory.
func (s *Store) PutDocument(ctx context.Context, cleaning guid.ID, pdf []byte) error {
	return s.UploadDocument(ctx, Upload{Cleaning: cleaning, Body: bytes.NewReader(pdf)})
}

// UploadDocument stores a PDF as a cleaning's document, in place of the one before. It holds a mebibyte of it in
// memory, however large it is and however slowly it comes: the chunks are written by several transactions, and made
// live by the last one. The same PDF again changes nothing, and writes nothing. It refuses with NotFound, also where
// the cleaning is another partner's, and with Conflict where the load is decided. An error of Body or Check is given
// back as it is.
func (s *Store) UploadDocument(ctx context.Context, in Upload) error {
	c, err := read(s, func(t tx) (Cleaning, error) { return t.cleaningOf(in.Partner, in.Cleaning) })
	if err == nil && c.Load.Status != LoadOpen && c.Document.Version.IsZero() {
		err = errDecided(c) // it cannot be the same again
	}
	if err != nil {
		return err
	}
	u := &upload{Upload: in, store: s, live: c.Document, sum: sha256.New()}
	err = u.receive(ctx)
	if err == nil {
		err = u.finish(ctx)
	}
	if err != nil && !u.version.IsZero() {
		// should this fail too, sweepUploads comes by
		_ = updateVital(context.WithoutCancel(ctx), s, func(t tx) error { return t.deleteUpload(u.version) })
	}
	return err
}

// upload is an Upload under way.
type upload struct {
	Upload
	store   *Store
	live    Document // that the cleaning had at the beginning; all that has come is in it, as long as version is zero
	version guid.ID  // prefix of the keys of the chunks; zero: nothing is written yet
	size    int      // of what has come so far; whole chunks until the last one
	sum     hash.Hash
}

// uploadPieces hold what one transaction writes.
var uploadPieces = sync.Pool{New: func() any { return new([chunksAtOnce * chunkSize]byte) }}

// receive reads the PDF to its end.
func (u *upload) receive(ctx context.Context) error {
	piece := uploadPieces.Get().(*[chunksAtOnce * chunkSize]byte)
	defer uploadPieces.Put(piece)
	for {
		n, err := fill(piece[:], u.Body)
		if n > 0 && (err == nil || errors.Is(err, io.EOF)) {
			if err := u.add(ctx, piece[:n]); err != nil {
				return err
			}
		}
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
	}
}

// fill reads until a piece is full. Unlike io.ReadFull it tells the end of what is read, io.EOF, from a reader that
// breaks off, which may say io.ErrUnexpectedEOF.
func fill(piece []byte, from io.Reader) (n int, err error) {
	for n < len(piece) && err == nil {
		var read int
		read, err = from.Read(piece[n:])
		n += read
	}
	return n, err
}

// add takes the next piece, which is written unless it stands in the live document at the same place.
func (u *upload) add(ctx context.Context, piece []byte) error {
	first, chunks := u.size/chunkSize, slices.Collect(slices.Chunk(piece, chunkSize))
	same, err := u.repeats(first, chunks)
	if err == nil && !same {
		if err = u.takeOver(ctx); err == nil {
			err = u.put(ctx, first, func(tx) ([][]byte, error) { return chunks, nil })
		}
	}
	u.size += len(piece)
	u.sum.Write(piece)
	return err
}

// repeats reports whether nothing has been written so far and chunks are those of the live document.
func (u *upload) repeats(first int, chunks [][]byte) (bool, error) {
	if !u.version.IsZero() || u.live.Version.IsZero() {
		return false, nil
	}
	return read(u.store, func(t tx) (bool, error) {
		for i, chunk := range chunks {
			if !bytes.Equal(chunk, t.Get(documentBucket, chunkKey(u.live.Version, first+i))) {
				return false, nil
			}
		}
		return true, nil
	})
}

// errUploadsMet is for an upload whose beginning was that of a document which is gone now.
var errUploadsMet = refuse.New(refuse.Unavailable,
	"The document was replaced or deleted by another call in the meantime; send it again.")

// errUploadSwept is for an upload that the clock, set forward in the meantime, made look dead.
var errUploadSwept = refuse.New(refuse.Unavailable, "The document was under way for too long; send it again.")

// takeOver writes what has come so far, where nothing is written yet: it stands in the live document.
func (u *upload) takeOver(ctx context.Context) error {
	if !u.version.IsZero() {
		return nil
	}
	for first := 0; first < u.size/chunkSize; first += chunksAtOnce {
		err := u.put(ctx, first, func(t tx) (chunks [][]byte, err error) {
			for n := first; n < min(first+chunksAtOnce, u.size/chunkSize); n++ {
				chunk := bytes.Clone(t.Get(documentBucket, chunkKey(u.live.Version, n)))
				if chunk == nil {
					return nil, errUploadsMet
				}
				chunks = append(chunks, chunk)
			}
			return chunks, nil
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// put writes chunks, as long as the document may still change.
func (u *upload) put(ctx context.Context, first int, chunksOf func(tx) ([][]byte, error)) error {
	version, err := write(ctx, u.store, func(t tx) (guid.ID, error) {
		if _, err := t.openCleaning(u.Partner, u.Cleaning); err != nil {
			return guid.ID{}, err
		}
		chunks, err := chunksOf(t)
		if err != nil {
			return guid.ID{}, err
		}
		version := u.version
		switch {
		case version.IsZero():
			version = t.NewID()
			if err := t.Put(uploadBucket, version[:], nil); err != nil {
				return guid.ID{}, err
			}
		case !t.Has(uploadBucket, version[:]):
			return guid.ID{}, errUploadSwept
		}
		for i, chunk := range chunks {
			if err := t.Put(documentBucket, chunkKey(version, first+i), chunk); err != nil {
				return guid.ID{}, err
			}
		}
		return version, nil
	})
	if err == nil {
		u.version = version
	}
	return err
}

// openCleaning returns a cleaning whose document may still change.
func (t tx) openCleaning(partner string, id guid.ID) (Cleaning, error) {
	c, err := t.cleaningOf(partner, id)
	if err == nil && c.Load.Status != LoadOpen {
		err = errDecided(c)
	}
	return c, err
}

// finish makes live what has come.
func (u *upload) finish(ctx context.Context) error {
	if u.size == 0 {
		return refuse.New(refuse.Invalid, "The document is empty.")
	}
	if u.version.IsZero() {
		if u.size == u.live.Size {
			return nil
		}
		if err := u.takeOver(ctx); err != nil { // it is the beginning of the live document
			return err
		}
	}
	document := Document{Version: u.version, Size: u.size, Hash: hex.EncodeToString(u.sum.Sum(nil))}
	if u.Check != nil {
		if err := u.Check(&DocumentReader{store: u.store, document: document}, u.size); err != nil {
			return err
		}
	}
	return update(ctx, u.store, func(t tx) error {
		c, err := t.openCleaning(u.Partner, u.Cleaning)
		if err != nil {
			return err
		}
		if !t.Has(uploadBucket, u.version[:]) {
			return errUploadSwept
		}
		// another call has brought the same meanwhile; what was live all the time is damaged, or had been found the same
		if c.Document.Hash == document.Hash && c.Document.Version != u.live.Version {
			return t.deleteUpload(u.version)
		}
		if err := t.deleteDocument(c.Document); err != nil {
			return err
		}
		if err := t.Delete(uploadBucket, u.version[:]); err != nil {
			return err
		}
		c.Document = document
		return t.changeCleaning(&c)
	})
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
