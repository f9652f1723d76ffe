package store

import (
	"bytes"
	"context"
	"fmt"
	"slices"
	"strings"

	"postern/store/file"
	"postern/store/keyed"
	"postern/store/refuse"
)

// FileKeys are the keys that a data file needs, by their fingerprints: who has a backup, and several key files, learns
// which one belongs to it. The keys themselves are in no data file.
type FileKeys struct {
	Address string     `json:"address"`          // of the hashes of addresses
	Tokens  []KeyPrint `json:"tokens,omitempty"` // of what was mailed, and of user tokens
}

// KeyPrint is the fingerprint of a token key.
type KeyPrint struct {
	ID    string `json:"id"`
	Print string `json:"print"`
}

// String names the keys for the operator.
func (k FileKeys) String() string {
	named := []string{"address key " + k.Address}
	for _, token := range k.Tokens {
		named = append(named, "token key "+token.ID)
	}
	return strings.Join(named, ", ")
}

// OtherKeys says that the keys are others than the file was written with, or that there are none.
type OtherKeys struct {
	Needs FileKeys
	Cause error // why there are none; nil: there are others
}

// Error names the keys that are missing.
func (o *OtherKeys) Error() string {
	if o.Cause != nil {
		return fmt.Sprintf("%v (it needs: %v)", o.Cause, o.Needs)
	}
	return fmt.Sprintf("the data file needs other keys: %v", o.Needs)
}

// Unwrap returns the cause.
func (o *OtherKeys) Unwrap() error { return o.Cause }

// takeAddressKey asks for the key of the hashes of addresses. A file that knows people takes the one that it was
// written with alone: under another one limits would be forgotten, and what people have said and were told.
func (s *Store) takeAddressKey(look file.Runner) error {
	var known bool
	var about meta
	err := look(func(t *file.Tx) (err error) {
		known = holdsAny(t, userBucket) || holdsAny(t, bikerBucket)
		about, err = tx{t, s}.meta()
		return err
	})
	var key [32]byte
	if err == nil && s.options.AddressKey != nil {
		key, err = s.options.AddressKey(known)
	}
	s.hashes = keyed.New(key)
	if err != nil && known && about.Keys != nil {
		return &OtherKeys{*about.Keys, err}
	}
	if err != nil || s.options.AddressKey == nil || !known || about.Keys == nil || s.options.KeysLost ||
		about.Keys.Address == s.hashes.Print() {
		return err
	}
	return &OtherKeys{Needs: *about.Keys}
}

// noteAddressKey writes down which address key the file is of, where it is of none yet. A disk that is full now keeps
// no appliance from starting: the next start notes it.
func (s *Store) noteAddressKey() error {
	if s.options.AddressKey == nil || s.options.KeysLost {
		return nil
	}
	return s.noteKeys(context.Background(), func(keys *FileKeys) { keys.Address = s.hashes.Print() }, Event{})
}

// The events of NoteKeys.
const (
	KeyRotated = "operator.key_rotated"
	KeyRetired = "operator.key_retired"
)

// NoteKeys writes down which token keys there are now. event, unless empty, tells what was done with the key about.
func (s *Store) NoteKeys(ctx context.Context, tokens []KeyPrint, event, about string) error {
	return s.noteKeys(ctx, func(keys *FileKeys) { keys.Tokens = tokens }, Event{Type: event, About: about})
}

func (s *Store) noteKeys(ctx context.Context, change func(*FileKeys), event Event) error {
	note := func(t tx) (changed bool, err error) {
		err = t.changeMeta(func(about *meta) bool {
			former := FileKeys{}
			if about.Keys != nil {
				former = *about.Keys
			}
			next := former
			change(&next)
			about.Keys = &next
			changed = next.Address != former.Address || !slices.Equal(next.Tokens, former.Tokens)
			return changed
		})
		return changed, err
	}
	err := updateVital(ctx, s, func(t tx) error {
		if _, err := note(t); err != nil || event.Type == "" {
			return err
		}
		return t.tell(event)
	})
	if event.Type == "" && refuse.Is(err, refuse.Unavailable) {
		return nil
	}
	return err
}

