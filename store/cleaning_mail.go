package store

import (
	"context"
	"time"

	"postern/store/guid"
	"postern/store/refuse"
)

// mailing is what a user had mailed within the last day.
type mailing struct {
	Letters []mailed `json:"letters"` // oldest first
}

type mailed struct {
	Cleaning guid.ID   `json:"cleaning"`
	At       time.Time `json:"at"`
}

// documentsDaily is how many documents a person may have mailed in a day.
const documentsDaily = 20

// MailCleaning owes a user the document of a cleaning. Asked again within a minute for the same cleaning it owes no
// second one. It refuses as CheckHolder does, with NotFound, and with TooMany for more than 20 a day.
func (s *Store) MailCleaning(ctx context.Context, b Holder, cleaning guid.ID) error {
	return update(ctx, s, func(t tx) error {
		user, err := t.holder(b)
		if err != nil {
			return err
		}
		c, err := t.cleaning(cleaning)
		if err != nil {
			return err
		}
		past, _, err := mailings.Get(t.Tx, user.ID[:])
		if err != nil {
			return err
		}
		recent, again := past.recent(cleaning, t.Now())
		if again {
			return nil
		}
		if len(recent.Letters) >= documentsDaily {
			return &refuse.Refusal{Kind: refuse.TooMany,
				RetryAfter: recent.Letters[0].At.Add(24 * time.Hour).Sub(t.Now()),
				Reason:     "You have had 20 documents mailed today; try again later."}
		}
		recent.Letters = append(recent.Letters, mailed{cleaning, t.Now()})
		return t.mailDocument(user, c, recent)
	})
}

// recent keeps the last day's, and reports whether this cleaning's document was mailed within the last minute.
func (m mailing) recent(cleaning guid.ID, now time.Time) (kept mailing, again bool) {
	for _, letter := range m.Letters {
		age := max(now.Sub(letter.At), letter.At.Sub(now)) // a clock that was set back is no reason to wait for years
		if age < 24*time.Hour {
			kept.Letters = append(kept.Letters, letter)
		}
		again = again || letter.Cleaning == cleaning && age < sameLetter
	}
	return kept, again
}

func (t tx) mailDocument(user User, c Cleaning, m mailing) error {
	if err := mailings.Put(t.Tx, user.ID[:], m); err != nil {
		return err
	}
	letter, err := t.owe(toUser(user, Letter{Kind: LetterDocument, Cleaning: c.ID}))
	if err != nil {
		return err
	}
	return t.tell(Event{Type: "cleaning.mailed", User: user.ID, Cleaning: c.ID, Letter: letter, Partner: c.Partner})
}
