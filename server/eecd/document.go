package eecd

import (
	"postern/server/web"
	"postern/store"
)

// document answers with the uploaded document, or with one rendered in the user's language.
func (e *Handlers) document(c *web.Call, user store.User, cleaning store.Cleaning) error {
	return e.Documents.Send(c, user.ID.String(), cleaning, user.Language)
}
