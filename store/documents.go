package store

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
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
func (s *Store) PutDocument(ctx context.Context, cleaning ID, pdf []byte) error {
	if _, err := read(s, func(t *tx) (Cleaning, error) { return t.openCleaning(cleaning) }); err != nil {
		return err
	}
	version, err := s.putChunks(ctx, pdf)
	if err != nil {
		return err
	}
	sum := sha256.Sum256(pdf)
	document := Document{Version: version, Size: len(pdf), Hash: hex.EncodeToString(sum[:])}
	_, err = write(ctx, s, func(t *tx) (struct{}, error) {
		c, err := t.openCleaning(cleaning)
		if err != nil {
			return struct{}{}, err
		}
		if err := t.deleteDocument(c.Document); err != nil {
			return struct{}{}, err
		}
		if err := t.delete(uploadBucket, version[:]); err != nil {
			return struct{}{}, err
		}
		c.Document = document
		return struct{}{}, t.changeCleaning(&c)
	})
	return err
}

// openCleaning gives a cleaning whose document may still change.
func (t *tx) openCleaning(id ID) (Cleaning, error) {
	c, err := t.cleaning(id)
	if err == nil && c.Load.Status != LoadOpen {
		err = errDecided(c)
	}
	return c, err
}

func (s *Store) putChunks(ctx context.Context, pdf []byte) (version ID, err error) {
	for number := 0; number*chunkSize < len(pdf); number += chunksAtOnce {
		version, err = write(ctx, s, func(t *tx) (ID, error) {
			version := version
			if version.IsZero() {
				version = t.newID()
				if err := t.put(uploadBucket, version[:], nil); err != nil {
					return ID{}, err
				}
			}
			for n := number; n < number+chunksAtOnce && n*chunkSize < len(pdf); n++ {
				chunk := pdf[n*chunkSize : min((n+1)*chunkSize, len(pdf))]
				if err := t.put(documentBucket, chunkKey(version, n), chunk); err != nil {
					return ID{}, err
				}
			}
			return version, nil
		})
		if err != nil {
			return ID{}, err
		}
	}
	return version, nil
}

func (t *tx) deleteDocument(d Document) error {
	for n := 0; n*chunkSize < d.Size; n++ {
		if err := t.delete(documentBucket, chunkKey(d.Version, n)); err != nil {
			return err
		}
	}
	return nil
}

var errDocumentDamaged = errors.New("an uploaded document is not what was stored")

// document reads an uploaded PDF, or nil where there is none.
func (t *tx) document(d Document) ([]byte, error) {
	if d.Version.IsZero() {
		return nil, nil
	}
	pdf := make([]byte, 0, d.Size)
	for n := 0; n*chunkSize < d.Size; n++ {
		pdf = append(pdf, t.get(documentBucket, chunkKey(d.Version, n))...)
	}
	if sum := sha256.Sum256(pdf); hex.EncodeToString(sum[:]) != d.Hash {
		return nil, errDocumentDamaged
	}
	return pdf, nil
}

// DocumentOf gives the PDF uploaded for a cleaning; nil where none was, and NotFound where there is no cleaning.
func (s *Store) DocumentOf(cleaning ID) ([]byte, error) {
	return read(s, func(t *tx) ([]byte, error) {
		c, err := t.cleaning(cleaning)
		if err != nil {
			return nil, err
		}
		return t.document(c.Document)
	})
}

// sweepUploads removes the chunks of uploads that were never made live: their process died in the middle.
func (t *tx) sweepUploads() (int, error) {
	var dead []ID
	young := timeID(t.now.Add(-uploadTimeout)) // one that may still be under way
	c := t.cursor(uploadBucket)
	for key, _ := c.First(); key != nil && len(dead) < uploadsAtOnce && bytes.Compare(key, young[:]) < 0; key, _ = c.Next() {
		dead = append(dead, ID(key))
	}
	for _, version := range dead {
		if err := t.deleteUpload(version); err != nil {
			return 0, err
		}
	}
	return len(dead), nil
}

func (t *tx) deleteUpload(version ID) error {
	for n := 0; t.has(documentBucket, chunkKey(version, n)); n++ {
		if err := t.delete(documentBucket, chunkKey(version, n)); err != nil {
			return err
		}
	}
	return t.delete(uploadBucket, version[:])
}

// timeID is the smallest ID that the store could make at a time.
func timeID(at time.Time) (id ID) {
	millis := uint64(at.UnixMilli())
	for i := range 6 {
		id[i] = byte(millis >> (40 - 8*i))
	}
	return id
}
