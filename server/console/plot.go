package console

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"postern/store/series"
)

// A plot is drawn as SVG that stands in the page: 360 by 150 units, which are about as many pixels, so that its texts
// are as large as the page's. Colours come from the style sheet. Who does not see it has its title, what it comes to in
// words, and a table with all numbers.
const (
	plotWidth, plotHeight = 360.0, 150.0
	plotLeft, plotRight   = 40.0, 356.0 // of the area between the axes
	plotTop, plotBottom   = 8.0, 126.0
)

// plot is what its template draws.
type plot struct {
	ID, Title string
	Sum       string   // what it comes to, in words
	Kinds     []kind   // what the colours mean; one: none needs saying
	Levels    []mark   // lines across, with their values
	Moments   []mark   // along the lower edge
	Bars      []bar    // one upon the other
	Lines     []line   // or lines
	Head      []string // of the table
	Rows      [][]string
	Gaps      []bar // behind all: when the appliance did not run
	Empty     bool
}

type kind struct{ Class, Name string }

type mark struct {
	At   string // x, or y
	Text string
}

type bar struct {
	X, Y, Width, Height, Class, Title string

	Now bool // it is still growing
}

type line struct{ Class, Path string }

// column is one stretch of time of a plot: half an hour, or a day.
type column struct {
	series.Slot
	name string // in the table
	mark string // along the lower edge; empty: none
	now  bool   // it is under way
}

// label names the column, and says of the running one that it is not all yet.
func (c column) label() string {
	if c.now {
		return c.name + ", so far"
	}
	return c.name
}

// ran reports whether the appliance is known to have run then.
func (c column) ran() bool { return c.Seen > 0 || c.Sent+c.Failed+c.Bikers+c.Users > 0 || c.now }

// day are the half hours of the last day, and month the days of the last month, the running one as their last.
func (h *Handlers) day(slots []series.Slot) []column {
	const all = int(24 * time.Hour / series.Span)
	first := h.Now().UTC().Truncate(series.Span).Add(-(24*time.Hour - series.Span))
	columns := make([]column, all)
	for i := range columns {
		begin := first.Add(time.Duration(i) * series.Span).In(h.Zone)
		columns[i].name = begin.Format("2 Jan 15:04")
		if begin.Hour()%6 == 0 && begin.Minute() == 0 {
			columns[i].mark = begin.Format("15:04")
		}
	}
	columns[all-1].now = true
	for _, slot := range slots {
		if i := int(slot.At.Sub(first) / series.Span); !slot.At.Before(first) && i < all {
			columns[i].Add(slot)
		}
	}
	return columns
}

// monthDays is how many days the plots of a month show.
const monthDays = 31

func (h *Handlers) month(slots []series.Slot) []column {
	columns := make([]column, monthDays)
	byDay := make(map[string]*column)
	today := h.Now().In(h.Zone)
	for i := range columns {
		begin := time.Date(today.Year(), today.Month(), today.Day()-(monthDays-1-i), 12, 0, 0, 0, h.Zone)
		columns[i].name = begin.Format("2 Jan")
		if begin.Weekday() == time.Monday {
			columns[i].mark = columns[i].name
		}
		byDay[begin.Format(time.DateOnly)] = &columns[i]
	}
	columns[monthDays-1].now = true
	for _, slot := range slots {
		if c, is := byDay[slot.At.In(h.Zone).Format(time.DateOnly)]; is {
			c.Add(slot)
		}
	}
	return columns
}

// plots are those of a span of time; what it is called begins their ids.
func plots(of string, columns []column) []plot {
	return []plot{
		stacked(of+"-letters", "Letters", columns, []counting{
			{kind{"sent", "sent"}, func(c column) int { return c.Sent }},
			{kind{"failed", "failed"}, func(c column) int { return c.Failed }},
		}),
		stacked(of+"-registered", "Registrations", columns, []counting{
			{kind{"sent", "bikers"}, func(c column) int { return c.Bikers }},
			{kind{"other", "users"}, func(c column) int { return c.Users }},
		}),
		stacked(of+"-queue", "Letters waiting", columns, []counting{
			{kind{"wait", "waiting"}, func(c column) int { return c.Queue }},
		}),
		delays(of+"-commit", "Time to store", columns, func(c column) series.Delays { return c.Commit }),
		delays(of+"-smtp", "Time to hand over", columns, func(c column) series.Delays { return c.Mail }),
		delays(of+"-wait", "From owed to sent", columns, func(c column) series.Delays { return c.Wait }),
	}
}

// counting is one kind of what is counted.
type counting struct {
	kind
	of func(column) int
}

// stacked plots counts as bars.
func stacked(id, title string, columns []column, kinds []counting) plot {
	p := plot{ID: id, Title: title, Head: []string{"From"}}
	most := 0
	sums := make([]int, len(kinds))
	for _, c := range columns {
		height := 0
		for i, k := range kinds {
			height += k.of(c)
			sums[i] += k.of(c)
		}
		most = max(most, height)
	}
	var words []string
	for i, k := range kinds {
		p.Head = append(p.Head, k.Name)
		p.Kinds = append(p.Kinds, k.kind)
		words = append(words, counted(sums[i], strings.TrimSuffix(k.Name, "s"), k.Name))
	}
	p.Sum = strings.Join(words, ", ")
	if len(kinds) == 1 { // a depth, which is no sum
		p.Kinds, p.Sum = nil, number(most)+" at most"
	}
	p.Empty = most == 0
	p.axes(columns, niceCount(most), short)
	width := (plotRight - plotLeft) / float64(len(columns))
	for i, c := range columns {
		row := []string{c.label()}
		base := 0.0
		for _, k := range kinds {
			n := float64(k.of(c))
			row = append(row, number(k.of(c)))
			if n > 0 {
				top, end := p.y(base+n, niceCount(most)), p.y(base, niceCount(most))
				p.Bars = append(p.Bars, bar{X: unit(plotLeft + float64(i)*width + width*0.1), Width: unit(width * 0.8),
					Y: unit(top), Height: unit(max(1, end-top)), Class: k.Class,
					Title: c.label() + ": " + number(k.of(c)) + " " + k.Name, Now: c.now})
			}
			base += n
		}
		p.Rows = append(p.Rows, row)
	}
	return p
}

