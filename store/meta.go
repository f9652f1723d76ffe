package store

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"time"

	"postern/store/guid"
	"postern/store/series"
)

// meta is what the file says of itself.
type meta struct {
	Schema    int       `json:"schema"`
	Appliance guid.ID   `json:"appliance"` // sealed into every token: another appliance's tokens do not open here
	Feed      guid.ID   `json:"feed"`      // names the numbering of events
	MadeAt    time.Time `json:"madeAt"`
	Paused    bool      `json:"paused,omitzero"`   // the operator stopped sending
	PausedAt  time.Time `json:"pausedAt,omitzero"` // and when; zero: by a version that did not note it, or a restore
	HoldsAll  bool      `json:"holdsAll,omitzero"` // paused since the file came from a backup: all letters are held

	Webhook *WebhookCursor   `json:"webhook,omitempty"` // nil: events are posted nowhere
	Mailbox *MailboxPosition `json:"mailbox,omitempty"` // nil: no mailbox was read

	Keys       *FileKeys `json:"keys,omitempty"`      // that the file needs; nil: nobody has noted them
	TokensFrom time.Time `json:"tokensFrom,omitzero"` // user tokens of before are over: the file came from a backup
	Counted    uint64    `json:"counted,omitzero"`    // the last event that is counted in the slots
	BackedUpAt time.Time `json:"backedUpAt,omitzero"` // the state that the newest backup has
}

// metaKey is the one key of the meta bucket.
var metaKey = []byte("meta")

// meta reads the meta record. Its error says what is wrong with the file.
func (t tx) meta() (meta, error) {
	if !t.HasBucket(metaBucket) {
		return meta{}, errors.New("it has no table meta, so that it is none of Postern's")
	}
	about, found, err := metas.Get(t.Tx, metaKey)
	switch {
	case err != nil:
		return meta{}, err
	case !found || about.Schema < 1:
		return meta{}, errors.New("its meta record does not say which schema it has")
	}
	return about, nil
}

// changeMeta changes the meta record, unless change says that it is right already.
func (t tx) changeMeta(change func(*meta) bool) error {
	about, _, err := metas.Get(t.Tx, metaKey)
	if err != nil || !change(&about) {
		return err
	}
	return metas.Put(t.Tx, metaKey, about)
}

// BeginAnew makes a file that was put back from a backup safe to go on with. What happened since the backup is not
// known, and may not happen twice: so all letters are held, new ones too, until sending is resumed; whoever was signed
// in must do so again; and the events are of a new feed, as their numbers may name others than they did.
func (s *Store) BeginAnew(ctx context.Context) error {
	if err := s.holdQueued(ctx); err != nil {
		return err
	}
	err := updateVital(ctx, s, func(t tx) error {
		for _, bucket := range [][]byte{sessionBucket, sessionBikerBucket} {
			if err := t.empty(bucket); err != nil {
				return err
			}
		}
		err := t.changeMeta(func(about *meta) bool {
			about.Feed, about.Paused, about.HoldsAll, about.TokensFrom = t.NewID(), true, true, t.Now()
			return true
		})
		if err != nil {
			return err
		}
		return t.tell(Event{Type: "operator.data_restored"})
	})
	if err != nil {
		return err
	}
	return s.readMeta()
}

// empty deletes all that is in a bucket, of whatever size.
func (t tx) empty(bucket []byte) error {
	if err := t.DeleteBucket(bucket); err != nil {
		return err
	}
	return t.CreateBucket(bucket)
}

// readMeta takes over what does not change while the file is open.
func (s *Store) readMeta() error {
	about, err := read(s, tx.meta)
	s.appliance, s.tokensFrom = about.Appliance, about.TokensFrom
	s.holdsAll.Store(about.HoldsAll)
	return err
}

// NoteBackup writes down that a backup has been handed out, and of which moment's state it is.
func (s *Store) NoteBackup(ctx context.Context, at time.Time) error {
	return updateVital(ctx, s, func(t tx) error {
		return t.changeMeta(func(about *meta) bool {
			newer := at.After(about.BackedUpAt)
			if newer {
				about.BackedUpAt = at
			}
			return newer
		})
	})
}

// BackedUpAt is the moment whose state the newest backup has that was handed out; zero: there is none.
func (s *Store) BackedUpAt() (time.Time, error) {
	about, err := read(s, tx.meta)
	return about.BackedUpAt, err
}

// WebhookCursor says how far the webhook's receiver has got in the operator's feed. It is written after the receiver
// has taken events, so that those since the last write are posted again after a crash: at least once, and in order.
type WebhookCursor struct {
	After uint64 `json:"after"`         // the last event that it took, or need not take
	Lost  uint64 `json:"lost,omitzero"` // events that were past their time before it took them
}

