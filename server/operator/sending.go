package operator

import (
	"context"
	"net/http"
	"regexp"
	"strings"
	"time"

	"postern/mail/smtp"
	"postern/server/web"
	"postern/server/web/fields"
)

func (o *Operator) pause(c *web.Call) error  { return o.setPaused(c, true) }
func (o *Operator) resume(c *web.Call) error { return o.setPaused(c, false) }

func (o *Operator) setPaused(c *web.Call, paused bool) error {
	if err := o.Store.PauseSending(c.R.Context(), paused); err != nil {
		return err
	}
	return o.sending(c)
}

func (o *Operator) sending(c *web.Call) error {
	paused, err := o.Store.SendingPaused()
	if err != nil {
		return err
	}
	counts, err := o.Store.LetterCounts()
	if err != nil {
		return err
	}
	return c.JSON(http.StatusOK, Sending{Paused: paused, Counts: counts})
}

// testLetter owes the TestLetter in the body, and shows the letter.
func (o *Operator) testLetter(c *web.Call) error {
	in := TestLetter{Language: "en"}
	err := c.Decode(fields.Object{
		"email":    fields.Email(&in.Email),
		"language": parsed(&in.Language, false, language),
	})
	if err != nil {
		return err
	}
	letter, err := o.Store.OweTest(c.R.Context(), in.Email, in.Language)
	if err != nil {
		return err
	}
	return c.JSON(http.StatusOK, viewLetter(letter))
}

// languageCode is the form in which the letters' texts name their language.
var languageCode = regexp.MustCompile(`^[a-z]{2}(-[a-z]{2})?$`)

func language(text string) (code, wrong string) {
	if code = strings.ToLower(text); !languageCode.MatchString(code) {
		return "", "A language is written as in the names of the letters' texts: en, nl, fr, de."
	}
	return code, ""
}

// SmarthostChecker dials the smarthost and goes as far as a letter would, but sends none. The error is for what kept it
// from trying at all; the fault that a step met is the step's.
type SmarthostChecker func(ctx context.Context) ([]smtp.Step, error)

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
