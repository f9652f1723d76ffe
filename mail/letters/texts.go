package letters

import (
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"path"
	"regexp"
	"slices"
	"strings"

	"postern/store"
)

// wordsFile is the name of the file with a language's own words, without its language.
const wordsFile = "words"

var languageCode = regexp.MustCompile(`^[a-z]{2}(-[a-z]{2})?$`)

// loadTexts reads every text, by language. All files with a fault are named in the error, and every one that is missing:
// a population has all its letters in a language, or none.
func loadTexts(files fs.FS) (map[string]*language, error) {
	names, err := fs.Glob(files, "texts/*")
	if err != nil {
		return nil, err
	}
	layout, err := fs.ReadFile(files, "layout.html")
	if err != nil {
		return nil, err
	}
	byLanguage := map[string]map[string]string{}
	for _, code := range slices.Concat(promised[users], promised[bikers]) {
		byLanguage[code] = map[string]string{}
	}
	var faults []error
	for _, name := range names {
		kind, code, err := splitFileName(name)
		content, errRead := fs.ReadFile(files, name)
		if err := errors.Join(err, errRead); err != nil {
			faults = append(faults, err)
			continue
		}
		if byLanguage[code] == nil {
			byLanguage[code] = map[string]string{}
		}
		byLanguage[code][kind] = string(content)
	}
	languages := map[string]*language{}
	for _, code := range slices.Sorted(maps.Keys(byLanguage)) {
		l, err := loadLanguage(code, byLanguage[code], string(layout))
		faults = append(faults, err)
		languages[code] = l
	}
	return languages, errors.Join(faults...)
}

// splitFileName takes <kind>.<language>.txt apart. A name that stands for nothing is a fault: it is a letter that its
// writer believes in and that nobody would ever get.
func splitFileName(name string) (kind, code string, err error) {
	base := path.Base(name)
	kind, rest, _ := strings.Cut(base, ".")
	code, isText := strings.CutSuffix(rest, ".txt")
	known := append(kindNames(), users.footer(), bikers.footer(), wordsFile)
	if !isText || !languageCode.MatchString(code) || !slices.Contains(known, kind) {
		return "", "", fmt.Errorf("%s: it is no letter's text; the names are %s, each with .en.txt or another language",
			base, strings.Join(known, ", "))
	}
	return kind, code, nil
}

func kindNames() []string {
	var names []string
	for kind := range vocabularies {
		names = append(names, string(kind))
	}
	slices.Sort(names)
	return names
}

// loadLanguage makes one language of its files' contents by kind.
func loadLanguage(code string, content map[string]string, layout string) (*language, error) {
	l := &language{letters: map[store.LetterKind]*letter{}}
	present := slices.DeleteFunc(slices.Clone(populations), func(p population) bool {
		_, footer := content[p.footer()]
		return !footer && !slices.Contains(promised[p], code) &&
			!slices.ContainsFunc(p.kinds(), func(kind string) bool { _, found := content[kind]; return found })
	})
	if len(present) == 0 {
		return nil, fmt.Errorf("%s.%s.txt: there is no letter in that language", wordsFile, code)
	}
	if err := missing(code, content, present); err != nil {
		return nil, err
	}
	faults := []error{parseWords(wordsFile+"."+code+".txt", content[wordsFile], l)}
	for _, p := range present {
		faults = append(faults, l.load(p, code, content, layout))
	}
	return l, errors.Join(faults...)
}

// missing names every file that a language lacks for those whom it has letters to.
func missing(code string, content map[string]string, present []population) error {
	var faults []error
	for _, p := range present {
		for _, kind := range append(p.kinds(), p.footer()) {
			if _, found := content[kind]; !found {
				faults = append(faults, fmt.Errorf("%s.%s.txt: it is missing; a language needs all letters to %s and "+
					"their footer, or none", kind, code, p))
			}
		}
	}
	if _, found := content[wordsFile]; !found {
		faults = append(faults, fmt.Errorf("%s.%s.txt: it is missing; every language needs it", wordsFile, code))
	}
	return errors.Join(faults...)
}

// load makes the letters to one population of their files' contents by kind.
func (l *language) load(p population, code string, content map[string]string, layout string) error {
	r := &reader{file: p.footer() + "." + code + ".txt", used: map[string]bool{}}
	footer, err := r.read(content[p.footer()], false)
	if err != nil {
		return err
	}
	var faults []error
	for _, kind := range p.kinds() {
		k := store.LetterKind(kind)
		r := &reader{file: kind + "." + code + ".txt", words: vocabularies[k], used: map[string]bool{}}
		s, err := r.read(content[kind], true)
		if err == nil {
			l.letters[k], err = compile(r.file, s, footer, layout)
		}
		faults = append(faults, err)
	}
	return errors.Join(faults...)
}
