package file

import (
	"encoding/binary"
	"errors"
	"fmt"
	"hash/fnv"
	"io"
	"os"
	"syscall"

	"postern/store/private"
)

// DamagedFile says that a data file is not what Postern wrote. Such a file is left as it is.
type DamagedFile struct {
	Path   string
	What   string
	detail string
}

// Error says what is damaged and what to do.
func (d *DamagedFile) Error() string {
	return fmt.Sprintf("the data file %s is damaged: %s; it is left as it is: run postern check, which lists every "+
		"fault, and restore a backup", d.Path, d.What)
}

// Detail returns what only those who know the code understand: the page that is wrong, or the words of a panic.
func (d *DamagedFile) Detail() string { return d.detail }

// On a damaged page bbolt panics, in goroutines of its own too, where nobody can recover. So the pages that it reads
// when it opens a file are looked at here first. The layout is bbolt's: pages of one size, each with a header of 16
// bytes; pages 0 and 1 are the metas, written in turn; integers are in the byte order of the machine.
const (
	pageHeader    = 16
	metaSize      = 64
	boltMagic     = 0xED0CDAED
	boltVersion   = 2
	smallestPage  = 1 << 10
	largestPage   = 1 << 24
	flagBranch    = 0x01
	flagLeaf      = 0x02
	flagFreelist  = 0x10
	mostPages     = 1 << 38 // so that every place in the file fits 63 bits
	manyFreePages = 0xFFFF  // in a header's count: the true one is the first entry
)

var native = binary.NativeEndian

// fileMeta is what one meta page says.
type fileMeta struct {
	pageSize             uint64
	root, freelist, high uint64 // pages; high is the first one never used
	txid                 uint64
}

// pageHead is the header of a page.
type pageHead struct {
	id       uint64
	flags    uint16
	count    uint16
	overflow uint32 // pages that follow and belong to it
}

// pageFile is a data file as its pages.
type pageFile struct {
	file  *os.File
	path  string
	size  uint64
	meta  fileMeta // the newest that is whole
	spare error    // what is wrong with the other one; nil where nothing is
	seen  []uint64 // bit set of the pages that a walk has met
}

// preflight looks at what bbolt reads when it opens a file: metas, length, freelist and the root. The answer is nil, a
// *DamagedFile, or why the file cannot be read.
func preflight(path string) error {
	pages, err := openPages(path)
	if err != nil {
		return err
	}
	defer pages.close()
	if err := pages.checkFreelist(); err != nil {
		return &DamagedFile{Path: path, What: "its list of free pages is wrong", detail: err.Error()}
	}
	if err := pages.checkTree(false); err != nil {
		return &DamagedFile{Path: path, What: "its pages do not fit together", detail: err.Error()}
	}
	return nil
}

// newestOnDisk reads the id of the last transaction from the file itself; 0 where it cannot be read.
func newestOnDisk(path string) uint64 {
	pages, err := openPages(path)
	if err != nil {
		return 0
	}
	defer pages.close()
	return pages.meta.txid
}

// openPages opens a file whose metas and length are right. One damaged meta is what the other one is for.
func openPages(path string) (*pageFile, error) {
	file, err := private.OpenFile(path, os.O_RDONLY, 0)
	switch {
	case errors.Is(err, syscall.ELOOP):
		return nil, private.File("the data file", path)
	case err != nil:
		return nil, fmt.Errorf("the data file cannot be read: %w", private.Denied("the data file "+path, path, err))
	}
	p := &pageFile{file: file, path: path}
	about, err := file.Stat()
	switch {
	case err != nil:
		err = fmt.Errorf("the data file cannot be read: %w", err)
	case !about.Mode().IsRegular():
		err = fmt.Errorf("the data file %s is not a regular file: move it away", path)
	default:
		p.size = uint64(about.Size())
		err = p.damaged(p.readMetas())
	}
	if err != nil {
		p.close()
		return nil, err
	}
	return p, nil
}

func (p *pageFile) close() { _ = p.file.Close() }

func (p *pageFile) damaged(what error) error {
	if what == nil {
		return nil
	}
	return &DamagedFile{Path: p.path, What: what.Error()}
}

// readMetas finds the newest whole meta. Where the first one is damaged the page size is not known, and the second one
// is looked for at each that bbolt knows.
func (p *pageFile) readMetas() error {
	if p.size == 0 {
		return errors.New("it is empty")
	}
	first, err := p.readMeta(0)
	if err == nil {
		second, err := p.readMeta(first.pageSize)
		p.meta, p.spare = first, err
		if err == nil && second.txid > first.txid {
			p.meta = second
		}
		return p.checkMeta()
	}
	for size := uint64(smallestPage); size <= largestPage; size *= 2 {
		if second, secondErr := p.readMeta(size); secondErr == nil && second.pageSize == size {
			p.meta, p.spare = second, err
			return p.checkMeta()
		}
	}
	return err
}

