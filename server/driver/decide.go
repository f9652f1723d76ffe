package driver

import (
	"net/http"
	"strings"

	"postern/server/user"
	"postern/server/web"
	"postern/server/web/fields"
	"postern/server/web/page"
	"postern/store"
	"postern/store/refuse"
)

// act makes the handler of a form about a cleaning, for who is signed in. To others it says that nothing was done, and
// shows what they have typed.
func (h *Handlers) act(do func(*web.Call, visit) error) web.Handler {
	return func(c *web.Call) error {
		form, err := c.Form()
		if err != nil {
			return err
		}
		cleaning, err := h.cleaning(c)
		if err != nil {
			return h.noCleaning(c, err)
		}
		v, _, err := h.visitor(c)
		if err != nil {
			return err
		}
		at := visit{visitor: v, cleaning: cleaning, form: form}
		if !v.isSignedIn() {
			return h.signedOut(c, at)
		}
		err = do(c, at)
		if refuse.Is(err, refuse.Unauthorized) { // since we looked
			h.session.Clear(c)
			return h.signedOut(c, at)
		}
		return err
	}
}

// signedOut answers a form that came too late: a browser is signed in for a while alone, and an operator may end that.
func (h *Handlers) signedOut(c *web.Call, at visit) error {
	w := h.words(c)
	p := page.Page{Title: w.OverTitle, Notice: page.Wrong.Notice(w.NothingDoneText), Text: []string{w.SignInText},
		Form: w.signInForm(at.cleaning.ID, "", nil), Links: w.wayBack(at.cleaning.ID),
		Back: cleaningPath(at.cleaning.ID)}
	for _, typed := range []page.Row{
		{Label: w.ProductLabel, Value: at.form["ProductName"]}, {Label: w.ReasonLabel, Value: at.form["reason"]},
		{Label: w.CommentLabel, Value: at.form["Comment"]}, {Label: w.WordsLabel, Value: at.form["words"]},
	} {
		if typed.Value != "" {
			p.Rows = append(p.Rows, typed)
		}
	}
	return c.Page(http.StatusForbidden, p)
}

// mail has the document mailed.
func (h *Handlers) mail(c *web.Call, at visit) error {
	err := h.Store.MailCleaning(c.R.Context(), at.holder, at.cleaning.ID)
	if refuse.Is(err, refuse.TooMany) {
		c.RetryAfter(waitOf(err))
		return h.show(c, http.StatusTooManyRequests, at, shown{notice: page.Wrong.Notice(h.words(c).MailedOftenText)})
	}
	if err != nil {
		return err
	}
	c.Notify(noticeMailed)
	return c.SeeOther(cleaningPath(at.cleaning.ID))
}

// complete accepts the load.
func (h *Handlers) complete(c *web.Call, at visit) error {
	d := store.Decision{Status: store.LoadCompleted}
	found := fields.ReadForm(at.form, user.CompletionFields(&d))
	w := h.words(c)
	var faults []page.Fault
	switch {
	case found["ProductName"] == nil:
	case fields.Trim(at.form["ProductName"]) == "":
		faults = append(faults, page.Fault{Field: "ProductName", Text: w.NoProductText})
	default:
		text := fillNumber(w.LongLineText, "{most}", user.MaxProduct)
		faults = append(faults, page.Fault{Field: "ProductName", Text: text})
	}
	if found["Comment"] != nil {
		faults = append(faults, page.Fault{Field: "Comment", Text: fillNumber(w.LongText, "{most}", user.MaxComment)})
	}
	if len(faults) > 0 {
		return h.show(c, http.StatusUnprocessableEntity, at, shown{complete: faults})
	}
	return h.decide(c, at, d, noticeCompleted)
}

// reject refuses it. The reason that was chosen and the person's own words are one comment.
func (h *Handlers) reject(c *web.Call, at visit) error {
	w := h.words(c)
	comment := w.reason(fields.Trim(at.form["reason"]), fields.Trim(at.form["words"]))
	d := store.Decision{Status: store.LoadRejected}
	found := fields.ReadForm(map[string]string{"Comment": comment}, user.RejectionFields(&d))
	switch {
	case len(found) == 0:
		return h.decide(c, at, d, noticeRejected)
	case comment == "":
		return h.show(c, http.StatusUnprocessableEntity, at, shown{reject: []page.Fault{{Field: "words",
			Text: w.NoReasonText}}})
	}
	return h.show(c, http.StatusUnprocessableEntity, at, shown{reject: []page.Fault{{Field: "words",
		Text: fillNumber(w.LongText, "{most}", user.MaxComment)}}})
}

