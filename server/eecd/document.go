package eecd

import (
	"context"
	"fmt"
	"net/http"

	"postern/mail/document"
	"postern/server/web"
	"postern/store"
	"postern/store/refuse"
)

// document answers with the uploaded document, or with one rendered in the user's language. It holds a place meanwhile:
// an uploaded one may be large and its reader slow, a rendered one takes work.
func (e *Handlers) document(c *web.Call, user store.User, cleaning store.Cleaning) error {
	leave, err := e.Answers.Take(c.Client, user.ID.String())
	if err != nil {
		if refuse.Is(err, refuse.TooMany) {
			c.Security(web.OverLimit).Stringer("userId", user.ID).Msg("too many documents at once")
		}
		return err
	}
	defer leave()
	c.W.Header().Set("Content-Disposition", `inline; filename="`+document.FileName(cleaning)+`"`)
	if c.R.Method == http.MethodHead && !cleaning.Document.Version.IsZero() {
		return c.Stream("application/pdf", cleaning.Document.Size, nil, nil)
	}
	uploaded, err := e.Store.OpenDocument(cleaning.ID)
	switch {
	case err != nil:
		return err
	case uploaded != nil:
		return c.Stream("application/pdf", uploaded.Size(), uploaded, leave)
	}
	pdf, err := e.rendered(c.R.Context(), cleaning, user.Language)
	if err != nil {
		return err
	}
	leave() // it is small, and the same octets for all
	return c.Bytes("application/pdf", pdf)
}

// rendered renders a document: few at once, and none again that is remembered. A document says of which minute it is.
func (e *Handlers) rendered(ctx context.Context, cleaning store.Cleaning, language string) ([]byte, error) {
	now := e.Now()
	version := fmt.Append(cleaning.Version[:], language, now.Unix()/60)
	if pdf, known := e.documents.Get(cleaning.ID, version); known {
		return pdf, nil
	}
	select {
	case e.rendering <- struct{}{}:
		defer func() { <-e.rendering }()
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	if pdf, known := e.documents.Get(cleaning.ID, version); known { // another call has rendered it meanwhile
		return pdf, nil
	}
	link := e.PublicURL.JoinPath("eecd", "cleanings", cleaning.ID.String())
	pdf, err := document.Render(cleaning,
		document.Options{Link: link.String(), Language: language, Zone: e.Zone, AsOf: now})
	if err == nil {
		e.documents.Put(cleaning.ID, version, pdf)
	}
	return pdf, err
}
