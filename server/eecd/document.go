package eecd

import (
	"net/http"

	"postern/server/web"
	"postern/server/web/schema"
	"postern/store"
)

var documentDoc = web.Doc{
	ID: "getDocument", Summary: "Read the document of a cleaning",
	Text: `
		The uploaded PDF, or else one that is rendered from the data in the user's language. It wants a proven token. A
		document that is replaced meanwhile breaks the answer off: ask again.`,
	Params: []web.Param{pathID},
	Out: []web.Answer{
		web.ReturnsFile("application/pdf", "The document.").With(web.InHeader("Content-Disposition",
			schema.Of(schema.String), "A name to keep it by.")),
		noGUID, notProven, noSuchOne,
		web.Refuses(http.StatusTooManyRequests, "Too many documents are on their way to this user or client."),
	},
}

// document answers with the uploaded document, or with one rendered in the user's language.
func (e *Handlers) document(c *web.Call, user store.User, cleaning store.Cleaning) error {
	return e.Documents.Send(c, user.ID.String(), cleaning, user.Language)
}
