package driver

import (
	"errors"
	"net/http"
	"slices"

	"postern/server/user"
	"postern/server/web"
	"postern/server/web/fields"
	"postern/server/web/page"
	"postern/store"
	"postern/store/guid"
	"postern/store/refuse"
)

// signInPage asks for an e-mail address. Whoever has no account yet is asked for more on the same page.
func (h *Handlers) signInPage(c *web.Call) error {
	cleaning := cleaningOf(c.R.URL.Query().Get("cleaningId"))
	v, _, err := h.visitor(c)
	if err != nil {
		return err
	}
	if v.isSignedIn() {
		return c.SeeOther(home(cleaning))
	}
	return h.askAddress(c, http.StatusOK, cleaning, "", nil)
}

// askAddress is the page on which the address is typed.
func (h *Handlers) askAddress(c *web.Call, status int, cleaning guid.ID, typed string, faults []page.Fault) error {
	w := h.words(c)
	return c.Page(status, page.Page{Title: w.SignInTitle, Text: []string{w.SignInText},
		Back: about(signInPath, cleaning),
		Form: w.signInForm(cleaning, typed, faults), Links: w.wayBack(cleaning)})
}

// signInForm asks for the address alone.
func (w words) signInForm(cleaning guid.ID, typed string, faults []page.Fault) *page.Form {
	return &page.Form{Action: signInPath, Hidden: carried(cleaning), Faults: faults,
		Fields: []page.Field{w.emailField(typed)}, Button: w.ContinueButton, Live: true}
}

func (w words) emailField(typed string) page.Field {
	return page.Field{Name: "email", Label: w.EmailLabel, Type: page.Email, Autocomplete: "email", Value: typed}
}

// carried is the cleaning that somebody came for, as forms carry it.
func carried(cleaning guid.ID) []page.Hidden {
	if cleaning.IsZero() {
		return nil
	}
	return []page.Hidden{{Name: "cleaningId", Value: cleaning.String()}}
}

// wayBack leads back to the cleaning that somebody came for.
func (w words) wayBack(cleaning guid.ID) []page.Link {
	if cleaning.IsZero() {
		return nil
	}
	return []page.Link{{URL: cleaningPath(cleaning), Text: w.ToCleaning}}
}

// signIn takes an address, or a whole registration, and mails a link. The two are told apart by whether there is an
// account: so much the API tells everybody, too.
func (h *Handlers) signIn(c *web.Call) error {
	form, err := c.Form()
	if err != nil {
		return err
	}
	if form["step"] == registerStep {
		return h.register(c, form)
	}
	cleaning := cleaningOf(form["cleaningId"])
	email, err := fields.ParseEmail(form["email"])
	if err != nil {
		w := h.words(c)
		return h.askAddress(c, http.StatusUnprocessableEntity, cleaning, form["email"],
			[]page.Fault{w.emailFault(form["email"])})
	}
	return h.signInAs(c, email, cleaning, form["again"] != "")
}

// signInAs mails a link to the address of an account. Again says that one was mailed before.
func (h *Handlers) signInAs(c *web.Call, email string, cleaning guid.ID, again bool) error {
	in := store.SignIn{Email: email, CleaningID: cleaning, ByMailbox: true}
	v, _, err := h.visitor(c)
	if err != nil {
		return err
	}
	if v.isSignedIn() {
		in.Held = &v.holder
	}
	result, err := h.Acts.SignIn(c.R.Context(), c.Client, in)
	w := h.words(c)
	switch {
	case err == nil && !result.MustActivate: // in already, as where a form of before is sent again
		return c.SeeOther(home(cleaning))
	case err == nil:
		return h.mailed(c, cleaning, email, again)
	case refuse.Is(err, refuse.NotFound):
		return h.askWho(c, http.StatusOK, map[string]string{"email": email}, cleaning, nil)
	case refuse.Is(err, refuse.Forbidden):
		return c.Page(http.StatusForbidden, w.blocked(cleaning))
	case refuse.Is(err, refuse.TooMany):
		return h.askAddress(c, h.often(c, err), cleaning, email, wholeForm(w.OftenText+" "+w.waitText(waitOf(err))))
	}
	return err
}

// often notes that a limit is used up, and returns the status that says so.
func (h *Handlers) often(c *web.Call, err error) (status int) {
	limit := "letters"
	if errors.Is(err, user.ErrClientLimit) {
		limit = "client"
	}
	c.Security(web.OverLimit).Str("limit", limit).Msg("too many sign-ins or registrations on pages")
	c.RetryAfter(waitOf(err))
	return http.StatusTooManyRequests
}

