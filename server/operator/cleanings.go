package operator

import (
	"bytes"
	"encoding/base64"
	"errors"
	"fmt"
	"net/http"

	"github.com/go-json-experiment/json/jsontext"

	"postern/server/web"
	"postern/server/web/fields"
	"postern/server/wire"
	"postern/store"
	"postern/store/guid"
	"postern/store/refuse"
)

const (
	cleaningsLimit = 64 << 20 // octets of one POST cleanings, PDFs in base64 included
	mostCleanings  = 1000     // in one POST cleanings
	largestPDF     = 10 << 20 // octets (CONTRACT section 6)
)

// delivery is one item of POST cleanings: the fields of a cleaning, its id beside them, and a PDF where there is one.
type delivery struct {
	store.CleaningInput
	pdf []byte
}

func (d *delivery) fields() fields.Object {
	object := wire.CleaningObject(&d.CleaningData)
	object["id"] = fields.GUID(&d.ID, true)
	object["pdf"] = readPDF(&d.pdf)
	return object
}

// addCleanings stores one cleaning or a list of them: all, or none where one is wrong. Their documents follow one by one,
// each too large for one transaction with the others. Whether they can be stored is looked at beforehand; what can still
// come between is a full disk, or a decision at this very moment. The answer says then what is stored.
func (o *Operator) addCleanings(c *web.Call) error {
	deliveries, ignored, err := readDeliveries(c)
	if err != nil {
		return err
	}
	if err := o.openForDocuments(deliveries); err != nil {
		return err
	}
	inputs := make([]store.CleaningInput, len(deliveries))
	for i, d := range deliveries {
		inputs[i] = d.CleaningInput
	}
	stored, err := o.Store.PutCleanings(c.R.Context(), "", inputs)
	if err != nil {
		return err
	}
	answer := StoredCleanings{Stored: make([]StoredCleaning, len(stored)), Ignored: ignored}
	for i, s := range stored {
		pdf := deliveries[i].pdf
		if pdf != nil {
			if err := o.Store.PutDocument(c.R.Context(), s.Cleaning.ID, pdf); err != nil {
				return halfStored(s.Cleaning.ID, err)
			}
		}
		answer.Stored[i] = StoredCleaning{ID: s.Cleaning.ID, Number: s.Cleaning.Number, Outcome: s.Outcome, PDF: pdf != nil}
	}
	return c.JSON(http.StatusOK, answer)
}

// openForDocuments refuses a document for a load that is decided already.
func (o *Operator) openForDocuments(deliveries []*delivery) error {
	for _, d := range deliveries {
		if d.pdf == nil {
			continue
		}
		known, err := o.Store.Cleaning(d.ID)
		switch {
		case refuse.Is(err, refuse.NotFound):
		case err != nil:
			return err
		case known.Load.Status != store.LoadOpen:
			return &refuse.Refusal{Kind: refuse.Conflict, Extra: map[string]any{"loadStatus": string(known.Load.Status)},
				Reason: fmt.Sprintf("The load of cleaning %s is %s already, so it takes no document; nothing was stored.", d.ID, known.Load.Status)}
		}
	}
	return nil
}

// halfStored says beside a refusal of a document what of the call is stored in spite of it.
func halfStored(id guid.ID, err error) error {
	var refusal *refuse.Refusal
	if !errors.As(err, &refusal) {
		return fmt.Errorf("the cleanings are stored, but not the document of %s: %w", id, err)
	}
	said := *refusal
	said.Reason = fmt.Sprintf("The cleanings are stored, but the document of %s is not, nor any behind it; repeat the call for them. %s",
		id, refusal.Reason)
	return &said
}

// readDeliveries also tells the paths of properties that no cleaning has.
func readDeliveries(c *web.Call) (deliveries []*delivery, ignored []string, err error) {
	if err := c.RequireType("application/json"); err != nil {
		return nil, nil, err
	}
	body, err := c.Body()
	if err != nil {
		return nil, nil, err
	}
	ignored, err = fields.DecodeList(body, mostCleanings, func(int) fields.Object {
		d := new(delivery)
		deliveries = append(deliveries, d)
		return d.fields()
	})
	if err != nil {
		return nil, nil, err
	}
	return deliveries, ignored, onceEach(deliveries)
}

// onceEach refuses a list that names a cleaning twice: which one should count?
func onceEach(deliveries []*delivery) error {
	faults := map[string][]string{}
	first := map[guid.ID]int{}
	for i, d := range deliveries {
		if before, twice := first[d.ID]; twice {
			path := fmt.Sprintf("[%d].id", i)
			faults[path] = []string{fmt.Sprintf("This id is that of [%d] already.", before)}
		} else {
			first[d.ID] = i
		}
	}
	if len(faults) == 0 {
		return nil
	}
	return &refuse.Refusal{Kind: refuse.Invalid, Reason: "A cleaning is in the list twice.", Fields: faults}
}

// readPDF reads an optional PDF in base64 (RFC 4648 §4).
func readPDF(to *[]byte) fields.Reader {
	return func(v jsontext.Value, path string, r *fields.Report) {
		if v == nil {
			return
		}
		text, err := jsontext.AppendUnquote(nil, v)
		if err == nil {
			*to, err = base64.StdEncoding.AppendDecode(nil, text)
		}
		switch {
		case err != nil:
			r.Fault(path, "This must be a PDF in base64.")
		case !bytes.HasPrefix(*to, []byte("%PDF-")):
			r.Fault(path, "This is not a PDF.")
		case len(*to) > largestPDF:
			r.Fault(path, "A PDF may have at most 10 MiB.")
		}
	}
}

func (o *Operator) cleanings(c *web.Call) error {
	q := readQuery(c)
	after, limit := q.id("after"), q.limit()
	if err := q.err(); err != nil {
		return err
	}
	found, err := o.Store.Cleanings(after, limit)
	if err != nil {
		return err
	}
	page := Page[store.Cleaning]{Items: append([]store.Cleaning{}, found...)}
	if len(found) == limit {
		page.Next = found[limit-1].ID
	}
	return c.JSON(http.StatusOK, page)
}

func (o *Operator) cleaning(c *web.Call) error {
	id, err := pathID(c)
	if err != nil {
		return err
	}
	found, err := o.Store.Cleaning(id)
	if err != nil {
		return err
	}
	return c.JSON(http.StatusOK, found)
}

func (o *Operator) deleteCleaning(c *web.Call) error {
	id, err := pathID(c)
	if err != nil {
		return err
	}
	if err := o.Store.DeleteCleaning(c.R.Context(), id); err != nil {
		return err
	}
	return c.NoContent()
}