// delays plots how long something took: the median, and what 99 of 100 did not exceed.
func delays(id, title string, columns []column, of func(column) series.Delays) plot {
	p := plot{ID: id, Title: title, Head: []string{"From", "median", "99 % within", "count"},
		Kinds: []kind{{"half", "median"}, {"most", "99 %"}}}
	var all series.Delays
	longest := time.Duration(0)
	for _, c := range columns {
		all.Merge(of(c))
		longest = max(longest, of(c).Quantile(0.99))
	}
	p.Empty = all.Count() == 0
	p.Sum = "median " + span(all.Quantile(0.5)) + ", 99 % within " + span(all.Quantile(0.99))
	if p.Empty {
		p.Sum = "none"
	}
	top := niceDelay(longest)
	p.axes(columns, top, func(v float64) string {
		return strings.Replace(span(time.Duration(v)), ".0 ", " ", 1)
	})
	for _, quantile := range []struct {
		class string
		share float64
	}{{"most", 0.99}, {"half", 0.5}} {
		p.Lines = append(p.Lines, line{quantile.class, p.path(columns, func(c column) (y float64, is bool) {
			d := of(c)
			return p.y(float64(d.Quantile(quantile.share)), top), d.Count() > 0
		})})
	}
	for _, c := range columns {
		d := of(c)
		p.Rows = append(p.Rows, []string{c.label(), span(d.Quantile(0.5)), span(d.Quantile(0.99)), number(d.Count())})
	}
	return p
}

// path goes from column to column, and breaks off where nothing is known. What stands alone is a dash.
func (p *plot) path(columns []column, at func(column) (y float64, is bool)) string {
	const dash = 5.0
	var path strings.Builder
	width := (plotRight - plotLeft) / float64(len(columns))
	before := false
	for i, c := range columns {
		y, is := at(c)
		after := false
		if i+1 < len(columns) {
			_, after = at(columns[i+1])
		}
		x := plotLeft + (float64(i)+0.5)*width
		switch {
		case is && before:
			fmt.Fprintf(&path, "L%s %s", unit(x), unit(y))
		case is && after:
			fmt.Fprintf(&path, "M%s %s", unit(x), unit(y))
		case is:
			fmt.Fprintf(&path, "M%s %sh%s", unit(x-dash/2), unit(y), unit(dash))
		}
		before = is
	}
	return path.String()
}

// axes draws two levels beside the lowest one, which an empty plot does without, the moments, and the gaps.
func (p *plot) axes(columns []column, top float64, write func(float64) string) {
	p.gaps(columns)
	for _, share := range []float64{0, 0.5, 1} {
		if p.Empty && share > 0 {
			break
		}
		text := "0"
		if share > 0 {
			text = write(top * share)
		}
		p.Levels = append(p.Levels, mark{unit(p.y(top*share, top)), text})
	}
	width := (plotRight - plotLeft) / float64(len(columns))
	for i, c := range columns {
		if c.mark != "" && i < len(columns)-1 {
			p.Moments = append(p.Moments, mark{unit(plotLeft + float64(i)*width), c.mark})
		}
	}
}

// gaps marks when the appliance did not run, from the first time on that it did.
func (p *plot) gaps(columns []column) {
	width := (plotRight - plotLeft) / float64(len(columns))
	first := slices.IndexFunc(columns, column.ran)
	for i := first + 1; first >= 0 && i < len(columns); i++ {
		from := i
		for i < len(columns) && !columns[i].ran() { // the last one is under way
			i++
		}
		if i > from {
			p.Gaps = append(p.Gaps, bar{X: unit(plotLeft + float64(from)*width), Width: unit(float64(i-from) * width),
				Y: unit(plotTop), Height: unit(plotBottom - plotTop),
				Title: "The appliance did not run from " + columns[from].name + " to " + columns[i].name})
		}
	}
}

// y is the height of a value.
func (p *plot) y(value, top float64) float64 { return plotBottom - (plotBottom-plotTop)*value/top }

func unit(v float64) string { return strings.TrimSuffix(fmt.Sprintf("%.1f", v), ".0") }

// niceCount is a round number that all values fit under, and whose half is whole.
func niceCount(most int) float64 { return max(2, nice(float64(most))) }

// niceDelay is niceCount for durations: round in the unit that they are written in.
func niceDelay(longest time.Duration) float64 {
	if longest > time.Second {
		return nice(longest.Seconds()) * float64(time.Second)
	}
	return max(nice(float64(longest)/float64(time.Millisecond)), 1) * float64(time.Millisecond)
}

func nice(v float64) float64 {
	if v <= 0 {
		return 0
	}
	scale := math.Pow(10, math.Floor(math.Log10(v)))
	for _, step := range []float64{1, 2, 4, 6, 8} {
		if v <= step*scale {
			return step * scale
		}
	}
	return 10 * scale
}

// short writes a count in few characters, as 12k.
func short(v float64) string {
	switch {
	case v >= 1e6:
		return strings.TrimSuffix(fmt.Sprintf("%.1f", v/1e6), ".0") + "M"
	case v >= 1e4:
		return strings.TrimSuffix(fmt.Sprintf("%.1f", v/1e3), ".0") + "k"
	}
	return number(int(v))
}
