package operator

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"
	"time"

	"postern/store"
	"postern/store/private"
	"postern/store/refuse"
	"postern/tokens"
)

// Keyed is what the acts on the token keys need.
type Keyed struct {
	File   string         // the key file
	Sealer *tokens.Sealer // takes over a ring that is changed
	Marks  *tokens.Marks  // likewise
	Lives  Lives
}

// Lives says for how long what a key has sealed holds.
type Lives struct {
	Confirmation, NotMe, Invitation, Recovery time.Duration // links in letters, from sending
	UserToken, Browser                        time.Duration
	Sent                                      time.Duration // for how long it is known which letters were sent
	Marks                                     time.Duration // codes of envelope senders; 0: there are none
}

// KeyState says what a key is used for.
type KeyState string

// The states of a key.
const (
	KeyPrimary  KeyState = "primary"  // seals, and opens
	KeyAccepted KeyState = "accepted" // opens what it has sealed
)

// Words lists them.
func (KeyState) Words() []string { return []string{string(KeyPrimary), string(KeyAccepted)} }

// Keys is what is told of the key file.
type Keys struct {
	File       string `json:"file"`
	AddressKey string `json:"addressKey" doc:"Fingerprint of the key of the hashes of addresses; rotations keep it."`
	Keys       []Key  `json:"keys" doc:"The newest first."`
}

// Key is what is told of one key.
type Key struct {
	ID          string    `json:"id"`
	State       KeyState  `json:"state"`
	MadeAt      time.Time `json:"madeAt"`
	SealedUntil time.Time `json:"sealedUntil,omitzero" doc:"When it was followed by the next one."`
	Fingerprint string    `json:"fingerprint" doc:"Recognises the key; the data file and backups have it."`
	Needs       []KeyNeed `json:"needs" doc:"What an accepted key is still needed for."`
}

// KeyNeed is something that a key has sealed, and that may be out still.
type KeyNeed struct {
	What    string    `json:"what"`
	Until   time.Time `json:"until"`
	Letters int       `json:"letters,omitzero" doc:"How many letters with such a link were sent; 1000: or more."`
	Spared  bool      `json:"spared,omitzero" doc:"Nobody is shut out without it: it does not stop a retirement."`
}

// lettersCounted bounds how far letters are counted.
const lettersCounted = 1000

// ListKeys lists the keys of the key file, with what still needs those that are not the primary.
func (o *Operator) ListKeys() (Keys, error) {
	ring, err := o.ring()
	if err != nil {
		return Keys{}, err
	}
	list := Keys{File: o.Options.Keys.File, AddressKey: store.AddressPrint(ring.AddressKey()), Keys: []Key{}}
	for _, info := range ring.Keys() {
		key := Key{ID: info.ID, State: KeyAccepted, MadeAt: info.MadeAt, SealedUntil: info.SealedUntil,
			Fingerprint: info.Print, Needs: []KeyNeed{}}
		if info.Primary {
			key.State = KeyPrimary
		} else if key.Needs, err = o.needs(info); err != nil {
			return Keys{}, err
		}
		list.Keys = append(list.Keys, key)
	}
	return list, nil
}

// ring reads the key file anew: somebody may have put another one there.
func (o *Operator) ring() (*tokens.Keyring, error) {
	ring, err := tokens.LoadKeyring(o.Options.Keys.File)
	if err == nil && !o.Store.GoesBy(ring.AddressKey()) {
		err = fmt.Errorf("the key file %s is not that of the data file any more: put that one back",
			o.Options.Keys.File)
	}
	return ring, err
}

// needs lists what an accepted key has sealed and may be out still. Letters that are not sent yet need none: their
// links are sealed when they are.
func (o *Operator) needs(k tokens.KeyInfo) ([]KeyNeed, error) {
	l, now, needs := o.Options.Keys.Lives, o.Now(), []KeyNeed{}
	for _, kind := range []struct {
		what   string
		life   time.Duration
		kinds  []store.LetterKind
		spared bool
	}{
		{"activation links", l.Confirmation, []store.LetterKind{store.LetterActivate}, false},
		{"links of “this wasn't me”", l.NotMe, []store.LetterKind{store.LetterActivate}, false},
		{"set-password links of invitations", l.Invitation,
			[]store.LetterKind{store.LetterWelcome, store.LetterExisting}, false},
		{"links for a forgotten password", l.Recovery, []store.LetterKind{store.LetterRecover}, false},
		{"user tokens", l.UserToken, nil, false},
		{"browsers that bikers have logged in with: wrong passwords of others slow them down until the next login",
			l.Browser, nil, true},
		{"codes by which mail that comes back finds its letter", l.Marks, nil, true},
	} {
		need := KeyNeed{What: kind.what, Until: k.SealedUntil.Add(kind.life), Spared: kind.spared}
		if !now.Before(need.Until) {
			continue
		}
		if kind.kinds != nil && kind.life <= l.Sent { // of all letters that count it is known whether they were sent
			from := now.Add(time.Millisecond - kind.life) // what was sent just then has ended
			if from.Before(k.MadeAt) {
				from = k.MadeAt
			}
			var err error
			// A key's time is kept in seconds.
			need.Letters, err = o.Store.SentWithin(from, k.SealedUntil.Add(time.Second), lettersCounted, kind.kinds...)
			if err != nil {
				return nil, err
			}
			if need.Letters == 0 {
				continue
			}
		}
		needs = append(needs, need)
	}
	return needs, nil
}

