package password

import (
	_ "embed"
	"fmt"
	"math"
	"slices"
	"strings"
	"sync"
	"unicode"
	"unicode/utf8"

	"github.com/ccojocar/zxcvbn-go/data"
	"github.com/go-json-experiment/json"
)

// The lists of zxcvbn know English. What our readers choose besides stands here, the most common first; and the
// sequences of their keyboards.
var (
	//go:embed words.txt
	localWords string
	//go:embed walks.txt
	localWalks string
)

// zxcvbnLists are its files, each in the order of frequency. Only the lists of that module are used: its matcher reads
// them at the start of every process (40 ms, of which a command is done in 3), knows neither words that are repeated
// nor an AZERTY keyboard, and takes half a minute over 256 characters such as "4@8(".
var zxcvbnLists = []string{"Passwords", "MaleNames", "FemaleNames", "Surnames", "English"}

// Below these lengths in code points a word says nothing: too many texts hold it by chance. A person's own may be "Li".
const (
	listedShortest = 3
	ownShortest    = 2
)

// ownBits is what one of the person's own words costs to guess: there are few of them.
const ownBits = 1

// wordLists are what guessers try first.
type wordLists struct {
	bits    map[string]float32 // log₂ of the rank
	longest int                // in code points
	walks   []string           // forwards and backwards
}

// commonWords reads the lists when the first password is chosen: most processes never need them (30 ms, 5 MB).
var commonWords = sync.OnceValue(loadWords)

func loadWords() *wordLists {
	lists := &wordLists{bits: make(map[string]float32, 100_000)}
	for i, word := range strings.Fields(localWords) {
		lists.add(word, i+1)
	}
	for _, name := range zxcvbnLists {
		var file struct {
			List []string `json:"List"`
		}
		if err := json.Unmarshal(data.MustAsset("data/"+name+".json"), &file); err != nil {
			panic(fmt.Sprintf("the embedded word list %s is damaged: %v", name, err))
		}
		for i, word := range file.List {
			lists.add(word, i+1)
			if name == "Passwords" {
				lists.add(reversed(word), 2*(i+1))
			}
		}
	}
	for walk := range strings.FieldsSeq(fold(localWalks)) {
		lists.walks = append(lists.walks, walk, reversed(walk))
	}
	return lists
}

// add keeps the better of two ranks: a guesser who has several lists tries a word when it first comes up in one.
func (l *wordLists) add(word string, rank int) {
	word = fold(word)
	length := utf8.RuneCountInString(word)
	if length < listedShortest {
		return
	}
	bits := float32(math.Log2(float64(rank)))
	if known, listed := l.bits[word]; !listed || bits < known {
		l.bits[word] = bits
	}
	l.longest = max(l.longest, length)
}

// whole is the bits of a listed text with anything between its letters: "correct horse battery staple".
func (l *wordLists) whole(folded string) float64 {
	if bits, known := l.bits[strings.Join(letters(folded), "")]; known {
		return float64(bits) + 2*separatorBits
	}
	return math.Inf(1)
}

// letters takes a text apart at all that is neither letter nor digit.
func letters(text string) []string {
	return strings.FieldsFunc(text, func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) })
}

// ownWords are the person's.
type ownWords struct {
	words   map[string]bool
	longest int // in code points
}

// newOwnWords keeps the parts of words, and the whole without what is between them: "Jan-Piet Maes" gives jan, piet,
// maes and janpietmaes; all of them backwards too.
func newOwnWords(words []string) ownWords {
	own := ownWords{words: map[string]bool{}}
	for _, word := range words {
		parts := letters(fold(word))
		for _, part := range append(parts, strings.Join(parts, "")) {
			length := utf8.RuneCountInString(part)
			if length < ownShortest || length > passwordCodePoints {
				continue
			}
			own.words[part], own.words[reversed(part)] = true, true
			own.longest = max(own.longest, length)
		}
	}
	return own
}

func reversed(text string) string {
	runes := []rune(text)
	slices.Reverse(runes)
	return string(runes)
}
