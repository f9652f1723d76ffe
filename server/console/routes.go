package console

import (
	"net/http"

	"postern/server/web"
	"postern/server/web/schema"
)

// sessionCookie is what proves who has entered.
var sessionCookie = web.Proof{Name: "consoleCookie", Cookie: "postern-console",
	Text: "A session, as the link that postern console prints begins it: HttpOnly, SameSite=Strict, for the path " +
		"/console; over TLS as __Secure-postern-console."}

// What several routes take and answer.
var (
	anyText  = schema.Of(schema.String)
	idPath   = web.InPath("id", schema.GUID(), "")
	namePath = web.InPath("name", anyText, "The partner's name.")
	findText = web.InQuery("find", anyText, "What is looked for.")
	closed   = web.ReturnsPage(http.StatusUnauthorized, "How to enter.")
	foreign  = web.ReturnsPage(http.StatusForbidden, "The form is from another visit.")
	noSuch   = web.ReturnsPage(http.StatusNotFound, "There is no such thing.")
	wrong    = web.ReturnsPage(http.StatusUnprocessableEntity, "The form, with what is wrong.")
	badQuery = web.ReturnsPage(http.StatusBadRequest, "A parameter is wrong.")
	onward   = web.LeadsOn("To the page that shows what was done, or why nothing was.")
	found    = web.LeadsOn("To what was found.")
)

// Routes are the console's. Who may reach them is for the appliance's table to say.
func (h *Handlers) Routes() []web.Route {
	routes := []web.Route{
		{Method: http.MethodGet, Path: enterPath, Handle: h.enterPage, Doc: web.Doc{ID: "pageEnterConsole",
			Summary: "Where a link into the console leads; opening it changes nothing",
			Params:  []web.Param{web.InQuery("key", anyText, "Of the link.")},
			Out: []web.Answer{web.ReturnsPage(http.StatusOK, "A button that opens the console."), found,
				web.ReturnsPage(http.StatusForbidden, "The link is over.")}}},
		{Method: http.MethodPost, Path: enterPath, Handle: h.enter, Doc: web.Doc{ID: "formEnterConsole",
			Summary: "Enter the console by a link, which is over then",
			In:      web.TakesForm(web.Field("key", "Of the link.")),
			Out: []web.Answer{onward,
				web.ReturnsPage(http.StatusForbidden, "The link is over, or the form came from another site.")}}},
	}
	routes = append(routes, h.letterRoutes()...)
	routes = append(routes, h.personRoutes()...)
	routes = append(routes, h.otherRoutes()...)
	for i := range routes {
		routes[i].Page, routes[i].Languages = true, []string{"en"}
	}
	return append(routes, h.style.Route(), h.script.Route())
}

// page describes a page for who has entered.
func (h *Handlers) page(path string, handle func(*visit) error, id, summary string, params []web.Param,
	more ...web.Answer) web.Route {
	return web.Route{Method: http.MethodGet, Path: path, Handle: h.entered(handle),
		Caller: web.Caller{Proof: &sessionCookie},
		Doc: web.Doc{ID: id, Summary: summary, Params: params,
			Out: append([]web.Answer{web.ReturnsPage(http.StatusOK, "The page."), closed}, more...)}}
}

// act describes a form for who has entered.
func (h *Handlers) act(path string, handle func(*visit) error, id, summary string, params []web.Param,
	fields []schema.Property, out ...web.Answer) web.Route {
	word := web.Field(wordField, "The session's own, from the page.")
	return web.Route{Method: http.MethodPost, Path: path, Handle: h.acting(handle),
		Caller: web.Caller{Proof: &sessionCookie},
		Doc: web.Doc{ID: id, Summary: summary, Params: params,
			In:  web.TakesForm(append([]schema.Property{word}, fields...)...),
			Out: append([]web.Answer{closed, foreign}, out...)}}
}

func ofID() []web.Param { return []web.Param{idPath} }

// may makes a field of a form one that may be missing.
func may(name, text string) schema.Property {
	field := web.Field(name, text)
	field.Required = false
	return field
}

