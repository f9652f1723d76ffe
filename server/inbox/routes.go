package inbox

import (
	"net/http"
	"slices"

	"postern/server/web"
	"postern/server/web/schema"
)

// manyIDs bounds the bodies that name letters by their IDs, in octets: all that the inbox holds.
const manyIDs = 64 << 10

// Routes are the page's and the API's. Who may call them is for the appliance's table to say.
func (r *Handlers) Routes() []web.Route {
	return slices.Concat(r.pageRoutes(), r.apiRoutes(), absentRoutes("/inbox/api/v1/"))
}

// What several routes take and answer.
var (
	letterID   = web.InPath("id", schema.Of(schema.String), "The letter's ID, or latest.")
	anyText    = schema.Of(schema.String)
	listSearch = web.InQuery("q", anyText, "What the list is searched for.")
	startFrom  = web.InQuery("start", schema.AtLeast(0), "How many to pass over.")
	atMost     = web.InQuery("limit", schema.AtLeast(0), "How many at most; 50 where nothing is said.")
	searched   = web.InQuery("query", anyText, "A search in Mailpit's language, as to:jane@example.org is:unread.")
	zone       = web.InQuery("tz", anyText, "The time zone of dates in the search, as Europe/Brussels; else UTC.")

	noLetter   = web.Refuses(http.StatusNotFound, "There is no such letter; the inbox keeps the newest ones only.")
	wrongQuery = web.Refuses(http.StatusBadRequest, "A parameter is wrong.")
	settled    = web.ReturnsFile("text/plain", "It is done; the answer is ok.")
	backToList = web.LeadsOn("Back to the list.")
)

// pageRoutes are for people.
func (r *Handlers) pageRoutes() []web.Route {
	page := func(method, path string, handle web.Handler, doc web.Doc) web.Route {
		return web.Route{Method: method, Path: path, Handle: handle, Doc: doc, Page: true}
	}
	const get, post = http.MethodGet, http.MethodPost
	return []web.Route{
		page(get, "/inbox", r.listPage, web.Doc{ID: "pageInbox", Summary: "The page of letters",
			Params: []web.Param{listSearch, startFrom},
			Out:    []web.Answer{web.ReturnsPage(http.StatusOK, "The letters, newest first.")}}),
		page(post, "/inbox/delete", r.deleteFound, web.Doc{ID: "formDeleteFound", Summary: "Delete the letters found",
			Params: []web.Param{listSearch, startFrom}, Out: []web.Answer{backToList}}),
		page(post, "/inbox/read", r.readFound, web.Doc{ID: "formReadFound", Summary: "Mark the letters found as read",
			Params: []web.Param{listSearch, startFrom}, Out: []web.Answer{backToList}}),
		page(get, "/inbox/message/:id", r.letterPage, web.Doc{ID: "pageLetter", Summary: "The page of a letter",
			Params: []web.Param{letterID, listSearch, startFrom,
				web.InQuery("view", anyText, "html, text, links, files, headers or source."),
				web.InQuery("width", anyText, "phone: the HTML is as wide as a phone."), searched, zone},
			Out: []web.Answer{web.ReturnsPage(http.StatusOK, "The letter beside the list."),
				web.ReturnsPage(http.StatusNotFound, "The list, and that there is no such letter.")}}),
		page(get, "/inbox/message/:id/html", r.html, web.Doc{ID: "frameHTML", Summary: "A letter's HTML, for a frame",
			Params: []web.Param{letterID, searched, zone},
			Out: []web.Answer{web.ReturnsPage(http.StatusOK, "The HTML; no script runs in it."), noLetter,
				wrongQuery}}),
		page(post, "/inbox/message/:id/delete", r.deleteLetter, web.Doc{ID: "formDeleteLetter",
			Summary: "Delete a letter", Params: []web.Param{letterID, listSearch, startFrom},
			Out: []web.Answer{backToList}}),
		page(post, "/inbox/message/:id/unread", r.leaveUnread, web.Doc{ID: "formLeaveUnread",
			Summary: "Mark a letter as unread", Params: []web.Param{letterID, listSearch, startFrom},
			Out: []web.Answer{backToList}}),
		r.script.route, r.style.route,
	}
}

