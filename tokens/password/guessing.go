package password

import (
	"math"
	"strings"
	"time"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// guessableBits is where a password stops being guessable: 2³⁰ guesses, some 10⁹. That lies between the two best scores
// of zxcvbn (10⁸ and 10¹⁰), and is a year of computing for one stolen hash at what hashing costs.
const guessableBits = 30

// guess follows zxcvbn (Wheeler, USENIX Security 2016): the cheapest way to spell the password with parts that guessers
// try first, in bits, each part with one more bit for its place.
// The work grows with the square of the length, which is bounded.
type guess struct {
	typed  []rune    // in NFKC
	folded []rune    // without case and accents, one for one
	plain  []variant // the folded text, and as read with letters for look-alikes
	rises  []int     // rises[i]: how often small letters turn to capitals before code point i
	cheap  []float64 // cheap[i]: the fewest bits for the code points before i
}

// variant is one reading of the folded text, as a string so that looking up a part of it allocates nothing.
type variant struct {
	text    string
	offsets []int // of each code point in text
	swapped []int // swapped[i]: how many code points before i are read as another
}

// guessBits is the strength of a password in NFKC: log₂ of the guesses that find it.
func guessBits(password string, words []string) float64 {
	g := newGuess([]rune(password))
	lists, own := commonWords(), newOwnWords(words)
	copies := newCopies(len(g.typed))
	for i := range g.typed {
		// All parts that end before i have been looked at: cheap[i] is final but for copies of what came earlier.
		copies.end(g, i)
		g.reach(i+1, g.cheap[i]+g.single(i))
		g.words(i, lists, own)
		g.walks(i, lists.walks)
		g.dates(i)
	}
	copies.end(g, len(g.typed))
	return min(g.cheap[len(g.typed)], lists.whole(string(g.folded)))
}

// newGuess prepares the readings of a password.
func newGuess(typed []rune) *guess {
	n := len(typed)
	g := &guess{typed: typed, folded: make([]rune, n), rises: make([]int, n+1), cheap: make([]float64, n+1)}
	capital := false
	for i, r := range typed {
		g.folded[i] = foldRune(r)
		g.rises[i+1] = g.rises[i]
		if unicode.IsUpper(r) && !capital {
			g.rises[i+1]++
		}
		capital = unicode.IsUpper(r)
		g.cheap[i+1] = math.Inf(1)
	}
	for _, swap := range []map[rune]rune{nil, lookAlikes('i'), lookAlikes('l')} {
		g.plain = append(g.plain, newVariant(g.folded, swap))
	}
	return g
}

func newVariant(folded []rune, swap map[rune]rune) variant {
	var text strings.Builder
	v := variant{offsets: []int{0}, swapped: []int{0}}
	for i, r := range folded {
		swapped := 0
		if letter, known := swap[r]; known {
			r, swapped = letter, 1
		}
		text.WriteRune(r)
		v.offsets = append(v.offsets, text.Len())
		v.swapped = append(v.swapped, v.swapped[i]+swapped)
	}
	v.text = text.String()
	return v
}

// lookAlikes are what people write for letters: "p@ssw0rd". A 1 may stand for two of them.
func lookAlikes(one rune) map[rune]rune {
	return map[rune]rune{
		'4': 'a', '@': 'a', '8': 'b', '(': 'c', '3': 'e', '€': 'e', '6': 'g', '9': 'g', '1': one, '!': one, '|': one,
		'0': 'o', '5': 's', '$': 's', '7': 't', '+': 't', '2': 'z',
	}
}

// foldRune takes case and accents off.
func foldRune(r rune) rune {
	if r >= 0x80 {
		whole := []rune(norm.NFKD.String(string(r)))
		marks := 0
		for _, mark := range whole[1:] {
			if unicode.Is(unicode.Mn, mark) {
				marks++
			}
		}
		if marks == len(whole)-1 {
			r = whole[0]
		}
	}
	return unicode.ToLower(r)
}

func fold(text string) string { return strings.Map(foldRune, norm.NFKC.String(text)) }

// reach notes a way to spell everything before i.
func (g *guess) reach(i int, bits float64) { g.cheap[i] = min(g.cheap[i], bits) }

// separatorBits is log₂ of the 4 signs that usually stand between words.
const separatorBits = 2

// single is the bits of a code point that belongs to nothing: one of 26 letters, 10 digits, 4 separators or 32 signs. A
// sign that was used before comes nearly free.
func (g *guess) single(i int) float64 {
	r := g.folded[i]
	switch {
	case unicode.IsLetter(r):
		return math.Log2(26) + float64(g.rises[i+1]-g.rises[i])
	case unicode.IsDigit(r):
		return math.Log2(10)
	}
	for _, before := range g.folded[:i] {
		if r == before {
			return 1
		}
	}
	if strings.ContainsRune(" -._", r) {
		return separatorBits
	}
	return math.Log2(32)
}

// words finds the words that begin at i: 1 bit for being one more part, log₂ of its rank, 1 for each capitalised part
// of it and each look-alike.
func (g *guess) words(i int, lists *wordLists, own ownWords) {
	for j := i + ownShortest; j <= min(len(g.folded), i+max(lists.longest, own.longest)); j++ {
		for n, v := range g.plain {
			swapped := v.swapped[j] - v.swapped[i]
			if n > 0 && swapped == 0 {
				continue // reads the same as the folded text
			}
			word := v.text[v.offsets[i]:v.offsets[j]]
			bits, known := float32(ownBits), own.words[word]
			if !known && j-i <= lists.longest {
				bits, known = lists.bits[word]
			}
			if known {
				g.reach(j, g.cheap[i]+1+float64(bits)+float64(g.rises[j]-g.rises[i]+swapped))
			}
		}
	}
}

// walks finds keyboard rows, alphabets and numbers in their order, forwards and backwards, at least three long.
func (g *guess) walks(i int, walks []string) {
	v := g.plain[0]
	if i+3 > len(g.folded) {
		return
	}
	rest := v.text[v.offsets[i]:]
	three := v.text[v.offsets[i]:v.offsets[i+3]]
	for _, walk := range walks {
		at := strings.Index(walk, three)
		if at < 0 {
			continue
		}
		start := math.Log2(float64(len(walks)))
		if at > 0 {
			start += math.Log2(float64(len(walk)))
		}
		for j := i + 3; j <= len(g.folded) && strings.HasPrefix(walk[at:], rest[:v.offsets[j]-v.offsets[i]]); j++ {
			g.reach(j, g.cheap[i]+1+start+math.Log2(float64(j-i))+float64(g.rises[j]-g.rises[i]))
		}
	}
}

// layouts are the ways to write dates, for time.Parse, by the number of digits and whether there are separators.
var layouts = map[bool]map[int][]string{
	true: {4: {"2.1.06"}, 5: {"2.1.06"}, 6: {"2.1.06", "2.1.2006", "1.2.2006", "2006.1.2"},
		7: {"2.1.2006", "1.2.2006", "2006.1.2"}, 8: {"2.1.2006", "1.2.2006", "2006.1.2"}},
	false: {6: {"020106", "060102"}, 8: {"02012006", "01022006", "20060102"}},
}

// dates finds the years 1900 to 2099 and the dates in them.
func (g *guess) dates(i int) {
	for j := i + 4; j <= min(len(g.folded), i+len("31.12.1999")); j++ {
		text := g.folded[i:j]
		if !isDigit(text[0]) {
			return
		}
		digits, separator := 0, rune(0)
		plain := make([]byte, len(text))
		for at, r := range text {
			plain[at] = '.'
			switch {
			case isDigit(r):
				digits, plain[at] = digits+1, byte(r)
			case separator != 0 && r != separator || unicode.IsLetter(r):
				return
			default:
				separator = r
			}
		}
		if digits == len(text) && len(text) == 4 && (string(plain[:2]) == "19" || string(plain[:2]) == "20") {
			g.reach(j, g.cheap[i]+1+math.Log2(200))
		}
		if isDate(string(plain), digits) {
			g.reach(j, g.cheap[i]+1+math.Log2(366*100)+float64(len(text)-digits))
		}
	}
}

func isDigit(r rune) bool { return r >= '0' && r <= '9' }

// isDate reads a text of so many digits and full stops.
func isDate(text string, digits int) bool {
	if separators := len(text) - digits; separators != 0 && separators != 2 {
		return false
	}
	for _, layout := range layouts[digits < len(text)][digits] {
		if day, err := time.Parse(layout, text); err == nil && day.Year() >= 1900 && day.Year() < 2100 {
			return true
		}
	}
	return false
}

// copies finds what repeats what came before, at any distance: "aaaa", "abcabc", "secret secret". For each distance it
// follows the longest stretch that ends where the password has been read to: so all repetitions are found in one pass,
// where comparing each part with each other one would take the cube of the length.
type copies struct {
	length []int // of the stretch, by its distance from what it repeats
	recast []int // how many code points of it differ in case
}

func newCopies(n int) copies { return copies{make([]int, n+1), make([]int, n+1)} }

// end reads the password up to i.
func (c copies) end(g *guess, i int) {
	for distance := 1; distance < i; distance++ {
		last := i - 1
		if g.folded[last] != g.folded[last-distance] {
			c.length[distance], c.recast[distance] = 0, 0
			continue
		}
		c.length[distance]++
		if g.typed[last] != g.typed[last-distance] {
			c.recast[distance]++
		}
		length := c.length[distance]
		if length < 2 && distance > 1 {
			continue // one letter seen before is no repetition
		}
		bits := 1 + math.Log2(float64(distance)) + math.Log2(float64(length)) + float64(c.recast[distance])
		g.reach(i, g.cheap[i-length]+bits)
	}
}
