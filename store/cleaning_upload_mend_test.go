package store

import (
	"bytes"
	"testing"
)

// TestUploadMendsDamage: the document whose stored form is damaged is stored anew when it is sent again.
func TestUploadMendsDamage(t *testing.T) {
	s := openTest(t)
	addCleaning(t, s, 1, SignedOff)
	pdf := somePDF(5*chunkSize + 7)
	putDocument(t, s, 1, pdf)
	c, err := s.Cleaning(cleaningID(1))
	must(t, err)
	flipKey(t, s, documentBucket, chunkKey(c.Document.Version, 4))
	putDocument(t, s, 1, pdf)
	if got, err := uploaded(s, cleaningID(1)); err != nil || !bytes.Equal(got, pdf) {
		t.Errorf("%d bytes came back, %v", len(got), err)
	}
}
