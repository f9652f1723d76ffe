package partner

import (
	"crypto/sha256"
	"errors"
	"net/http"

	"postern/server/web"
	"postern/store"
	"postern/store/refuse"
)

// smallBody is up to what length a body is read before it is known to be a list. One that is longer, or does not say
// how long it is, takes a list's place first.
const smallBody = 64 << 10

// create is user.create: one person, or a list of them.
func (p *Handlers) create(c *web.Call, partner store.Partner) error {
	dry, err := dryRun(c.R.URL)
	if err != nil {
		return err
	}
	key, err := idempotencyKey(c.R.Header)
	if err != nil {
		return err
	}
	held := &held{place: place{among: &p.lists, partner: partner.Name}}
	defer held.giveBack()
	in, err := receive(c, &held.place)
	if err != nil {
		return err
	}
	if !dry && key != "" {
		if held.key, err = p.running.begin(partner.Name, key); err != nil {
			return err
		}
	}
	answer, err := p.do(c, partner, key, dry, in)
	if err != nil {
		return overLimit(c, partner, err)
	}
	if answer.Kept {
		// for whoever wants to know; the body is the same, byte for byte
		c.W.Header().Set("Idempotent-Replayed", "true")
	}
	return in.answer(c, answer, held)
}

// held is what a call keeps from others while it is being done, and not while its answer is written: a caller may
// read that as slowly as it likes.
type held struct {
	place place
	key   func() // ends the claim on an Idempotency-Key; nil: there is none
}

func (h *held) giveBack() {
	h.place.leave()
	if h.key != nil {
		h.key()
		h.key = nil
	}
}

// encoded gives back what the call held, as its answer of some length is about to be written.
func (h *held) encoded(length int) (written func()) {
	written = func() {}
	if h.place.has {
		written = h.place.among.write(h.place.partner, length)
	}
	h.giveBack()
	return written
}

// overLimit notes that a budget is used up.
func overLimit(c *web.Call, partner store.Partner, err error) error {
	if refuse.Is(err, refuse.TooMany) {
		c.Security(web.OverLimit).Str("partner", partner.Name).Msg("a partner has used up what may be stored for it")
	}
	return err
}

// do registers the people of a call, or decides about them alone.
func (p *Handlers) do(c *web.Call, partner store.Partner, key string, dry bool, in *posted) (store.BikerAnswer, error) {
	people, err := in.candidates()
	if err != nil {
		return store.BikerAnswer{}, err
	}
	if dry {
		results, err := p.Store.PreviewBikers(partner.Name, people)
		return store.BikerAnswer{TraceID: c.TraceID, Results: results}, err
	}
	answer, err := p.Store.RegisterBikers(c.R.Context(), store.BikerList{
		Partner: partner.Name, Key: key, Body: in.hash, TraceID: c.TraceID, People: people,
	})
	if errors.Is(err, store.ErrOtherBody) {
		err = &web.Problem{Status: http.StatusUnprocessableEntity, Detail: err.Error(), Cause: err}
	}
	return answer, err
}

// receive reads a body and takes it apart.
func receive(c *web.Call, place *place) (*posted, error) {
	if c.R.ContentLength < 0 || c.R.ContentLength > smallBody {
		if err := place.take(); err != nil {
			return nil, err
		}
	}
	body, err := c.Body()
	if err != nil {
		return nil, err
	}
	in, err := takeApart(body)
	if err != nil {
		return nil, err
	}
	in.hash = sha256.Sum256(body)
	if !in.single {
		err = place.take()
	}
	return in, err
}
