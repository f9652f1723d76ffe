package migrate

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"testing"

	"postern/store/file"
)

var numberBucket = []byte("number")

// schema is that of a file whose records are those that a test needs.
func schema(buckets [][]byte, fill func(*file.Tx) error, steps ...file.Migration) file.Schema {
	numbers := file.Table[int]{Bucket: numberBucket}
	raise := func(t *file.Tx, number int) error { return numbers.Put(t, numberBucket, number) }
	return file.Schema{
		Buckets: append(buckets, numberBucket),
		Fill:    func(t *file.Tx, number int) error { return errors.Join(raise(t, number), fill(t)) },
		Number: func(t *file.Tx) (int, error) {
			number, _, err := numbers.Get(t, numberBucket)
			return number, err
		},
		Raise: raise, Migrations: steps,
	}
}

func open(t *testing.T, dir string, s file.Schema) *file.File {
	t.Helper()
	f, err := file.Open(dir, file.Options{Schema: s})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.Close() })
	return f
}

func sumOf(i int) []byte {
	sum := sha256.Sum256(fmt.Append(nil, "p", i))
	return sum[:]
}

// TestStagedHashes moves more than one transaction takes, and begins anew after an interruption.
func TestStagedHashes(t *testing.T) {
	const people = 300
	dir := t.TempDir()
	buckets := [][]byte{addressBucket, noticeBucket, loginBucket, idempotencyBucket, idempotencyBegunBucket,
		letterBucket, letterPersonBucket}
	before := schema(buckets, func(t *file.Tx) error {
		for i := range people {
			was := address2{Unproven: 1, Links: []link{{Kind: "activate", Generation: 1}}}
			if err := (file.Table[address2]{Bucket: addressBucket}).Put(t, sumOf(i), was); err != nil {
				return err
			}
		}
		return nil
	})
	if err := open(t, dir, before).Close(); err != nil {
		t.Fatal(err)
	}
	keyed := func(sum []byte) []byte { again := sha256.Sum256(sum); return again[:] }
	cut := errors.New("cut")
	interrupted := hashes{keyed, 40}.step()
	prepare := interrupted.Prepare
	interrupted.Prepare = func(update file.Runner) error { return errors.Join(prepare(update), cut) }
	if _, err := file.Open(dir, file.Options{Schema: schema(buckets, nil, interrupted)}); !errors.Is(err, cut) {
		t.Fatal(err)
	}
	f := open(t, dir, schema(buckets, nil, hashes{keyed, 7}.step()))
	err := f.Read(func(tx *file.Tx) error {
		addresses := file.Table[address3]{Bucket: addressBucket}
		for i := range people {
			is, found, err := addresses.Get(tx, keyed(sumOf(i)))
			if err != nil || !found || is.Unproven.Activate != 1 || len(is.Links) != 1 {
				t.Fatalf("%d: %+v, %v, %v", i, is, found, err)
			}
		}
		if all := keysIn(tx, addressBucket); all != people {
			t.Errorf("%d addresses", all)
		}
		if tx.HasBucket(stagingBucket) {
			t.Error("the staging is left")
		}
		return nil
	})
	if err != nil {
		t.Error(err)
	}
}
