package operator

import (
	"bytes"
	"encoding/base64"
	"fmt"

	"github.com/go-json-experiment/json/jsontext"

	"postern/server/input"
	"postern/server/web"
	"postern/server/web/fields"
	"postern/server/web/schema"
	"postern/server/wire"
	"postern/store/guid"
	"postern/store/refuse"
)

const (
	cleaningsLimit = 64 << 20 // bytes of one POST cleanings, PDFs in base64 included
	mostCleanings  = 1000     // in one POST cleanings
	largestPDF     = 10 << 20 // bytes
)

// StoredCleanings answers POST cleanings, in the order of the request.
type StoredCleanings struct {
	Stored  []StoredCleaning `json:"stored"`
	Ignored []string         `json:"ignored,omitempty" doc:"Paths of properties that no cleaning has."`
}

func (o *Operator) addCleanings(c *web.Call) error {
	deliveries, ignored, err := readDeliveries(c)
	if err != nil {
		return err
	}
	stored, err := o.StoreCleanings(c.R.Context(), deliveries)
	return answer(c, StoredCleanings{Stored: stored, Ignored: ignored}, err)
}

// deliveryFields are those of a cleaning, its id beside them, and a PDF where there is one.
func deliveryFields(d *Delivery) fields.Object {
	object := wire.CleaningObject(&d.CleaningData)
	object["id"] = fields.GUID(&d.ID, true)
	object["pdf"] = pdfText{&d.PDF}
	return object
}

// deliverySchema is one cleaning or a list of them.
func deliverySchema() *schema.Schema {
	one := wire.CleaningTexts.On(deliveryFields(new(Delivery)).Schema()).Named("Delivery")
	list := schema.ListOf(one)
	list.MaxItems = mostCleanings
	return schema.OneOf(one, list)
}

// readDeliveries reads one cleaning or a list of them. It also tells the paths of properties that no cleaning has.
func readDeliveries(c *web.Call) (deliveries []Delivery, ignored []string, err error) {
	if err := c.RequireType("application/json"); err != nil {
		return nil, nil, err
	}
	body, err := c.Body()
	if err != nil {
		return nil, nil, err
	}
	var read []*Delivery // readers write into them while the list grows
	ignored, err = fields.DecodeList(body, mostCleanings, func(int) fields.Object {
		d := new(Delivery)
		read = append(read, d)
		return deliveryFields(d)
	})
	if err != nil {
		return nil, nil, err
	}
	for _, d := range read {
		deliveries = append(deliveries, *d)
	}
	return deliveries, ignored, onceEach(deliveries)
}

// onceEach refuses a list that names a cleaning twice: which one should count?
func onceEach(deliveries []Delivery) error {
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

// pdfText reads an optional PDF in base64 (RFC 4648 §4).
type pdfText struct{ to *[]byte }

// Read reads it, as fields.Reader says.
func (p pdfText) Read(v jsontext.Value, path string, r *fields.Report) {
	if v == nil {
		return
	}
	text, err := jsontext.AppendUnquote(nil, v)
	if err == nil {
		*p.to, err = base64.StdEncoding.AppendDecode(nil, text)
	}
	switch {
	case err != nil:
		r.Fault(path, "This must be a PDF in base64.")
		return
	case len(*p.to) > largestPDF:
		r.Fault(path, "A PDF may have at most 10 MiB.")
		return
	}
	if fault, _ := input.PDFFault(bytes.NewReader(*p.to), len(*p.to)); fault != "" { // memory can be read
		r.Fault(path, fault)
	}
}

// Schema describes it.
func (pdfText) Schema() *schema.Schema {
	s := &schema.Schema{Types: []string{schema.String}, Encoding: "base64",
		MaxLength: base64.StdEncoding.EncodedLen(largestPDF)}
	return s.OrNull()
}

func (o *Operator) cleanings(c *web.Call) error {
	q := readQuery(c)
	after, limit := q.id("after"), q.limit()
	if err := q.err(); err != nil {
		return err
	}
	page, err := o.Cleanings(after, limit)
	return answer(c, page, err)
}

func (o *Operator) cleaning(c *web.Call) error {
	id, err := pathID(c)
	if err != nil {
		return err
	}
	found, err := o.Cleaning(id)
	return answer(c, found, err)
}

// Reopening is the body of POST cleanings/{id}/reopen.
type Reopening struct {
	Reason string `json:"reason"`
}

func reopeningFields(in *Reopening) fields.Object {
	return fields.Object{"reason": wire.Comment(&in.Reason, true)}
}

func (o *Operator) reopenCleaning(c *web.Call) error {
	id, err := pathID(c)
	if err != nil {
		return err
	}
	var in Reopening
	if err := c.Decode(reopeningFields(&in)); err != nil {
		return err
	}
	reopened, err := o.ReopenCleaning(c.R.Context(), id, in.Reason)
	return answer(c, reopened, err)
}

func (o *Operator) deleteCleaning(c *web.Call) error {
	id, err := pathID(c)
	if err != nil {
		return err
	}
	return done(c, o.DeleteCleaning(c.R.Context(), id))
}
