package partner

import (
	"net/http"

	"postern/server/web"
	"postern/server/web/schema"
	"postern/server/wire"
)

// What the calls about a cleaning share.
var (
	pathID = web.InPath("id", schema.GUID(), "The cleaning's GUID, which you choose: cleaningActionId in the eECD.")

	noGUID     = web.Refuses(http.StatusBadRequest, "The cleaning is named by no GUID.")
	noCleaning = web.Refuses(http.StatusNotFound, "You have delivered no such cleaning.")
)

var putCleaningDoc = web.Doc{
	ID: "putCleaning", Summary: "Deliver a cleaning, or change it",
	Text: `
		The body is the whole cleaning: what it leaves out is gone. Sending the same again changes nothing. Once its
		load is decided a cleaning can be sent only after it is reopened.`,
	Params: []web.Param{pathID},
	In: web.TakesJSON("CleaningData", cleaningFields, web.Texts{
		"id": "The GUID in the path, if anything.", "number": "The number on the document.",
	}),
	Out: []web.Answer{
		web.Returns[delivered](http.StatusCreated, "It is new."),
		web.Returns[delivered](http.StatusOK, "It was there; outcome says whether it is changed."),
		web.Refuses(http.StatusBadRequest,
			"Fields are wrong; errors names each by its path, as compartments[1].codes[0]."),
		web.Refuses(http.StatusNotFound, "The cleaning is another partner's."),
		web.RefusesWith[wire.LoadProblem](http.StatusConflict, "The load is decided; loadStatus says how."),
	},
}

var cleaningDoc = web.Doc{
	ID: "getDeliveredCleaning", Summary: "Read back a cleaning, and what became of it",
	Params: []web.Param{pathID},
	Out: []web.Answer{
		web.Returns[wire.DeliveredCleaning](http.StatusOK, "The cleaning, its load, and who decided it when."),
		noGUID, noCleaning,
	},
}

var reopenDoc = web.Doc{
	ID: "reopenLoad", Summary: "Take back the decision about a load",
	Text:   "The load is open again, and can be decided anew. Both decisions stay in the events.",
	Params: []web.Param{pathID},
	In:     web.TakesJSON("ReopenRequest", reopeningFields, web.Texts{"Reason": "Why the decision is taken back."}),
	Out: []web.Answer{
		web.Returns[wire.DeliveredCleaning](http.StatusOK, "The load is open."),
		web.Refuses(http.StatusBadRequest, "The cleaning is named by no GUID, or there is no reason."), noCleaning,
		web.RefusesWith[wire.LoadProblem](http.StatusConflict, "The load is open already."),
	},
}

var putDocumentDoc = web.Doc{
	ID: "putDocument", Summary: "Deliver a cleaning's document",
	Text: `
		It takes the place of the document that is made from the data. The same PDF again changes nothing. Sixteen are
		taken at once, eight of one partner.`,
	Params: []web.Param{pathID},
	In:     web.Body{Type: "application/pdf", Text: "A PDF of at most 10 MiB."},
	Out: []web.Answer{
		web.ReturnsNothing("It is stored."),
		web.Refuses(http.StatusBadRequest, "This is no whole PDF, or the cleaning is named by no GUID."), noCleaning,
		web.RefusesWith[wire.LoadProblem](http.StatusConflict, "The load is decided; loadStatus says how."),
		web.Refuses(http.StatusTooManyRequests, "Too many of your documents are under way."),
		web.Refuses(http.StatusServiceUnavailable,
			"Too many documents are under way, or the store takes no writes now."),
	},
}

var documentDoc = web.Doc{
	ID: "getDeliveredDocument", Summary: "Read a cleaning's document",
	Text: `
		The uploaded PDF, or else one that is rendered from the data in the language that the caller accepts (English,
		Dutch, French, German).`,
	Params: []web.Param{pathID},
	Out: []web.Answer{
		web.ReturnsFile("application/pdf", "The document.").With(web.InHeader("Content-Disposition",
			schema.Of(schema.String), "A name to keep it by.")),
		noGUID, noCleaning,
		web.Refuses(http.StatusTooManyRequests, "Too many documents are on their way to you."),
	},
}
