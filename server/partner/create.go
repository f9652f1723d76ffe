package partner

import (
	"crypto/sha256"
	"errors"
	"net/http"

	"postern/server/web"
	"postern/store"
)

// smallBody is up to what length a body is read before it is known to be a list. One that is longer, or does not say how
// long it is, takes a list's place first.
const smallBody = 64 << 10

// create is user.create: one person, or a list of them.
func (p *Room) create(c *web.Call, partner store.Partner) error {
	dry, err := dryRun(c.R.URL)
	if err != nil {
		return err
	}
	key, err := idempotencyKey(c.R.Header)
	if err != nil {
		return err
	}
	place := place{among: &p.lists, partner: partner.Name}
	defer place.leave()
	in, err := receive(c, &place)
	if err != nil {
		return err
	}
	if dry {
		return p.preview(c, partner, in)
	}
	if key != "" {
		end, err := p.running.begin(partner.Name, key)
		if err != nil {
			return err
		}
		defer end()
	}
	answer, err := p.register(c, partner, key, in)
	if err != nil {
		return err
	}
	if answer.Kept {
		c.W.Header().Set("Idempotent-Replayed", "true") // for whoever wants to know; the body is the same, byte for byte
	}
	return in.answer(c, answer)
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

// register does the call, or gives what it was answered before under the same key.
func (p *Room) register(c *web.Call, partner store.Partner, key string, in *posted) (store.BikerAnswer, error) {
	people, err := in.candidates()
	if err != nil {
		return store.BikerAnswer{}, err
	}
	answer, err := p.Store.RegisterBikers(c.R.Context(), store.BikerList{
		Partner: partner.Name, Key: key, Body: in.hash, TraceID: c.TraceID, People: people,
	})
	if errors.Is(err, store.ErrOtherBody) {
		err = &web.Problem{Status: http.StatusUnprocessableEntity, Detail: err.Error(), Cause: err}
	}
	return answer, err
}

// preview answers a dry run.
func (p *Room) preview(c *web.Call, partner store.Partner, in *posted) error {
	people, err := in.candidates()
	if err != nil {
		return err
	}
	results, err := p.Store.PreviewBikers(partner.Name, people)
	if err != nil {
		return err
	}
	return in.answer(c, store.BikerAnswer{TraceID: c.TraceID, Results: results})
}
