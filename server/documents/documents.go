// Package documents answers with the document of a cleaning as a PDF, uploaded or rendered, to whoever may read it. Who
// may is decided by the rooms.
package documents

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"time"

	"postern/mail/document"
	"postern/server/web"
	"postern/store"
	"postern/store/memo"
	"postern/store/refuse"
)

// Languages are those that documents are rendered in, the fallback first.
var Languages = document.Languages

// Options are the plain values that Documents are made of.
type Options struct {
	Store     *store.Store
	PublicURL *url.URL       // base of the link in rendered documents
	Zone      *time.Location // of the times in them
	Now       func() time.Time
	Places    *web.Places // documents under way
}

// renderedAtOnce bounds the memory and the processors that documents take.
const renderedAtOnce = 2

// Documents answers with documents, and remembers those that it has rendered. It is safe for concurrent use.
type Documents struct {
	Options
	rendered  memo.Memo[[]byte] // by language
	rendering chan struct{}     // holds one for each document that is being rendered
}

// New makes one, for all rooms together.
func New(o Options) *Documents {
	return &Documents{Options: o, rendering: make(chan struct{}, renderedAtOnce)}
}

// Send answers with the uploaded document of a cleaning, or with one rendered in that language. Reader is who asks, by
// the id. It holds a place meanwhile: an uploaded document may be large and its reader slow, a rendered one takes work.
func (d *Documents) Send(c *web.Call, reader string, cleaning store.Cleaning, language string) error {
	leave, err := d.Places.Take(c.Client, reader)
	if err != nil {
		if refuse.Is(err, refuse.TooMany) {
			c.Security(web.OverLimit).Str("reader", reader).Msg("too many documents at once")
		}
		return err
	}
	defer leave()
	c.W.Header().Set("Content-Disposition", `inline; filename="`+document.FileName(cleaning)+`"`)
	if c.R.Method == http.MethodHead && !cleaning.Document.Version.IsZero() {
		return c.Stream("application/pdf", cleaning.Document.Size, nil, nil)
	}
	uploaded, err := d.Store.OpenDocument(cleaning.ID)
	switch {
	case err != nil:
		return err
	case uploaded != nil:
		return c.Stream("application/pdf", uploaded.Size(), uploaded, leave)
	}
	pdf, err := d.render(c.R.Context(), cleaning, language)
	if err != nil {
		return err
	}
	leave() // it is small, and the same octets for all
	return c.Bytes("application/pdf", pdf)
}

// render renders a document: few at once, and none again that is remembered. A document says of which minute it is.
func (d *Documents) render(ctx context.Context, cleaning store.Cleaning, language string) ([]byte, error) {
	now := d.Now()
	version := fmt.Append(cleaning.Version[:], language, now.Unix()/60)
	if pdf, known := d.rendered.Get(cleaning.ID, version); known {
		return pdf, nil
	}
	select {
	case d.rendering <- struct{}{}:
		defer func() { <-d.rendering }()
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	if pdf, known := d.rendered.Get(cleaning.ID, version); known { // another call has rendered it meanwhile
		return pdf, nil
	}
	link := d.PublicURL.JoinPath("eecd", "cleanings", cleaning.ID.String())
	pdf, err := document.Render(cleaning,
		document.Options{Link: link.String(), Language: language, Zone: d.Zone, AsOf: now})
	if err == nil {
		d.rendered.Put(cleaning.ID, version, pdf)
	}
	return pdf, err
}
