package series

import (
	"encoding/json"
	"testing"
	"time"
)

var noon = time.Date(2026, 11, 26, 12, 0, 0, 0, time.UTC)

func TestSeries(t *testing.T) {
	s := New([]Slot{{At: noon.Add(-Span), Sent: 3, Commit: Delays{1}}})
	s.At(noon.Add(29*time.Minute)).Sent++
	s.At(noon.In(time.FixedZone("", 5400))).Sent++
	s.At(noon.Add(-time.Second)).Commit.Add(time.Millisecond)
	got := s.Between(noon.Add(-time.Hour), noon.Add(Span))
	if len(got) != 2 || got[0].Sent != 3 || got[0].Commit.Count() != 2 || got[1].Sent != 2 || !got[1].At.Equal(noon) {
		t.Errorf("%+v", got)
	}
	if got := s.Between(noon.Add(-Span), noon); len(got) != 1 || !got[0].At.Equal(noon.Add(-Span)) {
		t.Errorf("the first half hour alone: %+v", got)
	}
	if got := s.Changed(); len(got) != 2 {
		t.Errorf("changed: %+v", got)
	}
	s.At(noon).Failed++
	changed := s.Changed()
	if len(changed) != 1 || changed[0].Failed != 1 {
		t.Errorf("changed: %+v", changed)
	}
	s.At(noon).Commit.Add(time.Second)
	if len(changed[0].Commit) != 0 {
		t.Error("what was given changes")
	}
	s.Forget(noon)
	if got := s.Between(time.Time{}, noon.Add(time.Hour)); len(got) != 1 {
		t.Errorf("after forgetting: %+v", got)
	}
	var sum Slot
	sum.Add(Slot{Sent: 1, Failed: 2, Bikers: 3, Users: 4, Queue: 5, Seen: 6, Mail: Delays{0, 1}})
	sum.Add(Slot{Sent: 1, Failed: 2, Bikers: 3, Users: 4, Queue: 4, Seen: 6, Mail: Delays{1, 1, 1}})
	if text, err := json.Marshal(sum); err != nil || string(text) !=
		`{"at":"0001-01-01T00:00:00Z","sent":2,"failed":4,"bikers":6,"users":8,"queue":5,"seen":12,"mail":[1,2,1]}` {
		t.Errorf("%s, %v", text, err)
	}
}

// TestDelays: a quantile is right but for the width of a class, whatever the size.
func TestDelays(t *testing.T) {
	for _, unit := range []time.Duration{time.Millisecond, 50 * time.Millisecond, time.Second, 20 * time.Second} {
		var d Delays
		for n := range 1000 {
			d.Add(unit * time.Duration(n+1) / 1000)
		}
		for _, share := range []float64{0.5, 0.99} {
			want := float64(unit) * share
			if got := float64(d.Quantile(share)); got < want*0.71 || got > want*1.41 {
				t.Errorf("the %v of up to %s is %s", share, unit, time.Duration(got))
			}
		}
	}
	var d Delays
	if d.Quantile(0.99) != 0 || d.Count() != 0 {
		t.Error("there are none")
	}
	d.Add(0)
	d.Add(-time.Second)
	d.Add(100 * time.Hour)
	d.Merge(make(Delays, 1000))
	if d.Count() != 3 || len(d) != classes || d.Quantile(0.1) > shortest || d.Quantile(1) < 10*time.Minute {
		t.Errorf("%v: %s to %s", d, d.Quantile(0.1), d.Quantile(1))
	}
}
