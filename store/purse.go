package store

import (
	"fmt"
	"postern/store/limit"
	"time"
)

// failedLetters is how many letters one partner's failed registrations send before a person looks at it: one wrong plan
// code must not alarm a whole company.
var failedLetters = limit.Rate{Count: 100, Per: time.Hour}

// purse is what a partner may still cause, read when the first letter is owed and written once.
type purse struct {
	read        bool
	all, failed limit.Window
}

// mayCause counts a letter that the partner causes; held says why the operator is to look at it first, or nothing.
func (r *registrar) mayCause(kind LetterKind, email string) (held string, err error) {
	mailbox, wait, err := r.t.grantTagged(email, taggedPartners)
	switch {
	case err != nil:
		return "", err
	case wait > 0:
		r.t.over(MailboxLetters, Held)
		return fmt.Sprintf("more than %v or %v letters to one mailbox under plus addresses", taggedLetters[0], taggedLetters[1]), nil
	}
	if held, err = r.purse.take(r, kind); err != nil || held != "" {
		return held, err
	}
	return "", r.t.countTagged(mailbox)
}

func (p *purse) take(r *registrar, kind LetterKind) (held string, err error) {
	if !p.read {
		if p.all, _, err = limits.Get(r.t.Tx, purseKey("letters", r.partner)); err != nil {
			return "", err
		}
		if p.failed, _, err = limits.Get(r.t.Tx, purseKey("failed", r.partner)); err != nil {
			return "", err
		}
		p.read = true
	}
	wait := time.Duration(0)
	if kind == LetterUnregistered {
		if p.failed, wait = failedLetters.Take(p.failed, r.t.Now()); wait > 0 {
			r.t.over(FailedLetters, Held)
			return "more than " + failedLetters.String() + " failed registrations of one partner", nil
		}
	}
	if p.all, wait = r.t.store.rules.PartnerLetters.Take(p.all, r.t.Now()); wait > 0 {
		r.t.over(PartnerLetters, Held)
		return "more than " + r.t.store.rules.PartnerLetters.String() + " letters that one partner causes", nil
	}
	return "", nil
}

// close writes what was taken.
func (p *purse) close(r *registrar) error {
	if !p.read {
		return nil
	}
	if err := limits.Put(r.t.Tx, purseKey("letters", r.partner), p.all); err != nil {
		return err
	}
	return limits.Put(r.t.Tx, purseKey("failed", r.partner), p.failed)
}

func purseKey(what string, partner Partner) []byte {
	return append([]byte(what+"\x00"), nameKey(partner.Name)...)
}
