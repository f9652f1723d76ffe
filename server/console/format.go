package console

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"
)

// instant is a time as pages show it, with what programs read.
type instant struct{ ISO, Text string }

// at is a time in the operator's zone; a zero one shows nothing.
func (h *Handlers) at(t time.Time) instant {
	if t.IsZero() {
		return instant{}
	}
	layout := "2 Jan 15:04:05"
	if t.In(h.Zone).Year() != h.Now().In(h.Zone).Year() {
		layout = "2 Jan 2006 15:04"
	}
	return instant{ISO: t.UTC().Format(time.RFC3339), Text: t.In(h.Zone).Format(layout)}
}

// clock is a time in full.
func (h *Handlers) clock(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.In(h.Zone).Format("2 January 2006, 15:04:05 MST")
}

// number writes a count, with a comma between thousands.
func number[N int | uint64](n N) string {
	digits := strconv.FormatUint(uint64(n), 10)
	for at := len(digits) - 3; at > 0; at -= 3 {
		digits = digits[:at] + "," + digits[at:]
	}
	return digits
}

// counted writes a count with its word, as "1 letter" or "2,000 letters".
func counted[N int | uint64](n N, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return number(n) + " " + many
}

// letters counts letters.
func letters(n int) string { return counted(n, "letter", "letters") }

// span writes a duration with two digits that matter, as "3.4 ms", "1.2 s" or "2 h 5 min".
func span(d time.Duration) string {
	switch {
	case d <= 0:
		return "0"
	case d < 10*time.Millisecond:
		return strconv.FormatFloat(float64(d)/float64(time.Millisecond), 'f', 1, 64) + " ms"
	case d < time.Second:
		return strconv.Itoa(int(d.Milliseconds())) + " ms"
	case d < 10*time.Second:
		return strconv.FormatFloat(d.Seconds(), 'f', 1, 64) + " s"
	case d < 2*time.Minute:
		return strconv.Itoa(int(d.Seconds())) + " s"
	case d < 2*time.Hour:
		return strconv.Itoa(int(d.Minutes())) + " min"
	case d < 48*time.Hour:
		return strconv.Itoa(int(d.Hours())) + " h"
	}
	return strconv.Itoa(int(d.Hours()/24)) + " days"
}

// ago says how long something has been.
func (h *Handlers) ago(t time.Time) string {
	d := h.Now().Sub(t)
	if d < time.Second {
		return "just now"
	}
	return span(d.Truncate(time.Second)) + " ago"
}

// listed puts commas between items; none gives the word for that.
func listed[T any](items []T, none string) string {
	texts := make([]string, len(items))
	for i, item := range items {
		texts[i] = fmt.Sprint(item)
	}
	return cmp.Or(strings.Join(texts, ", "), none)
}

func sortedKeys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }

// stem is a field's name without its place in a list, as scope of scope[1].
func stem(path string) string {
	name, _, _ := strings.Cut(path, "[")
	return name
}
