package letters

import (
	"bytes"
	"testing"
)

func BenchmarkCompose(b *testing.B) {
	c := testComposer(b)
	for _, bb := range []struct {
		name string
		kind string
		pdf  int
	}{
		{"activate", "activate", 0}, {"decided", "decided", 0}, {"welcome", "welcome", 0},
		{"document/30kB", "document", 30 << 10}, {"document/10MiB", "document", 10 << 20},
	} {
		b.Run(bb.name, func(b *testing.B) {
			l, in := letterOf(bb.kind, "nl")
			in.PDF = bytes.Repeat([]byte("%PDF-1.7"), bb.pdf/8)
			b.ReportAllocs()
			for b.Loop() {
				m, err := c.Compose(l, in, sentAt)
				if err != nil {
					b.Fatal(err)
				}
				b.SetBytes(int64(len(m.Data)))
			}
		})
	}
}

func BenchmarkNew(b *testing.B) {
	o := testOptions(b)
	for b.Loop() {
		if _, err := New(o); err != nil {
			b.Fatal(err)
		}
	}
}
