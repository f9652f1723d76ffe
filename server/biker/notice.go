package biker

import "postern/server/web/page"

// What a form has done, and the page that it leads to says once.
const (
	passwordSet     = "password-set"
	passwordChanged = "password-changed"
	languageChosen  = "language"
	loggedOut       = "logged-out"
	loggedOutAll    = "logged-out-everywhere"
)

// notice tells what has been done. A word that nobody has written says nothing.
func (w words) notice(word string) page.Notice {
	text := map[string]string{
		passwordSet:     w.SavedText,
		passwordChanged: w.ChangedText,
		languageChosen:  w.LanguageText,
		loggedOut:       w.LoggedOutText,
		loggedOutAll:    w.LoggedOutAllText,
	}[word]
	return page.Done.Notice(text)
}
