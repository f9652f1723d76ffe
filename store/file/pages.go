package file

import (
	"errors"
	"fmt"
)

// A page of the tree holds, after its header, entries of 16 bytes and behind them the keys and values that they point
// to. A value may itself be a bucket: 16 bytes with its root page, or, where that is 0, with a small page right
// behind.
const (
	entrySize    = 16
	bucketHeader = 16
	flagBucket   = 0x01
	deepestTree  = 64 // of a whole file: a page has two entries at least
)

// entry is one entry of a branch or leaf page.
type entry struct {
	key, value uint64 // where they begin, counted from the first entry
	end        uint64 // and where the value ends
	child      uint64 // of a branch: the page
	bucket     bool   // of a leaf: the value is one
}

// checkTree walks the tree from its root and checks that every page is of the right kind, that its entries lie within
// it, and that no page is met twice, so that bbolt can walk it after this without a fault and to an end. A walk that is
// not deep ends at the root pages of the buckets.
func (p *pageFile) checkTree(deep bool) error {
	p.seen = make([]uint64, p.meta.high/64+1)
	return p.walk(p.meta.root, deep, true, false, 0)
}

// walk checks one page and those below it; below says that a branch led to it. The pages of the root's own tree, those
// on top, are walked in any case. It goes no deeper than any whole file is, and over no page twice: so it ends,
// whatever the file holds.
func (p *pageFile) walk(id uint64, deep, top, below bool, depth int) error {
	head, err := p.readHead(id)
	if err != nil {
		return err
	}
	if err := p.meet(head); err != nil {
		return err
	}
	if head.count == 0 && below {
		return fmt.Errorf("page %d is empty, and should not be there", id)
	}
	if depth > deepestTree {
		return fmt.Errorf("page %d lies too deep in the tree", id)
	}
	entries, err := p.readEntries(head)
	if err != nil || !deep && !top {
		return err
	}
	for _, e := range entries {
		if head.flags == flagBranch {
			err = p.walk(e.child, deep, top, true, depth+1)
		} else if e.bucket {
			err = p.walkBucket(id*p.meta.pageSize+pageHeader, e, deep, depth)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// walkBucket checks the bucket that an entry holds; base is where in the file the entries begin.
func (p *pageFile) walkBucket(base uint64, e entry, deep bool, depth int) error {
	size := e.end - e.value
	if size < bucketHeader || size > bucketHeader+p.meta.pageSize {
		return fmt.Errorf("the bucket at octet %d has the impossible size %d", base+e.value, size)
	}
	raw := make([]byte, size)
	if err := p.readAt(raw, base+e.value); err != nil {
		return err
	}
	if root := native.Uint64(raw); root != 0 {
		return p.walk(root, deep, false, false, depth+1)
	}
	page := raw[bucketHeader:]
	if len(page) < pageHeader || native.Uint16(page[8:]) != flagLeaf {
		return fmt.Errorf("the small bucket at octet %d is not one", base+e.value)
	}
	count := uint64(native.Uint16(page[10:]))
	if entrySize*count > uint64(len(page)-pageHeader) {
		return fmt.Errorf(
			"the small bucket at octet %d claims %d entries, more than it has room for", base+e.value, count)
	}
	room := uint64(len(page) - pageHeader)
	entries, err := parseEntries(page[pageHeader:pageHeader+entrySize*count], flagLeaf, room)
	if err == nil && (count == 0 && room > 0 || count > 0 && entries[count-1].end != room) {
		err = errGap
	}
	if err != nil {
		return fmt.Errorf("the small bucket at octet %d: %w", base+e.value, err)
	}
	return nil
}

// meet marks a page and those that belong to it as met.
func (p *pageFile) meet(head pageHead) error {
	for id := head.id; id <= head.id+uint64(head.overflow); id++ {
		if p.seen[id/64]&(1<<(id%64)) != 0 {
			return fmt.Errorf("page %d is referred to twice", id)
		}
		p.seen[id/64] |= 1 << (id % 64)
	}
	return nil
}

// readEntries reads the entries of a branch or leaf page.
func (p *pageFile) readEntries(head pageHead) ([]entry, error) {
	if head.flags != flagBranch && head.flags != flagLeaf {
		return nil, fmt.Errorf("page %d should be part of the tree, and is of type %#x", head.id, head.flags)
	}
	if head.flags == flagBranch && head.count == 0 {
		return nil, fmt.Errorf("page %d leads nowhere", head.id)
	}
	room := p.room(head)
	if uint64(head.count)*entrySize > room {
		return nil, fmt.Errorf("page %d claims %d entries, more than it has room for", head.id, head.count)
	}
	raw := make([]byte, uint64(head.count)*entrySize)
	if err := p.readAt(raw, head.id*p.meta.pageSize+pageHeader); err != nil {
		return nil, err
	}
	entries, err := parseEntries(raw, head.flags, room)
	if err != nil {
		return nil, fmt.Errorf("page %d: %w", head.id, err)
	}
	return entries, nil
}

var (
	errEntry = errors.New("an entry points out of its page")
	errGap   = errors.New("its entries are not all there")
)

// parseEntries reads entries whose keys and values must lie within room, one right behind the other as bbolt writes
// them: so a count, a place or a length that has changed is noticed, also where what is left looks like a page. All
// sums are of 32-bit numbers in 64 bits, so that none can overflow.
func parseEntries(raw []byte, flags uint16, room uint64) ([]entry, error) {
	entries := make([]entry, len(raw)/entrySize)
	before := uint64(len(raw)) // where the last one ends
	for i := range entries {
		at := raw[i*entrySize:]
		first, second := native.Uint32(at), native.Uint32(at[4:])
		third, fourth := native.Uint32(at[8:]), native.Uint32(at[12:])
		var e entry
		if flags == flagBranch { // position, key size, page
			e.key = uint64(i*entrySize) + uint64(first)
			e.value = e.key + uint64(second)
			e.end, e.child = e.value, native.Uint64(at[8:])
		} else { // flags, position, key size, value size
			e.key = uint64(i*entrySize) + uint64(second)
			e.value = e.key + uint64(third)
			e.end, e.bucket = e.value+uint64(fourth), first&flagBucket != 0
		}
		if e.key < uint64(len(raw)) || e.end > room {
			return nil, errEntry
		}
		if e.key != before {
			return nil, errGap
		}
		entries[i], before = e, e.end
	}
	return entries, nil
}
