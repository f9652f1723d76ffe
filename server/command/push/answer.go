package push

import (
	"fmt"
	"maps"
	"mime"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/go-json-experiment/json"
)

// Outcome is what became of one person.
type Outcome string

// The outcomes: the receiver's three and push's own two.
const (
	Created  Outcome = "created"
	Existing Outcome = "existing"
	Failed   Outcome = "failed"
	Skipped  Outcome = "skipped" // it cannot be read
	Unsent   Outcome = "unsent"  // no answer, or none that can be understood: push it again
)

// Result is what became of one person.
type Result struct {
	*Person
	Outcome  Outcome
	ID       string   // the receiver's, where it tells it
	Letter   string   // id of the letter that the person gets; empty: none
	Updated  []string // fields that were taken over
	Reasons  []string // sentences: why it failed, was skipped or is unsent
	Warnings []string
}

// Tally counts the people of a file by outcome, and keeps those that need mending.
type Tally struct {
	Count    map[Outcome]int
	Failures []Failure // failed or skipped, in the order in which they were found to be
	Again    int       // people whose answer is that of an earlier call: nothing was done again
	Warned   int       // people about whom there are warnings
}

func (t *Tally) add(r Result) {
	t.Count[r.Outcome]++
	if len(r.Warnings) > 0 {
		t.Warned++
	}
	if r.Outcome == Failed || r.Outcome == Skipped {
		t.Failures = append(t.Failures, Failure{r.Person, r.Reasons})
	}
}

// String returns the counts in one line.
func (t Tally) String() string {
	var words []string
	for _, outcome := range []Outcome{Created, Existing, Failed, Skipped, Unsent} {
		if n := t.Count[outcome]; n > 0 || outcome != Skipped && outcome != Unsent {
			words = append(words, fmt.Sprintf("%d %s", n, outcome))
		}
	}
	line := strings.Join(words, ", ")
	switch sent := t.sent(); {
	case t.Again == 0:
	case t.Again == sent:
		line += "; answered before, nothing done again"
	default:
		line += fmt.Sprintf("; %d of them answered before, nothing done again for these", t.Again)
	}
	return line
}

// sent counts the people who have an answer.
func (t Tally) sent() int { return t.Count[Created] + t.Count[Existing] + t.Count[Failed] }

// listAnswer is the answer to a list.
type listAnswer struct {
	Results []itemAnswer `json:"results"`
}

type itemAnswer struct {
	Index    *int                `json:"index"` // nil: the answer has none, and 0 would be right by chance
	Outcome  Outcome             `json:"outcome"`
	ID       string              `json:"id"`
	Letter   string              `json:"letter"`
	Updated  []string            `json:"updated"`
	Errors   map[string][]string `json:"errors"`
	Warnings []string            `json:"warnings"`
}

// problem is RFC 9457's.
type problem struct {
	Title   string              `json:"title"`
	Detail  string              `json:"detail"`
	Errors  map[string][]string `json:"errors"`
	TraceID string              `json:"traceId"`
}

// understand reads a 200 to a list of so many people, or says why it is not what user.create answers. It is looked at
// closely: a proxy's or a portal's 200 that was taken for an answer would count people as registered who are not, and
// the file as done.
func understand(header http.Header, body []byte, people int) ([]itemAnswer, error) {
	var answer listAnswer
	if kind, _, _ := mime.ParseMediaType(header.Get("Content-Type")); kind != "application/json" {
		return nil, fmt.Errorf("it is %q instead of JSON", kind)
	}
	if err := json.Unmarshal(body, &answer); err != nil {
		return nil, fmt.Errorf("its JSON is another one (%w)", err)
	}
	if len(answer.Results) != people {
		return nil, fmt.Errorf("it has results for %d people, and %d were sent", len(answer.Results), people)
	}
	for i, item := range answer.Results {
		if item.Index == nil || *item.Index != i {
			return nil, fmt.Errorf("its result number %d is not that of person number %d", i, i)
		}
		if !slices.Contains([]Outcome{Created, Existing, Failed}, item.Outcome) {
			return nil, fmt.Errorf("its result number %d has the unknown outcome %.40q", i, item.Outcome)
		}
	}
	return answer.Results, nil
}

// problemIn reads a problem; ok is false for anything else, as a proxy's page.
func problemIn(header http.Header, body []byte) (p problem, ok bool) {
	kind, _, _ := mime.ParseMediaType(header.Get("Content-Type"))
	ok = kind == "application/problem+json" && json.Unmarshal(body, &p) == nil
	return p, ok
}

// sentences returns the problem as a list.
func (p problem) sentences() []string {
	first := p.Detail
	if first == "" {
		first = p.Title
	}
	all := []string{first}
	if p.TraceID != "" {
		all[0] += " (traceId " + p.TraceID + ")"
	}
	for _, sentence := range sentencesOf(p.Errors) {
		if sentence != first {
			all = append(all, sentence)
		}
	}
	return all
}

// sentencesOf puts the field before each sentence about it, in the order of the names: a failures file must have the
// same bytes each time.
func sentencesOf(faults map[string][]string) (all []string) {
	for _, field := range slices.Sorted(maps.Keys(faults)) {
		for _, sentence := range faults[field] {
			if field != "" {
				sentence = field + ": " + sentence
			}
			all = append(all, sentence)
		}
	}
	return all
}

// retryAfter reads Retry-After (RFC 9110 §10.2.3): seconds or a date; 0: it says nothing.
func retryAfter(header http.Header, now time.Time) time.Duration {
	text := strings.TrimSpace(header.Get("Retry-After"))
	if seconds, err := strconv.ParseUint(text, 10, 31); err == nil {
		return time.Duration(seconds) * time.Second
	}
	if at, err := http.ParseTime(text); err == nil {
		return max(0, at.Sub(now))
	}
	return 0
}
