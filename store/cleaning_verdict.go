package store

// Verdict says whether a tank may be loaded on a cleaning's document, and else why not.
type Verdict string

// The verdicts on a document.
const (
	VerdictValid     Verdict = "valid"     // signed off, and its load is open
	VerdictLoaded    Verdict = "loaded"    // since this cleaning
	VerdictRejected  Verdict = "rejected"  // by a loading place
	VerdictUnsigned  Verdict = "unsigned"  // cleaned, not signed off
	VerdictPlanned   Verdict = "planned"   // not cleaned
	VerdictCancelled Verdict = "cancelled" // by the station
	VerdictInvalid   Verdict = "invalid"   // by the station
)

// Verdict judges a document. What a station has withdrawn is not valid, whatever was loaded on it before. There is no
// time limit: a document is valid until the tank is loaded again (EFTCO, validity of cleaning documents, 2020).
func (c Cleaning) Verdict() Verdict {
	switch {
	case c.Status == Invalid:
		return VerdictInvalid
	case c.Status == Cancelled:
		return VerdictCancelled
	case c.Load.Status == LoadCompleted:
		return VerdictLoaded
	case c.Load.Status == LoadRejected:
		return VerdictRejected
	case c.Status == SignedOff:
		return VerdictValid
	case c.Status == Completed:
		return VerdictUnsigned
	}
	return VerdictPlanned
}

// Words lists the verdicts.
func (Verdict) Words() []string {
	return []string{string(VerdictValid), string(VerdictLoaded), string(VerdictRejected), string(VerdictUnsigned),
		string(VerdictPlanned), string(VerdictCancelled), string(VerdictInvalid)}
}