func (h *Handlers) letterRoutes() []web.Route {
	one := func(name, id, summary string) web.Route {
		return h.act(lettersPath+"/:id/"+name, h.actOnLetter(name), id, summary, ofID(), nil, onward, noSuch)
	}
	list := []web.Param{web.InQuery("state", anyText, "Only those in this state."), findText,
		web.InQuery("before", schema.GUID(), "The last letter of the page before.")}
	return []web.Route{
		h.page(home, h.overview, "pageConsole", "Whether letters go out, and the last day and month", nil),
		h.page(lettersPath, h.letters, "pageLetters", "The letters, the newest first", list, found, badQuery, noSuch),
		h.page(lettersPath+"/:id", h.letter, "pageOneLetter", "A letter with its tries", ofID(), noSuch),
		one("retry", "formRetryLetter", "Try a letter now"),
		one("release", "formReleaseLetter", "Release a letter"),
		one("hold", "formHoldLetter", "Hold a letter"),
		one("cancel", "formCancelLetter", "Cancel a letter"),
		h.act(sendingPath+"/pause", h.sending(h.pause), "formPause", "Pause sending", nil, nil, onward),
		h.act(sendingPath+"/resume", h.sending(h.resume), "formResume", "Resume sending", nil, nil, onward),
		h.act(sendingPath+"/retry-failed", h.onMany(h.Acts.RetryFailed, "tried again now."), "formRetryFailed",
			"Try all letters that failed now", nil, nil, onward),
		h.act(sendingPath+"/release-held", h.onMany(h.Acts.ReleaseHeld, "released."), "formReleaseHeld",
			"Release all letters that are held", nil, nil, onward),
		h.act(sendingPath+"/test", h.sendTest, "formTestLetter", "Send a test letter", nil,
			[]schema.Property{web.Field("email", "To whom.")}, onward, wrong),
	}
}

func (h *Handlers) personRoutes() []web.Route {
	typed := []schema.Property{web.Field("typed", "The address of who is to be erased.")}
	biker := func(name, id, summary, done string, do func(*visit, string) error) web.Route {
		return h.act(bikersPath+"/:id/"+name, h.actOnPerson(h.findBiker, done, do), id, summary, ofID(), nil, onward,
			noSuch)
	}
	user := func(name, id, summary, done string, do func(*visit, string) error) web.Route {
		return h.act(usersPath+"/:id/"+name, h.actOnPerson(h.findUser, done, do), id, summary, ofID(), nil, onward,
			noSuch)
	}
	file := web.ReturnsFile("application/json", "Everything that is held.")
	biking := h.page(bikersPath+"/:id/export", h.export(h.findBiker, h.exportBiker), "fileBikerExport",
		"All that is held of a biker", ofID(), noSuch)
	using := h.page(usersPath+"/:id/export", h.export(h.findUser, h.exportUser), "fileUserExport",
		"All that is held of a user", ofID(), noSuch)
	biking.Doc.Out[0], using.Doc.Out[0] = file, file
	return []web.Route{
		h.page(peoplePath, h.people, "pagePeople", "Find a person", []web.Param{findText}, found, noSuch),
		h.page(bikersPath+"/:id", h.personPage(h.findBiker, h.bikerSections), "pageBiker", "A biker", ofID(), noSuch),
		h.page(usersPath+"/:id", h.personPage(h.findUser, h.userSections), "pageUser", "A user", ofID(), noSuch),
		biking, using,
		biker("block", "formBlockBiker", "Keep a biker out", "The biker is blocked.", h.blockBiker),
		biker("unblock", "formUnblockBiker", "Let a biker in again", "The biker may come in again.", h.unblockBiker),
		h.act(bikersPath+"/:id/move", h.move, "formMoveBiker", "Give a biker to another partner or plan", ofID(),
			[]schema.Property{web.Field("partner", "Its name."), web.Field("plan", "The code of a plan.")}, onward, wrong,
			noSuch),
		h.act(bikersPath+"/:id/erase", h.erasing(h.findBiker, h.bikerSections, h.eraseBiker), "formEraseBiker",
			"Erase a biker", ofID(), typed, onward, wrong, noSuch),
		user("block", "formBlockUser", "Keep a user out", "The user is blocked.", h.blockUser),
		user("unblock", "formUnblockUser", "Let a user in again", "The user may come in again.", h.unblockUser),
		user("reactivate", "formReactivateUser", "Have a user prove the mailbox again",
			"The user proves the mailbox again at the next sign-in.", h.reactivateUser),
		h.act(usersPath+"/:id/erase", h.erasing(h.findUser, h.userSections, h.eraseUser), "formEraseUser",
			"Erase a user", ofID(), typed, onward, wrong, noSuch),
	}
}

