package driver

import (
	"net/http"

	"postern/server/web"
	"postern/server/web/schema"
	"postern/server/wire"
)

// What the pages say of themselves. Opening one changes nothing; only a form does.
var (
	startDoc = web.Doc{
		ID: "pageDriverStart", Summary: "Where drivers begin who come without a document",
		Out: []web.Answer{web.ReturnsPage(http.StatusOK, "It says that the QR code on a document leads on.")},
	}
	signInPageDoc = web.Doc{
		ID: "pageSignIn", Summary: "The page that asks for an e-mail address", Params: []web.Param{inQuery},
		Out: []web.Answer{web.ReturnsPage(http.StatusOK, "A form."),
			web.LeadsOn("Whoever is signed in is led on.")},
	}
	signInDoc = web.Doc{
		ID: "formSignIn", Summary: "Have a link mailed, or register",
		Text: `
			Signing in goes by the mailbox alone here, whatever the API does. Where the address has no account, the page
			asks for names and organisation, and takes them under the same URL.`,
		In: web.TakesForm(web.Field("email", "Where the link goes."), cleaningField,
			web.Field("step", "register, with the three that follow.").MayLack(),
			web.Field("firstName", "Of who registers.").MayLack(), web.Field("lastName", "Of who registers.").MayLack(),
			web.Field("organisationName", "Of who registers.").MayLack(),
			web.Field("again", "Says that a link was mailed before.").MayLack()),
		Out: []web.Answer{
			web.LeadsOn("A link is mailed, or would be if the address could have one: check the mailbox."),
			web.ReturnsPage(http.StatusOK, "There is no account: the page asks for more."),
			web.ReturnsPage(http.StatusForbidden, "The account is blocked."),
			web.ReturnsPage(http.StatusUnprocessableEntity, "What was typed is wrong."),
			web.ReturnsPage(http.StatusTooManyRequests, "A limit of the client or the address is used up."),
		},
	}
	mailboxDoc = web.Doc{
		ID: "pageMailbox", Summary: "The page that says to check the mailbox", Params: []web.Param{inQuery},
		Out: []web.Answer{web.ReturnsPage(http.StatusOK, "Where the link went, and what to do if nothing comes."),
			web.LeadsOn("No address is known.")},
	}
	activationPageDoc = web.Doc{
		ID: "pageActivate", Summary: "The page that a user's activation link leads to",
		Params: append(web.MailedLinkParams[:len(web.MailedLinkParams):len(web.MailedLinkParams)], inQuery),
		Out: append(linkPages[:len(linkPages):len(linkPages)],
			web.ReturnsPage(http.StatusOK, "A button that activates, with the address and the cleaning.")),
	}
	activateDoc = web.Doc{
		ID: "formActivate", Summary: "Activate a user by the page's button, and sign in",
		In: web.TakesForm(linkField, cleaningField), Out: linkPages,
	}
	renewDoc = web.Doc{
		ID: "formDriverRenew", Summary: "Have a new activation link mailed, in place of one that is used or expired",
		In: web.TakesForm(linkField, cleaningField), Out: linkPages,
	}
	notMePageDoc = web.Doc{
		ID: "pageNotMe", Summary: "The page that undoes a registration made by somebody else",
		Params: web.MailedLinkParams, Out: append(linkPages[:len(linkPages):len(linkPages)],
			web.ReturnsPage(http.StatusOK, "A button that undoes the registration.")),
	}
	notMeDoc = web.Doc{
		ID: "formNotMe", Summary: "Undo a registration by the page's button",
		In: web.TakesForm(linkField),
		Out: append(linkPages[:len(linkPages):len(linkPages)],
			web.ReturnsPage(http.StatusOK, "The registration is erased, and the address left alone for 30 days.")),
	}
	signOutDoc = web.Doc{
		ID: "formSignOut", Summary: "Sign out", Text: "All tokens of the user are void.", Params: []web.Param{inQuery},
		In: web.TakesForm(), Out: []web.Answer{web.LeadsOn("Back to the cleaning.")},
	}
	languageDoc = web.Doc{
		ID: "formDriverLanguage", Summary: "Choose a language, for letters too where somebody is signed in",
		In: web.TakesForm(web.Field("language", "en, nl, fr or de."),
			web.Field("back", "The page to come back to.").MayLack()),
		Out: []web.Answer{web.LeadsOn("Back to the page.")},
	}
	cleaningDoc = web.Doc{
		ID: "pageCleaning", Summary: "The page that the QR code of a document leads to",
		Text: `
			Everybody sees number, station, the end of the tank's identification, and whether the document is valid;
			with Accept: application/json as JSON. Whoever is signed in sees all of it, and can act.`,
		Params: []web.Param{pathID},
		Out: []web.Answer{
			web.ReturnsPage(http.StatusOK, "The cleaning."),
			web.Returns[wire.PublicCleaning](http.StatusOK, "What everybody may know of it."),
			noCleaning, web.Refuses(http.StatusNotFound, "There is no such cleaning.").ForPrograms(),
		},
	}
	documentDoc = web.Doc{
		ID: "fileCleaning", Summary: "The document of a cleaning as a PDF, in the page's language",
		Params: []web.Param{pathID},
		Out: []web.Answer{
			web.ReturnsFile("application/pdf", "The document.").With(web.InHeader("Content-Disposition",
				schema.Of(schema.String), "A name to keep it by.")),
			web.LeadsOn("Nobody is signed in: to the page of the cleaning."), noCleaning,
			web.Refuses(http.StatusTooManyRequests, "Too many documents are on their way to this user or client."),
		},
	}
	mailDoc = web.Doc{
		ID: "formMail", Summary: "Have the document mailed", Params: []web.Param{pathID}, In: web.TakesForm(),
		Out: []web.Answer{backToCleaning, notSignedIn, noCleaning,
			web.ReturnsPage(http.StatusTooManyRequests, "The user has had too many documents mailed within a day.")},
	}
	completeDoc = web.Doc{
		ID: "formComplete", Summary: "Accept and complete the load", Params: []web.Param{pathID},
		In: web.TakesForm(web.Field("ProductName", "What was loaded."),
			web.Field("Comment", "Anything else.").MayLack()),
		Out: []web.Answer{backToCleaning, notSignedIn, noCleaning, faulty,
			web.ReturnsPage(http.StatusConflict, "It is decided already, or the cleaning is not signed off.")},
	}
	rejectDoc = web.Doc{
		ID: "formReject", Summary: "Reject the load", Params: []web.Param{pathID},
		In: web.TakesForm(web.Field("reason", "A common reason, or own.").MayLack(),
			web.Field("words", "The reason in the person's own words.").MayLack()),
		Out: []web.Answer{backToCleaning, notSignedIn, noCleaning, faulty,
			web.ReturnsPage(http.StatusConflict, "It is decided already.")},
	}
)

var (
	inQuery        = web.InQuery("cleaningId", schema.GUID(), "The cleaning that somebody came for.")
	linkField      = web.Field("token", "What the mailed link carries.")
	cleaningField  = web.Field("cleaningId", "The cleaning that somebody came for.").MayLack()
	backToCleaning = web.LeadsOn("Done, or done before: back to the cleaning.")
	notSignedIn    = web.ReturnsPage(http.StatusForbidden, "Nobody is signed in, and nothing was done.")
	noCleaning     = web.ReturnsPage(http.StatusNotFound, "There is no such cleaning.")
	faulty         = web.ReturnsPage(http.StatusUnprocessableEntity, "What was typed is wrong.")
)

// linkPages are what the pages of mailed links answer beside what they are for.
var linkPages = []web.Answer{
	web.LeadsOn("The browser is led on: without the token in its address, or where the link's act leads to."),
	web.ReturnsPage(http.StatusForbidden,
		"The link is incomplete or altered, must be opened once more, or its account is blocked."),
	web.ReturnsPage(http.StatusNotFound, "The account is gone."),
	web.ReturnsPage(http.StatusConflict, "The link has expired, or has been used already."),
}
