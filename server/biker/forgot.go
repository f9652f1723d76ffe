package biker

import (
	"net/http"
	"time"

	"postern/server/web"
	"postern/server/web/fields"
	"postern/server/web/page"
	"postern/store/refuse"
)

// forgotPage asks for an address.
func (r *Handlers) forgotPage(c *web.Call) error {
	return c.Page(http.StatusOK, r.words(c).forgot("", nil))
}

func (w words) forgot(email string, faults []page.Fault) page.Page {
	return page.Page{Title: w.ForgotTitle, Text: []string{w.ForgotText},
		Form: &page.Form{Action: forgotPath, Faults: faults, Fields: []page.Field{w.emailField(email)},
			Button: w.ForgotButton},
		Links: []page.Link{{URL: loginPath, Text: w.LoginLink}},
	}
}

// mailed says that a link is on its way, and what to do if it does not come.
func (w words) mailed(text string) page.Page {
	return page.Page{Title: w.MailedTitle, Notice: page.Done.Notice(text), Text: []string{w.NoMailText},
		Links: []page.Link{{URL: loginPath, Text: w.LoginLink}}}
}

// forgot owes a link to the address, if it has an account, and says the same in any case.
func (r *Handlers) forgot(c *web.Call) error {
	form, err := c.Form()
	if err != nil {
		return err
	}
	w := r.words(c)
	email, err := fields.ParseEmail(form["email"])
	if err != nil {
		faults := []page.Fault{w.emailFault(form["email"])}
		return c.Page(http.StatusUnprocessableEntity, w.forgot(form["email"], faults))
	}
	if wait := r.ForgotLimit.Take(c.Client); wait > 0 {
		overLimit(c, "sign_in") // forgot calls count there
		c.RetryAfter(wait)
		faults := wholeForm(w.OftenText + " " + w.waitText(wait))
		return c.Page(http.StatusTooManyRequests, w.forgot(form["email"], faults))
	}
	err = r.evenly(c, func() error {
		return r.Store.ForgotPassword(c.R.Context(), email, r.ForgotLimit.Counted(c.Client))
	})
	if err != nil {
		return err
	}
	return c.Page(http.StatusOK, w.mailed(w.ForgotMailedText))
}

// answerStep is what the time of an answer is rounded up to that must not tell whether there was anything to do. It
// is a multiple of what the disk takes.
const answerStep = 50 * time.Millisecond

// evenly does an act, and takes as long as it may take.
func (r *Handlers) evenly(c *web.Call, act func() error) error {
	began := time.Now() // elapsed time, whatever the clock says
	err := act()
	rest := answerStep - time.Since(began)%answerStep
	select {
	case <-time.After(rest):
	case <-c.R.Context().Done():
	}
	return err
}

// renew mails a new link to the person of one that is used or expired, within the limits of their address.
func (r *Handlers) renew(c *web.Call) error {
	form, err := c.Form()
	if err != nil {
		return err
	}
	link, biker, err := r.whose(c, form["token"])
	if err == nil || refuse.Is(err, refuse.Conflict) {
		err = r.Store.RenewLink(c.R.Context(), link, r.ForgotLimit.Counted(c.Client))
	}
	if err != nil {
		return r.badLink(c, form["token"], biker, err)
	}
	w := r.words(c)
	return c.Page(http.StatusOK, w.mailed(w.RenewedText))
}
