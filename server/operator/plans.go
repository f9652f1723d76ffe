package operator

import (
	"context"
	"strings"
	"time"

	"postern/store"
)

// Plan is a bike plan, as POST plans takes and answers it.
type Plan struct {
	Code     string    `json:"code"`
	Client   string    `json:"client"`
	Language string    `json:"language,omitzero" doc:"NL, FR, EN; none: EN."`
	Name     string    `json:"name,omitzero" doc:"Of the plan itself, as bikers know it."`
	NextURL  string    `json:"nextUrl,omitzero" doc:"Where a biker goes on once the password is set."`
	NextText string    `json:"nextText,omitzero" doc:"What happens next, as bikers read it."`
	AddedAt  time.Time `json:"addedAt,omitzero"`
}

// AddPlan makes a bike plan, or changes the texts of the one of that code.
func (o *Operator) AddPlan(ctx context.Context, plan Plan) (Plan, error) {
	added, err := o.Store.AddPlan(ctx, store.Plan{Code: plan.Code, Client: plan.Client,
		Language: strings.ToLower(plan.Language), PlanTexts: store.PlanTexts{Name: plan.Name, NextURL: plan.NextURL,
			NextText: plan.NextText}})
	return viewPlan(added), err
}

// Plans lists the bike plans.
func (o *Operator) Plans() ([]Plan, error) {
	found, err := o.Store.Plans()
	return views(found, viewPlan), err
}

// RemovePlan removes a bike plan. Nobody new is registered with it, and who has it keeps it.
func (o *Operator) RemovePlan(ctx context.Context, code string) error {
	return o.Store.RemovePlan(ctx, code)
}

func viewPlan(p store.Plan) Plan {
	return Plan{Code: p.Code, Client: p.Client, Language: strings.ToUpper(p.Language), Name: p.Name,
		NextURL: p.NextURL, NextText: p.NextText, AddedAt: p.AddedAt}
}
