package operator

import (
	"regexp"

	"postern/server/web"
	"postern/server/web/fields"
)

// Retirement is the body of POST keys/retire.
type Retirement struct {
	ID    string `json:"id"`
	Force bool   `json:"force,omitzero"`
}

func retirementFields(in *Retirement) fields.Object {
	return fields.Object{
		"id":    parsed(&in.ID, true, keyID),
		"force": fields.Bool(&in.Force),
	}
}

var keyIDForm = regexp.MustCompile(`^[0-9a-fA-F]{8}$`)

func keyID(text string) (id, wrong string) {
	if !keyIDForm.MatchString(text) {
		return "", "This must be the id of a key, 8 hexadecimal digits as postern key list shows them."
	}
	return text, ""
}

func (o *Operator) listKeys(c *web.Call) error {
	keys, err := o.ListKeys()
	return answer(c, keys, err)
}

func (o *Operator) rotateKey(c *web.Call) error {
	keys, err := o.RotateKey(c.R.Context())
	return answer(c, keys, err)
}

func (o *Operator) retireKey(c *web.Call) error {
	var in Retirement
	if err := c.Decode(retirementFields(&in)); err != nil {
		return err
	}
	keys, err := o.RetireKey(c.R.Context(), in.ID, in.Force)
	return answer(c, keys, err)
}
