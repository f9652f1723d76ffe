package series

import (
	"math"
	"slices"
	"time"
)

// Delays counts durations by their size (a histogram), in classes that grow by the root of 2: a quantile read from it
// is off by no more than that, and two can be merged. The first class ends at shortest; the last is open.
type Delays []uint32

const (
	shortest = 250 * time.Microsecond
	classes  = 44 // the last begins at 12 minutes
)

// class is where a duration is counted.
func class(d time.Duration) int {
	if d <= shortest {
		return 0
	}
	return min(classes-1, int(math.Ceil(2*math.Log2(float64(d)/float64(shortest)))))
}

// end is the longest duration of a class.
func end(class float64) time.Duration { return time.Duration(float64(shortest) * math.Exp2(class/2)) }

// Add counts a duration.
func (d *Delays) Add(took time.Duration) { d.add(class(took), 1) }

func (d *Delays) add(class int, n uint32) {
	if missing := class + 1 - len(*d); missing > 0 {
		*d = slices.Concat(*d, make(Delays, missing))
	}
	(*d)[class] += n
}

// Merge adds what another one has counted.
func (d *Delays) Merge(other Delays) {
	for class, n := range other {
		if n > 0 && class < classes {
			d.add(class, n)
		}
	}
}

// Count is how many durations there are.
func (d Delays) Count() (all int) {
	for _, n := range d {
		all += int(n)
	}
	return all
}

// Quantile is the duration that a share of them does not exceed, as 0.99; 0 where there are none.
func (d Delays) Quantile(share float64) time.Duration {
	wanted := share * float64(d.Count())
	if wanted == 0 {
		return 0
	}
	below := 0.0
	for i, n := range d {
		if below += float64(n); n > 0 && below >= wanted {
			within := (wanted - (below - float64(n))) / float64(n)
			return end(float64(i) - 1 + within)
		}
	}
	return end(classes)
}
