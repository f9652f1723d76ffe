package migrate

import (
	"bytes"
	"slices"

	"postern/store/file"
)

// moved is one record under its new key.
type moved struct{ key, value []byte }

// staged is a large bucket that is made anew, and what becomes of one of its records.
type staged struct {
	bucket []byte
	key    func(key []byte) []byte // nil: it cannot be read
	record func(key, value, to []byte) ([]byte, error)
}

// stagingBucket holds new buckets until all are ready.
var stagingBucket = []byte("migration")

// stagedAtOnce is how many records one transaction moves, about: each takes some 500 bytes of memory until it is
// written.
const stagedAtOnce = 200_000

// stageAll makes the new large buckets beside the old ones, with about so many records at once. Each transaction makes
// a range of the new keys, which are spread evenly, so that it fills pages from left to right and once.
func stageAll(update file.Runner, large []staged, atOnce int) error {
	err := update(func(t *file.Tx) error {
		if t.HasBucket(stagingBucket) {
			if err := t.DeleteBucket(stagingBucket); err != nil {
				return err
			}
		}
		return t.CreateBucket(stagingBucket)
	})
	for i := 0; i < len(large) && err == nil; i++ {
		passes := 1
		for pass := 0; pass < passes && err == nil; pass++ {
			err = update(func(t *file.Tx) error {
				if pass == 0 {
					passes = min(256, 1+keysIn(t, large[i].bucket)/atOnce)
				}
				return large[i].stage(t, pass, passes)
			})
		}
	}
	return err
}

func keysIn(t *file.Tx, bucket []byte) (n int) {
	c := t.Cursor(bucket)
	for key, _ := c.First(); key != nil; key, _ = c.Next() {
		n++
	}
	return n
}

// stage moves the records whose new keys lie in one of so many ranges.
func (s staged) stage(t *file.Tx, pass, passes int) error {
	var all []moved
	c := t.Cursor(s.bucket)
	for key, value := c.First(); key != nil; key, value = c.Next() {
		to := s.key(key)
		if to == nil || int(to[0])*passes/256 != pass {
			continue
		}
		record, err := s.record(key, value, to)
		if err != nil {
			return err
		}
		if record != nil {
			all = append(all, moved{to, bytes.Clone(record)})
		}
	}
	slices.SortFunc(all, func(a, b moved) int { return bytes.Compare(a.key, b.key) })
	into, err := t.Bucket(stagingBucket).CreateBucketIfNotExists(s.bucket)
	if err != nil {
		return err
	}
	into.FillPercent = file.RightFill
	for _, record := range all {
		if err := into.Put(record.key, record.value); err != nil {
			return err
		}
	}
	return nil
}

// takeStaged puts the new buckets in the place of the old ones.
func takeStaged(t *file.Tx, large []staged) error {
	for _, of := range large {
		if err := t.DeleteBucket(of.bucket); err != nil {
			return err
		}
		if err := t.LiftBucket(of.bucket, stagingBucket); err != nil {
			return err
		}
	}
	return t.DeleteBucket(stagingBucket)
}

// moveAll gives every key of a small bucket anew.
func moveAll(t *file.Tx, bucket []byte, move func(key, value []byte) (to moved, readable bool, err error)) error {
	var all []moved
	c := t.Cursor(bucket)
	for key, value := c.First(); key != nil; key, value = c.Next() {
		to, readable, err := move(key, value)
		if err != nil {
			return err
		}
		if readable {
			all = append(all, to)
		}
	}
	if err := t.DeleteBucket(bucket); err != nil {
		return err
	}
	if err := t.CreateBucket(bucket); err != nil {
		return err
	}
	for _, record := range all {
		if err := t.Put(bucket, record.key, record.value); err != nil {
			return err
		}
	}
	return nil
}
