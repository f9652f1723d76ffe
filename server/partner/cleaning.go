package partner

import (
	"errors"
	"maps"
	"net/http"

	"postern/server/web"
	"postern/server/web/fields"
	"postern/server/wire"
	"postern/store"
	"postern/store/guid"
	"postern/store/refuse"
)

// The bounds of bodies: all fields at their longest take less, also where a client escapes each code point with twelve
// octets.
const (
	maxCleaning  = 512 << 10
	maxReopening = 32 << 10
)

// cleaningRoutes are those of a partner's own cleanings.
func (p *Handlers) cleaningRoutes() []web.Route {
	const cleaning = "/partner/v1/cleanings/:id"
	route := func(method, path string, handle func(*web.Call, store.Partner, guid.ID) error, doc web.Doc) web.Route {
		return p.route(method, cleaning+path, store.ScopeCleanings, withID(handle), doc)
	}
	put := route(http.MethodPut, "", p.putCleaning, putCleaningDoc)
	put.BodyLimit = maxCleaning
	reopen := route(http.MethodPost, "/reopen", p.reopen, reopenDoc)
	reopen.BodyLimit = maxReopening
	upload := route(http.MethodPut, "/document", p.putDocument, putDocumentDoc)
	upload.BodyLimit, upload.BodyTime = maxDocument, bodyTime
	return []web.Route{
		put,
		route(http.MethodGet, "", p.cleaning, cleaningDoc),
		reopen,
		upload,
		route(http.MethodGet, "/document", p.document, documentDoc),
	}
}

// withID reads the GUID in the path.
func withID(handle func(*web.Call, store.Partner, guid.ID) error) func(*web.Call, store.Partner) error {
	return func(c *web.Call, partner store.Partner) error {
		id, err := guid.Parse(c.Param("id"))
		if err != nil || id.IsZero() {
			const sentence = "A cleaning is named by a GUID like 00000000-0000-4000-8000-000000000001."
			return &refuse.Refusal{Kind: refuse.Invalid, Reason: sentence,
				Fields: map[string][]string{"id": {sentence}}}
		}
		return handle(c, partner, id)
	}
}

// delivered answers what storing a cleaning came to.
type delivered struct {
	wire.DeliveredCleaning
	Outcome  store.StoreOutcome `json:"outcome"`
	Warnings []string           `json:"warnings" doc:"About properties that no cleaning has."`
}

// sentCleaning is a cleaning as a partner sends it.
type sentCleaning struct {
	id   guid.ID // beside the fields, as it is read back; zero: not said
	data store.CleaningData
}

func cleaningFields(sent *sentCleaning) fields.Object {
	object := wire.CleaningObject(&sent.data)
	object["id"] = fields.GUID(&sent.id, false)
	return object
}

// putCleaning stores a cleaning under the GUID in its path.
func (p *Handlers) putCleaning(c *web.Call, partner store.Partner, id guid.ID) error {
	body, err := c.Body()
	if err != nil {
		return err
	}
	var sent sentCleaning
	unknown, err := fields.Decode(body, cleaningFields(&sent))
	if err = sent.isFor(id, err); err != nil {
		return err
	}
	stored, err := p.Store.PutCleanings(c.R.Context(), partner.Name,
		[]store.CleaningInput{{ID: id, CleaningData: sent.data}})
	if err != nil {
		return err
	}
	found := store.PartnerCleaning{Cleaning: stored[0].Cleaning}
	if !found.Cleaning.Load.By.IsZero() { // and who decided
		if found, err = p.Store.CleaningOf(partner.Name, id); err != nil {
			return err
		}
	}
	answer := delivered{wire.ViewDelivered(found), stored[0].Outcome, []string{}}
	if len(unknown) > 0 {
		answer.Warnings = append(answer.Warnings, ignored(unknown))
	}
	if answer.Outcome == store.CleaningCreated {
		return c.JSON(http.StatusCreated, answer)
	}
	return c.JSON(http.StatusOK, answer)
}

// isFor adds to the faults of a body an id that is not the path's: one of both is a mistake.
func (s *sentCleaning) isFor(id guid.ID, err error) error {
	var refusal *refuse.Refusal
	if s.id.IsZero() || s.id == id || err != nil && !errors.As(err, &refusal) {
		return err
	}
	const sentence = "This is not the GUID in the path; leave it out, or send the same."
	faults := map[string][]string{"id": {sentence}}
	if refusal != nil {
		maps.Copy(faults, refusal.Fields)
	}
	return &refuse.Refusal{Kind: refuse.Invalid, Reason: "The body's id is not the GUID in the path.", Fields: faults}
}

// cleaning answers with a cleaning and what became of it.
func (p *Handlers) cleaning(c *web.Call, partner store.Partner, id guid.ID) error {
	found, err := p.Store.CleaningOf(partner.Name, id)
	if err != nil {
		return err
	}
	return c.JSON(http.StatusOK, wire.ViewDelivered(found))
}

// reopening is why a decision is taken back.
type reopening struct{ reason string }

func reopeningFields(r *reopening) fields.Object {
	return fields.Object{"Reason": wire.Comment(&r.reason, true)}
}

// reopen takes back the decision about a load.
func (p *Handlers) reopen(c *web.Call, partner store.Partner, id guid.ID) error {
	var in reopening
	if err := c.Decode(reopeningFields(&in)); err != nil {
		return err
	}
	open, err := p.Store.ReopenLoad(c.R.Context(), partner.Name, id, in.reason)
	if err != nil {
		return err
	}
	return c.JSON(http.StatusOK, wire.ViewDelivered(store.PartnerCleaning{Cleaning: open}))
}
