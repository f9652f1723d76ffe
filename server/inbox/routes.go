package inbox

import (
	"net/http"

	"postern/server/web"
)

// manyIDs bounds the bodies that name letters by their IDs, in octets: all that the inbox holds.
const manyIDs = 64 << 10

// Routes are the page's and the API's. Who may call them is for the appliance's table to say.
func (r *Room) Routes() []web.Route {
	const get, put, post, del = http.MethodGet, http.MethodPut, http.MethodPost, http.MethodDelete
	return []web.Route{
		{Method: get, Path: "/inbox", Handle: r.List, Page: true},
		{Method: post, Path: "/inbox/delete", Handle: r.DeleteAll, Page: true},
		{Method: get, Path: "/inbox/message/:id", Handle: r.Letter, Page: true},
		{Method: get, Path: "/inbox/message/:id/html", Handle: r.HTML, Page: true},
		{Method: post, Path: "/inbox/message/:id/delete", Handle: r.DeleteLetter, Page: true},
		{Method: get, Path: "/inbox/changes", Handle: r.Changes},
		{Method: get, Path: "/inbox/app.js", Handle: r.Script},
		{Method: get, Path: "/inbox/inbox.css", Handle: r.Style},

		{Method: get, Path: "/inbox/api/v1/info", Handle: r.Info},
		{Method: get, Path: "/inbox/api/v1/messages", Handle: r.Messages},
		{Method: put, Path: "/inbox/api/v1/messages", Handle: r.SetRead, BodyLimit: manyIDs},
		{Method: del, Path: "/inbox/api/v1/messages", Handle: r.DeleteMessages, BodyLimit: manyIDs},
		{Method: get, Path: "/inbox/api/v1/search", Handle: r.Search},
		{Method: del, Path: "/inbox/api/v1/search", Handle: r.DeleteSearch},
		{Method: get, Path: "/inbox/api/v1/wait", Handle: r.Wait},
		{Method: get, Path: "/inbox/api/v1/message/:id", Handle: r.Message},
		{Method: get, Path: "/inbox/api/v1/message/:id/headers", Handle: r.Headers},
		{Method: get, Path: "/inbox/api/v1/message/:id/raw", Handle: r.Raw},
		{Method: get, Path: "/inbox/api/v1/message/:id/part/:part", Handle: r.Part},
	}
}
