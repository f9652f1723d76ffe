package letters

import (
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"

	"postern/store"
)

// wordsFile is the name of the file with a language's own words, without its language.
const wordsFile = "words"

var languageCode = regexp.MustCompile(`^[a-z]{2}(-[a-z]{2})?$`)

// textFile is what a file says, and the name by which its faults are reported.
type textFile struct{ name, content string }

// languageFiles are the files of a language, by the kind of letter, footer or wordsFile.
type languageFiles map[string]textFile

// embeddedTexts are those of an appliance without a directory of its own. They never change, so that they are
// compiled once in a process.
var embeddedTexts = sync.OnceValues(func() (map[string]*language, error) { return loadTexts(embedded, "") })

// textsOf returns all texts, with those of the operator's directory, if one is named, over the embedded ones.
func textsOf(dir string) (map[string]*language, error) {
	if dir == "" {
		return embeddedTexts()
	}
	return loadTexts(embedded, dir)
}

// loadTexts reads every text, by language: those embedded, and in their place or beside them those of the operator's
// directory, if one is named. All files with a fault are named in the error, and every one that is missing: a
// population has all its letters in a language, or none.
func loadTexts(files fs.FS, dir string) (map[string]*language, error) {
	layout, err := fs.ReadFile(files, "layout.html")
	if err != nil {
		return nil, err
	}
	own, err := fs.Sub(files, "texts")
	if err != nil {
		return nil, err
	}
	byLanguage := map[string]languageFiles{}
	for _, languages := range promised {
		for _, code := range languages {
			byLanguage[code] = languageFiles{}
		}
	}
	faults := []error{collect(byLanguage, own, "")}
	if dir != "" {
		faults = append(faults, collect(byLanguage, os.DirFS(dir), dir))
	}
	languages := map[string]*language{}
	for _, code := range slices.Sorted(maps.Keys(byLanguage)) {
		l, err := loadLanguage(code, byLanguage[code], string(layout), dir)
		faults = append(faults, err)
		languages[code] = l
	}
	return languages, errors.Join(faults...)
}

// collect adds the files of a directory to those there are, over those of the same name. What editors leave beside a
// file, and hidden files, are passed over.
func collect(byLanguage map[string]languageFiles, files fs.FS, dir string) error {
	entries, err := fs.ReadDir(files, ".")
	if err != nil {
		return fmt.Errorf("the letters' texts in %s cannot be read: %w", dir, causeOf(err))
	}
	var faults []error
	for _, entry := range entries {
		if strings.HasPrefix(entry.Name(), ".") || strings.HasSuffix(entry.Name(), "~") {
			continue
		}
		name := filepath.Join(dir, entry.Name())
		kind, code, err := splitFileName(name)
		if err != nil {
			faults = append(faults, err)
			continue
		}
		content, err := readText(files, entry.Name())
		if err != nil {
			faults = append(faults, fmt.Errorf("%s: it cannot be read: %w", name, causeOf(err)))
			continue
		}
		if byLanguage[code] == nil {
			byLanguage[code] = languageFiles{}
		}
		byLanguage[code][kind] = textFile{name, content}
	}
	return errors.Join(faults...)
}

// longestText bounds a text, in bytes; the longest of ours has 2 KiB.
const longestText = 64 << 10

// readText reads a file as editors of any system write it: with or without a byte order mark, with either line end.
func readText(files fs.FS, name string) (string, error) {
	about, err := fs.Stat(files, name)
	switch {
	case err != nil:
		return "", err
	case !about.Mode().IsRegular():
		return "", errors.New("it is no plain file")
	case about.Size() > longestText:
		return "", fmt.Errorf("it has more than %d KiB", longestText>>10)
	}
	content, err := fs.ReadFile(files, name)
	text := strings.TrimPrefix(string(content), "\uFEFF")
	return strings.ReplaceAll(text, "\r\n", "\n"), err
}

// causeOf is an error without the path, which its sentence has already.
func causeOf(err error) error {
	if path, is := errors.AsType[*fs.PathError](err); is {
		return path.Err
	}
	return err
}

// splitFileName takes <kind>.<language>.txt apart. A name that stands for nothing is a fault: it is a letter that its
// writer believes in and that nobody would ever get.
func splitFileName(name string) (kind, code string, err error) {
	kind, rest, _ := strings.Cut(filepath.Base(name), ".")
	code, isText := strings.CutSuffix(rest, ".txt")
	known := kindNames()
	for _, p := range populations {
		known = append(known, p.footer())
	}
	known = append(known, wordsFile)
	if !isText || !languageCode.MatchString(code) || !slices.Contains(known, kind) {
		return "", "", fmt.Errorf("%s: it is no letter's text; the names are %s, each with .en.txt or another language",
			name, strings.Join(known, ", "))
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

// loadLanguage makes one language of its files. What is missing is reported as a file of dir.
func loadLanguage(code string, files languageFiles, layout, dir string) (*language, error) {
	l := &language{letters: map[store.LetterKind]*letter{}}
	present := slices.DeleteFunc(slices.Clone(populations), func(p population) bool {
		_, footer := files[p.footer()]
		return !footer && !slices.Contains(promised[p], code) &&
			!slices.ContainsFunc(p.kinds(), func(kind string) bool { _, found := files[kind]; return found })
	})
	if len(present) == 0 {
		return nil, fmt.Errorf("%s: there is no letter in that language", files[wordsFile].name)
	}
	faults := []error{missing(code, files, present, dir)}
	if words, found := files[wordsFile]; found {
		faults = append(faults, parseWords(words, l))
	}
	for _, p := range present {
		faults = append(faults, l.load(p, files, layout))
	}
	return l, errors.Join(faults...)
}

// missing names every file that a language lacks for those whom it has letters to.
func missing(code string, files languageFiles, present []population, dir string) error {
	var faults []error
	for _, p := range present {
		for _, kind := range append(p.kinds(), p.footer()) {
			if _, found := files[kind]; !found {
				faults = append(faults, fmt.Errorf("%s: it is missing; a language needs all letters to %s and "+
					"their footer, or none", filepath.Join(dir, kind+"."+code+".txt"), p))
			}
		}
	}
	if _, found := files[wordsFile]; !found {
		faults = append(faults, fmt.Errorf("%s: it is missing; every language needs it",
			filepath.Join(dir, wordsFile+"."+code+".txt")))
	}
	return errors.Join(faults...)
}

// load makes the letters to one population of their files, as far as these are there.
func (l *language) load(p population, files languageFiles, layout string) error {
	footer := &source{} // of letters that are read for their faults alone
	var faults []error
	if file, found := files[p.footer()]; found {
		read, err := newReader(file.name, vocabulary{}).read(file.content, false)
		if faults = append(faults, err); err == nil {
			footer = read
		}
	}
	for _, kind := range p.kinds() {
		file, found := files[kind]
		if !found {
			continue
		}
		k := store.LetterKind(kind)
		s, err := newReader(file.name, vocabularies[k]).read(file.content, true)
		if err == nil {
			l.letters[k], err = compile(file.name, s, footer, layout)
		}
		faults = append(faults, err)
	}
	return errors.Join(faults...)
}
