package limit

import "time"

// The delays of Delay: 1 s doubling to 1 h. It ends there, so that nobody locks an owner out for a day; at an hour a
// try guessing comes to nothing all the same.
const (
	firstDelay = time.Second
	LastDelay  = time.Hour
)

// Delay is how long a try has to wait after the last of so many wrong ones, of which some are free (exponential
// backoff).
func Delay(wrong, free int) time.Duration {
	over := wrong - free
	switch {
	case over < 0:
		return 0
	case over >= 12: // 2^12 s is more than an hour
		return LastDelay
	}
	return min(firstDelay<<over, LastDelay)
}