// readMeta reads one meta page and checks what can be checked of it alone.
func (p *pageFile) readMeta(at uint64) (fileMeta, error) {
	page := make([]byte, pageHeader+metaSize)
	if err := p.readAt(page, at); err != nil {
		return fileMeta{}, err
	}
	raw := page[pageHeader:]
	sum := fnv.New64a()
	sum.Write(raw[:metaSize-8])
	m := fileMeta{
		pageSize: uint64(native.Uint32(raw[8:])), root: native.Uint64(raw[16:]),
		freelist: native.Uint64(raw[32:]), high: native.Uint64(raw[40:]), txid: native.Uint64(raw[48:]),
	}
	switch {
	case native.Uint32(raw) != boltMagic:
		return m, fmt.Errorf("no meta page at octet %d, "+
			"so that it is no data file of Postern's or its beginning was overwritten", at)
	case native.Uint32(raw[4:]) != boltVersion:
		return m, fmt.Errorf("the meta page at octet %d has the unknown version %d", at, native.Uint32(raw[4:]))
	case native.Uint64(raw[metaSize-8:]) != sum.Sum64():
		return m, fmt.Errorf("the checksum of the meta page at octet %d does not match", at)
	case m.pageSize < smallestPage || m.pageSize > largestPage || m.pageSize&(m.pageSize-1) != 0:
		return m, fmt.Errorf("the meta page at octet %d names the impossible page size %d", at, m.pageSize)
	}
	return m, nil
}

// checkMeta holds the meta against the file's length.
func (p *pageFile) checkMeta() error {
	m := p.meta
	if m.high < 4 || m.high > mostPages || m.root < 2 || m.root >= m.high {
		return fmt.Errorf("its meta page names the impossible pages %d and %d", m.root, m.high)
	}
	if p.size < m.high*m.pageSize {
		return fmt.Errorf("it is truncated: %d octets are there, and there must be %d", p.size, m.high*m.pageSize)
	}
	return nil
}

// checkFreelist holds the list of free pages against the file: bbolt writes into whatever page the list names.
func (p *pageFile) checkFreelist() error {
	at := p.meta.freelist
	head, err := p.readHead(at)
	if err != nil {
		return fmt.Errorf("list of free pages: %w", err)
	}
	if head.flags != flagFreelist {
		return fmt.Errorf("page %d should be the list of free pages, and is of type %#x", at, head.flags)
	}
	body := io.NewSectionReader(p.file, int64(at*p.meta.pageSize+pageHeader), int64(p.room(head)))
	count := uint64(head.count)
	if count == manyFreePages {
		if err := binary.Read(body, native, &count); err != nil {
			return fmt.Errorf("list of free pages: %w", err)
		}
	}
	if count > p.meta.high || count*8 > p.room(head) {
		return fmt.Errorf("the list of free pages claims %d of them, more than it has room for", count)
	}
	ids := make([]uint64, count)
	if err := binary.Read(body, native, ids); err != nil {
		return fmt.Errorf("list of free pages: %w", err)
	}
	return p.checkFree(ids, head)
}

func (p *pageFile) checkFree(ids []uint64, list pageHead) error {
	before := uint64(1) // the metas are never free
	for _, id := range ids {
		switch {
		case id <= before:
			return fmt.Errorf("the list of free pages is out of order at page %d", id)
		case id >= p.meta.high:
			return fmt.Errorf("the list of free pages names page %d, and there are %d", id, p.meta.high)
		case id >= list.id && id <= list.id+uint64(list.overflow):
			return fmt.Errorf("the list of free pages names its own page %d", id)
		}
		before = id
	}
	return nil
}

// readHead reads a page's header and checks that the page lies in the file and is the one it should be.
func (p *pageFile) readHead(id uint64) (pageHead, error) {
	if id < 2 || id >= p.meta.high {
		return pageHead{}, fmt.Errorf("a page %d is referred to, and there are %d", id, p.meta.high)
	}
	raw := make([]byte, pageHeader)
	if err := p.readAt(raw, id*p.meta.pageSize); err != nil {
		return pageHead{}, err
	}
	head := pageHead{native.Uint64(raw), native.Uint16(raw[8:]), native.Uint16(raw[10:]), native.Uint32(raw[12:])}
	switch {
	case head.id != id:
		return head, fmt.Errorf("page %d calls itself %d", id, head.id)
	case id+uint64(head.overflow) >= p.meta.high:
		return head, fmt.Errorf("page %d claims to go on for %d pages, beyond the end", id, head.overflow)
	}
	return head, nil
}

// room is how many bytes a page has beside its header.
func (p *pageFile) room(head pageHead) uint64 {
	return (uint64(head.overflow)+1)*p.meta.pageSize - pageHeader
}

func (p *pageFile) readAt(to []byte, at uint64) error {
	if _, err := p.file.ReadAt(to, int64(at)); errors.Is(err, io.EOF) {
		return fmt.Errorf("it is truncated at octet %d", p.size)
	} else if err != nil {
		return fmt.Errorf("octet %d cannot be read: %w", at, err)
	}
	return nil
}
