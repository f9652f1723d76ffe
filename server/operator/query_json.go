package operator

import (
	"net/url"
	"strconv"
	"time"

	"postern/server/web"
	"postern/server/web/fields"
	"postern/store/guid"
	"postern/store/refuse"
)

// query reads the parameters of a query and notes what is wrong with them.
type query struct {
	values url.Values
	faults map[string][]string
}

func readQuery(c *web.Call) *query {
	return &query{values: c.R.URL.Query(), faults: map[string][]string{}}
}

func (q *query) fault(name, sentence string) { q.faults[name] = append(q.faults[name], sentence) }

// err is what was wrong, if anything.
func (q *query) err() error {
	if len(q.faults) == 0 {
		return nil
	}
	return &refuse.Refusal{Kind: refuse.Invalid, Reason: "The query is wrong.", Fields: q.faults}
}

func (q *query) id(name string) (id guid.ID) {
	text := q.values.Get(name)
	if text == "" {
		return id
	}
	id, err := guid.Parse(text)
	if err != nil {
		q.fault(name, "This must be a GUID.")
	}
	return id
}

func (q *query) number(name string) uint64 {
	text := q.values.Get(name)
	if text == "" {
		return 0
	}
	n, err := strconv.ParseUint(text, 10, 63)
	if err != nil {
		q.fault(name, "This must be a whole number, 0 or more.")
	}
	return n
}

// limit is how many items are wanted: at most longestList, which is also what is given where nothing is said.
func (q *query) limit() int {
	n := q.number("limit")
	if n == 0 || n > longestList {
		return longestList
	}
	return int(n)
}

func (q *query) duration(name string, most time.Duration) time.Duration {
	text := q.values.Get(name)
	if text == "" {
		return 0
	}
	d, err := time.ParseDuration(text)
	if err != nil || d < 0 {
		q.fault(name, "This must be a duration, as 30s.")
	}
	return min(d, most)
}

// email is an address in the form in which it is stored.
func (q *query) email(name string) string {
	address, err := fields.ParseEmail(q.values.Get(name))
	if err != nil {
		q.fault(name, err.Error())
	}
	return address
}