// reason is what is kept of a choice among the common ones and of somebody's own words.
func (w words) reason(chosen, own string) string {
	switch {
	case chosen == "" || chosen == ownReason:
		return own
	case own == "":
		return chosen
	}
	return strings.NewReplacer("{reason}", chosen, "{words}", own).Replace(w.ReasonText)
}

// decide records a decision, once: the same one sent again is answered the same.
func (h *Handlers) decide(c *web.Call, at visit, d store.Decision, done string) error {
	_, err := h.Store.DecideLoad(c.R.Context(), at.holder, at.cleaning.ID, d)
	if refuse.Is(err, refuse.Conflict) {
		return h.tooLate(c, at)
	}
	if err != nil {
		return err
	}
	c.Notify(done)
	return c.SeeOther(cleaningPath(at.cleaning.ID))
}

// tooLate shows what has become of the load instead.
func (h *Handlers) tooLate(c *web.Call, at visit) error {
	cleaning, err := h.Store.Cleaning(at.cleaning.ID)
	if err != nil {
		return h.noCleaning(c, err)
	}
	at.cleaning = cleaning
	w := h.words(c)
	text := w.DecidedText
	if cleaning.Load.Status == store.LoadOpen {
		text = w.UnsignedText
	}
	return h.show(c, http.StatusConflict, at, shown{notice: page.Wrong.Notice(text)})
}

// sections are what somebody who is signed in can do about a cleaning.
func (w words) sections(at visit, with shown) (all []page.Section) {
	if at.cleaning.Load.Status == store.LoadOpen {
		if at.cleaning.Status == store.SignedOff {
			all = append(all, page.Section{Title: w.AcceptTitle, Text: []string{w.AcceptText}, Accent: true,
				Form: w.acceptForm(at, with.complete)})
		}
		all = append(all, page.Section{Title: w.RefuseTitle, Text: []string{w.RefuseText}, Folded: true,
			Form: w.refuseForm(at, with.reject)})
	}
	return append(all, page.Section{Title: w.CopyTitle,
		Form: &page.Form{Action: cleaningPath(at.cleaning.ID) + "/mail", Button: w.MailButton, Style: page.Second,
			Live: true},
		Button: page.Link{URL: cleaningPath(at.cleaning.ID) + "/document", Text: w.PDFButton, Style: page.Second}})
}

func (w words) acceptForm(at visit, faults []page.Fault) *page.Form {
	product := page.Field{Name: "ProductName", Label: w.ProductLabel, Type: page.Text, Value: at.form["ProductName"]}
	if at.cleaning.NextLoad != "" {
		product.Hint = fill(w.ProductHint, "{next}", unbroken(at.cleaning.NextLoad))
	}
	return &page.Form{Action: cleaningPath(at.cleaning.ID) + "/complete", Faults: faults, Button: w.AcceptButton,
		Live: true, Keep: "complete " + at.cleaning.ID.String(), Fields: []page.Field{product,
			{Name: "Comment", Label: w.CommentLabel, Type: page.Lines, Value: at.form["Comment"], Optional: true}}}
}

func (w words) refuseForm(at visit, faults []page.Fault) *page.Form {
	reasons := page.Field{Name: "reason", Label: w.ReasonLabel, Type: page.Choices, Value: at.form["reason"]}
	for _, reason := range w.reasons() {
		reasons.Choices = append(reasons.Choices, page.Choice{Value: reason, Label: reason})
	}
	reasons.Choices = append(reasons.Choices, page.Choice{Value: ownReason, Label: w.OtherReason})
	return &page.Form{Action: cleaningPath(at.cleaning.ID) + "/reject", Faults: faults, Button: w.RefuseButton,
		Style: page.Grave, Live: true, Keep: "reject " + at.cleaning.ID.String(), Fields: []page.Field{reasons,
			{Name: "words", Label: w.WordsLabel, Hint: w.WordsHint, Type: page.Lines, Value: at.form["words"],
				Optional: true}}}
}
