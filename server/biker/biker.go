// Package biker is the room of the bikers' pages: the password set by a mailed link, logging in, a link for who forgot
// it, and the account. The pages need no script, and opening one changes nothing: only forms do.
package biker

import (
	"io"
	"net/http"
	"net/netip"
	"time"

	"postern/mail/letters"
	"postern/server/web"
	"postern/server/web/page"
	"postern/store"
	"postern/tokens"
	"postern/tokens/password"
)

// Languages are those that bikers are written to in, the fallback first.
var Languages = letters.BikerLanguages

// Options are the plain values that Handlers are made of.
type Options struct {
	Store        *store.Store
	Sealer       *tokens.Sealer
	Hasher       *password.Hasher
	Now          func() time.Time
	Random       io.Reader // secrets of sessions; safe for concurrent use
	PasswordMin  int       // code points
	Organisation string    // a word that no password may lean on; may be empty
	// wrong passwords before an account is slowed down, ten times that for a client; 0: never
	LoginTries  int
	LoginExempt []netip.Prefix // clients that many people share: they are not slowed down, only accounts are
	ForgotLimit *web.Limiter   // links asked for, per client
}

// Handlers are the bikers' pages and their forms. They are safe for concurrent use.
type Handlers struct {
	Options
	texts   map[string]words // by language
	clients *web.Slowdown    // wrong passwords by client
	tries   turns            // at one account's password
	links   *web.MailedLinks
	session web.Cookie
	browser web.Cookie // of a browser that has logged in
}

// clientTries is how many times the tries of an account are a client's: many people may share an address.
const clientTries = 10

// BrowserLife is how long a browser is known, as long as browsers keep a cookie.
const BrowserLife = 400 * 24 * time.Hour

// New makes the handlers. Its error is a text of the program's own that is missing.
func New(o Options) (*Handlers, error) {
	texts, err := page.ReadWords[words](embedded, Languages...)
	return &Handlers{
		Options: o, texts: texts,
		clients: web.NewSlowdown(clientTries*o.LoginTries, o.LoginExempt, o.Now),
		links:   web.NewMailedLinks(o.Now),
		session: web.Cookie{Name: "postern"},
		browser: web.Cookie{Name: "postern-browser", Life: BrowserLife},
	}, err
}

// Routes are the pages' and their forms'.
func (r *Handlers) Routes() []web.Route {
	const get, post = http.MethodGet, http.MethodPost
	biker := web.Caller{Proof: &sessionProof}
	maybe := web.Caller{Proof: &sessionProof, Optional: true}
	routes := []web.Route{
		{Method: get, Path: passwordPath, Handle: r.passwordPage, Doc: passwordPageDoc},
		{Method: post, Path: passwordPath, Handle: r.setPassword, Doc: setPasswordDoc},
		{Method: post, Path: renewPath, Handle: r.renew, Doc: renewDoc},
		{Method: get, Path: loginPath, Handle: r.loginPage, Doc: loginPageDoc, Caller: maybe},
		{Method: post, Path: loginPath, Handle: r.logIn, Doc: loginDoc},
		{Method: get, Path: forgotPath, Handle: r.forgotPage, Doc: forgotPageDoc},
		{Method: post, Path: forgotPath, Handle: r.forgot, Doc: forgotDoc},
		{Method: get, Path: accountPath, Handle: r.account, Doc: accountDoc, Caller: biker},
		{Method: post, Path: changePath, Handle: r.asBiker(r.changePassword), Doc: changePasswordDoc,
			Caller: biker},
		{Method: post, Path: languagePath, Handle: r.asBiker(r.chooseLanguage), Doc: languageDoc, Caller: biker},
		{Method: post, Path: logOutPath, Handle: r.logOut, Doc: logOutDoc, Caller: maybe},
		{Method: post, Path: everywherePath, Handle: r.logOutEverywhere, Doc: logOutEverywhereDoc,
			Caller: biker},
	}
	for i := range routes {
		routes[i].Page, routes[i].Languages = true, Languages
	}
	return routes
}