// RotateKey makes a new primary key, which seals from this moment on. The former one is accepted until it is retired.
func (o *Operator) RotateKey(ctx context.Context) (Keys, error) {
	o.keys.Lock()
	defer o.keys.Unlock()
	ring, err := o.ring()
	if err != nil {
		return Keys{}, err
	}
	if ring, err = ring.Rotated(o.Random, o.Now()); err != nil {
		return Keys{}, err
	}
	return o.useRing(ctx, ring, store.KeyRotated, ring.Primary())
}

// RetireKey takes an accepted key out of the key file: what it has sealed opens no more. It refuses with NotFound, and
// with Conflict the primary key and, unless forced, one that is still needed.
func (o *Operator) RetireKey(ctx context.Context, id string, force bool) (Keys, error) {
	o.keys.Lock()
	defer o.keys.Unlock()
	ring, err := o.ring()
	if err != nil {
		return Keys{}, err
	}
	id = strings.ToLower(id)
	all := ring.Keys()
	i := slices.IndexFunc(all, func(k tokens.KeyInfo) bool { return k.ID == id })
	switch {
	case i < 0:
		return Keys{}, refuse.New(refuse.NotFound, "There is no key "+id+": postern key list has those that there are.")
	case all[i].Primary:
		return Keys{}, refuse.New(refuse.Conflict,
			"The key "+id+" is the primary one: run postern key rotate first, which makes the next one.")
	}
	if !force {
		if err := o.refuseNeeded(all[i]); err != nil {
			return Keys{}, err
		}
	}
	return o.useRing(ctx, ring.Without(id), store.KeyRetired, id)
}

func (o *Operator) refuseNeeded(k tokens.KeyInfo) error {
	needs, err := o.needs(k)
	if err != nil {
		return err
	}
	var reasons []string
	var until time.Time
	for _, need := range needs {
		if need.Spared {
			continue
		}
		reasons = append(reasons, fmt.Sprintf("%s until %s", need.What, need.Until.UTC().Format(time.RFC3339)))
		if need.Until.After(until) {
			until = need.Until
		}
	}
	if len(reasons) == 0 {
		return nil
	}
	return refuse.New(refuse.Conflict, "The key "+k.ID+" is still needed: "+strings.Join(reasons, ", ")+
		". Retire it after that, or now with --force, which ends them.")
}

// useRing writes the key file, and goes by it from then on.
func (o *Operator) useRing(ctx context.Context, ring *tokens.Keyring, event, id string) (Keys, error) {
	if err := tokens.ReplaceKeyring(o.Options.Keys.File, ring); err != nil {
		return Keys{}, err
	}
	if err := errors.Join(o.Options.Keys.Sealer.Use(ring), o.Options.Keys.Marks.Use(ring)); err != nil {
		return Keys{}, err
	}
	if err := o.Store.NoteKeys(ctx, Prints(ring), event, id); err != nil {
		return Keys{}, fmt.Errorf("the key file is changed, and in use; that could not be written down: %w", err)
	}
	return o.ListKeys()
}

// NewKeys is what making keys after a loss came to.
type NewKeys struct {
	File string `json:"file"`
	store.Adopted
}

// ReplaceLostKeys makes a key file where the data file's is lost, or takes the one that is there in its place, and has
// the data file go on with it (store.AdoptKeys). It refuses where nothing is lost.
func (s Stopped) ReplaceLostKeys(ctx context.Context) (out NewKeys, err error) {
	ring, err := tokens.LoadKeyring(s.KeyFile)
	missing := errors.Is(err, fs.ErrNotExist)
	if missing {
		ring, err = tokens.NewKeyring(s.Random, s.Now())
	}
	if err != nil {
		return out, err
	}
	opened, err := store.Open(s.Dir, store.Options{Now: s.Now, Random: s.Random, KeysLost: true,
		AddressKey: func(bool) ([32]byte, error) { return ring.AddressKey(), nil }})
	if err != nil {
		return out, err
	}
	defer func() { err = errors.Join(err, opened.Close()) }()
	noted, err := opened.KeysNoted()
	if err != nil {
		return out, err
	}
	if !missing && (noted.Address == "" || noted.Address == store.AddressPrint(ring.AddressKey())) {
		return out, refuse.New(refuse.Conflict, "The key file "+s.KeyFile+
			" is that of the data file: nothing is lost. For a new key run postern key rotate.")
	}
	out.File = s.KeyFile
	if out.Adopted, err = opened.AdoptKeys(ctx); err != nil {
		return out, err
	}
	// The file comes last: until then a start is refused as before, and this can be run again.
	if missing {
		err = tokens.SaveKeyring(s.KeyFile, ring)
		if err == nil {
			err = private.Adopt(s.KeyFile, s.Dir)
		}
	}
	if err == nil {
		err = opened.NoteKeys(ctx, Prints(ring), "", "")
	}
	return out, err
}