// registerStep marks the form of somebody who has no account yet.
const registerStep = "register"

// registrationNames are the fields of that form, in their order.
var registrationNames = []string{"email", "firstName", "lastName", "organisationName"}

// askWho is the page on which somebody registers. The address stays as it was typed.
func (h *Handlers) askWho(c *web.Call, status int, typed map[string]string, cleaning guid.ID,
	faults []page.Fault) error {
	w := h.words(c)
	form := &page.Form{Action: signInPath,
		Hidden: append(carried(cleaning), page.Hidden{Name: "step", Value: registerStep}),
		Faults: faults, Button: w.RegisterButton, Live: true}
	for i, field := range []page.Field{
		w.emailField(""),
		{Label: w.FirstNameLabel, Type: page.Text, Autocomplete: "given-name"},
		{Label: w.LastNameLabel, Type: page.Text, Autocomplete: "family-name"},
		{Label: w.OrganisationLabel, Type: page.Text, Autocomplete: "organization"},
	} {
		field.Name = registrationNames[i]
		field.Value = typed[field.Name]
		form.Fields = append(form.Fields, field)
	}
	return c.Page(status, page.Page{Title: w.RegisterTitle, Text: []string{w.RegisterText}, Form: form,
		Back: about(signInPath, cleaning), Links: w.wayBack(cleaning)})
}

// register makes an account. Where there is one by now, as where the form is sent twice, its owner signs in.
func (h *Handlers) register(c *web.Call, form map[string]string) error {
	in := store.Registration{Language: c.Spoken(user.Languages...)}
	faults := fields.ReadForm(form, user.RegistrationFields(&in))
	cleaning := cleaningOf(form["cleaningId"])
	w := h.words(c)
	if delete(faults, "cleaningId"); len(faults) > 0 {
		return h.askWho(c, http.StatusUnprocessableEntity, form, cleaning, w.registrationFaults(form, faults))
	}
	err := h.Acts.CountRegistration(c.Client)
	if err == nil {
		_, err = h.Acts.Register(c.R.Context(), c.Client, in)
	}
	switch {
	case err == nil:
		return h.mailed(c, cleaning, in.Email, false)
	case refuse.Is(err, refuse.Conflict):
		return h.signInAs(c, in.Email, cleaning, false)
	case refuse.Is(err, refuse.TooMany):
		return h.askWho(c, h.often(c, err), form, cleaning, wholeForm(w.OftenText+" "+w.waitText(waitOf(err))))
	}
	return err
}

// registrationFaults says what is wrong with what was typed, in the order of the fields.
func (w words) registrationFaults(typed map[string]string, found map[string][]string) (faults []page.Fault) {
	empty := map[string]string{"firstName": w.NoFirstNameText, "lastName": w.NoLastNameText,
		"organisationName": w.NoOrganisationText}
	most := map[string]int{"firstName": user.MaxName, "lastName": user.MaxName,
		"organisationName": user.MaxOrganisation}
	for _, name := range registrationNames {
		switch {
		case found[name] == nil:
		case name == "email":
			faults = append(faults, w.emailFault(typed[name]))
		case fields.Trim(typed[name]) == "":
			faults = append(faults, page.Fault{Field: name, Text: empty[name]})
		default:
			faults = append(faults, page.Fault{Field: name, Text: fillNumber(w.BadNameText, "{most}", most[name])})
		}
	}
	return slices.Clip(faults)
}

// emailFault says what is wrong with an address that can't be one.
func (w words) emailFault(typed string) page.Fault {
	if fields.Trim(typed) == "" {
		return page.Fault{Field: "email", Text: w.NoEmailText}
	}
	return page.Fault{Field: "email", Text: w.BadEmailText}
}

// wholeForm is a fault of a form rather than of one of its fields.
func wholeForm(text string) []page.Fault { return []page.Fault{{Text: text}} }

// blocked tells somebody whom the operator keeps out.
func (w words) blocked(cleaning guid.ID) page.Page {
	return page.Page{Title: w.BlockedTitle, Notice: page.Wrong.Notice(w.BlockedText),
		Button: w.onward(cleaning)}
}

// onward leads to where somebody goes on who can do nothing here.
func (w words) onward(cleaning guid.ID) page.Link {
	if cleaning.IsZero() {
		return page.Link{URL: startPath, Text: w.ToStart}
	}
	return page.Link{URL: cleaningPath(cleaning), Text: w.ToCleaning}
}
