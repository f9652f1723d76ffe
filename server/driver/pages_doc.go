package driver

import (
	"net/http"

	"postern/server/web"
	"postern/server/web/schema"
)

// What the pages say of themselves. Opening one changes nothing; only a form does.
var (
	activationPageDoc = web.Doc{
		ID: "pageActivate", Summary: "The page that a user's activation link leads to",
		Params: web.MailedLinkParams, Out: append(linkPages[:len(linkPages):len(linkPages)],
			web.ReturnsPage(http.StatusOK, "A button that activates.")),
	}
	activationFormDoc = web.Doc{
		ID: "formActivate", Summary: "Activate a user by the page's button",
		In: web.TakesForm(linkField, web.Field("cleaningId", "Where to go on.").MayLack()),
		Out: append(linkPages[:len(linkPages):len(linkPages)],
			web.ReturnsPage(http.StatusOK, "The mailbox is proven.")),
	}
	notMePageDoc = web.Doc{
		ID: "pageNotMe", Summary: "The page that undoes a registration made by somebody else",
		Params: web.MailedLinkParams, Out: append(linkPages[:len(linkPages):len(linkPages)],
			web.ReturnsPage(http.StatusOK, "A button that undoes the registration.")),
	}
	notMeFormDoc = web.Doc{
		ID: "formNotMe", Summary: "Undo a registration by the page's button",
		In: web.TakesForm(linkField),
		Out: append(linkPages[:len(linkPages):len(linkPages)],
			web.ReturnsPage(http.StatusOK, "The registration is erased, and the address left alone for 30 days.")),
	}
	cleaningPageDoc = web.Doc{
		ID: "pageCleaning", Summary: "The page that the QR code of a document leads to",
		Params: []web.Param{web.InPath("id", schema.Of(schema.String), "The cleaning's GUID.")},
		Out: []web.Answer{
			web.ReturnsPage(http.StatusOK, "Number and station of the cleaning, and whether the document is valid."),
			web.ReturnsPage(http.StatusNotFound, "There is no such cleaning."),
		},
	}
)

var linkField = web.Field("token", "What the mailed link carries.")

// linkPages are what the pages of mailed links answer beside what they are for.
var linkPages = []web.Answer{
	web.LeadsOn("The browser is led on, without the token in its address."),
	web.ReturnsPage(http.StatusForbidden, "The link is incomplete or altered, or must be opened once more."),
	web.ReturnsPage(http.StatusNotFound, "The account is gone."),
	web.ReturnsPage(http.StatusConflict, "The link has expired, or has been used already."),
}
