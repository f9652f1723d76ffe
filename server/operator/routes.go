package operator

import (
	"net/http"
	"net/url"
	"strconv"
	"time"

	"postern/server/web"
	"postern/server/web/fields"
	"postern/store/guid"
	"postern/store/refuse"
)

// Routes are the operator's endpoints. They belong behind Listen or in process, with web.ForAnybody.
func (o *Operator) Routes() []web.Route {
	route := func(method, path string, handle web.Handler) web.Route {
		return web.Route{Method: method, Path: Prefix + path, Handle: handle}
	}
	add := route(http.MethodPost, "/cleanings", o.addCleanings)
	add.BodyLimit, add.BodyTime = cleaningsLimit, 2*time.Minute
	return []web.Route{
		add,
		route(http.MethodGet, "/cleanings", o.cleanings),
		route(http.MethodGet, "/cleanings/:id", o.cleaning),
		route(http.MethodPost, "/cleanings/:id/reopen", o.reopenCleaning),
		route(http.MethodDelete, "/cleanings/:id", o.deleteCleaning),
		route(http.MethodGet, "/partners", o.partners),
		route(http.MethodPost, "/partners", o.addPartner),
		route(http.MethodPost, "/partners/rotate", o.rotatePartner),
		route(http.MethodPost, "/partners/finish", o.finishRotation),
		route(http.MethodPost, "/partners/revoke", o.revokePartner),
		route(http.MethodGet, "/plans", o.plans),
		route(http.MethodPost, "/plans", o.addPlan),
		route(http.MethodDelete, "/plans", o.removePlan),
		route(http.MethodGet, "/bikers", o.biker),
		route(http.MethodGet, "/bikers/export", o.exportBiker),
		route(http.MethodDelete, "/bikers", o.eraseBiker),
		route(http.MethodPost, "/bikers/block", o.blockBiker),
		route(http.MethodPost, "/bikers/unblock", o.unblockBiker),
		route(http.MethodPost, "/bikers/move", o.moveBiker),
		route(http.MethodGet, "/users", o.user),
		route(http.MethodGet, "/users/export", o.exportUser),
		route(http.MethodDelete, "/users", o.eraseUser),
		route(http.MethodPost, "/users/block", o.blockUser),
		route(http.MethodPost, "/users/unblock", o.unblockUser),
		route(http.MethodPost, "/users/reactivate", o.reactivateUser),
		route(http.MethodGet, "/letters", o.letters),
		route(http.MethodGet, "/letters/:id", o.letter),
		route(http.MethodPost, "/letters/:id/retry", o.retryLetter),
		route(http.MethodPost, "/letters/:id/release", o.releaseLetter),
		route(http.MethodPost, "/letters/:id/hold", o.holdLetter),
		route(http.MethodPost, "/letters/:id/cancel", o.cancelLetter),
		route(http.MethodGet, "/sending", o.sending),
		route(http.MethodPost, "/sending/pause", o.pause),
		route(http.MethodPost, "/sending/resume", o.resume),
		route(http.MethodPost, "/sending/retry-failed", o.retryFailed),
		route(http.MethodPost, "/sending/release-held", o.releaseHeld),
		route(http.MethodPost, "/sending/test", o.testLetter),
		route(http.MethodPost, "/sending/check", o.checkSmarthost),
		route(http.MethodGet, "/events", o.events),
		route(http.MethodPost, "/check", o.check),
	}
}

// answer answers with what an act came to.
func answer(c *web.Call, value any, err error) error {
	if err != nil {
		return err
	}
	return c.JSON(http.StatusOK, value)
}

// done answers an act that has nothing to show.
func done(c *web.Call, err error) error {
	if err != nil {
		return err
	}
	return c.NoContent()
}

// pathID is the id in the path.
func pathID(c *web.Call) (guid.ID, error) {
	id, err := guid.Parse(c.Param("id"))
	if err != nil {
		return id, refuse.New(refuse.Invalid, "The id must be a GUID, as 00000000-0000-4000-8000-000000000001.")
	}
	return id, nil
}

// query reads the parameters of a query and notes what is wrong with them.
type query struct {
	values url.Values
	faults map[string][]string
}

func readQuery(c *web.Call) *query {
	return &query{values: c.R.URL.Query(), faults: map[string][]string{}}
}

func (q *query) fault(name, sentence string) { q.faults[name] = append(q.faults[name], sentence) }

// err is what was wrong, if anything.
func (q *query) err() error {
	if len(q.faults) == 0 {
		return nil
	}
	return &refuse.Refusal{Kind: refuse.Invalid, Reason: "The query is wrong.", Fields: q.faults}
}

func (q *query) id(name string) (id guid.ID) {
	text := q.values.Get(name)
	if text == "" {
		return id
	}
	id, err := guid.Parse(text)
	if err != nil {
		q.fault(name, "This must be a GUID.")
	}
	return id
}

func (q *query) number(name string) uint64 {
	text := q.values.Get(name)
	if text == "" {
		return 0
	}
	n, err := strconv.ParseUint(text, 10, 63)
	if err != nil {
		q.fault(name, "This must be a whole number, 0 or more.")
	}
	return n
}

// limit is how many items are wanted: at most longestList, which is also what is given where nothing is said.
func (q *query) limit() int {
	n := q.number("limit")
	if n == 0 || n > longestList {
		return longestList
	}
	return int(n)
}

func (q *query) duration(name string, most time.Duration) time.Duration {
	text := q.values.Get(name)
	if text == "" {
		return 0
	}
	d, err := time.ParseDuration(text)
	if err != nil || d < 0 {
		q.fault(name, "This must be a duration, as 30s.")
	}
	return min(d, most)
}

// email is an address in the form in which it is stored.
func (q *query) email(name string) string {
	address, err := fields.ParseEmail(q.values.Get(name))
	if err != nil {
		q.fault(name, err.Error())
	}
	return address
}
