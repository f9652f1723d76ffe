package page

import "regexp"

// piece is a part of a sentence that is drawn alike.
type piece struct {
	Text      string
	IsAddress bool
}

var address = regexp.MustCompile(`\S+@\S*[\pL\pN]`)

// prose takes a sentence apart at the addresses in it, which are drawn for their owners to check: no line ends within.
func prose(text string) (pieces []piece) {
	from := 0
	for _, at := range address.FindAllStringIndex(text, -1) {
		if at[0] > from {
			pieces = append(pieces, piece{Text: text[from:at[0]]})
		}
		pieces = append(pieces, piece{text[at[0]:at[1]], true})
		from = at[1]
	}
	if from < len(text) {
		pieces = append(pieces, piece{Text: text[from:]})
	}
	return pieces
}
