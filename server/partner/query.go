package partner

import (
	"fmt"
	"net/url"
	"strings"

	"postern/server/web/fields"
	"postern/store/refuse"
)

// unreadable refuses a call as a whole.
func unreadable(sentences ...string) error {
	return &refuse.Refusal{Kind: refuse.Invalid, Reason: sentences[0], Fields: map[string][]string{"": sentences}}
}

var errQuery = refuse.New(refuse.Invalid,
	"The query behind the question mark can't be read; percent-encode what it holds.")

// parameter reads one parameter of the query, empty where it is absent. Its name matches in any case, and a query that
// can't be read is refused.
func parameter(u *url.URL, name string) (value string, given bool, err error) {
	values, err := url.ParseQuery(u.RawQuery)
	if err != nil {
		return "", false, errQuery
	}
	for key, list := range values {
		if !strings.EqualFold(key, name) {
			continue
		}
		if given || len(list) != 1 {
			return "", false, refuse.New(refuse.Invalid, "The parameter "+name+" is given twice.")
		}
		value, given = list[0], true
	}
	return value, given, nil
}

// dryRunParameter is the only one that user.create knows.
const dryRunParameter = "dryRun"

// dryRun reports whether the caller only wants to know what would be. Any other parameter is refused: a dry run that
// was misspelt must not become a real one.
func dryRun(u *url.URL) (bool, error) {
	value, given, err := parameter(u, dryRunParameter)
	if err != nil {
		return false, err
	}
	for name := range u.Query() {
		if !strings.EqualFold(name, dryRunParameter) {
			return false, refuse.New(refuse.Invalid, fmt.Sprintf(
				"user.create knows no parameter %q, only dryRun=true; nothing was done.", fields.Shorten(name,
					maxRepeated)))
		}
	}
	switch {
	case !given || strings.EqualFold(value, "false"):
		return false, nil
	case strings.EqualFold(value, "true"):
		return true, nil
	}
	return false, refuse.New(refuse.Invalid, "dryRun must be true or false; nothing was done.")
}

// maxRepeated bounds, in code points, what is repeated of the caller's own words.
const maxRepeated = 60
