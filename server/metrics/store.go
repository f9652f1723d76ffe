package metrics

import (
	"runtime"
	"time"
)

// The upper bounds of histograms of the data file: what writing and syncing a commit takes, in seconds, on anything
// from a fast disk to one that is failing; and how many writes share one.
var (
	committedWithin = []float64{0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1, 5}
	groupSizes      = []float64{1, 2, 5, 10, 25, 50, 100, 250, 1000}
)

// hashedWithin are the upper bounds, in seconds, of the time that a password took with the wait for its turn; after 10
// a call gives up.
var hashedWithin = []float64{0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10}

// Committed counts a commit, and how many writes shared it.
func (m *Metrics) Committed(took time.Duration, writes int) {
	m.commits.add(took.Seconds())
	m.groups.add(float64(writes))
}

// Told counts an event by its type.
func (m *Metrics) Told(event string) { m.events.add(labelled("type", event)) }

// Hashed counts a password that was hashed, or that was refused as too many waited.
func (m *Metrics) Hashed(took time.Duration, refused bool) {
	if refused {
		m.refused.add("")
		return
	}
	m.hashed.add(took.Seconds())
}

// writeStore writes what is stored, and how storing goes.
func (m *Metrics) writeStore(t *text) {
	bikers, users := m.source.People()
	t.family("postern_people", gauge, "People who are stored, as they were counted last.")
	t.sample("postern_people", labelled("kind", "biker"), float64(bikers))
	t.sample("postern_people", labelled("kind", "user"), float64(users))
	m.events.write(t, "postern_events_total", "Events since the start, by type.")
	m.commits.write(t, "postern_commit_seconds", "Time to write and sync a commit of the data file.")
	m.groups.write(t, "postern_commit_writes", "Writes that shared a commit.")
	if space, err := m.source.Space(); err == nil {
		t.single("postern_data_file_bytes", gauge, "Size of the data file.", float64(space.File))
		t.single("postern_disk_free_bytes", gauge, "Room left on the data file's disk.", float64(space.Free))
		t.single("postern_disk_reserve_bytes", gauge, "Room below which nothing new is taken.", float64(space.Reserve))
		t.single("postern_disk_size_bytes", gauge, "Size of the data file's disk.", float64(space.Total))
	}
}

func (m *Metrics) writePasswords(t *text) {
	t.single("postern_password_waiting", gauge, "Calls that wait for their turn to hash a password.",
		float64(m.source.Hashing()))
	m.hashed.write(t, "postern_password_seconds", "Time that a password took, with the wait for its turn.")
	m.refused.write(t, "postern_password_refused_total", "Calls answered 503, as too many waited to hash a password.")
}

// writeBuild writes which program runs, and until when its certificate lasts.
func (m *Metrics) writeBuild(t *text) {
	t.family("postern_build_info", gauge, "Always 1; the labels say which program runs.")
	t.sample("postern_build_info", labelled("version", m.build.Version, "commit", m.build.Commit,
		"go_version", runtime.Version()), 1)
	if until := m.source.Certificate(); !until.IsZero() {
		t.single("postern_certificate_expiry_timestamp_seconds", gauge, "When the certificate of TLS_CERT ends.",
			float64(until.Unix()))
	}
}
