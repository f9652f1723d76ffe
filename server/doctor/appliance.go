package doctor

import (
	"fmt"
	"strings"
	"time"

	"postern/store"
)

// Appliance is what an appliance knows of itself at this moment.
type Appliance struct {
	store.Glance
	NotReady    string // why no write is taken; empty: they are taken
	Pause       Pause
	Silent      []string // partners that should call and do not
	Limits      []string // sentences about limits in force
	Webhook     *Webhook // nil: there is no receiver
	Descriptors uint64   // that may be open; 0: not known
}

// Pause is that sending pauses since the smarthost is at fault.
type Pause struct {
	Until time.Time // zero: it does not
	Fault string
}

// Webhook is how posting events goes.
type Webhook struct {
	Receiver string
	Waiting  uint64
	Fault    string // why the last try came to nothing; empty: it did not
	Since    time.Time
	Lost     uint64 // events that were past their time before they were taken
}

const (
	// dueLate is how old the oldest letter that is due may be. On a quiet day it is a second.
	dueLate = 15 * time.Minute
	// leastDescriptors are those of the connections that may be open at once, and some for the rest.
	leastDescriptors = 4096 + 256
	// clockBack is how far the newest event may lie in the future: further, and the clock was set back.
	clockBack = time.Minute
)

// Attention lists what an operator should look at, as sentences: of what the appliance knows itself, so that it costs
// nothing to ask.
func (a Appliance) Attention(now time.Time) []string { return attention(a.judge(now)) }

// attention are the sentences of what is not in order.
func attention(found []Finding) (list []string) {
	for _, f := range found {
		if f.State != OK {
			list = append(list, strings.TrimSpace(f.Found+" "+f.Mend))
		}
	}
	return list
}

// judge looks at what the appliance knows of itself.
func (a Appliance) judge(now time.Time) (found []Finding) {
	if a.NotReady != "" {
		found = append(found, must("data", "", "Nothing new is taken: %s.", words(errorText(a.NotReady))))
	}
	if ahead := a.LastEvent.Sub(now); ahead > clockBack {
		found = append(found, must("clock", "Set the clock right.",
			"The newest event is dated %s from now: the clock was set back, or was wrong.", ahead.Round(time.Second)))
	}
	found = append(found, a.judgeLetters(now)...)
	for _, name := range a.Silent {
		found = append(found, warn("partners", "Ask whoever runs it.",
			"The partner %s should call and does not, for three of its intervals.", name))
	}
	for _, limit := range a.Limits {
		found = append(found, warn("limits", "See who it is (POSTERN_LOG_LEVEL=debug), and raise the limit where it "+
			"is too low.", "Over a limit within the last hour: %s.", limit))
	}
	found = append(found, a.judgeWebhook()...)
	if a.Descriptors > 0 && a.Descriptors < leastDescriptors {
		mend := fmt.Sprintf("Allow at least %d (systemd: LimitNOFILE=).", leastDescriptors)
		found = append(found, warn("limits", mend,
			"Only %d files and connections may be open at once.", a.Descriptors))
	}
	return found
}

// judgeLetters looks at the mail queue.
func (a Appliance) judgeLetters(now time.Time) (found []Finding) {
	const check = "letters"
	counts := a.Queue.Counts
	if a.Paused {
		found = append(found, warn(check, "postern letter resume lets letters go.",
			"Sending is paused, by the operator or since a restore; %s queued.", letters(counts[store.LetterQueued])))
	}
	if !a.Pause.Until.IsZero() {
		again := "it is being tried now"
		if a.Pause.Until.After(now) {
			again = "it is tried again at " + a.Pause.Until.UTC().Format(time.TimeOnly) + " UTC"
		}
		found = append(found, must(check, "postern letter check says how it stands.",
			"The smarthost is at fault (%s); %s queued, and %s.", a.Pause.Fault, letters(counts[store.LetterQueued]),
			again))
	}
	waits := !a.Queue.Oldest.IsZero() && !a.Paused && a.Pause.Until.IsZero()
	if late := now.Sub(a.Queue.Oldest); waits && late > dueLate {
		found = append(found, warn(check, "postern letter list --state queued shows why.",
			"The oldest letter that is due has waited for %s.", late.Round(time.Minute)))
	}
	if n := counts[store.LetterHeld]; n > 0 {
		found = append(found, warn(check, "postern letter list --state held, then postern letter release --held.",
			"%s held until you release them, or resume sending after a restore.", letters(n)))
	}
	if a.FailedLastDay > 0 {
		found = append(found, warn(check, "postern letter list --state failed; mend the cause, then postern letter "+
			"retry --failed.", "%s failed within the last day.", lettersHave(a.FailedLastDay)))
	}
	if len(found) == 0 {
		found = append(found, fine(check, "%s queued; none is held, and none failed within the last day.",
			letters(counts[store.LetterQueued])))
	}
	return found
}

func letters(n int) string {
	if n == 1 {
		return "1 letter is"
	}
	return fmt.Sprintf("%d letters are", n)
}

func lettersHave(n int) string {
	if n == 1 {
		return "1 letter has"
	}
	return fmt.Sprintf("%d letters have", n)
}

func (a Appliance) judgeWebhook() []Finding {
	const check = "webhook"
	hook := a.Webhook
	switch {
	case hook == nil:
		return nil
	case hook.Lost > 0:
		return []Finding{warn(check, "Raise POSTERN_KEEP_EVENTS, or mend the receiver.",
			"%d events were deleted before %s took them.", hook.Lost, hook.Receiver)}
	case hook.Fault != "":
		return []Finding{warn(check, "Mend the receiver; events wait for it in their order.",
			"%s takes no events since %s: %s; %d wait.", hook.Receiver, hook.Since.UTC().Format(time.RFC3339),
			hook.Fault, hook.Waiting)}
	}
	return []Finding{fine(check, "%s takes the events; %d wait.", hook.Receiver, hook.Waiting)}
}
