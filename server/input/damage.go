package input

import (
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/encoding/charmap"
)

// longestJudged bounds what is looked at, in bytes: names and numbers are shorter. Everybody in a list of 10,000 is
// judged, and whoever sends it decides how long the texts are.
const longestJudged = 1 << 10

// DamagedName says what a program has probably done to a person's name, to be put behind the name of its field; empty
// where it looks right. A name that looks damaged may be right all the same: there are people called Null.
func DamagedName(name string) string {
	if len(name) > longestJudged {
		return ""
	}
	if isPlain(name) {
		return damagedWord(name)
	}
	repaired, misread := repair(name)
	switch {
	case damagedWord(name) != "":
		return damagedWord(name)
	case strings.ContainsRune(name, '\ufffd'):
		return "holds the character U+FFFD, which stands where a letter has been lost"
	case misread:
		return "looks like UTF-8 that was read as Windows-1252: it should perhaps be " + repaired
	case strings.Contains(name, "?"):
		return "holds a question mark, which often stands where a letter has been lost"
	case strings.ContainsAny(name, "&%") && encodings.MatchString(name):
		return "looks as if it were still encoded, for a web page or an address"
	}
	return ""
}

// encodings are characters as HTML and URLs write them.
var encodings = regexp.MustCompile(`&(#?[0-9A-Za-z]+);|%[0-9A-Fa-f]{2}`)

// isPlain reports whether a name has nothing but ASCII letters and what stands between them. Most names are so, and
// need none of the searches for what has become of other letters.
func isPlain(name string) bool {
	for i := range len(name) {
		switch b := name[i]; {
		case 'a' <= b && b <= 'z', 'A' <= b && b <= 'Z', b == ' ', b == '-', b == '\'', b == '.', b == '(', b == ')':
		default:
			return false
		}
	}
	return true
}

// damagedWord recognises what stands for a whole cell.
func damagedWord(text string) string {
	switch {
	case isErrorValue(text):
		return "looks like the error value of a spreadsheet"
	case isNothing(text):
		return "looks like a program's word for nothing"
	}
	return ""
}

// errorValue matches what a spreadsheet shows in place of a value, in whatever language: #N/A, #REF!, #NAAM?, #VALEUR!,
// #DEEL/0!, #NV, and ##### where a column is too narrow.
var errorValue = regexp.MustCompile(`^#([A-ZÀ-Ý]+(/[A-Z0])?[!?]?|#+)$`)

// isErrorValue spares what does not begin so the regular expression: most lists are long.
func isErrorValue(text string) bool {
	return strings.HasPrefix(text, "#") && errorValue.MatchString(text)
}

// nothing are the words of programs for nothing, in lower case.
var nothing = []string{"null", "(null)", "<null>", "[null]", "nil", "none", "undefined", "nan", "n/a", "n.a.", "na",
	"nvt", "n.v.t.", "-", "--", "?"}

// isNothing takes no name for one that is written as names are: Null, Nan, Na.
func isNothing(text string) bool {
	small := strings.ToLower(text)
	return slices.Contains(nothing, small) && (text == small || text == strings.ToUpper(text) || text == "NaN" ||
		text == "None")
}

// repair reads a text as the UTF-8 that it was before somebody took its bytes for Windows-1252. It is not misread where
// those bytes are no UTF-8, as with all text that is right.
func repair(text string) (repaired string, misread bool) {
	beginsUTF8 := func(r rune) bool { return '\u00c2' <= r && r <= '\u00f4' }
	if !strings.ContainsFunc(text, beginsUTF8) {
		return "", false
	}
	raw, err := charmap.Windows1252.NewEncoder().String(text)
	return raw, err == nil && utf8.ValidString(raw)
}

// DamagedNumber says what a program has probably done to a number that counts as a text, as DamagedName does.
func DamagedNumber(number string) string {
	switch {
	case len(number) > longestJudged || !strings.ContainsAny(number, ".,eE#\ufffd"):
	case scientific.MatchString(number):
		return "looks like a long number that a spreadsheet has shortened: its last digits are lost"
	case withZero.MatchString(number):
		return "looks like a number to which a program has added a decimal place"
	case isErrorValue(number):
		return "looks like the error value of a spreadsheet"
	case strings.ContainsRune(number, '\ufffd'):
		return "holds the character U+FFFD, which stands where another one has been lost"
	}
	return ""
}

// What numbers look like that have been through a spreadsheet or a data frame, in all countries' decimal signs.
var (
	scientific = regexp.MustCompile(`^[0-9]([.,][0-9]+)?[eE]\+?[0-9]+$`)
	withZero   = regexp.MustCompile(`^[0-9]+[.,]0+$`) // as pandas writes whole numbers beside empty cells
)
