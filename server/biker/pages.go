package biker

import (
	"embed"
	"strconv"
	"strings"
	"time"

	"postern/server/web"
	"postern/server/web/page"
	"postern/tokens/password"
)

//go:embed words/*.json
var embedded embed.FS

// words are the texts of the pages that answer a call: in the language of the person, where that is known, else of the
// browser.
func (r *Handlers) words(c *web.Call) words { return r.texts[c.Spoken(Languages...)] }

// emailField asks for the address that somebody logs in with.
func (w words) emailField(typed string) page.Field {
	return page.Field{Name: "email", Label: w.EmailLabel, Type: page.Email, Autocomplete: "username", Value: typed}
}

// newPasswordField asks for a password to be set.
func (w words) newPasswordField(minimum int) page.Field {
	return page.Field{Name: "password", Label: w.NewPasswordLabel, Type: page.Password, Autocomplete: "new-password",
		Hint: w.withMinimum(w.PasswordRules, minimum), More: page.More{Summary: w.AdviceTitle, Text: w.AdviceText},
		Least: minimum}
}

// emailFault says what is wrong with an address that can't be one.
func (w words) emailFault(typed string) page.Fault {
	if strings.TrimSpace(typed) == "" {
		return page.Fault{Field: "email", Text: w.NoEmailText}
	}
	return page.Fault{Field: "email", Text: w.BadEmailText}
}

// weakness says what is wrong with a password that somebody wants to have.
func (w words) weakness(found password.Fault, minimum int) page.Fault {
	text := map[password.Fault]string{password.TooShort: w.ShortText, password.TooLong: w.LongText,
		password.Guessable: w.GuessableText}[found]
	return page.Fault{Field: "password", Text: w.withMinimum(text, minimum)}
}

func (w words) withMinimum(text string, minimum int) string {
	return strings.ReplaceAll(text, "{minimum}", strconv.Itoa(minimum))
}

// waitText says when to come back. Its numbers are never one, since that is another word in each language.
func (w words) waitText(wait time.Duration) string {
	minutes := int((wait + time.Minute - 1) / time.Minute)
	if minutes < 2 {
		return w.WaitMomentText
	}
	return strings.ReplaceAll(w.WaitMinutesText, "{minutes}", strconv.Itoa(minutes))
}

// wholeForm is a fault of a form rather than of one of its fields.
func wholeForm(text string) []page.Fault { return []page.Fault{{Text: text}} }
