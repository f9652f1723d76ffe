package web

import "time"

// noticeCookie carries what a form has done to the page that it leads to, which says so once.
var noticeCookie = Cookie{Name: "postern-notice", Life: time.Minute}

// Notify has the next page that takes notices say what has been done: a plain word, which that page's room knows.
func (c *Call) Notify(word string) { noticeCookie.Set(c, word) }

// Notified returns what is to be said, and has it forgotten; empty where there is nothing.
func (c *Call) Notified() string {
	word := noticeCookie.Value(c)
	if word != "" {
		noticeCookie.Clear(c)
	}
	return word
}
