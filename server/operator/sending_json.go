package operator

import (
	"net/http"
	"regexp"
	"strings"
	"time"

	"postern/server/web"
	"postern/server/web/fields"
)

// Counted answers POST sending/retry-failed and sending/release-held: how many letters are due now.
type Counted struct {
	Count int `json:"count"`
}

func (o *Operator) sending(c *web.Call) error {
	state, err := o.Sending()
	return answer(c, state, err)
}

func (o *Operator) pause(c *web.Call) error {
	state, err := o.PauseSending(c.R.Context())
	return answer(c, state, err)
}

func (o *Operator) resume(c *web.Call) error {
	state, err := o.ResumeSending(c.R.Context())
	return answer(c, state, err)
}

func (o *Operator) retryFailed(c *web.Call) error {
	n, err := o.RetryFailed(c.R.Context())
	return answer(c, Counted{n}, err)
}

func (o *Operator) releaseHeld(c *web.Call) error {
	n, err := o.ReleaseHeld(c.R.Context())
	return answer(c, Counted{n}, err)
}

// testFields are the properties of POST sending/test.
func testFields(test *TestLetter) fields.Object {
	return fields.Object{
		"email":    fields.Email(&test.Email),
		"language": parsed(&test.Language, false, language),
	}
}

// testLetter owes the TestLetter in the body.
func (o *Operator) testLetter(c *web.Call) error {
	test := TestLetter{Language: "en"}
	if err := c.Decode(testFields(&test)); err != nil {
		return err
	}
	letter, err := o.SendTest(c.R.Context(), test)
	return answer(c, letter, err)
}

// languageCode is the form in which the letters' texts name their language.
var languageCode = regexp.MustCompile(`^[a-z]{2}(-[a-z]{2})?$`)

func language(text string) (code, wrong string) {
	if code = strings.ToLower(text); !languageCode.MatchString(code) {
		return "", "A language is written as in the names of the letters' texts: en, nl, fr, de."
	}
	return code, ""
}

// checkSmarthost has the smarthost dialled and logged in to; nothing is sent.
func (o *Operator) checkSmarthost(c *web.Call) error {
	if o.CheckSmarthost == nil {
		return c.JSON(http.StatusOK, ViewSmarthost(nil))
	}
	// A server that takes its time may take more of it than answers may elsewhere; who waits can go at any time.
	_ = http.NewResponseController(c.W).SetWriteDeadline(time.Time{}) // called in process there is no deadline
	steps, err := o.CheckSmarthost(c.R.Context())
	if err != nil {
		return err
	}
	return c.JSON(http.StatusOK, ViewSmarthost(steps))
}
