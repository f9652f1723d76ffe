package store

import (
	"fmt"
	"time"

	"postern/store/limit"
	"postern/store/refuse"
)

// budget is what one partner has had stored of late, read when a part of its call begins and written once. Without it a
// token that fell into wrong hands could fill the disk.
type budget struct {
	people  limit.Window // whom its calls registered, changed, or wrote to or of
	answers limit.Window // bytes of answers kept for Idempotency-Keys
}

const megabyte = 1 << 20

func (t tx) budgetOf(partner Partner) (b budget, err error) {
	if b.people, _, err = limits.Get(t.Tx, quotaKey("people", partner)); err != nil {
		return budget{}, err
	}
	b.answers, _, err = limits.Get(t.Tx, quotaKey("answers", partner))
	return b, err
}

// answersRate is the limit of kept answers in bytes.
func (r Rules) answersRate() limit.Rate {
	return limit.Rate{Count: r.PartnerAnswers.Count * megabyte, Per: r.PartnerAnswers.Per}
}

// peopleRefusal refuses a call that would store something of somebody, where that is used up; nil: it may.
func (b budget) peopleRefusal(t tx) error {
	rate := t.store.rules.PartnerPeople
	return overBudget(rate.Wait(b.people, t.Now()), fmt.Sprintf(
		"No more people are registered, changed or written to for you now: more than %s. "+
			"Nothing of this call was done; send it again later.", rate))
}

// answersRefusal refuses a call whose answer would have to be kept, where that is used up; nil: it may.
func (b budget) answersRefusal(t tx) error {
	rules := t.store.rules
	return overBudget(rules.answersRate().Wait(b.answers, t.Now()), fmt.Sprintf(
		"No more answers are kept for your Idempotency-Keys now: more than %s, in megabytes. "+
			"Nothing of this call was done; send it again later, or without the key.", rules.PartnerAnswers))
}

func overBudget(wait time.Duration, reason string) error {
	if wait == 0 {
		return nil
	}
	return &refuse.Refusal{Kind: refuse.TooMany, Reason: reason, RetryAfter: wait}
}

// spend counts what a part has had stored. What is off is not counted.
func (b budget) spend(t tx, partner Partner, people, bytes int) error {
	if rate := t.store.rules.PartnerPeople; rate.Count > 0 && people > 0 {
		if err := limits.Put(t.Tx, quotaKey("people", partner), rate.Spend(b.people, people, t.Now())); err != nil {
			return err
		}
	}
	if rate := t.store.rules.answersRate(); rate.Count > 0 && bytes > 0 {
		return limits.Put(t.Tx, quotaKey("answers", partner), rate.Spend(b.answers, bytes, t.Now()))
	}
	return nil
}

// failedLetters is how many letters one partner's failed registrations send before a person looks at it: one wrong plan
// code must not alarm a whole company.
var failedLetters = limit.Rate{Count: 100, Per: time.Hour}

// quota is what a partner may still cause, read when the first letter is owed and written once.
type quota struct {
	read        bool
	all, failed limit.Window
}

// countCaused counts a letter that the partner causes; held says why the operator is to look at it first, or nothing.
func (r *registrar) countCaused(kind LetterKind, email string) (held string, err error) {
	mailbox, wait, err := r.t.grantTagged(email, taggedPartners)
	switch {
	case err != nil:
		return "", err
	case wait > 0:
		r.t.over(MailboxLetters, Held)
		return fmt.Sprintf("more than %v or %v letters to one mailbox under plus addresses",
			taggedLetters[0], taggedLetters[1]), nil
	}
	if held, err = r.quota.take(r, kind); err != nil || held != "" {
		return held, err
	}
	return "", r.t.countTagged(mailbox)
}

func (p *quota) take(r *registrar, kind LetterKind) (held string, err error) {
	if !p.read {
		if p.all, _, err = limits.Get(r.t.Tx, quotaKey("letters", r.partner)); err != nil {
			return "", err
		}
		if p.failed, _, err = limits.Get(r.t.Tx, quotaKey("failed", r.partner)); err != nil {
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
func (p *quota) close(r *registrar) error {
	if !p.read {
		return nil
	}
	if err := limits.Put(r.t.Tx, quotaKey("letters", r.partner), p.all); err != nil {
		return err
	}
	return limits.Put(r.t.Tx, quotaKey("failed", r.partner), p.failed)
}

func quotaKey(what string, partner Partner) []byte {
	return append([]byte(what+"\x00"), nameKey(partner.Name)...)
}
