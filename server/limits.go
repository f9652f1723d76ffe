package server

import (
	"cmp"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/rs/zerolog"

	"postern/store"
)

// limitQuiet is for how long a limit is in force after it has held somebody up, and how often the log says so.
const limitQuiet = time.Hour

// limitWords tell the operator what a limit does to people.
var limitWords = map[store.Limit]string{
	"register":            "register calls of one client (LIMIT_REGISTER) are answered 429",
	"sign_in":             "sign-in and forgot calls of one client (LIMIT_SIGN_IN) are answered 429",
	store.StrangerLetters: "people who are new get no letter, or 429, as LIMIT_STRANGER_LETTERS is used up",
	store.AddressLetters:  "somebody gets no further letter with a link (LIMIT_ADDRESS_LETTERS)",
	store.MailboxLetters:  "letters to the plus addresses of one mailbox are not sent, or held",
	store.PartnerLetters:  "letters that one partner causes (LIMIT_PARTNER_LETTERS) are held",
	store.FailedLetters:   "letters about failed registrations of one partner are held",
}

// limitWatch counts what goes over limits, since nobody is told of it otherwise: who is held up does not know why. It
// is safe for concurrent use.
type limitWatch struct {
	log zerolog.Logger
	now func() time.Time

	mu     sync.Mutex
	limits map[store.Limit]*limitRecord // guarded by mu
}

type limitRecord struct {
	since, last, logged time.Time
	counts              map[store.LimitOutcome]uint64
}

func newLimitWatch(log zerolog.Logger, now func() time.Time) *limitWatch {
	return &limitWatch{log: log, now: now, limits: make(map[store.Limit]*limitRecord)}
}

// note is told of everything that goes over a limit. The log has one line when the limit comes into force, and one an
// hour as long as it is: a flood must not fill the disk by being noticed. The store calls it between two commits, so it
// must be quick.
func (w *limitWatch) note(limit store.Limit, outcome store.LimitOutcome) {
	w.mu.Lock()
	defer w.mu.Unlock()
	record, known := w.limits[limit]
	if !known {
		record = &limitRecord{counts: make(map[store.LimitOutcome]uint64)}
		w.limits[limit] = record
	}
	record.counts[outcome]++
	now := w.now()
	if now.Sub(record.last) >= limitQuiet {
		record.since = now
	}
	if now.Sub(record.logged) >= limitQuiet {
		record.logged = now
		w.log.Warn().Str("limit", string(limit)).Str("outcome",
			string(outcome)).Msg("a limit is in force: " + limitWords[limit])
	}
	record.last = now
}

// each returns what has been counted since the start, in the order of the names.
func (w *limitWatch) each(give func(limit, outcome string, count uint64)) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, limit := range slices.Sorted(maps.Keys(w.limits)) {
		counts := w.limits[limit].counts
		for _, outcome := range slices.Sorted(maps.Keys(counts)) {
			give(string(limit), string(outcome), counts[outcome])
		}
	}
}

// limitInForce is a limit that something went over within the last hour.
type limitInForce struct {
	Limit  store.Limit                   `json:"limit"`
	Since  time.Time                     `json:"since"`
	Last   time.Time                     `json:"last"`
	Counts map[store.LimitOutcome]uint64 `json:"counts"` // since the appliance started
}

// inForce lists the limits in force.
func (w *limitWatch) inForce() (list []limitInForce) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for limit, record := range w.limits {
		if w.now().Sub(record.last) < limitQuiet {
			list = append(list, limitInForce{limit, record.since.UTC(), record.last.UTC(), maps.Clone(record.counts)})
		}
	}
	slices.SortFunc(list, func(a, b limitInForce) int { return cmp.Compare(a.Limit, b.Limit) })
	return list
}
