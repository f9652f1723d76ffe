package tokens

import (
	"strings"
	"testing"
	"time"
)

// ringOfSeeds is a ring of keys with these first octets, the last one primary.
func ringOfSeeds(seeds ...byte) *Keyring {
	ring := &Keyring{}
	for i, seed := range seeds {
		k := key{id: keyID{seed}, state: accepted, madeAt: time.Unix(int64(i), 0), secret: &[secretLength]byte{seed}}
		if i == len(seeds)-1 {
			k.state = primary
		}
		ring.keys = append(ring.keys, k)
	}
	return ring
}

func marksOf(t testing.TB, seeds ...byte) *Marks {
	t.Helper()
	marks, err := NewMarks(ringOfSeeds(seeds...))
	if err != nil {
		t.Fatal(err)
	}
	return marks
}

var markedLetter = [16]byte{0x01, 0x9c, 0xad, 0x8f, 15: 0xff}

// TestMarkVector freezes the form of the codes: they are out, in the envelopes of letters.
func TestMarkVector(t *testing.T) {
	const want = "agok3dyaaaaaaaaaaaaaaaaa76rgutz4cy2ibjvr"
	if got := marksOf(t, 7).Of(markedLetter); got != want {
		t.Errorf("%s, want %s", got, want)
	}
}

// TestMarks holds which codes are read.
func TestMarks(t *testing.T) {
	marks := marksOf(t, 1, 2)
	code := marks.Of(markedLetter)
	for name, test := range map[string]struct {
		code  string
		marks *Marks
		ok    bool
	}{
		"our own":               {code, marks, true},
		"in capitals":           {strings.ToUpper(code), marks, true},
		"after a rotation":      {code, marksOf(t, 2, 3), true},
		"of the key before":     {marksOf(t, 1).Of(markedLetter), marks, true},
		"of a retired key":      {code, marksOf(t, 3), false},
		"of another appliance":  {marksOf(t, 9).Of(markedLetter), marks, false},
		"another letter's id":   {"b" + code[1:], marks, false},
		"another tag":           {code[:39] + string('a'+('z'-code[39])%2), marks, false},
		"cut short":             {code[:39], marks, false},
		"longer":                {code + "a", marks, false},
		"what is no base32":     {strings.Repeat("1", MarkLength), marks, false},
		"with a line break":     {code[:38] + "\r\n", marks, false},
		"empty":                 {"", marks, false},
		"letters outside ASCII": {strings.Repeat("ſ", MarkLength/2), marks, false},
	} {
		letter, ok := test.marks.Read(test.code)
		if ok != test.ok || ok != (letter == markedLetter) {
			t.Errorf("%s: %v, %x", name, ok, letter)
		}
	}
	if len(code) != MarkLength || strings.ToLower(code) != code {
		t.Errorf("%q", code)
	}
}

// FuzzMarks holds that a code which is read is one that was made here.
func FuzzMarks(f *testing.F) {
	marks := marksOf(f, 1)
	f.Add(marks.Of(markedLetter))
	f.Add(strings.Repeat("a", MarkLength))
	f.Fuzz(func(t *testing.T, code string) {
		if letter, ok := marks.Read(code); ok && marks.Of(letter) != strings.ToLower(code) {
			t.Errorf("%q is read, and was not made", code)
		}
	})
}

// TestMarksUse holds that a running appliance reads and makes codes by another ring from the moment it takes it.
func TestMarksUse(t *testing.T) {
	marks := marksOf(t, 1)
	before := marks.Of(markedLetter)
	if err := marks.Use(ringOfSeeds(1, 2)); err != nil {
		t.Fatal(err)
	}
	if _, ok := marks.Read(before); !ok || marks.Of(markedLetter) != marksOf(t, 2).Of(markedLetter) {
		t.Errorf("after a rotation %v, and a new code %s", ok, marks.Of(markedLetter))
	}
}
