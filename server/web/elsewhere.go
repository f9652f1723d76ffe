package web

import (
	"net/http"
	"path"
	"slices"
	"strings"

	"postern/server/input"
)

var unknownPath = &Problem{Status: http.StatusNotFound, Detail: "There is nothing at this path."}

// elsewhere answers what no route matched: OPTIONS, 405 and 404.
func (c *Call) elsewhere(tables []*table, asked string) {
	var methods []string
	for _, t := range tables {
		methods = append(methods, t.allowed(asked)...)
	}
	if len(methods) == 0 {
		c.fail(nothingAt(tables, asked))
		return
	}
	methods = append(methods, http.MethodOptions)
	slices.Sort(methods)
	allow := strings.Join(slices.Compact(methods), ", ")
	c.W.Header().Set("Allow", allow)
	if c.R.Method != http.MethodOptions {
		c.fail(&Problem{Status: http.StatusMethodNotAllowed, Detail: "This path answers to " + allow + "."})
		return
	}
	c.preflight(allow)
	c.W.WriteHeader(http.StatusNoContent)
}

// longestNearMiss bounds what a wrong path costs: strangers ask for many.
const longestNearMiss = 120

// nothingAt answers 404, and names the path that was probably meant, of those that this caller may see. Nobody is sent
// on to it: what is nearly right would then be called with a body or token that was meant for something else.
func nothingAt(tables []*table, asked string) *Problem {
	if len(asked) > longestNearMiss {
		return unknownPath
	}
	given := segments(asked)
	best, least := "", noMatch
	for _, t := range tables {
		for _, pattern := range t.paths {
			if cost := nearness(given, segments(pattern)); cost < least {
				best, least = pattern, cost
			}
		}
	}
	if best == "" {
		return unknownPath
	}
	return &Problem{Status: http.StatusNotFound,
		Detail: "There is nothing at this path; did you mean " + shown(best) + "?"}
}

// segments are the parts of a path, without empty ones and dots.
func segments(of string) []string {
	return strings.FieldsFunc(path.Clean("/"+of), func(r rune) bool { return r == '/' })
}

// shown writes a pattern's parameters as documentation does.
func shown(pattern string) string {
	parts := strings.Split(pattern, "/")
	for i, part := range parts {
		if isParameter(part) {
			parts[i] = "{" + part[1:] + "}"
		}
	}
	return strings.Join(parts, "/")
}

func isParameter(segment string) bool {
	return strings.HasPrefix(segment, ":") || strings.HasPrefix(segment, "*")
}

// noMatch is more than any near path costs.
const noMatch = 1 << 20

// nearness says how far what was asked for is from a route's pattern: the letters that differ where each segment, or
// the whole, is nearly right, or the segments that are missing from, or too many at, the front or the end.
func nearness(given, pattern []string) int {
	if len(given) == 0 || len(pattern) == 0 {
		return noMatch
	}
	missing := len(pattern) - len(given)
	switch {
	case missing == 0 && likeness(given, pattern) < noMatch:
		return likeness(given, pattern)
	case missing > 0 && !isParameter(pattern[len(pattern)-1]) && same(given, pattern[missing:]): // as /user.create
		return missing * segmentCost
	case missing < 0 && same(given[-missing:], pattern): // as /api/v1 before it
		return -missing * segmentCost
	case missing == 1 && isParameter(pattern[len(pattern)-1]) && same(given, pattern[:len(given)]): // without its id
		return segmentCost
	}
	return letters(strings.Join(given, "/"), strings.Join(pattern, "/"))
}

// mostLetters is how many letters of a whole path may differ, slashes included.
const mostLetters = 2

// letters counts the letters that differ between two paths.
func letters(given, pattern string) int {
	if difference := len(given) - len(pattern); max(difference, -difference) > mostLetters {
		return noMatch
	}
	if d := input.Distance(strings.ToLower(given), strings.ToLower(pattern)); d <= mostLetters {
		return d
	}
	return noMatch
}

// segmentCost is what a missing segment counts for, in letters.
const segmentCost = 4

// same reports whether each segment is the pattern's, in any case, and not all of them are parameters.
func same(given, pattern []string) bool {
	fixed := false
	for i, segment := range pattern {
		if isParameter(segment) {
			continue
		}
		if !strings.EqualFold(segment, given[i]) {
			return false
		}
		fixed = true
	}
	return fixed
}

// likeness adds up the letters that differ, where in no segment more than a quarter of them do.
func likeness(given, pattern []string) (cost int) {
	for i, segment := range pattern {
		if isParameter(segment) || segment == given[i] {
			continue
		}
		a, b := strings.ToLower(given[i]), strings.ToLower(segment)
		if difference := len(a) - len(b); max(difference, -difference) > mostWrong(b) {
			return noMatch
		}
		d := input.Distance(a, b)
		if d > mostWrong(b) {
			return noMatch
		}
		cost += d
	}
	return cost
}

// mostWrong is how many letters of a segment may differ.
func mostWrong(segment string) int { return (len(segment) + 3) / 4 }
