package migrate

import (
	"bytes"

	"postern/store/file"
)

// index is the step that makes an index and nothing else. Each stretch of records is one transaction, which begins with
// a key and returns the next one, nil behind the last record. What the former schema knows stays true; where the step
// is interrupted it begins anew.
func index(bucket []byte, stretch func(t *file.Tx, from []byte) (next []byte, err error)) file.Migration {
	return file.Migration{
		Prepare: func(update file.Runner) error {
			err := update(func(t *file.Tx) error {
				if t.HasBucket(bucket) {
					if err := t.DeleteBucket(bucket); err != nil {
						return err
					}
				}
				return t.CreateBucket(bucket)
			})
			for from := []byte{}; from != nil && err == nil; {
				err = update(func(t *file.Tx) (err error) {
					from, err = stretch(t, from)
					return err
				})
			}
			return err
		},
		Apply: func(*file.Tx) error { return nil }, // all is there
	}
}

// walk visits so many records of a bucket, beginning with a key; next is nil behind the last one. What visit keeps of a
// key or value it copies.
func walk(t *file.Tx, bucket, from []byte, atOnce int, visit func(key, value []byte)) (next []byte) {
	looked, c := 0, t.Cursor(bucket)
	for key, value := c.Seek(from); key != nil; key, value = c.Next() {
		if looked++; looked > atOnce {
			return bytes.Clone(key)
		}
		visit(key, value)
	}
	return nil
}
