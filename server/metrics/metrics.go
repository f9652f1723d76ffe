// Package metrics counts what the operator watches, and writes it as Prometheus text. No label holds personal data,
// and the number of series is bounded: routes are named by their pattern, never by a path; kinds, states and classes
// are few, and a reply code has three digits.
//
// What happens is counted as it does, in memory: a counter that begins at 0 after a restart is what Prometheus's rate()
// expects. What is so at a moment is asked for when the page is written (Source), so that no number can be out of
// date; whoever answers must not go through the data for it, which may be a million people's.
//
// What to make of the numbers stands beside them: a dashboard for Grafana, and rules for Prometheus's alerts. Tests
// hold that they name no metric that is not written.
package metrics

import (
	"io"
	"maps"
	"slices"
	"strconv"
	"time"

	"postern/store"
)

// Source is what is asked for when the metrics are written, rather than counted.
type Source struct {
	Queue       func() (store.QueueStats, error)
	Failed      func() int                                           // letters that failed in the last day
	People      func() (bikers, users int)                           // that are stored
	Space       func() (Space, error)                                // on the data file's disk
	Hashing     func() int                                           // calls that wait for their turn to hash a password
	Certificate func() time.Time                                     // when TLS_CERT's ends; zero: there is none
	Connections func() int                                           // open to the smarthost
	Breaker     func() bool                                          // sending pauses, as the smarthost is at fault
	Paused      func() bool                                          // by the operator
	Ready       func() bool                                          // writes are taken
	Silent      func() int                                           // partners that should call and do not
	Security    func() map[string]uint64                             // security events since the start, by name
	Limits      func(each func(limit, outcome string, count uint64)) // what has gone over a limit since the start
	Webhook     func() (w Webhook, is bool)                          // is: there is a receiver
	Backup      func() (b Backup, is bool)                           // is: one is known, or some are made of themselves
	Now         func() time.Time
}

// Space is the room on the data file's disk, in bytes.
type Space struct{ Free, Total, Reserve, File uint64 }

// Build says which program runs.
type Build struct{ Version, Commit string }

// Metrics are the appliance's. They are safe for concurrent use.
type Metrics struct {
	source  Source
	build   Build
	started time.Time

	attempts, outcomes, pauses counts
	webhookTries, events       counts
	sent, commits, groups      *spread
	hashed                     *spread
	cameBack                   counts
	refused                    counts
	routes                     routes
}

// sentWithin are the upper bounds, in seconds, of the time from owing a letter to its being sent: from the quiet case,
// far below a second, over the steps of the schedule of tries to the 72 hours after which a letter is given up.
var sentWithin = []float64{0.1, 0.5, 1, 5, 10, 30, 60, 300, 900, 3600, 4 * 3600, 12 * 3600, 24 * 3600, 72 * 3600}

// New makes metrics that read from source.
func New(source Source, build Build) *Metrics {
	m := &Metrics{source: source, build: build, started: time.Now(), sent: newSpread(sentWithin),
		commits: newSpread(committedWithin), groups: newSpread(groupSizes), hashed: newSpread(hashedWithin)}
	// There before the first one: an alert on an increase sees none from nothing to 1.
	m.pauses.by, m.refused.by = map[string]uint64{"": 0}, map[string]uint64{"": 0}
	return m
}

// Attempted counts a try to hand over a letter, and how long one that is sent now has been owed.
func (m *Metrics) Attempted(kind store.LetterKind, a store.Attempt, state store.LetterState, waited time.Duration) {
	m.attempts.add(labelled("class", string(a.Class), "phase", a.Phase, "code", code(a)))
	m.outcomes.add(labelled("kind", string(kind), "state", string(state)))
	if state == store.LetterSent {
		m.sent.add(max(0, waited.Seconds()))
	}
}

// MailCameBack counts a message that came back, by the way that it came in and what became of it.
func (m *Metrics) MailCameBack(source, outcome string) {
	m.cameBack.add(labelled("source", source, "outcome", outcome))
}

// Paused counts the pauses that the smarthost's faults begin.
func (m *Metrics) Paused(begins bool) {
	if begins {
		m.pauses.add("")
	}
}

// code is the reply's; none where the server did not answer.
func code(a store.Attempt) string {
	if a.Code < 100 || a.Code > 599 {
		return "none"
	}
	return strconv.Itoa(a.Code)
}

// states are those of a letter, in the order in which they are written.
var states = []store.LetterState{store.LetterQueued, store.LetterHeld, store.LetterSent, store.LetterFailed,
	store.LetterCancelled}

// Write writes everything in Prometheus's text format, or nothing where the store does not answer.
func (m *Metrics) Write(w io.Writer) error {
	queue, err := m.source.Queue()
	if err != nil {
		return err
	}
	t := &text{}
	m.writeLetters(t, queue)
	m.writeState(t)
	m.writeStore(t)
	m.writePasswords(t)
	m.routes.write(t)
	t.family("postern_security_events_total", counter, "Security events since the start, by name.")
	security := m.source.Security()
	for _, event := range slices.Sorted(maps.Keys(security)) {
		t.sample("postern_security_events_total", labelled("event", event), float64(security[event]))
	}
	t.family("postern_over_limit_total", counter, "What went over a limit since the start, by what became of it.")
	m.source.Limits(func(limit, outcome string, count uint64) {
		t.sample("postern_over_limit_total", labelled("limit", limit, "outcome", outcome), float64(count))
	})
	m.writeWebhook(t)
	m.writeBackup(t)
	m.writeBuild(t)
	writeProcess(t, m.started)
	_, err = t.WriteTo(w)
	return err
}

// writeLetters writes the queue, and what was tried.
func (m *Metrics) writeLetters(t *text, queue store.QueueStats) {
	t.family("postern_letters", gauge, "Letters that are kept, by state.")
	for _, state := range states {
		t.sample("postern_letters", labelled("state", string(state)), float64(queue.Counts[state]))
	}
	t.single("postern_letters_failed_last_day", gauge, "Letters that failed within the last day.",
		float64(m.source.Failed()))
	age := 0.0
	if !queue.Oldest.IsZero() {
		age = max(0, m.source.Now().Sub(queue.Oldest).Seconds())
	}
	t.single("postern_oldest_due_letter_seconds", gauge, "Seconds since the oldest letter that is due was owed.", age)
	m.attempts.write(t, "postern_letter_attempts_total", "Tries to hand over a letter, by class, phase and reply code.")
	m.outcomes.write(t, "postern_letter_outcomes_total", "States of letters after a try, by kind of letter.")
	m.sent.write(t, "postern_letter_sent_seconds", "Time from owing a letter to its being sent.")
	m.cameBack.write(t, "postern_mail_came_back_total", "Messages that came back, by source and outcome.")
	m.pauses.write(t, "postern_smarthost_pauses_total", "Pauses that faults of the smarthost began.")
}

// writeState writes what is so now.
func (m *Metrics) writeState(t *text) {
	for _, now := range []struct {
		name, help string
		value      float64
	}{
		{"postern_smarthost_connections", "Open connections to the smarthost.", float64(m.source.Connections())},
		{"postern_smarthost_at_fault", "1 while a fault of the smarthost pauses sending.", one(m.source.Breaker())},
		{"postern_sending_paused", "1 while the operator has paused sending.", one(m.source.Paused())},
		{"postern_ready", "1 while writes are taken.", one(m.source.Ready())},
		{"postern_silent_partners", "Partners that should call and do not.", float64(m.source.Silent())},
	} {
		t.single(now.name, gauge, now.help, now.value)
	}
}

func one(is bool) float64 {
	if is {
		return 1
	}
	return 0
}