// apiRoutes are for programs: Mailpit's API, as far as it is done here, and what is beyond it.
func (r *Handlers) apiRoutes() []web.Route {
	route := func(method, path string, handle web.Handler, doc web.Doc) web.Route {
		return web.Route{Method: method, Path: path, Handle: handle, Doc: doc, BodyLimit: manyIDs}
	}
	const get, put, del = http.MethodGet, http.MethodPut, http.MethodDelete
	const api = "/inbox/api/v1/"
	whole := web.Returns[message](http.StatusOK, "The letter.")
	return []web.Route{
		route(get, "/inbox/changes", r.changes, web.Doc{ID: "waitForChange", Summary: "Wait until the inbox differs",
			Params: []web.Param{web.InQuery("after", anyText, "The version that is known.")},
			Out: []web.Answer{
				web.Returns[changed](http.StatusOK, "The version now; after 25 s it may be the same."),
			}}),
		route(get, "/inbox/view/:file", r.view, web.Doc{ID: "viewLetter", Summary: "Look at a letter's HTML or text",
			Params: []web.Param{
				web.InPath("file", anyText, "The letter's ID, or latest, with .html or .txt behind it."),
				web.InQuery("embed", anyText, "1: links open outside, as a frame wants it."),
				searched,
				zone,
			},
			Out: []web.Answer{{Status: http.StatusOK, Text: "The HTML or the text.", Type: "text/*"}, noLetter,
				wrongQuery}}),
		route(get, api+"info", r.info, web.Doc{ID: "getInfo", Summary: "Tell how many letters there are",
			Out: []web.Answer{web.Returns[infoAnswer](http.StatusOK, "Who is there, and how many letters.")}}),
		route(get, api+"webui", r.configuration, web.Doc{ID: "getConfiguration",
			Summary: "Tell what can be done besides reading", Out: []web.Answer{
				web.Returns[configurationAnswer](http.StatusOK, "Nothing of it.")}}),
		route(get, api+"tags", r.tags, web.Doc{ID: "listTags", Summary: "List the tags; no letter has one",
			Out: []web.Answer{web.Returns[[]string](http.StatusOK, "An empty list.")}}),
		route(get, api+"messages", r.messages, web.Doc{ID: "listMessages", Summary: "List the letters, newest first",
			Params: []web.Param{startFrom, atMost},
			Out:    []web.Answer{web.Returns[listAnswer](http.StatusOK, "A page of the list.")}}),
		route(put, api+"messages", r.setRead, web.Doc{ID: "setRead", Summary: "Mark letters as read or unread",
			In: web.TakesJSON("ReadStatus", markFields, web.Texts{
				"IDs": "Which letters; none: all.", "Search": "Those that it finds, instead.",
				"Read": "Read, or unread.",
			}).MayLack(),
			Out: []web.Answer{settled}, Params: []web.Param{zone}}),
		route(del, api+"messages", r.deleteMessages, web.Doc{ID: "deleteMessages", Summary: "Delete letters",
			In:  web.TakesJSON("MessageIDs", idFields, web.Texts{"IDs": "Which letters; none: all."}).MayLack(),
			Out: []web.Answer{settled}}),
		route(get, api+"search", r.search, web.Doc{ID: "searchMessages", Summary: "List the letters that match",
			Params: []web.Param{searched.MustHave(), startFrom, atMost, zone},
			Out:    []web.Answer{web.Returns[listAnswer](http.StatusOK, "A page of the list."), wrongQuery}}),
		route(del, api+"search", r.deleteSearch, web.Doc{ID: "deleteSearch", Summary: "Delete the letters that match",
			Params: []web.Param{searched.MustHave(), zone}, Out: []web.Answer{settled, wrongQuery}}),
		route(get, api+"wait", r.wait, web.Doc{ID: "waitForMessage", Summary: "Wait for a letter",
			Text: "The newest that matches, at once or when it comes.",
			Params: []web.Param{web.InQuery("to", anyText, "To whom, in part."),
				web.InQuery("subject", anyText, "What the subject holds."), searched, zone,
				web.InQuery("timeout", anyText, "How long to wait, as 10s, which it is without it; 60s at most.")},
			Out: []web.Answer{whole, wrongQuery, web.Refuses(http.StatusNotFound, "No such letter came in time.")}}),
		route(get, api+"message/:id", r.message, web.Doc{ID: "getMessage", Summary: "Read a letter",
			Text:   "The letter is marked as read.",
			Params: []web.Param{letterID, searched, zone}, Out: []web.Answer{whole, noLetter, wrongQuery}}),
		route(get, api+"message/:id/headers", r.headers, web.Doc{ID: "getHeaders", Summary: "Read a letter's header",
			Params: []web.Param{letterID, searched, zone},
			Out: []web.Answer{web.Returns[map[string][]string](http.StatusOK, "The fields by name, undecoded."),
				noLetter, wrongQuery}}),
		route(get, api+"message/:id/raw", r.raw, web.Doc{ID: "getSource", Summary: "Read a letter's source",
			Params: []web.Param{letterID, searched, zone, web.InQuery("dl", anyText, "1: as a file to keep.")},
			Out:    []web.Answer{web.ReturnsFile("text/plain", "The source."), noLetter, wrongQuery}}),
		route(get, api+"message/:id/part/:part", r.part, web.Doc{ID: "getPart", Summary: "Read an attachment",
			Params: []web.Param{letterID, web.InPath("part", anyText, "The PartID of an attachment."), searched, zone},
			Out:    []web.Answer{web.ReturnsFile("*/*", "The decoded content."), noLetter, wrongQuery}}),
	}
}
