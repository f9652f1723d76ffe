package server

// Nearest gives the one of known that text was probably meant to be, or nothing where none is near: at most a third of
// the letters wrong, missing, or one too many.
func Nearest(text string, known []string) string {
	best, least := "", len(text)/3+1
	for _, candidate := range known {
		if d := distance(text, candidate); d < least {
			best, least = candidate, d
		}
	}
	return best
}

// distance is the edit distance of Levenshtein, by octets.
func distance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			replaced := diagonal
			if a[i] != b[j] {
				replaced++
			}
			diagonal = row[j+1]
			row[j+1] = min(replaced, row[j]+1, row[j+1]+1)
		}
	}
	return row[len(b)]
}
