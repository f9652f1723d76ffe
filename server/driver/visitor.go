package driver

import (
	"errors"
	"net/http"
	"net/url"
	"slices"

	"postern/server/user"
	"postern/server/web"
	"postern/server/web/page"
	"postern/store"
	"postern/store/guid"
	"postern/store/refuse"
	"postern/tokens"
)

// visitor is who is signed in with the browser that calls; the zero visitor is a stranger.
type visitor struct {
	holder store.Holder
	user   store.User
}

func (v visitor) isSignedIn() bool { return !v.user.ID.IsZero() }

// visitor returns who calls. The token in the cookie came from an activation: signing in by the address alone, which
// the API may offer, is not enough here. Where it lets nobody in any more, over is true, and the browser forgets it.
func (h *Handlers) visitor(c *web.Call) (v visitor, over bool, err error) {
	token := h.session.Value(c)
	if token == "" {
		return visitor{}, false, nil
	}
	v.holder, err = h.Acts.Hold(token)
	if err == nil && !v.holder.Proven {
		err = tokens.ErrUnreadable
	}
	if err == nil {
		v.user, err = h.Store.CheckHolder(v.holder)
	}
	if errors.Is(err, tokens.ErrUnreadable) || refuse.Is(err, refuse.Unauthorized) {
		notTaken(c, v.holder.User, err)
		h.session.Clear(c)
		return visitor{}, true, nil
	}
	if err != nil {
		return visitor{}, false, err
	}
	c.Suggest(v.user.Language)
	return v, false, nil
}

// notTaken notes that a token was used in vain. Opening a link is not using it: scanners do it all the time.
func notTaken(c *web.Call, of guid.ID, why error) {
	if c.R.Method != http.MethodPost {
		return
	}
	line := c.Security(web.TokenRefused).Str("purpose", "page").AnErr("why", why)
	if !of.IsZero() {
		line.Stringer("userId", of)
	}
	line.Msg("a token was not taken")
}

// enter signs a browser in.
func (h *Handlers) enter(c *web.Call, as store.User) error {
	token, err := h.Acts.Token(as, true)
	if err != nil {
		return err
	}
	h.session.Set(c, token)
	h.mailbox.Clear(c)
	c.Security(web.LoggedIn).Stringer("userId", as.ID).Bool("proven", true).Msg("signed in on a page")
	return nil
}

// signOut ends what every token of the user's is good for, as the API's does. Without a session, as when the form is
// sent twice, that is so already.
func (h *Handlers) signOut(c *web.Call) error {
	if _, err := c.Form(); err != nil {
		return err
	}
	v, _, err := h.visitor(c)
	if err != nil {
		return err
	}
	if v.isSignedIn() {
		err = h.Store.SignOutUser(c.R.Context(), v.holder)
		if err != nil && !refuse.Is(err, refuse.Unauthorized) {
			return err
		}
		c.Security(web.LoggedOut).Stringer("userId", v.user.ID).Msg("signed out")
	}
	h.session.Clear(c)
	h.mailbox.Clear(c)
	c.Notify(noticeSignedOut)
	return c.SeeOther(home(cleaningOf(c.R.URL.Query().Get("cleaningId"))))
}

// chooseLanguage keeps a choice of language in the browser and, where somebody is signed in, for their letters.
func (h *Handlers) chooseLanguage(c *web.Call) error {
	form, err := c.Form()
	if err != nil {
		return err
	}
	if !slices.Contains(user.Languages, form["language"]) {
		return refuse.New(refuse.Invalid, "There is no such language here.")
	}
	v, _, err := h.visitor(c)
	if err == nil && v.isSignedIn() {
		err = h.Store.ChooseUserLanguage(c.R.Context(), v.holder, form["language"])
	}
	if err != nil && !refuse.Is(err, refuse.Unauthorized) {
		return err
	}
	c.KeepLanguage(form["language"])
	return c.Back(form, startPath)
}

// draw answers with a page; who is signed in can sign out in its header. The cleaning is the one that it is about;
// zero: none.
func (h *Handlers) draw(c *web.Call, status int, v visitor, cleaning guid.ID, p page.Page) error {
	if v.isSignedIn() {
		w := h.words(c)
		p.Action = &page.Form{Action: about(signOutPath, cleaning), Button: w.SignOutButton}
		p.Switch = languagePath
		p.Note = fill(w.SignedInNote, "{email}", v.user.Email)
	}
	return c.Page(status, p)
}

// words are the texts of the pages that answer a call, in the reader's language.
func (h *Handlers) words(c *web.Call) words { return h.texts[c.Spoken(user.Languages...)] }

// cleaningOf reads the GUID that a link or form carries of the cleaning that somebody came for; zero: none.
func cleaningOf(text string) guid.ID {
	id, err := guid.Parse(text)
	if err != nil {
		return guid.ID{}
	}
	return id
}

// cleaningPath is the page of a cleaning.
func cleaningPath(id guid.ID) string { return "/eecd/cleanings/" + id.String() }

// home is where somebody goes on: the page of the cleaning that they came for, or the first page.
func home(cleaning guid.ID) string {
	if cleaning.IsZero() {
		return startPath
	}
	return cleaningPath(cleaning)
}

// about is a path that knows for which cleaning somebody came.
func about(path string, cleaning guid.ID) string {
	if cleaning.IsZero() {
		return path
	}
	return path + "?cleaningId=" + url.QueryEscape(cleaning.String())
}
