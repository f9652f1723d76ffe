package store

import (
	"fmt"
	"postern/store/limit"
	"postern/store/refuse"
	"time"
)

// budget is what one partner has had stored of late, read when a part of its call begins and written once. Without it a
// token that fell into wrong hands could fill the disk.
type budget struct {
	people  limit.Window // whom its calls registered, changed, or wrote to or of
	answers limit.Window // bytes of answers kept for Idempotency-Keys
}

const megabyte = 1 << 20

func (t tx) budgetOf(partner Partner) (b budget, err error) {
	if b.people, _, err = limits.Get(t.Tx, purseKey("people", partner)); err != nil {
		return budget{}, err
	}
	b.answers, _, err = limits.Get(t.Tx, purseKey("answers", partner))
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
		"No more people are registered, changed or written to for you now: more than %s. Nothing of this call was done; send it again later.", rate))
}

// answersRefusal refuses a call whose answer would have to be kept, where that is used up; nil: it may.
func (b budget) answersRefusal(t tx) error {
	rules := t.store.rules
	return overBudget(rules.answersRate().Wait(b.answers, t.Now()), fmt.Sprintf(
		"No more answers are kept for your Idempotency-Keys now: more than %s, in megabytes. Nothing of this call was done; "+
			"send it again later, or without the key.", rules.PartnerAnswers))
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
		if err := limits.Put(t.Tx, purseKey("people", partner), rate.Spend(b.people, people, t.Now())); err != nil {
			return err
		}
	}
	if rate := t.store.rules.answersRate(); rate.Count > 0 && bytes > 0 {
		return limits.Put(t.Tx, purseKey("answers", partner), rate.Spend(b.answers, bytes, t.Now()))
	}
	return nil
}
