package store

import (
	"testing"

	"postern/store/refuse"
)

// TestPlanTexts: what bikers read of a plan can be changed while they have it, piece by piece; whose it is cannot.
func TestPlanTexts(t *testing.T) {
	s := openTest(t)
	events := func() (n int) {
		feed, err := s.Events(0, 100)
		must(t, err)
		return len(feed.Events)
	}
	first, err := s.AddPlan(ctx, Plan{Code: "P", Client: "Acme", PlanTexts: PlanTexts{Name: "City"}})
	must(t, err)
	told := events()
	for _, test := range []struct {
		given, want PlanTexts
		tells       int
	}{
		{PlanTexts{NextURL: "https://a.example/"}, PlanTexts{Name: "City", NextURL: "https://a.example/"}, 1},
		{PlanTexts{Name: "Town", NextText: "Soon."}, PlanTexts{"Town", "https://a.example/", "Soon."}, 1},
		{PlanTexts{Name: "Town"}, PlanTexts{"Town", "https://a.example/", "Soon."}, 0},
		{PlanTexts{}, PlanTexts{"Town", "https://a.example/", "Soon."}, 0},
	} {
		got, err := s.AddPlan(ctx, Plan{Code: "P", Client: "Acme", PlanTexts: test.given})
		if err != nil || got.PlanTexts != test.want || !got.AddedAt.Equal(first.AddedAt) {
			t.Errorf("%+v, %v; want %+v", got, err, test.want)
		}
		if kept, err := s.PlanOf("P"); err != nil || kept.PlanTexts != test.want {
			t.Errorf("kept: %+v, %v", kept, err)
		}
		if told += test.tells; events() != told {
			t.Errorf("%d events after %+v, want %d", events(), test.given, told)
		}
	}
	_, err = s.AddPlan(ctx, Plan{Code: "P", Client: "Other", PlanTexts: PlanTexts{Name: "Mine"}})
	wantKind(t, err, refuse.Conflict)
	must(t, s.RemovePlan(ctx, "P"))
	if gone, err := s.PlanOf("P"); err != nil || gone != (Plan{}) {
		t.Errorf("%+v, %v", gone, err)
	}
}
