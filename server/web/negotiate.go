package web

import (
	"mime"
	"strings"
)

// maxAccepted bounds how many entries of an Accept header are looked at.
const maxAccepted = 32

// PrefersJSON reports whether the caller asks for JSON rather than for a page (Accept, RFC 9110 §12.5.1). Who asks for
// neither by name, as curl does, is taken for a person.
func (c *Call) PrefersJSON() bool {
	header := strings.Join(c.R.Header["Accept"], ",")
	weights := make(map[string]int, 2)
	for range maxAccepted {
		entry, rest, more := strings.Cut(header, ",")
		media, params, err := mime.ParseMediaType(entry)
		weight, weighted := 1000, true
		if q, given := params["q"]; given {
			weight, weighted = parseWeight(q)
		}
		if err == nil && weighted {
			weights[media] = max(weights[media], weight)
		}
		if !more {
			break
		}
		header = rest
	}
	return weights["application/json"] > weights["text/html"]
}
