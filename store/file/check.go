package file

import (
	"errors"
	"fmt"
	"path/filepath"
	"regexp"
	"slices"

	"go.etcd.io/bbolt"
)

// faultsListed bounds what a check lists: a file with more faults than this is to be restored, not mended.
const faultsListed = 100

// Check looks for faults in a data file that nobody has open: a copy, or that of a stopped process. It reads all of it:
// the pages, the tree that they make, and, by records, what the schema's owner has written there. Faults are sentences;
// err is why the check could not be made: the file cannot be read, another program has it open (ErrInUse), it has
// another schema.
//
// bbolt may panic in a goroutine of its own on a file that is damaged badly, or whose disk fails under it, and then the
// process ends. What must live on calls Check in a child process.
func Check(path string, schema Schema, records func(*Tx) []string) (faults []string, err error) {
	faults, sound, err := checkPages(path)
	if err != nil || !sound {
		return faults, err
	}
	more, err := checkContents(path, schema, records)
	return append(faults, more...), err
}

// ErrOlderSchema is what the error of Check is (errors.Is) where the pages of a file and the tree that they make are
// sound, and its records are those of an older schema.
var ErrOlderSchema = errors.New("of an older schema")

type olderSchema struct{ sentence string }

func (o *olderSchema) Error() string        { return o.sentence }
func (o *olderSchema) Is(target error) bool { return target == ErrOlderSchema }

// checkContents checks a file whose pages are sound.
func checkContents(path string, schema Schema, records func(*Tx) []string) (faults []string, err error) {
	bolt, err := openBolt(path, true)
	if err != nil {
		return asFaults(err)
	}
	defer bolt.Close()
	f := newFile(filepath.Dir(path), Options{Schema: schema})
	f.path, f.bolt = path, bolt
	err = f.look(func(t *Tx) error {
		if faults = checkBolt(t.bolt); len(faults) > 0 {
			return nil
		}
		if err := f.checkSchema(t); err != nil {
			return err
		}
		faults = records(t)
		return nil
	})
	if err != nil {
		return asFaults(err)
	}
	return faults, nil
}

// checkSchema checks that a file is of the current schema.
func (f *File) checkSchema(t *Tx) error {
	has, err := f.readSchema(t)
	if err != nil {
		return err
	}
	current := f.options.Schema.number()
	if has < current {
		return &olderSchema{fmt.Sprintf("the data file %s has the older schema %d: "+
			"start the appliance on it, which migrates it to %d, and check it then", f.path, has, current)}
	}
	return f.checkBuckets(t)
}

// checkPages is the preflight over all pages. Sound are those that bbolt can walk.
func checkPages(path string) (faults []string, sound bool, err error) {
	pages, err := openPages(path)
	if err != nil {
		faults, err = asFaults(err)
		return faults, false, err
	}
	defer pages.close()
	for _, fault := range []error{pages.checkFreelist(), pages.checkTree(true)} {
		if fault != nil {
			faults = append(faults, fault.Error())
		}
	}
	sound = len(faults) == 0
	if pages.spare != nil {
		faults = append(faults, fmt.Sprintf(
			"%v; the other one is used, and the last transaction may be lost", pages.spare))
	}
	return faults, sound, nil
}

// checkBolt is bbolt's own check: every page is used once or free, and keys are in order.
func checkBolt(bolt *bbolt.Tx) (faults []string) {
	more := 0
	for fault := range bolt.Check() {
		if len(faults) < faultsListed {
			faults = append(faults, sentenceOf(fault.Error()))
		} else {
			more++
		}
	}
	faults = slices.Compact(faults)
	if more > 0 {
		faults = append(faults, fmt.Sprintf("and %d more", more))
	}
	return faults
}

// boltFaults are the words of bbolt's check, and ours for them. What it finds beyond these is a page that it cannot
// walk.
var boltFaults = []struct {
	words *regexp.Regexp
	ours  string
}{
	{regexp.MustCompile(`^page (\d+): already freed`), "the list of free pages names page $1 twice"},
	{regexp.MustCompile(`^page (\d+): unreachable unfreed`), "page $1 is part of nothing, and not free"},
	{regexp.MustCompile(`^page (\d+): multiple references`), "page $1 is referred to twice"},
	{regexp.MustCompile(`^page (\d+): reachable freed`), "page $1 is in use, and in the list of free pages"},
	{regexp.MustCompile(`^page (\d+): out of bounds`), "page $1 is referred to, and there are fewer"},
	{regexp.MustCompile(`^(?:the first )?key\[.* page\((\d+)\) needs to be`), "the keys of page $1 are out of order"},
}

func sentenceOf(fault string) string {
	for _, known := range boltFaults {
		if at := known.words.FindStringSubmatchIndex(fault); at != nil {
			return string(known.words.ExpandString(nil, known.ours, fault, at))
		}
	}
	return "its pages cannot be walked to the end"
}

// asFaults makes damage a fault; any other error stays one.
func asFaults(err error) ([]string, error) {
	var damage *DamagedFile
	if errors.As(err, &damage) {
		return []string{damage.What}, nil
	}
	return nil, err
}
