package store

import (
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

// chunkSize is in how large pieces a PDF stands in the file.
const chunkSize = 256 << 10

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
	n, err := r.readAt(p, r.at)
	r.at += n
	return n, err
}

// ReadAt reads at a place, as io.ReaderAt has it. It refuses as Read does.
func (r *DocumentReader) ReadAt(p []byte, at int64) (n int, err error) {
	for n < len(p) && err == nil {
		var read int
		read, err = r.readAt(p[n:], int(at)+n)
		n += read
	}
	return n, err
}

// readAt reads at a place, at most to the end of a chunk.
func (r *DocumentReader) readAt(p []byte, at int) (int, error) {
	if at >= r.document.Size {
		return 0, io.EOF
	}
	return read(r.store, func(t tx) (int, error) {
		chunk := t.Get(documentBucket, chunkKey(r.document.Version, at/chunkSize))
		if len(chunk) <= at%chunkSize {
			return 0, errDocumentGone
		}
		return copy(p, chunk[at%chunkSize:]), nil
	})
}

// mailing is what a user had mailed within the last day.
type mailing struct {
	Letters []mailed `json:"letters"` // oldest first
}

type mailed struct {
	Cleaning guid.ID   `json:"cleaning"`
	At       time.Time `json:"at"`
}

// documentsDaily is how many documents a person may have mailed in a day.
const documentsDaily = 20

// MailCleaning owes a user the document of a cleaning. Asked again within a minute for the same cleaning it owes no
// second one. It refuses as CheckHolder does, with NotFound, and with TooMany for more than 20 a day.
func (s *Store) MailCleaning(ctx context.Context, b Holder, cleaning guid.ID) error {
	return update(ctx, s, func(t tx) error {
		user, err := t.holder(b)
		if err != nil {
			return err
		}
		c, err := t.cleaning(cleaning)
		if err != nil {
			return err
		}
		past, _, err := mailings.Get(t.Tx, user.ID[:])
		if err != nil {
			return err
		}
		recent, again := past.recent(cleaning, t.Now())
		if again {
			return nil
		}
		if len(recent.Letters) >= documentsDaily {
			return &refuse.Refusal{Kind: refuse.TooMany,
				RetryAfter: recent.Letters[0].At.Add(24 * time.Hour).Sub(t.Now()),
				Reason:     "You have had 20 documents mailed today; try again later."}
		}
		recent.Letters = append(recent.Letters, mailed{cleaning, t.Now()})
		return t.mailDocument(user, c, recent)
	})
}

// recent keeps the last day's, and reports whether this cleaning's document was mailed within the last minute.
func (m mailing) recent(cleaning guid.ID, now time.Time) (kept mailing, again bool) {
	for _, letter := range m.Letters {
		age := max(now.Sub(letter.At), letter.At.Sub(now)) // a clock that was set back is no reason to wait for years
		if age < 24*time.Hour {
			kept.Letters = append(kept.Letters, letter)
		}
		again = again || letter.Cleaning == cleaning && age < sameLetter
	}
	return kept, again
}

func (t tx) mailDocument(user User, c Cleaning, m mailing) error {
	if err := mailings.Put(t.Tx, user.ID[:], m); err != nil {
		return err
	}
	letter, err := t.owe(toUser(user, Letter{Kind: LetterDocument, Cleaning: c.ID}))
	if err != nil {
		return err
	}
	return t.tell(Event{Type: "cleaning.mailed", User: user.ID, Cleaning: c.ID, Letter: letter, Partner: c.Partner})
}
