package biker

import (
	"net/http"
	"time"

	"postern/server/web"
	"postern/server/web/fields"
	"postern/store/refuse"
)

// forgotPage asks for an address.
func (r *Handlers) forgotPage(c *web.Call) error { return r.drawForgot(c, http.StatusOK, "", nil) }

func (r *Handlers) drawForgot(c *web.Call, status int, email string, faults func(words) []fault) error {
	return r.draw(c, status, r.pages.forgot, func(w words) (string, any) {
		f := newForm(w, faults)
		return f.title(w.ForgotTitle), struct {
			form
			Email field
		}{f, f.field(field{Name: "email", Label: w.EmailLabel, Type: "email", Autocomplete: "username", Value: email})}
	})
}

// forgot owes a link to the address, if it has an account, and says the same in any case.
func (r *Handlers) forgot(c *web.Call) error {
	form, err := c.Form()
	if err != nil {
		return err
	}
	email, err := fields.ParseEmail(form["email"])
	if err != nil {
		return r.drawForgot(c, http.StatusUnprocessableEntity, form["email"], func(w words) []fault {
			return []fault{w.emailFault(form["email"])}
		})
	}
	if wait := r.ForgotLimit.Take(c.Client); wait > 0 {
		overLimit(c, "sign_in") // forgot calls count there
		c.RetryAfter(wait)
		return r.drawForgot(c, http.StatusTooManyRequests, form["email"], one(func(w words) fault {
			return fault{Text: w.OftenText + " " + w.waitText(wait)}
		}))
	}
	err = r.evenly(c, func() error {
		return r.Store.ForgotPassword(c.R.Context(), email, r.ForgotLimit.Counted(c.Client))
	})
	if err != nil {
		return err
	}
	return r.say(c, http.StatusOK, func(w words) message {
		return message{Title: w.MailedTitle, Text: w.ForgotMailedText, Class: "done", Note: w.NoMailText}
	})
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
	return r.say(c, http.StatusOK, func(w words) message {
		return message{Title: w.MailedTitle, Text: w.RenewedText, Class: "done", Note: w.NoMailText}
	})
}
