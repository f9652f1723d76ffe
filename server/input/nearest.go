// Package input says what is probably meant, or wrong, where somebody's words cannot be taken as they are: the nearest
// word that is known, the place in a file, the damage that a spreadsheet has done. It is a leaf, for the command line,
// for what partners run and for the appliance alike.
package input

import "strings"

// leastBeginning is from how many letters on the beginning of a word stands for it. With fewer most words begin alike.
const leastBeginning = 3

// Nearest returns the one of known that text was probably meant to be, or nothing where none is near: at most a third
// of the letters wrong, missing, or one too many, or the beginning of that one alone. Case counts for nothing.
func Nearest(text string, known []string) string {
	text = strings.ToLower(text)
	best, least := "", len(text)/3+1
	var begun []string
	for _, candidate := range known {
		small := strings.ToLower(candidate)
		if d := Distance(text, small); d < least {
			best, least = candidate, d
		}
		if len(text) >= leastBeginning && strings.HasPrefix(small, text) {
			begun = append(begun, candidate)
		}
	}
	if best == "" && len(begun) == 1 {
		return begun[0]
	}
	return best
}

// Distance is the edit distance of Levenshtein by bytes, in which two neighbours that have changed places count once
// (Damerau; optimal string alignment): that is how most misspellings come about. Three rows of its table are enough.
func Distance(a, b string) int {
	before, last, row := make([]int, len(b)+1), make([]int, len(b)+1), make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		before, last, row = last, row, before
		row[0] = i + 1
		for j := range len(b) {
			replaced := last[j]
			if a[i] != b[j] {
				replaced++
			}
			row[j+1] = min(replaced, last[j+1]+1, row[j]+1)
			if i > 0 && j > 0 && a[i] == b[j-1] && a[i-1] == b[j] {
				row[j+1] = min(row[j+1], before[j-1]+1)
			}
		}
	}
	return row[len(b)]
}
