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

// The two files of a language beside its letters.
const (
	footerFile = "footer"
	wordsFile  = "words"
)

var languageCode = regexp.MustCompile(`^[a-z]{2}(-[a-z]{2})?$`)

// loadTexts reads every text, by language. All files with a fault are named in the error, and every letter that one
// language has and another lacks.
func loadTexts(files fs.FS) (map[string]*language, error) {
	names, err := fs.Glob(files, "texts/*")
	if err != nil {
		return nil, err
	}
	layout, err := fs.ReadFile(files, "layout.html")
	if err != nil {
		return nil, err
	}
	byLanguage := map[string]map[string]string{fallback: {}}
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
	_, isKind := vocabularies[store.LetterKind(kind)]
	if !isText || !languageCode.MatchString(code) || !isKind && kind != footerFile && kind != wordsFile {
		return "", "", fmt.Errorf("%s: it is no letter's text; the names are %s, %s and %s, each with .en.txt or "+
			"another language", base, strings.Join(kindNames(), ", "), footerFile, wordsFile)
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
	var faults []error
	for _, kind := range append(kindNames(), footerFile, wordsFile) {
		if _, found := content[kind]; !found {
			faults = append(faults, fmt.Errorf("%s.%s.txt: it is missing; a language needs all its letters", kind, code))
		}
	}
	if len(faults) > 0 {
		return nil, errors.Join(faults...)
	}
	faults = append(faults, parseWords(wordsFile+"."+code+".txt", content[wordsFile], l))
	r := &reader{file: footerFile + "." + code + ".txt", used: map[string]bool{}}
	footer, err := r.read(content[footerFile], false)
	if err != nil {
		return nil, errors.Join(append(faults, err)...)
	}
	for _, kind := range kindNames() {
		k := store.LetterKind(kind)
		r := &reader{file: kind + "." + code + ".txt", words: vocabularies[k], used: map[string]bool{}}
		s, err := r.read(content[kind], true)
		if err == nil {
			l.letters[k], err = compile(r.file, s, footer, layout)
		}
		faults = append(faults, err)
	}
	return l, errors.Join(faults...)
}
