package console

import (
	"net/http"

	"postern/server/operator"
	"postern/server/web/page"
)

// keyList is what its template draws.
type keyList struct {
	Keys   []keyCard
	Rotate *page.Form
	Rows   []page.Row // of the key file
}

// keyCard is a key of the key file, with what still needs it.
type keyCard struct {
	ID, Tone string
	State    operator.KeyState
	Rows     []page.Row
	Needs    []keyNeed
	Ends     bool       // whether retiring it ends something that somebody may still use
	Retire   *page.Form // wants a second click; nil: it is the primary one
}

// keyNeed is what may still be out of what a key has sealed.
type keyNeed struct {
	What    string
	Until   instant
	Letters string // how many were sent; empty: that is not known
}

// keys shows the keys that seal links and tokens.
func (h *Handlers) keys(v *visit) error {
	all, err := h.Acts.ListKeys()
	if err != nil {
		return err
	}
	view := keyList{Rotate: v.doing(keysPath+"/rotate", "Make a new key", page.Main), Rows: []page.Row{
		{Label: "Key file", Value: all.File}, {Label: "Key of address hashes", Value: all.AddressKey}}}
	for _, key := range all.Keys {
		view.Keys = append(view.Keys, h.keyCard(v, key))
	}
	return h.draw(v, http.StatusOK, keysPath, "keys", page.Page{Title: "Keys", Data: view})
}

func (h *Handlers) keyCard(v *visit, key operator.Key) keyCard {
	card := keyCard{ID: key.ID, State: key.State, Tone: quiet, Rows: []page.Row{
		{Label: "Fingerprint", Value: key.Fingerprint}, {Label: "Made", Value: h.clock(key.MadeAt)}}}
	if key.State == operator.KeyPrimary {
		card.Tone = string(page.Done)
		return card
	}
	card.Rows = append(card.Rows, page.Row{Label: "Sealed until", Value: h.clock(key.SealedUntil)})
	for _, need := range key.Needs {
		row := keyNeed{What: need.What, Until: h.at(need.Until)}
		if need.Letters > 0 {
			row.Letters = letters(need.Letters)
		}
		card.Needs = append(card.Needs, row)
		card.Ends = card.Ends || !need.Spared
	}
	card.Retire = v.doing(keysPath+"/retire", "Retire "+key.ID, page.Grave)
	card.Retire.Hidden = append(card.Retire.Hidden, page.Hidden{Name: "key", Value: key.ID})
	if card.Ends { // the page says what ends
		card.Retire.Hidden = append(card.Retire.Hidden, page.Hidden{Name: "force", Value: "true"})
	}
	return card
}

func (h *Handlers) rotateKey(v *visit) error {
	if _, err := h.Acts.RotateKey(v.R.Context()); err != nil {
		return v.without(keysPath, err)
	}
	return v.done(keysPath, "A new key seals from now on. Copy the key file again to where you keep its copy.")
}

func (h *Handlers) retireKey(v *visit) error {
	id := v.form["key"]
	if _, err := h.Acts.RetireKey(v.R.Context(), id, v.form["force"] == "true"); err != nil {
		return v.without(keysPath, err)
	}
	return v.done(keysPath, "The key "+id+" is retired: what it has sealed opens no more.")
}
