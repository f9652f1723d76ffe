package password

import (
	"math/rand/v2"
	"strings"
	"testing"
)

// jans are a biker's own words, as a partner and a plan give them.
var jans = []string{"Jan", "De Smedt-Łuka", "jan.desmedt+bike@example.be", "SYN-NL-GNT-01", "Test Client NV",
	"EMP1029", "", "   "}

func TestGuessable(t *testing.T) {
	for _, password := range []string{
		"passwordpassword", "Password123456789", "P@ssw0rdP@ssw0rd", "drowssapdrowssap", "yeknom nogard drowssap",
		"1nternet m1chelle", "fami1y ye11ow 12", "p.a.s.s.w.o.r.d.", "thisismypassword1",
		"letmeinletmein123", "iloveyouiloveyou", "footballfootball", "monkeymonkeymonkey", "Summer2024Summer2024",
		"123456789012345", "987654321098765", "111111111111111", "31121987 31121987", "31/12/1987/31/12/1987",
		"2014201520142015",
		"qwertyuiopasdfg", "azertyuiopqsdfg", "poiuytrezaqsdfg", "qwertzuiopasdfg", "1qaz2wsx3edc4rfv",
		"1q2w3e4r5t6y7u8i", "&é\"'(§è!çà)-&é\"'",
		"abcdefghijklmnopqrstuvwxyz", "ABCDEFGHIJKLMNO", "йцукенгшщзхъфыв", "aaaaaaaaaaaaaaaaaaaa", "aAaAaAaAaAaAaAaA",
		"abcabcabcabcabc", "1a1a1a1a1a1a1a1a",
		"a              b", "               ", "................", strings.Repeat("😀", 15), strings.Repeat("x", 256),
		"Wachtwoord12345", "welkomwelkom2025", "motdepasse2024!!", "Zomer2024Zomer2024!", "ikhouvanjouikhouvanjou",
		"Bonjour Bonjour Bonjour", "vélovélovélovélo",
		"JanDeSmedt2024!", "jan.desmedt@example.be", "desmedt-jan-31-12-1987", "JANDESMEDTEMP1029",
		"JAN DE SMEDT TEST CLIENT 2024", "tdemsedtdemsednaj",
		"janluka janluka", "SYN-NL-GNT-01-SYN", "testclientnv2024", "desmedtjan@example.be1987", "J@nD3Sm3dt123456",
		"correct horse battery staple",
	} {
		if fault := Check(password, 15, jans); fault != Guessable {
			t.Errorf("%q: %v at %.1f bits", password, fault, guessBits(password, jans))
		}
	}
	for _, password := range []string{
		"monkey dragon lamp sofa", "lamp water stoel fiets", "purple river candle mountain", "fiets appel lamp regen",
		"vélo nuage tasse forêt",
		"ik fiets graag door de regen", "my grandmother bakes cookies", "Jan houdt van blauwe olifanten",
		"kdhwqxzmvbtrpsl", "x7Kq!m2vTz9Lp4w",
		"839204718365920", "😀🎈🚲🌊🍕🎲🐳🔑🌙⚡🧊🪁🥨🦔📎", "собака ест зелёную траву", "犬は青い草を食べて海へ走りました",
	} {
		if fault := Check(password, 15, jans); fault != NoFault {
			t.Errorf("%q: %v at %.1f bits", password, fault, guessBits(password, jans))
		}
	}
	if fault := Check("gielkens fortuna", 15, nil); fault != NoFault {
		t.Errorf("somebody else's words: %v", fault)
	}
	if fault := Check("gielkens fortuna", 15, []string{"Zoë Gielkens", "Fortuna BV"}); fault != Guessable {
		t.Errorf("own words: %v", fault)
	}
}

// TestTricks holds that what people do to a word counts for something, and for little.
func TestTricks(t *testing.T) {
	for plain, tricked := range map[string]string{
		"password": "Password", "welkom": "WelKom", "dragon": "dr@gon", "qwertyuiop": "Qwertyuiop",
		"kdhwqxzm kdhwqxzm": "kdhwqxzm kDhwQxzm",
		"1999":              "31121999", "31121999": "31.12.1999", "fiets lamp": "fiets?lamp",
	} {
		if more := guessBits(tricked, nil) - guessBits(plain, nil); more <= 0 || more > 10 {
			t.Errorf("%q has %.1f bits more than %q", tricked, more, plain)
		}
	}
}

// TestRandomPasswords holds that what a password manager makes is never called guessable.
func TestRandomPasswords(t *testing.T) {
	const characters = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
	random := rand.New(rand.NewPCG(1, 2))
	for range 2000 {
		password := make([]byte, 15)
		for i := range password {
			password[i] = characters[random.IntN(len(characters))]
		}
		if fault := Check(string(password), 15, jans); fault != NoFault {
			t.Errorf("%s: %v", password, fault)
		}
	}
}

func TestPasswordLength(t *testing.T) {
	text := []rune(strings.Repeat("rlqzvx kwmtjb hfdpsn ", 13)) // told apart from itself below
	for i := range text {
		text[i] += rune(i % 7)
	}
	of := func(n int) string { return string(text[:n]) }
	for _, c := range []struct {
		name, password string
		minimum        int
		want           Fault
	}{
		{"14", of(14), 15, TooShort},
		{"15", of(15), 15, NoFault},
		{"15 octets in 5 code points", "犬猫鳥魚馬", 15, TooShort},
		{"14 letters in 15 typed code points", "e\u0301" + of(13), 15, TooShort},
		{"15 letters in 16 typed code points", "e\u0301" + of(14), 15, NoFault},
		{"short and guessable", "password", 15, TooShort},
		{"a lower minimum", "kdhwqxzm", 8, NoFault},
		{"empty", "", 15, TooShort},
		{"empty, no minimum", "", 0, Guessable},
		{"256", of(256), 15, NoFault},
		{"257", of(257), 15, TooLong},
		{"256 of four octets", strings.Repeat("🚲", 256), 15, Guessable},
		{"256 of three, decomposed over 1 KiB", strings.Repeat("e\u0323\u0302", 256), 15, Guessable},
		{"255 and one that becomes 18", of(255) + "\ufdfa", 15, TooLong},
		{"a megabyte", strings.Repeat("a", 1<<20), 15, TooLong},
	} {
		if got := Check(c.password, c.minimum, nil); got != c.want {
			t.Errorf("%s: %v, want %v", c.name, got, c.want)
		}
	}
}

// FuzzCheck looks for texts that the reading of words, dates and repetitions stumbles over.
func FuzzCheck(f *testing.F) {
	f.Add("P@ssw0rd 31-12-1999 abcabc", "Jan De Smedt")
	f.Add("e\u0301\ufdfa\u1ec7\xff", "\u00c5ngstr\u00f6m \u0130")
	f.Fuzz(func(t *testing.T, password, word string) {
		if Check(password, 0, []string{word}) != NoFault {
			return
		}
		if text, fits := normalise(password); !fits || guessBits(text, []string{word}) > 8*float64(len([]rune(text))) {
			t.Errorf("%q is too strong to be true", password)
		}
	})
}

func BenchmarkPasswordFault(b *testing.B) {
	hostile := strings.Repeat("31.12.1999", 25)
	long := append([]string{strings.Repeat("x", 200)}, jans...)
	commonWords()
	for name, password := range map[string]string{"usual": "fiets lamp water stoel", "hostile": hostile} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				Check(password, 15, long)
			}
		})
	}
}
