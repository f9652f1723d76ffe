package store

import "testing"

// TestVerdict: only a document that is signed off, and whose load is open, is valid.
func TestVerdict(t *testing.T) {
	for _, tt := range []struct {
		status CleaningStatus
		load   LoadStatus
		want   Verdict
	}{
		{SignedOff, LoadOpen, VerdictValid}, {SignedOff, LoadCompleted, VerdictLoaded},
		{SignedOff, LoadRejected, VerdictRejected}, {Completed, LoadOpen, VerdictUnsigned},
		{Completed, LoadRejected, VerdictRejected}, {Planned, LoadOpen, VerdictPlanned},
		{Cancelled, LoadOpen, VerdictCancelled}, {Cancelled, LoadCompleted, VerdictCancelled},
		{Invalid, LoadOpen, VerdictInvalid}, {Invalid, LoadRejected, VerdictInvalid},
		{"", "", VerdictPlanned}, {"else", LoadOpen, VerdictPlanned},
	} {
		c := Cleaning{CleaningData: CleaningData{Status: tt.status}, Load: Load{Status: tt.load}}
		if got := c.Verdict(); got != tt.want {
			t.Errorf("%s with a load %s is %s, want %s", tt.status, tt.load, got, tt.want)
		}
	}
}
