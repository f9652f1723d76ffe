package file

import (
	"bytes"
	"errors"
	"fmt"
	"hash/fnv"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"go.etcd.io/bbolt"
)

// pageEdit is a file that a test changes where it knows what stands there.
type pageEdit struct {
	data []byte
	meta fileMeta
}

func (e *pageEdit) page(id uint64) []byte { return e.data[id*e.meta.pageSize:] }
func (e *pageEdit) freelist() []byte      { return e.page(e.meta.freelist) }

// entry returns the i-th entry of a page.
func (e *pageEdit) entry(id uint64, i int) []byte { return e.page(id)[pageHeader+i*entrySize:] }

// seal makes both metas' checksums right again.
func (e *pageEdit) seal() {
	for id := range uint64(2) {
		sealMeta(e.page(id)[pageHeader:])
	}
}

func sealMeta(raw []byte) {
	sum := fnv.New64a()
	sum.Write(raw[:metaSize-8])
	native.PutUint64(raw[metaSize-8:], sum.Sum64())
}

// bucketOf finds the root page of the scratch bucket, which is a branch.
func (e *pageEdit) bucketOf(t *testing.T, name string) (root uint64) {
	t.Helper()
	page := e.page(e.meta.root)
	for i := range int(native.Uint16(page[10:])) {
		at := e.entry(e.meta.root, i)
		pos, ksize := native.Uint32(at[4:]), native.Uint32(at[8:])
		if string(at[pos:pos+ksize]) == name {
			return native.Uint64(at[pos+ksize:])
		}
	}
	t.Fatalf("no bucket %s", name)
	return 0
}

func TestPreflight(t *testing.T) {
	t.Parallel()
	path, whole := wholeFile(t)
	pages, err := openPages(path)
	must(t, err)
	meta := pages.meta
	pages.close()
	root := (&pageEdit{whole, meta}).bucketOf(t, string(scratch))
	tests := []struct {
		name   string
		edit   func(*pageEdit)
		start  string // the sentence of a start; empty: it goes on
		faults string // one of the check; empty: none
	}{
		{"whole", func(*pageEdit) {}, "", ""},
		{"the first meta is lost", func(e *pageEdit) { clear(e.page(0)[:100]) }, "", "no meta page at octet 0"},
		{"the second meta is lost", func(e *pageEdit) { clear(e.page(1)[:100]) }, "", "no meta page at octet 4096"},
		{"both metas are lost", func(e *pageEdit) { clear(e.data[:2*4096]) }, "no meta page", "no meta page"},
		{"another version", func(e *pageEdit) { e.page(0)[20], e.page(1)[20] = 9, 9; e.seal() }, "unknown version 9",
			"unknown version 9"},
		{"a page size", func(e *pageEdit) { e.page(0)[24], e.page(1)[24] = 1, 1; e.seal() }, "impossible page size",
			"impossible page size"},
		{"a root beyond the end", func(e *pageEdit) { e.page(0)[34], e.page(1)[34] = 1, 1; e.seal() },
			"impossible pages", "impossible pages"},
		{"the freelist is another page", func(e *pageEdit) { e.freelist()[8] = flagLeaf }, "should be the list",
			"should be the list"},
		{"the freelist calls itself another", func(e *pageEdit) { e.freelist()[0]++ }, "calls itself", "calls itself"},
		{"the freelist is too long", func(e *pageEdit) { native.PutUint16(e.freelist()[10:], 5000) },
			"more than it has room for", "more than"},
		{"the freelist is huge", func(e *pageEdit) {
			native.PutUint16(e.freelist()[10:], manyFreePages)
			native.PutUint64(e.freelist()[16:], 1<<61)
		}, "more than it has room for", "more than it has room for"},
		{"a free page twice", func(e *pageEdit) { copy(e.freelist()[24:32], e.freelist()[16:24]) }, "out of order",
			"out of order"},
		{"a free meta", func(e *pageEdit) { native.PutUint64(e.freelist()[16:], 1) }, "out of order at page 1",
			"out of order"},
		{"a free page beyond the end", func(e *pageEdit) {
			count := native.Uint16(e.freelist()[10:])
			native.PutUint64(e.freelist()[16+8*(count-1):], e.meta.high)
		}, "and there are", "and there are"},
		{"a used page is free", func(e *pageEdit) {
			native.PutUint16(e.freelist()[10:], 1)
			native.PutUint64(e.freelist()[16:], e.meta.root)
		}, "", "is in use, and in the list of free pages"},
		{"the root is of another kind", func(e *pageEdit) { e.page(e.meta.root)[8] = 0x20 }, "of type 0x20",
			"of type 0x20"},
		{"the root's entry points away", func(e *pageEdit) { e.entry(e.meta.root, 0)[7] = 1 }, "out of its page",
			"out of its page"},
		{"a bucket's root is of another kind", func(e *pageEdit) { e.page(root)[8] = flagFreelist }, "part of the tree",
			"part of the tree"},
		{"a page below its own", func(e *pageEdit) { native.PutUint64(e.entry(root, 0)[8:], root) }, "",
			"referred to twice"},
		{"a page beyond the end", func(e *pageEdit) { native.PutUint64(e.entry(root, 0)[8:], 1<<50) }, "",
			"is referred to, and there are"},
		{"a branch that leads nowhere", func(e *pageEdit) { native.PutUint16(e.page(root)[10:], 0) }, "leads nowhere",
			"leads nowhere"},
		{"entries that are not counted", func(e *pageEdit) { e.page(root)[10]-- }, "not all there", "not all there"},
		{"a key that is shorter", func(e *pageEdit) { e.entry(root, 0)[4]-- }, "not all there", "not all there"},
		{"a leaf that is empty", func(e *pageEdit) {
			native.PutUint16(e.page(native.Uint64(e.entry(root, 0)[8:]))[10:], 0)
		}, "", "is empty, and should not be there"},
		{"a page that goes on too far", func(e *pageEdit) { e.page(root)[15] = 1 }, "beyond the end", "beyond the end"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			edit := &pageEdit{append([]byte(nil), whole...), meta}
			test.edit(edit)
			path := filepath.Join(t.TempDir(), dataName)
			must(t, os.WriteFile(path, edit.data, 0o600))
			err := preflight(path)
			said, pages := sentenceAndPages(err)
			if (err != nil) != (test.start != "") || !strings.Contains(said+pages, test.start) ||
				regexp.MustCompile(`page \d`).MatchString(said) {
				t.Errorf("a start: %q, %q", said, pages)
			}
			faults, err := checkTest(path)
			if err != nil || (len(faults) > 0) != (test.faults != "") ||
				!strings.Contains(strings.Join(faults, "\n"), test.faults) {
				t.Errorf("the check: %q, %v", faults, err)
			}
		})
	}
}

