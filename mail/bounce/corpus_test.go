package bounce

import (
	"bytes"
	"encoding/hex"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"postern/store/fixture"
)

// corpus returns the messages under testdata by name, as they come from the wire.
func corpus(t testing.TB) map[string][]byte {
	t.Helper()
	files, err := filepath.Glob("testdata/*.eml")
	if err != nil || len(files) == 0 {
		t.Fatal("no corpus", err)
	}
	all := make(map[string][]byte)
	for _, file := range files {
		raw, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		all[strings.TrimSuffix(filepath.Base(file), ".eml")] = raw
	}
	return all
}

// describe writes a report as the golden files have it. The hash is left out: it says nothing to a reader.
func describe(r Report) []byte {
	var b bytes.Buffer
	line := func(name, value string) {
		if value != "" {
			fmt.Fprintf(&b, "%-14s %s\n", name+":", value)
		}
	}
	line("kind", string(r.Kind))
	line("format", string(r.Format))
	line("sent to", strings.Join(r.Addresses, ", "))
	line("envelope id", r.EnvelopeID)
	line("message ids", strings.Join(r.MessageIDs, ", "))
	line("reported by", r.ReportingMTA)
	for _, one := range r.Recipients {
		line("recipient", one.Final)
		line("  sent to", one.Original)
		line("  action", string(one.Action))
		if one.Code != 0 {
			line("  code", fmt.Sprint(one.Code))
		}
		line("  status", one.Status)
		if one.Action == Failed || one.Action == Delayed {
			line("  meaning", string(one.Meaning()))
		}
		line("  said by", one.RemoteMTA)
		line("  words", one.Diagnostic)
	}
	line("text", r.Text)
	return b.Bytes()
}

// TestCorpus reads what mail systems send back, one file each, and compares with what is to be understood. A line end
// is a line end, and a header field that a server adds on the way makes no other report.
func TestCorpus(t *testing.T) {
	hashes := make(map[[32]byte]string)
	for name, raw := range corpus(t) {
		t.Run(name, func(t *testing.T) {
			r := Parse(raw, Envelope{})
			fixture.Golden(t, name+".txt", describe(r))
			if other, found := hashes[r.Hash]; found {
				t.Errorf("the same hash as %s", other)
			}
			hashes[r.Hash] = name
			if name == "odd-utf16-file" || name == "odd-mbox" {
				return // what stands before the header is not a server's
			}
			lines := bytes.ReplaceAll(bytes.ReplaceAll(raw, []byte("\r\n"), []byte("\n")), []byte("\n"), []byte("\r\n"))
			again := Parse(lines, Envelope{})
			if !bytes.Equal(describe(again), describe(r)) || again.Hash != r.Hash {
				t.Errorf("with CRLF it is another report:\n%s", describe(again))
			}
			if on := Parse(append([]byte("Received: by mx.gate.example\n"), raw...), Envelope{}); on.Hash != r.Hash {
				t.Errorf("one server more, and another hash: %s", hex.EncodeToString(on.Hash[:]))
			}
		})
	}
}
