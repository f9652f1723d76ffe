package driver

import (
	"encoding/base64"
	"net/http"

	"postern/server/web"
	"postern/server/web/fields"
	"postern/server/web/page"
	"postern/store/guid"
)

// mailed leads to the page that says where a link has been mailed to. Its own URL can be opened again, as phones do
// when somebody comes back from the mailbox; the address is in a cookie, since a URL would end up in histories and
// logs.
func (h *Handlers) mailed(c *web.Call, cleaning guid.ID, email string, again bool) error {
	h.mailbox.Set(c, base64.RawURLEncoding.EncodeToString([]byte(email)))
	if again {
		c.Notify(noticeAgain)
	}
	return c.SeeOther(about(mailboxPath, cleaning))
}

// mailboxPage says that a link has been mailed, and what to do if it does not come. It says the same whether one really
// was: an address has its limits, and its owner may want nothing from us.
func (h *Handlers) mailboxPage(c *web.Call) error {
	cleaning := cleaningOf(c.R.URL.Query().Get("cleaningId"))
	kept, err := base64.RawURLEncoding.DecodeString(h.mailbox.Value(c))
	if err != nil {
		kept = nil
	}
	email, err := fields.ParseEmail(string(kept))
	if err != nil {
		return c.SeeOther(about(signInPath, cleaning))
	}
	w := h.words(c)
	again := &page.Form{Action: signInPath, Button: w.AgainButton, Style: page.Second, Live: true,
		Hidden: append(carried(cleaning), page.Hidden{Name: "email", Value: email},
			page.Hidden{Name: "again", Value: "yes"})}
	return c.Page(http.StatusOK, page.Page{
		Title: w.MailboxTitle, Notice: w.notice(c.Notified(), visitor{}),
		Text: []string{fill(w.MailboxText, "{email}", email), w.MailboxNextText},
		Links: append([]page.Link{{URL: about(signInPath, cleaning), Text: w.OtherAddressLink}},
			w.wayBack(cleaning)...),
		Sections: []page.Section{{Title: w.NothingTitle, Folded: true, Form: again,
			Text: []string{w.NothingSpamText, w.NothingOftenText, w.DisownedNote}}},
	})
}
