package document

import (
	"strings"
	"unicode/utf8"
)

// wrap cuts a printable text into lines of at most this width as measured, between words where it can and inside a word
// where that alone is too long. Runs of spaces become one, empty lines stay.
func wrap(text string, width float64, measure func(string) float64) (lines []string) {
	space := measure(" ")
	for paragraph := range strings.SplitSeq(text, "\n") {
		line, used := "", 0.0
		for word := range strings.FieldsFuncSeq(paragraph, func(r rune) bool { return r == ' ' }) {
			length := measure(word)
			if line != "" && used+space+length <= width {
				line, used = line+" "+word, used+space+length
				continue
			}
			if line != "" {
				lines = append(lines, line)
			}
			for head := fitting(word, width, measure); head < len(word); head = fitting(word, width, measure) {
				lines, word = append(lines, word[:head]), word[head:]
				length = measure(word)
			}
			line, used = word, length
		}
		lines = append(lines, line)
	}
	return lines
}

// fitting returns how many bytes of a word stand on a line of that width: up to a sign after which a reader expects a
// break, as in a link, where that fills half the line, else as much as there is room for; at least one character,
// however narrow the line is.
func fitting(word string, width float64, measure func(string) float64) int {
	used, sign := 0.0, 0
	for i, r := range word {
		if used += measure(string(r)); i > 0 && used > width {
			if sign > i/2 {
				return sign
			}
			return i
		}
		if strings.ContainsRune("-/_.,;:?&=", r) && i > 0 {
			sign = i + utf8.RuneLen(r)
		}
	}
	return len(word)
}
