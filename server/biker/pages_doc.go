package biker

import (
	"net/http"

	"postern/server/web"
)

// sessionProof is what proves that a biker calls.
var sessionProof = web.Proof{Name: "bikerSession", Cookie: "postern",
	Text: "A session of the bikers' pages, as logging in sets it; over HTTPS the cookie's name begins with __Host-."}

// What the pages say of themselves. Opening one changes nothing; only a form does.
var (
	passwordPageDoc = web.Doc{
		ID: "pagePassword", Summary: "The page on which a mailed link's biker chooses a password",
		Params: web.MailedLinkParams,
		Out: []web.Answer{
			web.ReturnsPage(http.StatusOK, "A form with the new password."),
			web.LeadsOn("The browser is led on, without the token in its address."),
			badLinkPage, gonePage, oldLinkPage,
		},
	}
	setPasswordDoc = web.Doc{
		ID: "formPassword", Summary: "Set a password by a mailed link, and log in",
		In: web.TakesForm(linkField, passwordField),
		Out: []web.Answer{
			web.LeadsOn("The password is set, and the biker logged in."), badLinkPage, gonePage, oldLinkPage,
			web.ReturnsPage(http.StatusUnprocessableEntity, "The password is too short, or easy to guess."),
			slowPage, busyPage,
		},
	}
	renewDoc = web.Doc{
		ID: "formRenew", Summary: "Have a new link mailed for one that does not work any more",
		In: web.TakesForm(linkField),
		Out: []web.Answer{
			web.ReturnsPage(http.StatusOK, "A letter with a new link is owed."), badLinkPage, gonePage, slowPage,
		},
	}
	loginPageDoc = web.Doc{
		ID: "pageLogin", Summary: "The bikers' log-in page",
		Out: []web.Answer{
			web.ReturnsPage(http.StatusOK, "A form with address and password."),
			web.LeadsOn("Who is logged in already is led to the account."),
		},
	}
	loginDoc = web.Doc{
		ID: "formLogin", Summary: "Log a biker in",
		In: web.TakesForm(emailField, web.Field("password", "The password.")),
		Out: []web.Answer{
			web.LeadsOn("The biker is logged in, by a cookie."),
			web.ReturnsPage(http.StatusForbidden, "Address or password is wrong, which of them is not told."),
			formAgain, slowPage, busyPage,
		},
	}
	forgotPageDoc = web.Doc{
		ID: "pageForgot", Summary: "The page for who forgot the password",
		Out: []web.Answer{web.ReturnsPage(http.StatusOK, "A form with the address.")},
	}
	forgotDoc = web.Doc{
		ID: "formForgot", Summary: "Have a link mailed that sets a new password",
		In: web.TakesForm(emailField),
		Out: []web.Answer{
			web.ReturnsPage(http.StatusOK, "A letter is owed where the address has an account, which is not told."),
			formAgain, slowPage,
		},
	}
	accountDoc = web.Doc{
		ID: "pageAccount", Summary: "The biker's account",
		Out: []web.Answer{
			web.ReturnsPage(http.StatusOK, "Name, plan and employee data, and the forms that change something."),
			web.LeadsOn("Who is not logged in is led to the log-in page."),
		},
	}
	changePasswordDoc = web.Doc{
		ID: "formChangePassword", Summary: "Change a biker's password",
		In: web.TakesForm(web.Field("current", "The password of now."), passwordField),
		Out: []web.Answer{
			web.LeadsOn("The password is changed, and other sessions are over."),
			web.ReturnsPage(http.StatusForbidden, "The password of now is wrong, or the session over."),
			formAgain, slowPage, busyPage,
		},
	}
	languageDoc = web.Doc{
		ID: "formBikerLanguage", Summary: "Choose the language of pages and letters",
		In: web.TakesForm(web.Field("language", "en, nl or fr.")),
		Out: []web.Answer{
			web.LeadsOn("The language is kept."),
			web.ReturnsPage(http.StatusForbidden, "The session is over."),
		},
	}
	logOutDoc = web.Doc{
		ID: "formLogout", Summary: "Log out of this browser", In: web.TakesForm(),
		Out: []web.Answer{web.LeadsOn("The session is over; it may have been already.")},
	}
	logOutEverywhereDoc = web.Doc{
		ID: "formLogoutEverywhere", Summary: "Log out of all browsers", In: web.TakesForm(),
		Out: []web.Answer{
			web.LeadsOn("All sessions are over."),
			web.ReturnsPage(http.StatusForbidden, "The session is over, so nobody is known to be logged out."),
		},
	}
)

// What several forms have or answer.
var (
	linkField     = web.Field("token", "What the mailed link carries.")
	emailField    = web.Field("email", "The biker's address.")
	passwordField = web.Field("password", "The new password.")

	badLinkPage = web.ReturnsPage(http.StatusForbidden, "The link is incomplete or altered, or is to be opened again.")
	gonePage    = web.ReturnsPage(http.StatusNotFound, "The account is gone.")
	oldLinkPage = web.ReturnsPage(http.StatusConflict, "The link has expired or been used; a button sends a new one.")
	formAgain   = web.ReturnsPage(http.StatusUnprocessableEntity, "The form again, with what is wrong in it.")
	slowPage    = web.ReturnsPage(http.StatusTooManyRequests, "Too many tries; the page says when to come back.")
	busyPage    = web.ReturnsPage(http.StatusServiceUnavailable, "Too many passwords are being checked; try again.")
)
