package doctor

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"syscall"
	"time"
)

// How far the clock may be off. Receivers of webhooks refuse what is five minutes old, and so do token endpoints; a
// letter whose Date lies ahead looks like spam.
const (
	clockOff   = time.Minute
	clockWrong = 5 * time.Minute
)

// reading is another's clock, and ours at the same moment.
type reading struct {
	of   string
	ours time.Duration // ahead of theirs; below 0: behind
}

// read notes another's clock.
func (e *examination) read(of string, theirs time.Time) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.clocks = append(e.clocks, reading{of, e.Now().Sub(theirs).Truncate(time.Second)})
}

// readDate notes the clock of a server that has answered.
func (e *examination) readDate(of string, answer *http.Response) {
	if at, err := http.ParseTime(answer.Header.Get("Date")); err == nil {
		e.read(of, at)
	}
}

// askClock asks an HTTP server of others for its Date. It need not answer anything else.
func (e *examination) askClock(ctx context.Context) []Finding {
	if e.ClockURL == "" {
		return nil
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodHead, e.ClockURL, nil)
	if err != nil {
		return nil
	}
	client, end := e.client()
	defer end()
	if answer, err := client.Do(request); err == nil {
		answer.Body.Close()
		e.readDate("the Date of "+request.URL.Host, answer)
	}
	return nil // that it does not answer is the smarthost's check's to tell
}

// clock compares this machine's clock with those that the checks came by. SMTP has no Date, and the time is not asked
// for elsewhere: it says what was compared, and what the kernel knows.
func (e *examination) clock() []Finding {
	const check = "clock"
	mend := "Have it set by NTP (systemd-timesyncd, chrony): timedatectl says how it stands."
	if len(e.clocks) == 0 {
		if unsynchronised() {
			return []Finding{warn(check, mend, "Nothing was met that tells the time, and the kernel says that nobody "+
				"keeps this clock right.")}
		}
		return []Finding{fine(check, "Nothing was met that tells the time; the kernel says that the clock is kept "+
			"right.")}
	}
	compared := make([]string, len(e.clocks))
	for i, one := range e.clocks {
		compared[i] = one.of
	}
	worst := slices.MaxFunc(e.clocks, func(a, b reading) int { return int(a.ours.Abs() - b.ours.Abs()) })
	with := strings.Join(compared, " and ")
	switch off := worst.ours.Abs(); {
	case off >= clockWrong:
		return []Finding{must(check, mend, "The clock is %s, compared with %s: links end at the wrong time, letters "+
			"look like spam, and signatures are refused.", aheadOrBehind(worst.ours), worst.of)}
	case off >= clockOff:
		return []Finding{warn(check, mend, "The clock is %s, compared with %s.", aheadOrBehind(worst.ours), worst.of)}
	}
	return []Finding{fine(check, "The clock is right within %s, compared with %s.",
		max(worst.ours.Abs(), time.Second), with)}
}

func aheadOrBehind(by time.Duration) string {
	if by < 0 {
		return fmt.Sprintf("%s behind", -by)
	}
	return fmt.Sprintf("%s ahead", by)
}

// unsynchronised reports whether the kernel says so: adjtimex(2), STA_UNSYNC. What it does not tell is no fault.
func unsynchronised() bool {
	const unsynchronised = 0x40
	var about syscall.Timex
	_, err := syscall.Adjtimex(&about)
	return err == nil && about.Status&unsynchronised != 0
}
