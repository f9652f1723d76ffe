package operator

import (
	"context"
	"net/http"

	"postern/server/web"
	"postern/store"
	"postern/store/guid"
)

var letterStates = map[store.LetterState]bool{
	store.LetterQueued: true, store.LetterHeld: true, store.LetterSent: true, store.LetterFailed: true, store.LetterCancelled: true,
}

// letters lists letters, the newest first: ?state=, ?to=, and ?before= for the next page.
func (o *Operator) letters(c *web.Call) error {
	q := readQuery(c)
	filter := store.LetterFilter{State: store.LetterState(q.values.Get("state")), Before: q.id("before"), Limit: q.limit()}
	if filter.State != "" && !letterStates[filter.State] {
		q.fault("state", "This must be one of: queued, held, sent, failed, cancelled.")
	}
	if q.values.Has("to") {
		filter.To = q.email("to")
	}
	if err := q.err(); err != nil {
		return err
	}
	found, err := o.Store.Letters(filter)
	if err != nil {
		return err
	}
	page := Page[Letter]{Items: viewLetters(found)}
	if len(found) == filter.Limit {
		page.Next = found[filter.Limit-1].ID
	}
	return c.JSON(http.StatusOK, page)
}

// letter shows a letter. With ?wait= it waits for as long as the letter is queued.
func (o *Operator) letter(c *web.Call) error {
	id, err := pathID(c)
	if err != nil {
		return err
	}
	q := readQuery(c)
	wait := q.duration("wait", longestWait)
	if err := q.err(); err != nil {
		return err
	}
	ctx, cancel := o.waiting(c, wait)
	defer cancel()
	for {
		news := o.Store.Watch()
		found, err := o.Store.Letter(id)
		switch {
		case err != nil:
			return err
		case found.State != store.LetterQueued || ctx.Err() != nil:
			return c.JSON(http.StatusOK, viewLetter(found))
		}
		select {
		case <-news:
		case <-ctx.Done():
		}
	}
}

func (o *Operator) retryLetter(c *web.Call) error   { return changeLetter(c, o.Store.RetryLetter) }
func (o *Operator) releaseLetter(c *web.Call) error { return changeLetter(c, o.Store.ReleaseLetter) }
func (o *Operator) holdLetter(c *web.Call) error    { return changeLetter(c, o.Store.HoldLetter) }
func (o *Operator) cancelLetter(c *web.Call) error  { return changeLetter(c, o.Store.CancelLetter) }

// changeLetter does an act on the letter in the path and shows it afterwards.
func changeLetter(c *web.Call, act func(context.Context, guid.ID) (store.Letter, error)) error {
	id, err := pathID(c)
	if err != nil {
		return err
	}
	letter, err := act(c.R.Context(), id)
	if err != nil {
		return err
	}
	return c.JSON(http.StatusOK, viewLetter(letter))
}

func (o *Operator) retryFailed(c *web.Call) error { return changeLetters(c, o.Store.RetryFailed) }
func (o *Operator) releaseHeld(c *web.Call) error { return changeLetters(c, o.Store.ReleaseHeld) }

// changeLetters does an act on all letters of a state and tells how many there were.
func changeLetters(c *web.Call, act func(context.Context) (int, error)) error {
	n, err := act(c.R.Context())
	if err != nil {
		return err
	}
	return c.JSON(http.StatusOK, Counted{Count: n})
}