func (h *Handlers) otherRoutes() []web.Route {
	named := []web.Param{namePath}
	shows := web.ReturnsPage(http.StatusOK, "The token, this once.")
	return []web.Route{
		h.page(partnersPath, h.partners, "pagePartners", "The partners", nil),
		h.act(partnersPath, h.addPartner, "formAddPartner", "Add a partner", nil, []schema.Property{
			web.Field("name", "The partner's name."), may("plans", "Codes of bike plans; empty: all."),
			may("from", "Networks; empty: any."), may("expect", "How often it calls."),
			may("scope-users", "Set: it may register bikers."), may("scope-cleanings", "Set: deliver cleanings."),
			may("scope-events", "Set: read events.")}, shows, wrong),
		h.act(partnersPath+"/:name/rotate", h.rotatePartner, "formRotatePartner", "Make a second token for a partner",
			named, nil, shows, onward),
		h.act(partnersPath+"/:name/finish", h.onPartner("The older token is over.", h.Acts.FinishRotation),
			"formFinishRotation", "End the older of two tokens", named, nil, onward),
		h.act(partnersPath+"/:name/revoke", h.onPartner("The partner is revoked.", h.Acts.RevokePartner),
			"formRevokePartner", "End all tokens of a partner", named, nil, onward),
		h.page(plansPath, h.plans, "pagePlans", "The bike plans", nil),
		h.act(plansPath, h.addPlan, "formAddPlan", "Add a bike plan, or change one", nil, []schema.Property{
			web.Field("code", "The plan's code."), web.Field("client", "Whose bikers they are."),
			may("language", "NL, FR or EN."), may("name", "Of the plan."), may("nextText", "What comes next."),
			may("nextUrl", "Where they go on.")}, onward, wrong),
		h.act(plansPath+"/remove", h.removePlan, "formRemovePlan", "Remove a bike plan", nil,
			[]schema.Property{web.Field("code", "The plan's code.")}, onward),
		h.page(cleaningsPath, h.cleanings, "pageCleanings", "The cleanings", []web.Param{findText,
			web.InQuery("after", schema.GUID(), "The last cleaning of the page before.")}, found, badQuery, noSuch),
		h.page(cleaningsPath+"/:id", h.cleaning, "pageOneCleaning", "A cleaning", ofID(), noSuch),
		h.act(cleaningsPath+"/:id/reopen", h.reopen, "formReopen", "Take back the decision about a load", ofID(),
			[]schema.Property{web.Field("reason", "Why.")}, onward, wrong, noSuch),
		h.act(cleaningsPath+"/:id/delete", h.deleteCleaning, "formDeleteCleaning", "Delete a cleaning", ofID(), nil,
			onward, noSuch),
		h.page(eventsPath, h.events, "pageEvents", "The events, the newest first", []web.Param{
			web.InQuery("type", anyText, "A type, or the beginning of several, as letter."),
			web.InQuery("about", anyText, "An id, a partner or a plan."),
			web.InQuery("until", anyText, "Up to the end of this day."),
			web.InQuery("before", schema.AtLeast(1), "The last event of the page before.")}, badQuery),
		h.page(keysPath, h.keys, "pageKeys", "The keys, with what still needs the former ones", nil),
		h.act(keysPath+"/rotate", h.rotateKey, "formRotateKey", "Make a new key, which seals from now on", nil, nil, onward),
		h.act(keysPath+"/retire", h.retireKey, "formRetireKey", "Take a former key out of the key file", nil,
			[]schema.Property{web.Field("key", "Its id."), may("force", "true: although it is still needed.")}, onward),
		h.page(settingsPath, h.settings, "pageSettings", "The limits in force, and every setting", nil),
		h.act(leavePath, h.leave, "formLeaveConsole", "Leave the console", nil, nil,
			web.ReturnsPage(http.StatusOK, "How to enter again.")),
	}
}
