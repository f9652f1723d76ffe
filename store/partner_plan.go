package store

import (
	"cmp"
	"context"
	"slices"
	"strings"
	"time"

	"postern/store/refuse"
)

// Plan is a bike plan: a code handed out at onboarding that decides which client a biker belongs to.
type Plan struct {
	Code     string `json:"code"`
	Client   string `json:"client"`
	Language string `json:"language,omitzero"` // nl, fr, en: where a registration names none; empty: en
	PlanTexts
	AddedAt time.Time `json:"addedAt"`
}

// PlanTexts are what bikers read of their plan on their account. Each may be empty.
type PlanTexts struct {
	Name     string `json:"name,omitzero"`
	NextURL  string `json:"nextUrl,omitzero"`  // where a biker goes on once the password is set
	NextText string `json:"nextText,omitzero"` // what happens next; a line a paragraph
}

// with returns the texts with those of another that are not empty in their place.
func (p PlanTexts) with(given PlanTexts) PlanTexts {
	return PlanTexts{Name: cmp.Or(given.Name, p.Name), NextURL: cmp.Or(given.NextURL, p.NextURL),
		NextText: cmp.Or(given.NextText, p.NextText)}
}

func (t tx) knownPlans(codes []string) error {
	var faults []string
	for _, code := range codes {
		if !t.Has(planBucket, []byte(code)) {
			faults = append(faults, "There is no bike plan "+code+"; postern plan add makes it.")
		}
	}
	if len(faults) == 0 {
		return nil
	}
	return &refuse.Refusal{Kind: refuse.Invalid, Reason: strings.Join(faults, " "),
		Fields: map[string][]string{"plan": faults}}
}

// May reports whether a partner may use a bike plan.
func (p Partner) May(plan string) bool { return len(p.Plans) == 0 || slices.Contains(p.Plans, plan) }

// AddPlan makes a bike plan. Where it is there already, texts that are given take the place of those that it has. It
// refuses with Conflict where the code stands for another client's; the same again is no fault.
func (s *Store) AddPlan(ctx context.Context, plan Plan) (Plan, error) {
	return write(ctx, s, func(t tx) (Plan, error) {
		old, found, err := plans.Get(t.Tx, []byte(plan.Code))
		if err != nil {
			return Plan{}, err
		}
		if found && (old.Client != plan.Client || old.Language != plan.Language) {
			return Plan{}, refuse.New(refuse.Conflict, "The bike plan "+plan.Code+" is there already, for "+old.Client+
				"; remove it first to change it.")
		}
		event := "operator.plan_added"
		if plan.AddedAt = t.Now(); found {
			plan.AddedAt, plan.PlanTexts = old.AddedAt, old.PlanTexts.with(plan.PlanTexts)
			if plan == old {
				return old, nil
			}
			event = "operator.plan_changed"
		}
		if err := plans.Put(t.Tx, []byte(plan.Code), plan); err != nil {
			return Plan{}, err
		}
		return plan, t.tell(Event{Type: event, About: plan.Code})
	})
}

// Plans lists all bike plans by code.
func (s *Store) Plans() ([]Plan, error) { return all(s, plans) }

// RemovePlan takes a bike plan away: nobody can be registered with it any more, and who has it keeps its code. It
// refuses with NotFound.
func (s *Store) RemovePlan(ctx context.Context, code string) error {
	return updateVital(ctx, s, func(t tx) error {
		if !t.Has(planBucket, []byte(code)) {
			return refuse.New(refuse.NotFound, "There is no bike plan "+code+".")
		}
		if err := t.Delete(planBucket, []byte(code)); err != nil {
			return err
		}
		return t.tell(Event{Type: "operator.plan_removed", About: code})
	})
}

// PlanOf returns the bike plan of a code; zero where there is no such plan any more.
func (s *Store) PlanOf(code string) (Plan, error) {
	return read(s, func(t tx) (Plan, error) {
		plan, _, err := plans.Get(t.Tx, []byte(code))
		return plan, err
	})
}

// client names whose bike plan a code is; empty where it has been removed.
func (t tx) client(code string) (string, error) {
	plan, _, err := plans.Get(t.Tx, []byte(code))
	return plan.Client, err
}
