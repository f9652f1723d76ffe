package store

import (
	"bytes"
	"errors"
	"io"
	"slices"
	"sync"
	"testing"
	"testing/iotest"
	"time"

	"postern/store/refuse"
)

// pdfOf makes a document whose chunks are those of somePDF, but for those that differ.
func pdfOf(size int, differ ...int) []byte {
	pdf := somePDF(size)
	for _, n := range differ {
		pdf[n*chunkSize] ^= 1
	}
	return pdf
}

// TestUploads puts one document after another in each other's place: the same, longer, shorter, other ones that begin
// alike. What is the same writes nothing.
func TestUploads(t *testing.T) {
	c := newClock()
	s := openTest(t, at(c))
	addCleaning(t, s, 1, SignedOff)
	const part = chunksAtOnce * chunkSize
	for i, test := range []struct {
		pdf  []byte
		same bool
	}{
		{pdfOf(2*part + 9), false},
		{pdfOf(2*part + 9), true},
		{pdfOf(2*part + 8), false},
		{pdfOf(2 * part), false}, // the beginning of what is there, in whole chunks
		{pdfOf(2 * part), true},
		{pdfOf(part), false},
		{pdfOf(3*part + 1), false},
		{pdfOf(3*part+1, 11), false},
		{pdfOf(3*part+1, 0), false},
		{pdfOf(3*part+1, 0), true},
		{pdfOf(9), false},
	} {
		c.Advance(time.Second)
		before, err := s.Cleaning(cleaningID(1))
		must(t, err)
		feed, err := s.Events(0, 100)
		must(t, err)
		// with its last bytes comes the end, or later
		body := iotest.DataErrReader(bytes.NewReader(test.pdf))
		if i%2 == 0 {
			body = iotest.HalfReader(bytes.NewReader(test.pdf))
		}
		checked := false
		check := func(pdf io.ReaderAt, size int) error {
			whole, err := io.ReadAll(io.NewSectionReader(pdf, 0, int64(size)))
			checked = bytes.Equal(whole, test.pdf)
			return err
		}
		must(t, s.UploadDocument(ctx, Upload{Cleaning: cleaningID(1), Body: body, Check: check}))
		after, err := s.Cleaning(cleaningID(1))
		must(t, err)
		later, err := s.Events(0, 100)
		must(t, err)
		same, told := after.Version == before.Version, len(later.Events)-len(feed.Events)
		if same != test.same || same != (told == 0) || checked == same {
			t.Errorf("%d: unchanged: %v, checked: %v, %d events", i, same, checked, told)
		}
		if got, err := uploaded(s, cleaningID(1)); err != nil || !bytes.Equal(got, test.pdf) {
			t.Errorf("%d: %d bytes came back as %d, %v", i, len(test.pdf), len(got), err)
		}
	}
}

