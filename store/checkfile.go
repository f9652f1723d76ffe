package store

import (
	"errors"
	"fmt"
	"regexp"
	"slices"

	"go.etcd.io/bbolt"
)

// CheckFile looks for faults in a data file that no appliance has open: a copy, or that of a stopped one. It reads all of
// it: the pages and the tree that they make, the checksum of every record, and whether keys, indexes and records say
// the same. Faults are sentences; err is why the check could not be made: the file cannot be read, another program has it
// open (ErrHeld), it has another schema.
//
// bbolt may panic in a goroutine of its own on a file that is damaged badly, or whose disk fails under it, and then the
// process ends. What must live on calls CheckFile in a child process.
func CheckFile(path string) (faults []string, err error) {
	faults, sound, err := checkPages(path)
	if err != nil || !sound {
		return faults, err
	}
	more, err := checkContents(path)
	return append(faults, more...), err
}

// checkContents checks a file whose pages are sound.
func checkContents(path string) (faults []string, err error) {
	bolt, err := openBolt(path, true)
	if err != nil {
		return asFaults(err)
	}
	defer bolt.Close()
	s := newStore("", Options{})
	s.bolt = bolt
	err = guarded(path, func() error {
		return bolt.View(func(bolt *bbolt.Tx) error {
			if faults = checkBolt(bolt); len(faults) > 0 {
				return nil
			}
			faults, err = checkRecords(path, newTx(s, bolt))
			return err
		})
	})
	if err != nil {
		return asFaults(err)
	}
	return faults, nil
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
		faults = append(faults, fmt.Sprintf("%v; the other one is used, and the last transaction may be lost", pages.spare))
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

// checkRecords checks what the facts have written.
func checkRecords(path string, t *tx) ([]string, error) {
	about, err := metaOf(path, t)
	if err != nil {
		return nil, err
	}
	switch current := len(migrations) + 1; {
	case about.Schema > current:
		return nil, newerSchema(path, about.Schema, current)
	case about.Schema < current:
		return nil, fmt.Errorf("the data file %s has the older schema %d: start the appliance on it, which migrates it to %d, and check it then",
			path, about.Schema, current)
	}
	if err := checkBuckets(path, t.bolt); err != nil {
		return nil, err
	}
	return checkFacts(t), nil
}

// asFaults makes damage a fault; any other error stays one.
func asFaults(err error) ([]string, error) {
	var damage *DamagedFile
	if errors.As(err, &damage) {
		return []string{damage.What}, nil
	}
	return nil, err
}
