package metrics

import "time"

// Backup is how it stands with backups.
type Backup struct {
	At     time.Time // whose state the newest has; zero: none is known
	Failed uint64    // that the appliance should have made by itself, since the start
}

// writeBackup writes how old the newest backup is. Where none is known yet there is no age: an alert on one that is too
// old must not be silenced by a 0.
func (m *Metrics) writeBackup(t *text) {
	backup, is := m.source.Backup()
	if !is {
		return
	}
	if !backup.At.IsZero() {
		t.single("postern_backup_age_seconds", gauge, "Age of the state that the newest backup has.",
			max(0, m.source.Now().Sub(backup.At).Seconds()))
	}
	t.single("postern_backup_failures_total", counter,
		"Backups that could not be made by the appliance itself, since the start.", float64(backup.Failed))
}