// sentenceAndPages are what a damaged file is to its operator, and to who knows the code.
func sentenceAndPages(err error) (said, pages string) {
	var damaged *DamagedFile
	if errors.As(err, &damaged) {
		return damaged.Error(), damaged.Detail()
	}
	return fmt.Sprint(err), ""
}

// FuzzPages holds that no file makes the preflight panic or run for long. The checksums of the metas are made right, so
// that what they say is met too.
func FuzzPages(f *testing.F) {
	f.Add(make([]byte, smallestPage))
	f.Add(smallFile(f))
	f.Fuzz(func(t *testing.T, data []byte) {
		data = bytes.Clone(data) // the fuzzer keeps its own
		for _, at := range []int{0, smallestPage, 4096} {
			if len(data) >= at+pageHeader+metaSize {
				sealMeta(data[at+pageHeader:])
			}
		}
		path := filepath.Join(t.TempDir(), dataName)
		must(t, os.WriteFile(path, data, 0o600))
		_ = preflight(path)
		_, _, _ = checkPages(path)
	})
}

// smallFile is a file with the smallest pages that bbolt knows.
func smallFile(f *testing.F) []byte {
	f.Helper()
	path := filepath.Join(f.TempDir(), dataName)
	options := boltOptions()
	options.PageSize = smallestPage
	bolt, err := bbolt.Open(path, 0o600, options)
	must(f, err)
	for range 2 {
		must(f, bolt.Update(func(bolt *bbolt.Tx) error {
			for _, name := range []string{"a", "b"} {
				bucket, err := bolt.CreateBucketIfNotExists([]byte(name))
				must(f, err)
				for i := range 8 {
					must(f, bucket.Put([]byte{name[0], byte(i)}, make([]byte, 150*int(name[0]-'a'))))
				}
			}
			return nil
		}))
	}
	must(f, bolt.View(func(bolt *bbolt.Tx) error { return bolt.CopyFile(path+".copy", 0o600) }))
	must(f, bolt.Close())
	data, err := os.ReadFile(path + ".copy")
	must(f, err)
	return data
}

// wholeFile makes a file with a tree of several levels and with free pages.
func wholeFile(t *testing.T) (path string, data []byte) {
	t.Helper()
	f := openTest(t)
	must(t, submit(f, func(t *Tx) error {
		for i := range 900 {
			if err := notes.Put(t, fmt.Appendf(nil, "%06d", i*7919%900), note{strings.Repeat("x", 50)}); err != nil {
				return err
			}
		}
		return nil
	}))
	must(t, submit(f, func(t *Tx) error {
		for i := range 200 {
			if err := notes.Delete(t, fmt.Appendf(nil, "%06d", 400+i)); err != nil {
				return err
			}
		}
		return nil
	}))
	path = filepath.Join(t.TempDir(), dataName)
	must(t, f.Copy(path))
	data, err := os.ReadFile(path)
	must(t, err)
	return path, data
}
