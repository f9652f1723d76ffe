package biker

import (
	"postern/server/web"
	"postern/store/guid"
	"postern/tokens"
)

// logOut ends the session of this browser, which stays known as one that has logged in. Without a session, as when the
// form is sent twice, that is so already.
func (r *Handlers) logOut(c *web.Call) error {
	if _, err := c.Form(); err != nil {
		return err
	}
	s, found, err := r.visitor(c)
	if err == nil && found {
		err = r.Store.EndSession(c.R.Context(), s.ref)
	}
	if err != nil {
		return err
	}
	c.Notify(loggedOut)
	return r.afterLogOut(c, s.biker.ID)
}

// logOutEverywhere ends all sessions of the biker. Without a session, as when the form is sent twice, that may be so
// already; where the browser's biker is still logged in elsewhere, it is not, and the person is told.
func (r *Handlers) logOutEverywhere(c *web.Call) error {
	if _, err := c.Form(); err != nil {
		return err
	}
	var biker guid.ID
	ref, ok := readSession(r.session.Value(c))
	if ok {
		var err error
		if biker, err = r.Store.EndSessions(c.R.Context(), ref); err != nil {
			return err
		}
	}
	if biker.IsZero() {
		elsewhere, err := r.loggedInElsewhere(c)
		if err != nil {
			return err
		}
		if elsewhere {
			return r.sessionOver(c)
		}
	}
	c.Notify(loggedOutAll)
	return r.afterLogOut(c, biker)
}

// loggedInElsewhere reports whether the biker who has logged in with this browser before has a session somewhere.
func (r *Handlers) loggedInElsewhere(c *web.Call) (bool, error) {
	claims, err := r.Sealer.Open(tokens.Browser, r.browser.Value(c))
	if err != nil {
		return false, nil
	}
	others, err := r.Store.SessionsOf(claims.Subject)
	return len(others) > 0, err
}

// afterLogOut answers a log-out. The biker is zero where there was no session.
func (r *Handlers) afterLogOut(c *web.Call, biker guid.ID) error {
	if !biker.IsZero() {
		c.Security(web.LoggedOut).Stringer("biker", biker).Msg("logged out")
	}
	r.session.Clear(c)
	return c.SeeOther(loginPath)
}