// BeginWebhook returns the cursor, which is made where there is none: at the end of the feed, as a receiver that is
// named today is not there for what happened before.
func (s *Store) BeginWebhook(ctx context.Context) (WebhookCursor, error) {
	return writeVital(ctx, s, func(t tx) (WebhookCursor, error) {
		file, _, err := metas.Get(t.Tx, metaKey)
		if err != nil || file.Webhook != nil {
			return valueOf(file.Webhook), err
		}
		file.Webhook = &WebhookCursor{After: t.lastEvent()}
		return *file.Webhook, metas.Put(t.Tx, metaKey, file)
	})
}

func valueOf[T any](pointer *T) (value T) {
	if pointer != nil {
		value = *pointer
	}
	return value
}

// MoveWebhook writes how far the receiver has got.
func (s *Store) MoveWebhook(ctx context.Context, to WebhookCursor) error {
	return updateVital(ctx, s, func(t tx) error {
		file, _, err := metas.Get(t.Tx, metaKey)
		if err != nil {
			return err
		}
		file.Webhook = &to
		return metas.Put(t.Tx, metaKey, file)
	})
}

// EndWebhook forgets the cursor, and tells whether there was one and how many events its receiver has not taken.
func (s *Store) EndWebhook(ctx context.Context) (was bool, left uint64, err error) {
	backlog, was, err := s.Webhook()
	if err != nil || !was {
		return false, 0, err
	}
	return true, backlog.Waiting, updateVital(ctx, s, func(t tx) error {
		file, _, err := metas.Get(t.Tx, metaKey)
		if err != nil {
			return err
		}
		file.Webhook = nil
		return metas.Put(t.Tx, metaKey, file)
	})
}

// WebhookBacklog is what the webhook's receiver has still to take.
type WebhookBacklog struct {
	WebhookCursor
	Waiting uint64    // events
	Oldest  time.Time // when the first of them happened; zero: none waits
}

// Webhook looks where the webhook stands; is tells whether there is one.
func (s *Store) Webhook() (backlog WebhookBacklog, is bool, err error) {
	backlog, err = read(s, func(t tx) (WebhookBacklog, error) {
		file, _, err := metas.Get(t.Tx, metaKey)
		if is = file.Webhook != nil; err != nil || !is {
			return WebhookBacklog{}, err
		}
		b := WebhookBacklog{WebhookCursor: *file.Webhook, Waiting: t.lastEvent() - file.Webhook.After}
		first, found, err := events.Get(t.Tx, seqKey(max(b.After+1, t.oldestEvent())))
		if found {
			b.Oldest = first.At
		}
		return b, err
	})
	return backlog, is, err
}

// Counted returns the number of the last event that is counted in the slots, and the slots. One that cannot be read is
// left out: it is half an hour of a plot.
func (s *Store) Counted() (after uint64, kept []series.Slot, err error) {
	err = look(s, func(t tx) error {
		about, _, err := metas.Get(t.Tx, metaKey)
		if err != nil {
			return err
		}
		after = about.Counted
		c := t.Cursor(metaBucket)
		for key, raw := c.Seek(slotPrefix); bytes.HasPrefix(key, slotPrefix); key, raw = c.Next() {
			if slot, err := slots.Decode(key, raw); err == nil {
				kept = append(kept, slot)
			}
		}
		return nil
	})
	return after, kept, err
}

// KeepCounted writes slots that have changed, with the number of the last event that is counted in them, and drops
// those that begin before a moment. As both are one transaction, no event is counted twice, or not at all, whenever the
// process dies.
func (s *Store) KeepCounted(ctx context.Context, after uint64, changed []series.Slot, before time.Time) error {
	return updateVital(ctx, s, func(t tx) error {
		about, _, err := metas.Get(t.Tx, metaKey)
		if err != nil {
			return err
		}
		about.Counted = after
		if err := metas.Put(t.Tx, metaKey, about); err != nil {
			return err
		}
		for _, slot := range changed {
			if err := slots.Put(t.Tx, slotKey(slot.At), slot); err != nil {
				return err
			}
		}
		var old [][]byte
		end := slotKey(before)
		c := t.Cursor(metaBucket)
		for key, _ := c.Seek(slotPrefix); bytes.HasPrefix(key, slotPrefix) &&
			bytes.Compare(key, end) < 0; key, _ = c.Next() {
			old = append(old, bytes.Clone(key))
		}
		for _, key := range old {
			if err := t.Delete(metaBucket, key); err != nil {
				return err
			}
		}
		return nil
	})
}

// FollowEvents gives the kind and time of events beyond a number, at most so many, and returns the number of the last
// one that it has looked at. Those that are no longer kept, or cannot be read, are passed over.
func (s *Store) FollowEvents(after uint64, most int, each func(kind string, at time.Time)) (next uint64, err error) {
	next = after
	err = look(s, func(t tx) error {
		looked := 0
		c := t.Cursor(eventBucket)
		for key, raw := c.Seek(seqKey(after + 1)); key != nil && looked < most; key, raw = c.Next() {
			looked++
			next = binary.BigEndian.Uint64(key)
			if event, err := events.Decode(key, raw); err == nil {
				each(event.Type, event.At)
			}
		}
		return nil
	})
	return next, err
}
