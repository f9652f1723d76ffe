package store

import (
	"bytes"
	"context"

	"postern/store/file"
	"postern/store/guid"
	"postern/store/memo"
)

// tx is one transaction as the facts see it, whose methods they are. It is handed about by value.
type tx struct {
	*file.Tx
	store *Store
}

// write runs fn in a write transaction and returns its outcome once what it wrote is on disk; see file.File.Write.
//
// fn returns either an outcome, which is committed, or an error, which promises that it has written nothing. It may run
// more than once, and must touch nothing outside its tx.
func write[T any](ctx context.Context, s *Store, fn func(tx) (T, error)) (T, error) {
	var outcome, none T
	err := s.file.Write(ctx, func(t *file.Tx) (err error) {
		outcome, err = fn(tx{t, s})
		return err
	})
	if err != nil {
		return none, err
	}
	return outcome, nil
}

// writeVital is write for what frees space or records what has happened already: it runs below the free-space reserve
// too.
func writeVital[T any](ctx context.Context, s *Store, fn func(tx) (T, error)) (T, error) {
	var outcome, none T
	err := s.file.WriteVital(ctx, func(t *file.Tx) (err error) {
		outcome, err = fn(tx{t, s})
		return err
	})
	if err != nil {
		return none, err
	}
	return outcome, nil
}

// read runs fn in a read transaction; see file.File.Read.
func read[T any](s *Store, fn func(tx) (T, error)) (T, error) {
	var outcome, none T
	err := s.file.Read(func(t *file.Tx) (err error) {
		outcome, err = fn(tx{t, s})
		return err
	})
	if err != nil {
		return none, err
	}
	return outcome, nil
}

// update is write for a fact without an outcome.
func update(ctx context.Context, s *Store, fn func(tx) error) error {
	return s.file.Write(ctx, func(t *file.Tx) error { return fn(tx{t, s}) })
}

// updateVital is writeVital for a fact without an outcome.
func updateVital(ctx context.Context, s *Store, fn func(tx) error) error {
	return s.file.WriteVital(ctx, func(t *file.Tx) error { return fn(tx{t, s}) })
}

// look is read without an outcome.
func look(s *Store, fn func(tx) error) error {
	return s.file.Read(func(t *file.Tx) error { return fn(tx{t, s}) })
}

// inStretches does what is too much for one transaction, so that others' writes pass between: each stretch begins with
// a key, and gives how much it did and the key of the next one, nil behind the last.
func (s *Store) inStretches(ctx context.Context, from []byte,
	do func(t tx, from []byte) (int, []byte, error)) (total int, err error) {
	for from != nil {
		next := from
		n, err := write(ctx, s, func(t tx) (n int, err error) {
			n, next, err = do(t, from)
			return n, err
		})
		if err != nil {
			return total, err
		}
		total, from = total+n, next
	}
	return total, nil
}

// memos remember decoded records that are read again and again.
type memos struct {
	users     memo.Memo[User]
	cleanings memo.Memo[Cleaning]
}

// recall is a table's get that decodes a record only if it has changed since the last time.
func recall[T any](t tx, from file.Table[T], memo *memo.Memo[T], id guid.ID) (value T, found bool, err error) {
	raw := t.Get(from.Bucket, id[:])
	if raw == nil {
		return value, false, nil
	}
	if value, known := memo.Get(id, raw); known {
		return value, true, nil
	}
	if value, err = from.Decode(id[:], raw); err == nil {
		memo.Put(id, bytes.Clone(raw), value)
	}
	return value, err == nil, err
}
