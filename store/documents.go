package store

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"iter"
	"postern/store/guid"
	"time"
)

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
	_, err = write(ctx, s, func(t tx) (struct{}, error) {
		c, err := t.openCleaning(cleaning)
		if err != nil {
			return struct{}{}, err
		}
		if err := t.deleteDocument(c.Document); err != nil {
			return struct{}{}, err
		}
		if err := t.Delete(uploadBucket, version[:]); err != nil {
			return struct{}{}, err
		}
		c.Document = document
		return struct{}{}, t.changeCleaning(&c)
	})
	return err
}

// openCleaning gives a cleaning whose document may still change.
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

// chunks hands out the octets of an uploaded PDF in their order, as far as they are there.
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
	for key, _ := c.First(); key != nil && len(dead) < uploadsAtOnce && bytes.Compare(key, young[:]) < 0; key, _ = c.Next() {
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
