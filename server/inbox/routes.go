package inbox

import (
	"net/http"

	"postern/server/web"
)

// manyIDs bounds the bodies that name letters by their IDs, in octets: all that the inbox holds.
const manyIDs = 64 << 10

// Routes are the page's and the API's. Who may call them is for the appliance's table to say.
func (r *Handlers) Routes() []web.Route {
	const get, put, post, del = http.MethodGet, http.MethodPut, http.MethodPost, http.MethodDelete
	return append(absentRoutes("/inbox/api/v1/"), []web.Route{
		{Method: get, Path: "/inbox", Handle: r.listPage, Page: true},
		{Method: post, Path: "/inbox/delete", Handle: r.deleteFound, Page: true},
		{Method: post, Path: "/inbox/read", Handle: r.readFound, Page: true},
		{Method: get, Path: "/inbox/message/:id", Handle: r.letterPage, Page: true},
		{Method: get, Path: "/inbox/message/:id/html", Handle: r.html, Page: true},
		{Method: post, Path: "/inbox/message/:id/delete", Handle: r.deleteLetter, Page: true},
		{Method: post, Path: "/inbox/message/:id/unread", Handle: r.leaveUnread, Page: true},
		{Method: get, Path: "/inbox/changes", Handle: r.changes},
		{Method: get, Path: "/inbox/app.js", Handle: r.script.handle},
		{Method: get, Path: "/inbox/inbox.css", Handle: r.style.handle},

		{Method: get, Path: "/inbox/view/:file", Handle: r.view},
		{Method: get, Path: "/inbox/api/v1/info", Handle: r.info},
		{Method: get, Path: "/inbox/api/v1/webui", Handle: r.configuration},
		{Method: get, Path: "/inbox/api/v1/tags", Handle: r.tags},
		{Method: get, Path: "/inbox/api/v1/messages", Handle: r.messages},
		{Method: put, Path: "/inbox/api/v1/messages", Handle: r.setRead, BodyLimit: manyIDs},
		{Method: del, Path: "/inbox/api/v1/messages", Handle: r.deleteMessages, BodyLimit: manyIDs},
		{Method: get, Path: "/inbox/api/v1/search", Handle: r.search},
		{Method: del, Path: "/inbox/api/v1/search", Handle: r.deleteSearch},
		{Method: get, Path: "/inbox/api/v1/wait", Handle: r.wait},
		{Method: get, Path: "/inbox/api/v1/message/:id", Handle: r.message},
		{Method: get, Path: "/inbox/api/v1/message/:id/headers", Handle: r.headers},
		{Method: get, Path: "/inbox/api/v1/message/:id/raw", Handle: r.raw},
		{Method: get, Path: "/inbox/api/v1/message/:id/part/:part", Handle: r.part},
	}...)
}
