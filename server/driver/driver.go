// Package driver is the room of the drivers' pages: a front end on the users' acts, for a phone at a loading place. The
// QR code on a cleaning document leads to what it is worth; whoever has proven a mailbox reads the whole document
// there, has it mailed, and accepts or refuses the load. The pages work without scripts, and opening one changes
// nothing: only forms do.
package driver

import (
	"net/http"
	"time"

	"postern/server/documents"
	"postern/server/user"
	"postern/server/web"
	"postern/server/web/page"
	"postern/server/web/schema"
	"postern/store"
)

// Options are the plain values that Handlers are made of.
type Options struct {
	Store     *store.Store
	Acts      *user.Acts
	Documents *documents.Documents
	Now       func() time.Time
	Zone      *time.Location // of the times on pages
	TokenTTL  time.Duration  // of user tokens, and so of being signed in
}

// Handlers are the pages and their forms. They are safe for concurrent use.
type Handlers struct {
	Options
	texts   map[string]words // by language
	views   views
	links   *web.MailedLinks
	session web.Cookie // the user token
	mailbox web.Cookie // the address that a link has been mailed to
}

// mailboxLife is for how long a browser can be told to which address a link went.
const mailboxLife = time.Hour

// New makes the handlers. Its error is a text or template of the program's own that is missing.
func New(o Options) (*Handlers, error) {
	texts, err := page.ReadWords[words](embedded, user.Languages...)
	if err != nil {
		return nil, err
	}
	v, err := readViews()
	return &Handlers{
		Options: o, texts: texts, views: v, links: web.NewMailedLinks(o.Now),
		session: web.Cookie{Name: "postern-user", Life: o.TokenTTL},
		mailbox: web.Cookie{Name: "postern-mailbox", Life: mailboxLife},
	}, err
}

// The pages' paths. Those of a cleaning follow from cleaningPath.
const (
	startPath    = "/eecd"
	signInPath   = "/eecd/sign-in"
	mailboxPath  = "/eecd/mailbox"
	activatePath = "/eecd/activate"
	renewPath    = "/eecd/renew"
	notMePath    = "/eecd/not-me"
	signOutPath  = "/eecd/sign-out"
	languagePath = "/eecd/language"
)

// pathID describes the path's GUID.
var pathID = web.InPath("id", schema.GUID(), "The cleaning's GUID: cleaningActionId.")

// userCookie is what proves who is signed in.
var userCookie = web.Proof{Name: "userCookie", Cookie: "postern-user",
	Text: "A proven user token, as the activation page sets it: HttpOnly, SameSite=Lax, over TLS as " +
		"__Host-postern-user."}

// Routes are the pages' and their forms'.
func (h *Handlers) Routes() []web.Route {
	const get, post = http.MethodGet, http.MethodPost
	signedIn := web.Caller{Proof: &userCookie}
	maybe := web.Caller{Proof: &userCookie, Optional: true}
	routes := []web.Route{
		{Method: get, Path: startPath, Handle: h.start, Doc: startDoc, Caller: maybe},
		{Method: get, Path: signInPath, Handle: h.signInPage, Doc: signInPageDoc, Caller: maybe},
		{Method: post, Path: signInPath, Handle: h.signIn, Doc: signInDoc, Caller: maybe},
		{Method: get, Path: mailboxPath, Handle: h.mailboxPage, Doc: mailboxDoc},
		{Method: get, Path: activatePath, Handle: h.activationPage, Doc: activationPageDoc},
		{Method: post, Path: activatePath, Handle: h.activate, Doc: activateDoc},
		{Method: post, Path: renewPath, Handle: h.renew, Doc: renewDoc},
		{Method: get, Path: notMePath, Handle: h.notMePage, Doc: notMePageDoc},
		{Method: post, Path: notMePath, Handle: h.notMe, Doc: notMeDoc},
		{Method: post, Path: signOutPath, Handle: h.signOut, Doc: signOutDoc, Caller: maybe},
		{Method: post, Path: languagePath, Handle: h.chooseLanguage, Doc: languageDoc, Caller: maybe},
		{Method: get, Path: "/eecd/cleanings/:id", Handle: h.cleaningPage, Doc: cleaningDoc, Caller: maybe,
			AlsoJSON: true},
		{Method: get, Path: "/eecd/cleanings/:id/document", Handle: h.document, Doc: documentDoc, Caller: signedIn},
		{Method: post, Path: "/eecd/cleanings/:id/mail", Handle: h.act(h.mail), Doc: mailDoc, Caller: signedIn},
		{Method: post, Path: "/eecd/cleanings/:id/complete", Handle: h.act(h.complete), Doc: completeDoc,
			Caller: signedIn},
		{Method: post, Path: "/eecd/cleanings/:id/reject", Handle: h.act(h.reject), Doc: rejectDoc, Caller: signedIn},
	}
	for i := range routes {
		routes[i].Page, routes[i].Languages = true, user.Languages
	}
	return routes
}
