package password

import (
	"encoding/hex"
	"strings"
	"testing"
)

const (
	saltText = "AAECAwQFBgcICQoLDA0ODw"
	hashText = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8"
	goodPHC  = "$argon2id$v=19$m=19456,t=2,p=1$" + saltText + "$" + hashText
)

// TestDerive compares with the known answers of the reference implementation (phc-winner-argon2, test.c).
func TestDerive(t *testing.T) {
	for _, c := range []struct {
		cost cost
		want string
	}{
		{cost{1 << 8, 2, 1}, "9dfeb910e80bad0311fee20f9c0e2b12c17987b4cac90c2ef54d5b3021c68bfe"},
		{cost{1 << 8, 2, 2}, "6d093c501fd5999645e0ea3bf620d7b8be7fd2db59c20d9fff9539da2bf57037"},
		{cost{1 << 16, 2, 1}, "09316115d5cf24ed5a15a31a3ba326e5cf32edc24702987c02b6566f61913cf7"},
	} {
		if got := hex.EncodeToString(derive("password", []byte("somesalt"), c.cost, 32)); got != c.want {
			t.Errorf("%+v: %s, want %s", c.cost, got, c.want)
		}
	}
}

func TestParsePHC(t *testing.T) {
	for text, want := range map[string]cost{
		goodPHC: {19456, 2, 1},
		strings.Replace(goodPHC, "m=19456,t=2,p=1", "m=65536,t=16,p=4", 1): {65536, 16, 4},
		strings.Replace(goodPHC, "m=19456,t=2,p=1", "m=8,t=1,p=1", 1):      {8, 1, 1},
		strings.Replace(goodPHC, hashText, saltText, 1):                    {19456, 2, 1},
	} {
		if got, err := parsePHC(text); err != nil || got.cost != want || got.String() != text {
			t.Errorf("%s: %+v, %v", text, got, err)
		}
	}
}

func TestParsePHCRefuses(t *testing.T) {
	with := func(old, new string) string {
		if !strings.Contains(goodPHC, old) {
			t.Fatalf("no %q", old)
		}
		return strings.Replace(goodPHC, old, new, 1)
	}
	for name, text := range map[string]string{
		"empty": "", "a word": "secret", "dollars": "$$$$$",
		"bcrypt":  "$2a$10$N9qo8uLOickgx2ZMRZoMyeIjZAgcfl7p92ldGxad68LJZdL17lhWy",
		"argon2i": with("argon2id", "argon2i"), "older version": with("v=19", "v=16"), "no version": with("$v=19", ""),
		"4 GiB": with("m=19456", "m=4194304"), "just over 64 MiB": with("m=19456",
			"m=65537"), "32 bits overrun": with("m=19456", "m=4294986752"),
		"no memory": with("m=19456", "m=0"), "under 8 KiB a lane": with("m=19456,t=2,p=1",
			"m=31,t=2,p=4"), "negative": with("m=19456", "m=-8"),
		"17 passes": with("t=2", "t=17"), "no pass": with("t=2", "t=0"), "5 lanes": with("p=1",
			"p=5"), "257 lanes": with("p=1", "p=257"), "no lane": with("p=1", "p=0"),
		"leading zero": with("t=2", "t=02"), "plus": with("t=2", "t=+2"), "space": with("t=2",
			"t= 2"), "other order": with("m=19456,t=2", "t=2,m=19456"),
		"another parameter": with("p=1", "p=1,keyid=a"), "a parameter less": with(",p=1",
			""), "no salt": with(saltText, ""), "no hash": with(hashText, ""),
		"15 octets of salt": with(saltText, saltText[:20]),
		"65 octets of hash": with(hashText, strings.Repeat("A", 87)), "padding": with(hashText, hashText+"="),
		"loose bits": with(saltText, saltText[:21]+"x"), "line end in the salt": with(saltText, saltText+"\n"),
		"URL alphabet": with(hashText, "_-"+hashText[2:]),
		"line end":     goodPHC + "\n", "a dollar more": goodPHC + "$",
		"very long": goodPHC + strings.Repeat("A", 1<<20),
	} {
		got, err := parsePHC(text)
		if err == nil {
			t.Errorf("%s was taken: %+v", name, got)
		} else if len(text) > 20 && strings.Contains(err.Error(), text[20:]) {
			t.Errorf("%s: the hash is quoted: %v", name, err)
		}
	}
}

// FuzzParsePHC holds that what is read is within the bounds and has one spelling.
func FuzzParsePHC(f *testing.F) {
	f.Add(goodPHC)
	f.Add("$argon2id$v=19$m=4194304,t=2,p=1$" + saltText + "$" + hashText)
	f.Add("$argon2id$v=19$m=8,t=1,p=1$" + saltText + "$" + saltText + "\n")
	f.Fuzz(func(t *testing.T, text string) {
		p, err := parsePHC(text)
		if err != nil {
			return
		}
		if p.String() != text {
			t.Errorf("%q is read as %q", text, p)
		}
		if p.memory > 64<<10 || p.memory < 8 || p.passes < 1 || p.passes > 16 || p.threads < 1 || p.threads > 4 ||
			len(p.salt) < 16 || len(p.hash) < 16 {
			t.Errorf("out of bounds: %q", text)
		}
	})
}
