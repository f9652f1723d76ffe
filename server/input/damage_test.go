package input

import (
	"strings"
	"testing"
)

func TestDamagedName(t *testing.T) {
	for name, want := range map[string]string{
		"NULL": "word for nothing", "null": "word for nothing", "(null)": "word for nothing",
		"undefined": "word for nothing", "None": "word for nothing",
		"N/A": "word for nothing", "NaN": "word for nothing", "-": "word for nothing", "?": "word for nothing",
		"#N/A": "error value", "#REF!": "error value", "#NAAM?": "error value", "#VALEUR!": "error value",
		"#DEEL/0!": "error value", "#NV": "error value", "#####": "error value",
		"ZoÃ«": "Windows-1252: it should perhaps be Zoë", "FranÃ§ois": "should perhaps be François",
		"Dâ€™Hondt": "should perhaps be D’Hondt", "Å\u0081ukasz": "", "Ã‰milie": "should perhaps be Émilie",
		"Zo\ufffd": "U+FFFD", "Zo?": "question mark", "Zo&euml;": "encoded", "D&#39;Hondt": "encoded",
		"Zo%C3%AB": "encoded",
	} {
		got := DamagedName(name)
		if !strings.Contains(got, want) || (got == "") != (want == "") {
			t.Errorf("%q: %q, want %q", name, got, want)
		}
	}
	// Names of the people that the test data has, and others that are right.
	for _, name := range []string{"Jan", "De Smet", "D'Hondt", "D’hooghe", "Zoë", "'t Kint", "Émilie", "Jean-François",
		"de la Vallée", "L'Hoest", "He\u0301le\u0300ne",
		"Siobhán", "O'Neill", "Łukasz", "Wójcik", "Null", "Nan", "Na", "None-Such", "Ã", "Ångström", "Åsa", "Çelik",
		"Đorđe", "李", "Björk Guðmundsdóttir", "José María", "J.", "X Æ A-12", ""} {
		if got := DamagedName(name); got != "" {
			t.Errorf("%q: %q", name, got)
		}
	}
}

func TestDamagedNumber(t *testing.T) {
	for number, want := range map[string]string{
		"1,23457E+11": "shortened", "1.23457E+11": "shortened", "1E+05": "shortened", "2e7": "shortened",
		"1001.0": "decimal place", "7,00": "decimal place",
		"#N/A": "error value", "12\ufffd": "U+FFFD",
		"": "", "0": "", "00123": "", "A1234": "", "E12": "", "12E": "", "1.5": "", "2024.01": "", "SYN-001": "",
	} {
		got := DamagedNumber(number)
		if !strings.Contains(got, want) || (got == "") != (want == "") {
			t.Errorf("%q: %q, want %q", number, got, want)
		}
	}
}

func FuzzDamaged(f *testing.F) {
	for _, seed := range []string{"ZoÃ«", "NULL", "#REF!", "1,2E+3", "\xff", strings.Repeat("Ã", 600)} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if said := DamagedName(text); len(said) > 2*longestJudged {
			t.Fatalf("%q: %q", text, said)
		}
		_ = DamagedNumber(text)
	})
}
