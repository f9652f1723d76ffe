package metrics

import (
	_ "embed"
	"fmt"
	"strings"
)

// Rules are alert rules for Prometheus.
//
//go:embed rules.yaml
var Rules string

// The dashboard, as Grafana imports it: JSON of its schema, of which only what differs from the defaults is written.
// The panels are a table below, so that a metric is added in one line and all look alike.
type (
	// Dashboard is a whole one.
	Dashboard struct {
		UID           string     `json:"uid"`
		Title         string     `json:"title"`
		Description   string     `json:"description"`
		Tags          []string   `json:"tags"`
		SchemaVersion int        `json:"schemaVersion"`
		Editable      bool       `json:"editable"`
		GraphTooltip  int        `json:"graphTooltip"` // 1: the crosshair is in all panels
		Refresh       string     `json:"refresh"`
		Time          span       `json:"time"`
		Templating    templating `json:"templating"`
		Annotations   notes      `json:"annotations"`
		Panels        []panel    `json:"panels"`
	}
	notes struct {
		List []struct{} `json:"list"`
	}
	span struct {
		From string `json:"from"`
		To   string `json:"to"`
	}
	templating struct {
		List []variable `json:"list"`
	}
	variable struct {
		Name       string  `json:"name"`
		Label      string  `json:"label"`
		Type       string  `json:"type"`
		Query      string  `json:"query"`
		Datasource *source `json:"datasource,omitempty"`
		Refresh    int     `json:"refresh"` // 2: when the time changes
		IncludeAll bool    `json:"includeAll"`
		AllValue   string  `json:"allValue,omitzero"`
		Multi      bool    `json:"multi"`
	}
	source struct {
		Type string `json:"type"`
		UID  string `json:"uid"`
	}
	panel struct {
		ID          uint32       `json:"id"`
		Type        string       `json:"type"`
		Title       string       `json:"title"`
		Description string       `json:"description,omitzero"`
		GridPos     place        `json:"gridPos"`
		Datasource  *source      `json:"datasource,omitempty"`
		Targets     []target     `json:"targets,omitempty"`
		FieldConfig *fieldConfig `json:"fieldConfig,omitempty"`
		Collapsed   *bool        `json:"collapsed,omitempty"` // of a row, as what follows
		Panels      []struct{}   `json:"panels,omitzero"`     // those that it hides
	}
	place struct {
		H uint32 `json:"h"`
		W uint32 `json:"w"`
		X uint32 `json:"x"`
		Y uint32 `json:"y"`
	}
	target struct {
		RefID        string  `json:"refId"`
		Datasource   *source `json:"datasource"`
		Expr         string  `json:"expr"`
		LegendFormat string  `json:"legendFormat,omitzero"`
		Instant      bool    `json:"instant,omitzero"`
	}
	fieldConfig struct {
		Defaults  fieldDefaults `json:"defaults"`
		Overrides []struct{}    `json:"overrides"`
	}
	fieldDefaults struct {
		Unit       string      `json:"unit"`
		Min        *float64    `json:"min,omitempty"`
		Thresholds *thresholds `json:"thresholds,omitempty"`
	}
	thresholds struct {
		Mode  string      `json:"mode"`
		Steps []threshold `json:"steps"`
	}
	threshold struct {
		Color string   `json:"color"`
		Value *float64 `json:"value"` // nil: from the bottom
	}
)

// plot is a panel as it is written down here: a number, or a plot over time.
type plot struct {
	title, about string
	unit         string
	number       bool
	red          float64  // of a number: from there on it is red; below it, where that is negative
	queries      []string // pairs of query and legend; $i stands for the instance, $r for the span of a rate
}

// group is a row of plots.
type group struct {
	title string
	plots []plot
}

// width of the whole, in Grafana's units, and sizes of the two kinds of panel.
const (
	wholeWidth  = 24
	numberWidth = 4
	plotWidth   = 8
	numberHigh  = 4
	plotHigh    = 8
)

// NewDashboard lays the panels out.
func NewDashboard() Dashboard {
	prometheus := &source{"prometheus", "${datasource}"}
	d := Dashboard{UID: "postern", Title: "Postern", Tags: []string{"postern"}, SchemaVersion: 39, Editable: true,
		Description: "Mail, people, answers, the data file and the process of Postern. " +
			"Written by postern metrics --dashboard.",
		GraphTooltip: 1, Refresh: "30s", Time: span{"now-24h", "now"},
		Templating: templating{[]variable{
			{Name: "datasource", Label: "Data source", Type: "datasource", Query: "prometheus"},
			{Name: "instance", Label: "Instance", Type: "query", Query: "label_values(postern_build_info, instance)",
				Datasource: prometheus, Refresh: 2, IncludeAll: true, AllValue: ".*", Multi: true},
		}}}
	y := uint32(0)
	for _, g := range groups {
		d.add(panel{Type: "row", Title: g.title, GridPos: place{1, wholeWidth, 0, y}, Collapsed: new(bool),
			Panels: []struct{}{}})
		y++
		x, high := uint32(0), uint32(0)
		for _, p := range g.plots {
			made := p.panel(prometheus)
			if x+made.GridPos.W > wholeWidth {
				x, y = 0, y+high
			}
			made.GridPos.X, made.GridPos.Y = x, y
			x, high = x+made.GridPos.W, made.GridPos.H
			d.add(made)
		}
		y += high
	}
	return d
}