// GoesBy reports whether the file goes by an address key.
func (s *Store) GoesBy(key [32]byte) bool { return s.hashes.Print() == AddressPrint(key) }

// AddressPrint is the fingerprint of an address key.
func AddressPrint(key [32]byte) string { return keyed.New(key).Print() }

// KeysNoted are the keys that the file needs, as far as they were noted.
func (s *Store) KeysNoted() (FileKeys, error) {
	about, err := read(s, tx.meta)
	if err != nil || about.Keys == nil {
		return FileKeys{}, err
	}
	return *about.Keys, nil
}

// Adopted is what AdoptKeys has found.
type Adopted struct {
	Addresses    int `json:"addresses" doc:"Addresses whose limits, and whose owners' word, are forgotten."`
	Bikers       int `json:"bikers" doc:"Bikers with a password: they go on as before."`
	WithoutLogin int `json:"bikersWithoutPassword" doc:"Bikers whose invitation no longer opens."`
	Unconfirmed  int `json:"usersUnconfirmed" doc:"Users whose activation link no longer opens."`
}

// adoptedAtOnce bounds the people that one transaction of AdoptKeys looks at.
const adoptedAtOnce = 500

// AdoptKeys makes a file go on with another address key than it was written with, after that one was lost. What stood
// under hashes of the old key is found by nobody any more, and deleted: limits per address, network and login, who
// wants no letters, what people were told, kept answers. Of bikers with a password it is noted that they know of their
// account: partners who post them every five minutes would have thousands written to at once.
//
// The new key is noted last: where this is interrupted, it is done again.
func (s *Store) AdoptKeys(ctx context.Context) (Adopted, error) {
	adopted, err := writeVital(ctx, s, func(t tx) (a Adopted, err error) {
		a.Addresses, a.Unconfirmed = t.Bucket(addressBucket).Stats().KeyN, t.Bucket(userPendingBucket).Stats().KeyN
		for _, bucket := range [][]byte{addressBucket, loginBucket, noticeBucket, idempotencyBucket,
			idempotencyResultBucket, idempotencyPersonBucket, idempotencyBegunBucket} {
			if err := t.empty(bucket); err != nil {
				return a, err
			}
		}
		return a, nil
	})
	if err != nil {
		return adopted, err
	}
	networks := walked{limitBucket,
		func(_ tx, key, _ []byte) bool { return bytes.HasPrefix(key, networkWindowKey(nil)) }}
	if _, err := networks.prune(ctx, s); err != nil {
		return adopted, err
	}
	all := 0
	adopted.Bikers, err = s.inStretches(ctx, []byte{}, func(t tx, from []byte) (told int, next []byte, err error) {
		told, looked, next, err := t.tellAll(from)
		all += looked
		return told, next, err
	})
	if err != nil {
		return adopted, err
	}
	adopted.WithoutLogin = all - adopted.Bikers
	return adopted, s.noteKeys(ctx, func(keys *FileKeys) { *keys = FileKeys{Address: s.hashes.Print()} },
		Event{Type: "operator.keys_lost"})
}

// tellAll notes of some bikers with a password that they know of their account, beginning with a key; next is nil
// behind the last one.
func (t tx) tellAll(from []byte) (told, looked int, next []byte, err error) {
	var addresses []string
	err = bikers.Each(t.Tx, nil, from, func(key []byte, biker Biker) (bool, error) {
		if looked == adoptedAtOnce {
			next = bytes.Clone(key)
			return false, nil
		}
		looked++
		if biker.Password != "" {
			addresses = append(addresses, biker.Email)
		}
		return true, nil
	})
	for _, address := range addresses {
		if err == nil {
			err = t.putNotice(noticeKey(addressSum(address), noticeExisting, noFaults),
				notice{At: t.Now(), State: noticeBefore})
		}
	}
	return len(addresses), looked, next, err
}
