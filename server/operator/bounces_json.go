package operator

import "postern/server/web"

// messageType is the media type of a whole mail (RFC 2046 §5.2.1).
const messageType = "message/rfc822"

// bounce takes the message in the body.
func (o *Operator) bounce(c *web.Call) error {
	if err := c.RequireType(messageType); err != nil {
		return err
	}
	message, err := c.Body()
	if err != nil {
		return err
	}
	taken, err := o.TakeBounce(c.R.Context(), message)
	return answer(c, taken, err)
}