func (d *Dashboard) add(p panel) {
	p.ID = uint32(len(d.Panels) + 1)
	d.Panels = append(d.Panels, p)
}

// panel makes Grafana's panel of a plot.
func (p plot) panel(from *source) panel {
	made := panel{Type: "timeseries", Title: p.title, Description: p.about, Datasource: from,
		GridPos:     place{H: plotHigh, W: plotWidth},
		FieldConfig: &fieldConfig{Defaults: fieldDefaults{Unit: p.unit}, Overrides: []struct{}{}}}
	if p.number {
		made.Type, made.GridPos = "stat", place{H: numberHigh, W: numberWidth}
		made.FieldConfig.Defaults.Thresholds = p.thresholds()
	} else {
		made.FieldConfig.Defaults.Min = new(float64)
	}
	for i := 0; i+1 < len(p.queries); i += 2 {
		expr := strings.NewReplacer("$i", `instance=~"$instance"`, "$r", "$__rate_interval").Replace(p.queries[i])
		made.Targets = append(made.Targets, target{RefID: fmt.Sprintf("%c", 'A'+i/2), Datasource: from, Expr: expr,
			LegendFormat: p.queries[i+1], Instant: p.number})
	}
	return made
}

// thresholds colour a number.
func (p plot) thresholds() *thresholds {
	const green, red = "green", "red"
	at := p.red
	steps := []threshold{{Color: green}}
	switch {
	case at > 0:
		steps = append(steps, threshold{red, &at})
	case at < 0:
		at = -at
		steps = []threshold{{Color: red}, {green, &at}}
	}
	return &thresholds{"absolute", steps}
}

// quantiles are queries for the usual quantiles of a histogram.
func quantiles(name, labels string) (queries []string) {
	for _, q := range []string{"0.5", "0.95", "0.99"} {
		queries = append(queries, fmt.Sprintf("histogram_quantile(%s, sum by (le) (rate(%s_bucket{%s}[$r])))", q, name,
			labels), "p"+strings.TrimPrefix(strings.TrimPrefix(q, "0."), "0"))
	}
	return queries
}

// shortCalls leaves out the routes whose callers wait for something to happen.
const shortCalls = `$i,route!~".*/(events|wait)"`

