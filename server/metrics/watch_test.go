package metrics

import (
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/go-json-experiment/json"
)

// named are the metrics that a text names, without the endings of histograms' samples.
func named(text string) (names []string) {
	for _, name := range regexp.MustCompile(`\b(?:postern|process|go)_[a-z_]+\b`).FindAllString(text, -1) {
		for _, ending := range []string{"_bucket", "_sum", "_count"} {
			name = strings.TrimSuffix(name, ending)
		}
		names = append(names, name)
	}
	return names
}

// families are the metrics that are written.
func families(t *testing.T) (names []string) {
	for _, m := range regexp.MustCompile(`(?m)^# TYPE (\S+) `).FindAllStringSubmatch(written(t), -1) {
		names = append(names, m[1])
	}
	return names
}

// expressions are all that the dashboard asks Prometheus for.
func expressions() string {
	var all []string
	for _, p := range NewDashboard().Panels {
		for _, t := range p.Targets {
			all = append(all, t.Expr)
		}
	}
	return strings.Join(all, "\n")
}

// TestNamesExist holds that dashboard and rules name no metric that is not written, and that none of ours is forgotten.
func TestNamesExist(t *testing.T) {
	there := families(t)
	for of, text := range map[string]string{"the dashboard": expressions(), "a rule": Rules} {
		used := named(text)
		if len(used) < 20 {
			t.Errorf("%s names %d metrics", of, len(used))
		}
		for _, name := range used {
			if !slices.Contains(there, name) {
				t.Errorf("%s names %s, which is not written", of, name)
			}
		}
	}
	shown := named(expressions() + Rules)
	for _, name := range there {
		if strings.HasPrefix(name, "postern_") && !slices.Contains(shown, name) {
			t.Errorf("%s is neither on the dashboard nor in a rule", name)
		}
	}
}

// TestDashboard holds that panels have ids of their own, stand within the width, and do not lie on each other; that
// each query has its placeholders filled in and asks one instance; and that the whole is JSON.
func TestDashboard(t *testing.T) {
	d := NewDashboard()
	taken, ids := map[[2]uint32]string{}, map[uint32]bool{}
	for _, p := range d.Panels {
		if ids[p.ID] || p.ID == 0 || p.Title == "" || p.GridPos.X+p.GridPos.W > wholeWidth {
			t.Errorf("panel %+v", p)
		}
		ids[p.ID] = true
		for x := range p.GridPos.W {
			for y := range p.GridPos.H {
				at := [2]uint32{p.GridPos.X + x, p.GridPos.Y + y}
				if taken[at] != "" {
					t.Fatalf("%s lies on %s", p.Title, taken[at])
				}
				taken[at] = p.Title
			}
		}
		if p.Type != "row" && len(p.Targets) == 0 {
			t.Errorf("%s asks for nothing", p.Title)
		}
		for _, q := range p.Targets {
			if !strings.Contains(q.Expr, `instance=~"$instance"`) || regexp.MustCompile(`\$[ir]\b`).MatchString(q.Expr) {
				t.Errorf("%s asks for %s", p.Title, q.Expr)
			}
		}
	}
	if _, err := json.Marshal(d); err != nil {
		t.Error(err)
	}
}
