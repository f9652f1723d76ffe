package pdf

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"
	"unicode/utf16"
)

// textString returns a text as a string object: as it is where it is plain ASCII, else in UTF-16 (§7.9.2.2).
func textString(text string) string {
	if strings.IndexFunc(text, func(r rune) bool { return r < ' ' || r > '~' }) < 0 {
		return literal(text)
	}
	var out strings.Builder
	out.WriteString("<FEFF")
	for _, unit := range utf16.Encode([]rune(text)) {
		fmt.Fprintf(&out, "%04X", unit)
	}
	return out.String() + ">"
}

// literal returns bytes as a string object in round brackets (§7.3.4.2).
func literal(text string) string {
	return "(" + strings.NewReplacer(`\`, `\\`, `(`, `\(`, `)`, `\)`, "\r", `\r`, "\n", `\n`).Replace(text) + ")"
}

func date(t time.Time) string { return t.UTC().Format("(D:20060102150405+00'00')") }

// decimal returns a length to a hundredth of a point, which no printer can show.
func decimal(v float64) string {
	v = math.Round(v*100) / 100
	if v == 0 {
		return "0" // and not -0
	}
	return strconv.FormatFloat(v, 'f', -1, 64)
}

// decimals are several, with spaces between.
func decimals(values ...float64) string {
	var out []byte
	for i, v := range values {
		if i > 0 {
			out = append(out, ' ')
		}
		out = append(out, decimal(v)...)
	}
	return string(out)
}