var groups = []group{
	{"At a glance", []plot{
		{title: "Ready", about: "1: writes are taken.", unit: "none", number: true, red: -1,
			queries: []string{`min(postern_ready{$i})`, ""}},
		{title: "Smarthost at fault", unit: "none", number: true, red: 1,
			queries: []string{`max(postern_smarthost_at_fault{$i})`, ""}},
		{title: "Letters queued", unit: "short", number: true,
			queries: []string{`sum(postern_letters{$i,state="queued"})`, ""}},
		{title: "Oldest letter due", unit: "s", number: true, red: 900,
			queries: []string{`max(postern_oldest_due_letter_seconds{$i})`, ""}},
		{title: "Failed in the last day", unit: "short", number: true, red: 1,
			queries: []string{`sum(postern_letters_failed_last_day{$i})`, ""}},
		{title: "Letters held", unit: "short", number: true, red: 1,
			queries: []string{`sum(postern_letters{$i,state="held"})`, ""}},
		{title: "Sending paused", about: "By the operator.", unit: "none", number: true, red: 1,
			queries: []string{`max(postern_sending_paused{$i})`, ""}},
		{title: "Silent partners", unit: "short", number: true, red: 1,
			queries: []string{`sum(postern_silent_partners{$i})`, ""}},
		{title: "Room above the reserve", unit: "bytes", number: true, red: -(256 << 20),
			queries: []string{`min(postern_disk_free_bytes{$i} - postern_disk_reserve_bytes{$i})`, ""}},
		{title: "Certificate ends in", unit: "s", number: true, red: -14 * 86400,
			queries: []string{`min(postern_certificate_expiry_timestamp_seconds{$i} - time())`, ""}},
		{title: "Running for", unit: "s", number: true,
			queries: []string{`min(time() - process_start_time_seconds{$i} and on (instance) postern_build_info{$i})`, ""}},
		{title: "Version", unit: "none", number: true,
			queries: []string{`postern_build_info{$i}`, "{{version}}"}},
	}},
	{"Letters", []plot{
		{title: "Letters by state", unit: "short",
			queries: []string{`sum by (state) (postern_letters{$i,state=~"queued|held"})`, "{{state}}"}},
		{title: "From owing to sent", unit: "s", queries: quantiles("postern_letter_sent_seconds", "$i")},
		{title: "Tries by class", unit: "cps",
			queries: []string{`sum by (class) (rate(postern_letter_attempts_total{$i}[$r]))`, "{{class}}"}},
		{title: "Refusals", about: "Tries that were not sent, by how far they came and the reply.", unit: "cps",
			queries: []string{`sum by (phase, code) (rate(postern_letter_attempts_total{$i,class!="sent"}[$r]))`,
				"{{phase}} {{code}}"}},
		{title: "Mail that came back", unit: "cps",
			queries: []string{`sum by (source, outcome) (rate(postern_mail_came_back_total{$i}[$r]))`,
				"{{source}} {{outcome}}"}},
		{title: "Outcomes by kind", unit: "cps",
			queries: []string{`sum by (kind, state) (rate(postern_letter_outcomes_total{$i}[$r]))`, "{{kind}} {{state}}"}},
		{title: "Smarthost", unit: "short", queries: []string{
			`sum(postern_smarthost_connections{$i})`, "connections",
			`sum(increase(postern_smarthost_pauses_total{$i}[$r]))`, "pauses"}},
	}},
	{"People and calls", []plot{
		{title: "People", unit: "short", queries: []string{`sum by (kind) (postern_people{$i})`, "{{kind}}"}},
		{title: "Events", unit: "cps", queries: []string{`sum by (type) (rate(postern_events_total{$i}[$r]))`, "{{type}}"}},
		{title: "Answers by status", unit: "reqps",
			queries: []string{`sum by (status) (rate(postern_http_requests_total{$i}[$r]))`, "{{status}}"}},
		{title: "Answers by route", unit: "reqps",
			queries: []string{`topk(10, sum by (method, route) (rate(postern_http_requests_total{$i}[$r])))`,
				"{{method}} {{route}}"}},
		{title: "Time of an answer", about: "Without calls that wait for events.", unit: "s",
			queries: quantiles("postern_http_request_seconds", shortCalls)},
		{title: "Slowest routes (p99)", unit: "s", queries: []string{
			`topk(5, histogram_quantile(0.99, sum by (le, method, route) (rate(postern_http_request_seconds_bucket{` +
				shortCalls + `}[$r]))))`, "{{method}} {{route}}"}},
		{title: "Over limits", unit: "cps",
			queries: []string{`sum by (limit, outcome) (rate(postern_over_limit_total{$i}[$r]))`, "{{limit}} {{outcome}}"}},
		{title: "Security events", unit: "cps",
			queries: []string{`sum by (event) (rate(postern_security_events_total{$i}[$r]))`, "{{event}}"}},
		{title: "Passwords", about: "Time with the wait for a turn.", unit: "s",
			queries: quantiles("postern_password_seconds", "$i")},
		{title: "Passwords waiting", unit: "short", queries: []string{
			`sum(postern_password_waiting{$i})`, "waiting",
			`sum(increase(postern_password_refused_total{$i}[$r]))`, "refused"}},
	}},
	{"Data file", []plot{
		{title: "Commits", about: "Writing and syncing one.", unit: "s", queries: quantiles("postern_commit_seconds", "$i")},
		{title: "Writes that share a commit", unit: "short", queries: []string{
			`sum(rate(postern_commit_writes_sum{$i}[$r])) / sum(rate(postern_commit_writes_count{$i}[$r]))`, "on average"}},
		{title: "Room", unit: "bytes", queries: []string{
			`sum(postern_disk_free_bytes{$i})`, "free",
			`sum(postern_disk_reserve_bytes{$i})`, "reserve",
			`sum(postern_data_file_bytes{$i})`, "data file"}},
		{title: "Age of the newest backup", unit: "s", queries: []string{`max(postern_backup_age_seconds{$i})`, ""}},
	}},
	{"Webhook", []plot{
		{title: "Events that wait", unit: "short", queries: []string{`sum(postern_webhook_waiting_events{$i})`, "waiting",
			`sum(increase(postern_webhook_lost_events_total{$i}[$r]))`, "lost"}},
		{title: "Oldest that waits", unit: "s", queries: []string{`max(postern_webhook_oldest_waiting_seconds{$i})`, ""}},
		{title: "Posts by answer", unit: "cps",
			queries: []string{`sum by (code) (rate(postern_webhook_posts_total{$i}[$r]))`, "{{code}}"}},
		{title: "Last answer", about: "Its status; 0: none came.", unit: "none",
			queries: []string{`max by (instance) (postern_webhook_last_status{$i})`, "{{instance}}"}},
	}},
	{"Process", []plot{
		{title: "Memory", unit: "bytes", queries: []string{
			`sum(process_resident_memory_anon_bytes{$i} and on (instance) postern_build_info{$i})`, "its own",
			`sum(process_resident_memory_bytes{$i} and on (instance) postern_build_info{$i})`, "with pages of the data file",
			`sum(go_memstats_heap_alloc_bytes{$i} and on (instance) postern_build_info{$i})`, "heap"}},
		{title: "Processor", unit: "percentunit", queries: []string{
			`sum(rate(process_cpu_seconds_total{$i}[$r]) and on (instance) postern_build_info{$i})`, "of one"}},
		{title: "Files and goroutines", unit: "short", queries: []string{
			`sum(process_open_fds{$i} and on (instance) postern_build_info{$i})`, "files and connections",
			`sum(go_goroutines{$i} and on (instance) postern_build_info{$i})`, "goroutines"}},
	}},
}
