package metrics

import (
	"bytes"
	"fmt"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"
	"sync"
)

// text is a page in Prometheus's text format, version 0.0.4: families of samples, each with its HELP and TYPE before
// them. All samples of a family must stand together, and those of a histogram in the order of le; Prometheus refuses
// the whole page otherwise.
type text struct{ bytes.Buffer }

// The types of families.
const (
	counter   = "counter"
	gauge     = "gauge"
	histogram = "histogram"
)

// family begins the samples of a name. help is one line.
func (t *text) family(name, kind, help string) {
	fmt.Fprintf(t, "# HELP %s %s\n# TYPE %s %s\n", name, strings.ReplaceAll(help, `\`, `\\`), name, kind)
}

// sample writes one value; labels are as labelled gives them.
func (t *text) sample(name, labels string, value float64) {
	if labels != "" {
		labels = "{" + labels + "}"
	}
	fmt.Fprintf(t, "%s%s %s\n", name, labels, number(value))
}

// single is a family of one sample without labels.
func (t *text) single(name, kind, help string, value float64) {
	t.family(name, kind, help)
	t.sample(name, "", value)
}

// escaper writes the value of a label.
var escaper = strings.NewReplacer(`\`, `\\`, "\n", `\n`, `"`, `\"`)

// labelled writes pairs of name and value as labels.
func labelled(pairs ...string) string {
	var labels []string
	for pair := range slices.Chunk(pairs, 2) {
		labels = append(labels, pair[0]+`="`+escaper.Replace(pair[1])+`"`)
	}
	return strings.Join(labels, ",")
}

// number writes a value without an exponent, as people read it.
func number(value float64) string {
	if math.IsInf(value, 1) {
		return "+Inf"
	}
	return strconv.FormatFloat(value, 'f', -1, 64)
}

// counts are counters of one name by their labels. They are safe for concurrent use.
type counts struct {
	mu sync.Mutex
	by map[string]uint64 // by labels as they are written; guarded by mu
}

func (c *counts) add(labels string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.by == nil {
		c.by = make(map[string]uint64)
	}
	c.by[labels]++
}

func (c *counts) write(t *text, name, help string) {
	c.mu.Lock()
	by := maps.Clone(c.by)
	c.mu.Unlock()
	t.family(name, counter, help)
	for _, labels := range slices.Sorted(maps.Keys(by)) {
		t.sample(name, labels, float64(by[labels]))
	}
}

// spread counts values by upper bounds, as a histogram. It is safe for concurrent use. A value is counted once, where
// it first fits; the format wants each bucket to hold all below it as well, and write adds them up.
type spread struct {
	bounds []float64 // ascending

	mu    sync.Mutex // guards what is below
	below []uint64   // by the first bound that holds the value, and one for those above all
	sum   float64
}

func newSpread(bounds []float64) *spread {
	return &spread{bounds: bounds, below: make([]uint64, len(bounds)+1)}
}

func (s *spread) add(value float64) {
	first, _ := slices.BinarySearch(s.bounds, value)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.below[first]++
	s.sum += value
}

// write is a family of one histogram without labels.
func (s *spread) write(t *text, name, help string) {
	t.family(name, histogram, help)
	s.samples(t, name, "")
}

// samples writes buckets of which each holds all values up to its bound; labels are as labelled gives them.
func (s *spread) samples(t *text, name, labels string) {
	s.mu.Lock()
	below, sum := slices.Clone(s.below), s.sum
	s.mu.Unlock()
	before := ""
	if labels != "" {
		before = labels + ","
	}
	count := uint64(0)
	for i, bound := range append(slices.Clone(s.bounds), math.Inf(1)) {
		count += below[i]
		t.sample(name+"_bucket", before+labelled("le", number(bound)), float64(count))
	}
	t.sample(name+"_sum", labels, sum)
	t.sample(name+"_count", labels, float64(count))
}