// TestUploadsThatFail leaves of none anything in the file, and the document as it was.
func TestUploadsThatFail(t *testing.T) {
	broken := errors.New("broken off")
	for name, test := range map[string]struct {
		in   func(in *Upload)
		want func(error) bool
	}{
		"another's": {func(in *Upload) { in.Partner = "beta" }, kind(refuse.NotFound)},
		"unknown":   {func(in *Upload) { in.Cleaning = cleaningID(9) }, kind(refuse.NotFound)},
		"decided":   {func(in *Upload) { in.Cleaning = cleaningID(2) }, kind(refuse.Conflict)},
		"empty":     {func(in *Upload) { in.Body = bytes.NewReader(nil) }, kind(refuse.Invalid)},
		"broken off": {func(in *Upload) { in.Body = io.MultiReader(in.Body, iotest.ErrReader(broken)) },
			func(err error) bool { return errors.Is(err, broken) }},
		"ended early": {func(in *Upload) { in.Body = io.MultiReader(in.Body, iotest.ErrReader(io.ErrUnexpectedEOF)) },
			func(err error) bool { return errors.Is(err, io.ErrUnexpectedEOF) }},
		"no PDF": {func(in *Upload) { in.Check = func(io.ReaderAt, int) error { return broken } },
			func(err error) bool { return errors.Is(err, broken) }},
	} {
		s := openTest(t)
		_, err := s.PutCleanings(ctx, "alpha", []CleaningInput{someCleaning(1, SignedOff), someCleaning(2, SignedOff)})
		must(t, err)
		putDocument(t, s, 1, somePDF(100))
		user := activated(t, s, "jan@example.com")
		_, err = s.DecideLoad(ctx, holder(user), cleaningID(2), Decision{LoadRejected, "", "no"})
		must(t, err)
		in := Upload{Partner: "alpha", Cleaning: cleaningID(1), Body: bytes.NewReader(pdfOf(9*chunkSize, 0))}
		test.in(&in)
		if err := s.UploadDocument(ctx, in); !test.want(err) {
			t.Errorf("%s: %v", name, err)
		}
		got, err := uploaded(s, cleaningID(1))
		chunks, uploads := countKeys(t, s, documentBucket), countKeys(t, s, uploadBucket)
		if err != nil || !bytes.Equal(got, somePDF(100)) || chunks != 1 || uploads != 0 {
			t.Errorf("%s: %d bytes, %d chunks, %d uploads, %v", name, len(got), chunks, uploads, err)
		}
	}
}

func kind(want refuse.Kind) func(error) bool {
	return func(err error) bool { return refuse.Is(err, want) }
}

// TestUploadAfterDecision: once the load is decided the same document is no change, and any other is refused, also if
// it had begun before.
func TestUploadAfterDecision(t *testing.T) {
	s := openTest(t)
	addCleaning(t, s, 1, SignedOff)
	user := activated(t, s, "jan@example.com")
	pdf := somePDF(5 * chunkSize)
	putDocument(t, s, 1, pdf)
	decide := func(io.ReaderAt, int) error {
		_, err := s.DecideLoad(ctx, holder(user), cleaningID(1), Decision{LoadRejected, "", "no"})
		return err
	}
	err := s.UploadDocument(ctx, Upload{Cleaning: cleaningID(1), Body: bytes.NewReader(somePDF(7)), Check: decide})
	wantKind(t, err, refuse.Conflict)
	putDocument(t, s, 1, pdf)
	wantKind(t, s.PutDocument(ctx, cleaningID(1), pdfOf(5*chunkSize, 4)), refuse.Conflict)
	wantKind(t, s.PutDocument(ctx, cleaningID(1), pdf[:4*chunkSize]), refuse.Conflict)
	if got, err := uploaded(s, cleaningID(1)); err != nil || !bytes.Equal(got, pdf) {
		t.Errorf("%d bytes, %v", len(got), err)
	}
}

// TestUploadsAtOnce has ten calls bring three documents for one cleaning: one of them is there afterwards, whole.
func TestUploadsAtOnce(t *testing.T) {
	s := openTest(t)
	addCleaning(t, s, 1, SignedOff)
	putDocument(t, s, 1, pdfOf(6*chunkSize, 5))
	all := [][]byte{pdfOf(6*chunkSize, 5), pdfOf(6 * chunkSize), pdfOf(6*chunkSize, 1)}
	var wait sync.WaitGroup
	for i := range 10 {
		wait.Go(func() {
			if err := s.PutDocument(ctx, cleaningID(1), all[i%3]); err != nil && !errors.Is(err, errUploadsMet) {
				t.Error(err)
			}
		})
	}
	wait.Wait()
	got, err := uploaded(s, cleaningID(1))
	if err != nil || !slices.ContainsFunc(all, func(pdf []byte) bool { return bytes.Equal(pdf, got) }) {
		t.Errorf("%d bytes, %v", len(got), err)
	}
	if n := countKeys(t, s, documentBucket); n != 6 {
		t.Errorf("%d chunks", n)
	}
}
