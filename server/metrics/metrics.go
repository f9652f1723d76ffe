// Package metrics counts what the operator watches, and writes it as Prometheus text. No label holds personal data, and the
// number of series is bounded: kinds, states and classes are few, and a reply code has three digits.
package metrics

import (
	"fmt"
	"io"
	"maps"
	"slices"
	"strconv"
	"time"

	"github.com/VictoriaMetrics/metrics"

	"postern/store"
)

// Source is what is asked for when the metrics are written, rather than counted.
type Source struct {
	Queue       func() (store.QueueStats, error)
	Failed      func() int                                           // letters that failed in the last day
	Connections func() int                                           // open to the smarthost
	Breaker     func() bool                                          // sending pauses, as the smarthost is at fault
	Paused      func() bool                                          // by the operator
	Ready       func() bool                                          // writes are taken
	Silent      func() int                                           // partners that should call and do not
	Security    func() map[string]uint64                             // security events since the start, by name
	Limits      func(each func(limit, outcome string, count uint64)) // what has gone over a limit since the start
	Now         func() time.Time
}

// Metrics are the appliance's. They are safe for concurrent use.
type Metrics struct {
	source Source
	set    *metrics.Set

	// A histogram as Prometheus has them: each bucket holds all that are below its bound. (The library's own has buckets
	// that only its maker's database reads.)
	sentBuckets []*metrics.Counter // by sentWithin, and one for all
	sentSeconds *metrics.FloatCounter
	sentCount   *metrics.Counter
}

// sentWithin are the upper bounds, in seconds, of the time from owing a letter to its being sent.
var sentWithin = []float64{0.1, 0.5, 1, 5, 10, 30, 60, 300, 900, 3600, 4 * 3600, 12 * 3600, 24 * 3600, 72 * 3600}

// New makes metrics that read from source.
func New(source Source) *Metrics {
	const name = "postern_letter_sent_seconds"
	m := &Metrics{source: source, set: metrics.NewSet()}
	for _, bound := range sentWithin {
		m.sentBuckets = append(m.sentBuckets, m.set.NewCounter(name+`_bucket{le="`+strconv.FormatFloat(bound, 'f', -1, 64)+`"}`))
	}
	m.sentBuckets = append(m.sentBuckets, m.set.NewCounter(name+`_bucket{le="+Inf"}`))
	m.sentSeconds, m.sentCount = m.set.NewFloatCounter(name+"_sum"), m.set.NewCounter(name+"_count")
	return m
}

// Attempted counts a try to hand over a letter, and how long one that is sent now has been owed.
func (m *Metrics) Attempted(kind store.LetterKind, a store.Attempt, state store.LetterState, waited time.Duration) {
	m.set.GetOrCreateCounter(fmt.Sprintf("postern_letter_attempts_total{class=%q,phase=%q,code=%q}", a.Class, a.Phase, code(a))).Inc()
	m.set.GetOrCreateCounter(fmt.Sprintf("postern_letter_outcomes_total{kind=%q,state=%q}", kind, state)).Inc()
	if state == store.LetterSent {
		m.sent(max(0, waited.Seconds()))
	}
}

// Paused counts the pauses that the smarthost's faults begin.
func (m *Metrics) Paused(begins bool) {
	if begins {
		m.set.GetOrCreateCounter("postern_smarthost_pauses_total").Inc()
	}
}

// code is the reply's; none where the server did not answer.
func code(a store.Attempt) string {
	if a.Code < 100 || a.Code > 599 {
		return "none"
	}
	return strconv.Itoa(a.Code)
}

// sent counts the seconds from owing a letter to sending it.
func (m *Metrics) sent(seconds float64) {
	first, _ := slices.BinarySearch(sentWithin, seconds)
	for _, bucket := range m.sentBuckets[first:] {
		bucket.Inc()
	}
	m.sentSeconds.Add(seconds)
	m.sentCount.Inc()
}

// states are those of a letter, in the order in which they are written.
var states = []store.LetterState{store.LetterQueued, store.LetterHeld, store.LetterSent, store.LetterFailed, store.LetterCancelled}

// Write writes everything in Prometheus's text format.
func (m *Metrics) Write(w io.Writer) error {
	queue, err := m.source.Queue()
	if err != nil {
		return err
	}
	for _, state := range states {
		metrics.WriteGaugeUint64(w, fmt.Sprintf("postern_letters{state=%q}", state), uint64(queue.Counts[state]))
	}
	metrics.WriteGaugeUint64(w, "postern_letters_failed_last_day", uint64(m.source.Failed()))
	age := 0.0
	if !queue.Oldest.IsZero() {
		age = max(0, m.source.Now().Sub(queue.Oldest).Seconds())
	}
	metrics.WriteGaugeFloat64(w, "postern_oldest_due_letter_seconds", age)
	metrics.WriteGaugeUint64(w, "postern_smarthost_connections", uint64(m.source.Connections()))
	metrics.WriteGaugeUint64(w, "postern_smarthost_at_fault", one(m.source.Breaker()))
	metrics.WriteGaugeUint64(w, "postern_sending_paused", one(m.source.Paused()))
	metrics.WriteGaugeUint64(w, "postern_ready", one(m.source.Ready()))
	metrics.WriteGaugeUint64(w, "postern_silent_partners", uint64(m.source.Silent()))
	security := m.source.Security()
	for _, event := range slices.Sorted(maps.Keys(security)) {
		metrics.WriteCounterUint64(w, fmt.Sprintf("postern_security_events_total{event=%q}", event), security[event])
	}
	m.source.Limits(func(limit, outcome string, count uint64) {
		metrics.WriteCounterUint64(w, fmt.Sprintf("postern_over_limit_total{limit=%q,outcome=%q}", limit, outcome), count)
	})
	m.set.WritePrometheus(w)
	metrics.WriteProcessMetrics(w)
	return nil
}

func one(is bool) uint64 {
	if is {
		return 1
	}
	return 0
}
