package metrics

import (
	"maps"
	"slices"
	"strconv"
	"sync"
	"time"
)

// answeredWithin are the upper bounds, in seconds, of the time that an answer took: from a read, far below a
// millisecond, over a write's fsync to a list of 10,000 people; calls that wait for events take up to a minute.
var answeredWithin = []float64{0.001, 0.0025, 0.01, 0.025, 0.1, 0.25, 1, 2.5, 10, 60}

// routes count answers by route. They are safe for concurrent use.
type routes struct {
	mu sync.Mutex
	by map[string]*route // by labels as they are written; guarded by mu
}

// route counts the answers of one. Each has a lock of its own, held for some nanoseconds.
type route struct {
	took *spread

	mu       sync.Mutex
	statuses map[int]uint64 // guarded by mu
}

// Route returns what counts the answers of a route, the same for each listener that has it. An empty pattern stands
// for all that no route answers: paths are never labels, and neither are methods that no route has.
func (m *Metrics) Route(method, pattern string) func(status int, took time.Duration) {
	if pattern == "" {
		method, pattern = "other", "none"
	}
	labels := labelled("method", method, "route", pattern)
	m.routes.mu.Lock()
	defer m.routes.mu.Unlock()
	if m.routes.by == nil {
		m.routes.by = make(map[string]*route)
	}
	r, known := m.routes.by[labels]
	if !known {
		r = &route{took: newSpread(answeredWithin), statuses: make(map[int]uint64)}
		m.routes.by[labels] = r
	}
	return r.answered
}

func (r *route) answered(status int, took time.Duration) {
	r.took.add(took.Seconds())
	r.mu.Lock()
	defer r.mu.Unlock()
	r.statuses[status]++
}

// write writes what was answered; a route that nobody has called has no samples.
func (r *routes) write(t *text) {
	r.mu.Lock()
	by := maps.Clone(r.by)
	r.mu.Unlock()
	called := make(map[string]map[int]uint64)
	for labels, route := range by {
		route.mu.Lock()
		if len(route.statuses) > 0 {
			called[labels] = maps.Clone(route.statuses)
		}
		route.mu.Unlock()
	}
	names := slices.Sorted(maps.Keys(called))
	t.family("postern_http_requests_total", counter, "Answers, by method, route and status; 0: the caller went away.")
	for _, labels := range names {
		for _, status := range slices.Sorted(maps.Keys(called[labels])) {
			t.sample("postern_http_requests_total", labels+","+labelled("status", strconv.Itoa(status)),
				float64(called[labels][status]))
		}
	}
	t.family("postern_http_request_seconds", histogram, "Time from a request's headers to the end of its answer.")
	for _, labels := range names {
		by[labels].took.samples(t, "postern_http_request_seconds", labels)
	}
}
