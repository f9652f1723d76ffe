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
	AddedAt  time.Time `json:"addedAt,omitzero"`
}

// AddPlan makes a bike plan, or changes the one of that code.
func (o *Operator) AddPlan(ctx context.Context, plan Plan) (Plan, error) {
	added, err := o.Store.AddPlan(ctx, store.Plan{Code: plan.Code, Client: plan.Client,
		Language: strings.ToLower(plan.Language)})
	return viewPlan(added), err
}

// Plans lists the bike plans.
func (o *Operator) Plans() ([]Plan, error) {
	found, err := o.Store.Plans()
	return views(found, viewPlan), err
}

// RemovePlan removes a bike plan that nobody uses.
func (o *Operator) RemovePlan(ctx context.Context, code string) error {
	return o.Store.RemovePlan(ctx, code)
}

func viewPlan(p store.Plan) Plan {
	return Plan{Code: p.Code, Client: p.Client, Language: strings.ToUpper(p.Language), AddedAt: p.AddedAt}
}
