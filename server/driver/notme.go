package driver

import (
	"errors"
	"net/http"

	"postern/server/web"
	"postern/server/web/page"
	"postern/store/guid"
	"postern/store/refuse"
	"postern/tokens"
)

// readNotMe fails with tokens.ErrUnreadable where a token is none of a link that undoes a registration. An expired one
// is another error, which opening a link passes over.
func (h *Handlers) readNotMe(token string) error {
	_, err := h.Acts.NotMe(token)
	return err
}

// notMePage offers the owner of a mailbox to undo a registration that somebody else made.
func (h *Handlers) notMePage(c *web.Call) error {
	token, answered, err := h.opened(c, h.readNotMe)
	switch {
	case answered:
		return nil
	case err != nil:
		return h.badLink(c, oldLink{}, err)
	}
	w := h.words(c)
	return c.Page(http.StatusOK, page.Page{Title: w.NotMeTitle, Text: []string{w.NotMeText},
		Back: h.links.Address(c, notMePath, token), Form: &page.Form{Action: notMePath, Style: page.Grave, Live: true,
			Hidden: []page.Hidden{{Name: "token", Value: token}}, Button: w.NotMeButton}})
}

// notMe is what the button of notMePage posts.
func (h *Handlers) notMe(c *web.Call) error {
	form, err := c.Form()
	if err != nil {
		return err
	}
	w := h.words(c)
	who, err := h.Acts.NotMe(form["token"])
	switch {
	case errors.Is(err, tokens.ErrUnreadable):
		notTaken(c, who, err)
		return h.badLink(c, oldLink{}, err)
	case err != nil: // past its life, and so what nobody has confirmed is deleted
		return c.Page(http.StatusConflict, page.Page{Title: w.ExpiredTitle,
			Notice: page.Plain.Notice(w.NotMeExpiredText),
			Button: w.onward(guid.ID{})})
	}
	err = h.Store.DisownUser(c.R.Context(), who)
	if refuse.Is(err, refuse.Conflict) {
		notTaken(c, who, err)
		return c.Page(http.StatusConflict, page.Page{Title: w.InUseTitle, Notice: page.Wrong.Notice(w.InUseText),
			Button: w.onward(guid.ID{})})
	}
	if err != nil {
		return err
	}
	h.links.Done(c, form["token"])
	return c.Page(http.StatusOK, page.Page{Title: w.DisownedTitle, Notice: page.Done.Notice(w.DisownedText)})
}
