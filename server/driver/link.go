package driver

import (
	"errors"
	"net/http"

	"postern/server/web"
	"postern/server/web/page"
	"postern/store"
	"postern/store/guid"
	"postern/store/refuse"
	"postern/tokens"
)

// opened returns the token that a mailed link brings to the page that it leads to. Where answered, the browser is led
// on. Its errors are web.ErrNoCookie and tokens.ErrUnreadable.
func (h *Handlers) opened(c *web.Call, read func(token string) error) (token string, answered bool, err error) {
	token, answered, err = h.links.Open(c, func(token string) bool {
		return !errors.Is(read(token), tokens.ErrUnreadable)
	})
	if !answered && err == nil && errors.Is(read(token), tokens.ErrUnreadable) {
		err = tokens.ErrUnreadable
	}
	return token, answered, err
}

// readConfirmation fails with tokens.ErrUnreadable where a token is none of an activation link, whatever its age.
func (h *Handlers) readConfirmation(token string) error {
	_, err := h.Acts.Confirmation(token)
	return err
}

// activationPage names the address and the cleaning, and has one button: mail scanners open links and run scripts, and
// must not activate somebody's account.
func (h *Handlers) activationPage(c *web.Call) error {
	token, answered, err := h.opened(c, h.readConfirmation)
	if answered {
		return nil
	}
	at := oldLink{token: token, cleaning: cleaningOf(c.R.URL.Query().Get("cleaningId"))}
	if err == nil {
		var link store.Confirmation
		if link, err = h.Acts.Confirmation(token); err == nil {
			at.user, err = h.Store.CheckConfirmation(link)
		}
	}
	c.Suggest(at.user.Language)
	v, _, fault := h.visitor(c)
	switch {
	case fault != nil:
		return fault
	case v.isSignedIn() && (v.user.ID == at.user.ID || errors.Is(err, web.ErrNoCookie)):
		return c.SeeOther(home(at.cleaning)) // people go back, or to their mail, to find the document again
	case err != nil:
		return h.badLink(c, at, err)
	}
	return h.confirmPage(c, at)
}

// confirmPage is activationPage for a link that proves a mailbox now.
func (h *Handlers) confirmPage(c *web.Call, at oldLink) error {
	w := h.words(c)
	p := page.Page{Title: w.ActivateTitle, Text: []string{fill(w.ActivateText, "{email}", at.user.Email)},
		Back: h.links.Address(c, activatePath, at.token) + andCleaning(at.cleaning),
		Form: at.form(activatePath, w.ActivateButton)}
	cleaning, err := h.Store.Cleaning(at.cleaning)
	switch {
	case err == nil:
		p.Text = append(p.Text, w.ActivateNextText)
		p.Rows = []page.Row{{Label: w.NumberLabel, Value: cleaning.Number},
			{Label: w.StationLabel, Value: cleaning.Station.Name}}
	case !refuse.Is(err, refuse.NotFound):
		return err
	}
	return c.Page(http.StatusOK, p)
}

// andCleaning goes on with a query.
func andCleaning(cleaning guid.ID) string {
	if cleaning.IsZero() {
		return ""
	}
	return "&cleaningId=" + cleaning.String()
}

// activate is what the button of activationPage posts: it proves the mailbox, signs in, and leads to the document.
func (h *Handlers) activate(c *web.Call) error {
	form, err := c.Form()
	if err != nil {
		return err
	}
	at := oldLink{token: form["token"], cleaning: cleaningOf(form["cleaningId"])}
	link, err := h.Acts.Confirmation(at.token)
	if err == nil {
		at.user, err = h.Store.ActivateUser(c.R.Context(), link)
	}
	if err != nil {
		notTaken(c, link.User, err)
		at.user, _ = h.Store.CheckConfirmation(link) // whose link it was, for the page that says so
		return h.badLink(c, at, err)
	}
	h.links.Done(c, at.token)
	if err := h.enter(c, at.user); err != nil {
		return err
	}
	return c.SeeOther(home(at.cleaning))
}

// renew mails a new link to the person of one that is used or expired, within the limits of their address.
func (h *Handlers) renew(c *web.Call) error {
	form, err := c.Form()
	if err != nil {
		return err
	}
	at := oldLink{token: form["token"], cleaning: cleaningOf(form["cleaningId"])}
	link, err := h.Acts.Confirmation(at.token)
	if err == nil {
		at.user, err = h.Store.RenewConfirmation(c.R.Context(), link, at.cleaning,
			h.Acts.SignInLimit.Counted(c.Client))
	}
	if err != nil {
		notTaken(c, link.User, err)
		return h.badLink(c, at, err)
	}
	return h.mailed(c, at.cleaning, at.user.Email, false)
}

// oldLink is a mailed link, with whose it is where that is known, and for which cleaning its person came.
type oldLink struct {
	token    string
	user     store.User
	cleaning guid.ID
}

// form is a form with one button, which posts back what the link brought.
func (l oldLink) form(action, button string) *page.Form {
	return &page.Form{Action: action, Hidden: append(carried(l.cleaning), page.Hidden{Name: "token", Value: l.token}),
		Button: button, Live: true}
}

// badLink tells a person why a link does not work, and offers the one thing that helps. Faults of the appliance pass
// through.
func (h *Handlers) badLink(c *web.Call, at oldLink, err error) error {
	w := h.words(c)
	again := page.Link{URL: about(signInPath, at.cleaning), Text: w.ToSignIn}
	switch {
	case errors.Is(err, web.ErrNoCookie):
		return c.Page(http.StatusForbidden, page.Page{Title: w.OpenAgainTitle,
			Notice: page.Plain.Notice(w.OpenAgainText), Links: w.wayBack(at.cleaning)})
	case errors.Is(err, tokens.ErrUnreadable):
		return c.Page(http.StatusForbidden, page.Page{Title: w.BadLinkTitle,
			Notice: page.Wrong.Notice(w.UnreadableText), Button: again})
	case refuse.Is(err, refuse.Forbidden):
		return c.Page(http.StatusForbidden, w.blocked(at.cleaning))
	case refuse.Is(err, refuse.NotFound), refuse.Is(err, refuse.Conflict) && at.user.ID.IsZero():
		return c.Page(http.StatusNotFound, page.Page{Title: w.GoneTitle, Notice: page.Plain.Notice(w.GoneText),
			Text: []string{w.DisownedNote}, Button: again})
	case refuse.Is(err, refuse.Conflict):
		p := page.Page{Title: w.UsedTitle, Notice: page.Plain.Notice(w.UsedText),
			Form: at.form(renewPath, w.RenewButton), Links: w.wayBack(at.cleaning),
			Back: h.links.Address(c, activatePath, at.token) + andCleaning(at.cleaning)}
		if errors.Is(err, store.ErrLinkExpired) {
			p.Title, p.Notice = w.ExpiredTitle, page.Plain.Notice(w.ExpiredText)
		}
		return c.Page(http.StatusConflict, p)
	}
	return err
}
