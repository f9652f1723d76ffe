package partner

import (
	"bytes"
	"errors"
	"io"
	"sync"
	"time"

	"postern/server/documents"
	"postern/server/input"
	"postern/server/web"
	"postern/store"
	"postern/store/guid"
	"postern/store/refuse"
)

// The bounds of uploads.
const (
	maxDocument   = 10 << 20
	uploadsAtOnce = 16 // each holds a mebibyte
	uploadsOfOne  = 8  // of one partner, whose slow line must not keep all others out
)

// uploads are the documents that are under way.
type uploads struct {
	mu    sync.Mutex
	under web.Tally // guarded by mu; by partner
}

var (
	errManyUploads = &refuse.Refusal{Kind: refuse.TooMany, RetryAfter: 5 * time.Second,
		Reason: "As many of your documents as can be taken at once are under way; " +
			"send this one again once one has arrived."}
	errFullUploads = refuse.New(refuse.Unavailable,
		"As many documents as can be taken at once are under way; send this one again in a moment.")
)

// take gives an upload a place until leave is called.
func (u *uploads) take(partner string) (leave func(), err error) {
	u.mu.Lock()
	defer u.mu.Unlock()
	switch {
	case u.under.Of(partner) >= uploadsOfOne:
		return nil, errManyUploads
	case u.under.All >= uploadsAtOnce:
		return nil, errFullUploads
	}
	u.under.Count(partner, 1)
	return func() {
		u.mu.Lock()
		defer u.mu.Unlock()
		u.under.Count(partner, -1)
	}, nil
}

// putDocument stores a PDF as a cleaning's document.
func (p *Handlers) putDocument(c *web.Call, partner store.Partner, id guid.ID) error {
	if err := c.RequireType("application/pdf"); err != nil {
		return err
	}
	if _, err := p.Store.CleaningOf(partner.Name, id); err != nil {
		return err
	}
	leave, err := p.uploads.take(partner.Name)
	if err != nil {
		return err
	}
	defer leave()
	pdf, err := beginPDF(c)
	if err != nil {
		return err
	}
	err = p.Store.UploadDocument(c.R.Context(),
		store.Upload{Partner: partner.Name, Cleaning: id, Body: pdf, Check: checkPDF})
	if err != nil {
		return err
	}
	return c.NoContent()
}

// beginPDF returns the body, and refuses one that does not begin as a PDF before anything of it is stored.
func beginPDF(c *web.Call) (io.Reader, error) {
	body, err := c.BodyReader()
	if err != nil {
		return nil, err
	}
	begin := make([]byte, len(input.PDFStart))
	n, err := io.ReadFull(body, begin)
	if err != nil && !errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF) { // those say that it is short
		return nil, err
	}
	if string(begin[:n]) != input.PDFStart {
		return nil, checkPDF(bytes.NewReader(begin), n)
	}
	return io.MultiReader(bytes.NewReader(begin), body), nil
}

// checkPDF refuses what cannot be a whole PDF.
func checkPDF(pdf io.ReaderAt, size int) error {
	fault, err := input.PDFFault(pdf, size)
	if err == nil && fault != "" {
		err = unreadable(fault)
	}
	return err
}

// document answers with a cleaning's document, uploaded or rendered, in a language that the caller accepts.
func (p *Handlers) document(c *web.Call, partner store.Partner, id guid.ID) error {
	found, err := p.Store.CleaningOf(partner.Name, id)
	if err != nil {
		return err
	}
	return p.Documents.Send(c, partner.Name, found.Cleaning, c.Language(documents.Languages...))
}
