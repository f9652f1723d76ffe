package operator

import (
	"context"
	"slices"
	"strings"

	"postern/server/web"
	"postern/store"
	"postern/store/guid"
)

// letters lists letters: ?state=, ?to=, and ?before= for the next page.
func (o *Operator) letters(c *web.Call) error {
	q := readQuery(c)
	filter := store.LetterFilter{State: store.LetterState(q.values.Get("state")), Before: q.id("before"),
		Limit: q.limit()}
	if states := filter.State.Words(); filter.State != "" && !slices.Contains(states, string(filter.State)) {
		q.fault("state", "This must be one of: "+strings.Join(states, ", ")+".")
	}
	if q.values.Has("to") {
		filter.To = q.email("to")
	}
	if err := q.err(); err != nil {
		return err
	}
	page, err := o.Letters(filter)
	return answer(c, page, err)
}

// letter shows a letter. With ?wait= it waits for as long as the letter is queued.
func (o *Operator) letter(c *web.Call) error {
	id, err := o.letterNamed(c)
	if err != nil {
		return err
	}
	q := readQuery(c)
	wait := q.duration("wait", longestWait)
	if err := q.err(); err != nil {
		return err
	}
	ctx, cancel := c.Waiting(o.Draining, wait)
	defer cancel()
	found, err := o.Letter(ctx, id)
	return answer(c, found, err)
}

// letterNamed is the id of the letter in the path, which may be the reference that its reader was told.
func (o *Operator) letterNamed(c *web.Call) (guid.ID, error) {
	if text := c.Param("id"); guid.IsShort(text) {
		return o.Store.LetterReferred(text)
	}
	return pathID(c)
}

func (o *Operator) retryLetter(c *web.Call) error {
	return onLetter(c, o.RetryLetter)
}

func (o *Operator) releaseLetter(c *web.Call) error {
	return onLetter(c, o.ReleaseLetter)
}

func (o *Operator) holdLetter(c *web.Call) error {
	return onLetter(c, o.HoldLetter)
}

func (o *Operator) cancelLetter(c *web.Call) error {
	return onLetter(c, o.CancelLetter)
}

// onLetter does an act on the letter in the path.
func onLetter(c *web.Call, act func(context.Context, guid.ID) (Letter, error)) error {
	id, err := pathID(c)
	if err != nil {
		return err
	}
	changed, err := act(c.R.Context(), id)
	return answer(c, changed, err)
}
