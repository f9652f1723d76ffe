package returns

import (
	"strings"
	"testing"

	"postern/tokens"
)

// TestParseAddress holds which addresses mail may come back to, and what is said of others.
func TestParseAddress(t *testing.T) {
	for text, fault := range map[string]string{
		"gate@client.example":           "",
		"gate+{code}@client.example":    "",
		"{code}@bounces.client.example": "",
		"b-{code}-x@client.example":     "",
		"Gate <gate@client.example>":    "without a name",
		"gate":                          "write an address",
		"@client.example":               "write an address",
		"gate@":                         "write an address",
		"gate@{code}.example":           "before the @",
		"{code}+{code}@client.example":  "once",
		"gate+{kode}@client.example":    "once",
		"gate@a@b":                      "write an address",
		"g..e@client.example":           "write an address",
		"gäte@client.example":           "write an address",
		strings.Repeat("g", 24) + "{code}@client.example":      "",
		strings.Repeat("g", 25) + "{code}@client.example":      "it has 65: take a shorter name",
		strings.Repeat("g", 65) + "@client.example":            "it has 65",
		"gate+{code}@" + strings.Repeat("d", 210) + ".example": "write an address",
	} {
		a, err := ParseAddress(text)
		if fault == "" && (err != nil || a.String() != text) || fault != "" && (err == nil || !strings.Contains(err.Error(), fault)) {
			t.Errorf("%s: %s, %v", text, a, err)
		}
	}
}

// TestTakes holds which recipients an address is, whatever the code says.
func TestTakes(t *testing.T) {
	coded, _ := ParseAddress("gate+{code}@client.example")
	plain, _ := ParseAddress("gate@client.example")
	for recipient, want := range map[string][2]bool{
		"gate+abc@client.example":            {true, false},
		"GATE+ABC@Client.Example":            {true, false},
		"gate+@client.example":               {true, false},
		"gate@client.example":                {false, true},
		"Gate@client.EXAMPLE":                {false, true},
		"gate+abc@other.example":             {false, false},
		"gat@client.example":                 {false, false},
		"postmaster@client.example":          {false, false},
		"gate+x@client.example@evil.example": {false, false},
		"gate":                               {false, false},
		"":                                   {false, false},
	} {
		if got := [2]bool{coded.Takes(recipient), plain.Takes(recipient)}; got != want {
			t.Errorf("%s: %v", recipient, got)
		}
	}
}

// TestCodes holds where in an address a code is looked for: in its place, and where former addresses may have had it.
func TestCodes(t *testing.T) {
	code := strings.Repeat("a", tokens.MarkLength)
	for _, form := range []string{"gate+{code}@client.example", "{code}@client.example", "x{code}y@client.example",
		"gate@client.example"} {
		a, err := ParseAddress(form)
		if err != nil {
			t.Fatal(err)
		}
		addresses := []string{"gate+" + code + "@elsewhere.example", "GATE+" + strings.ToUpper(code) + "@client.example",
			"bounces=" + code + "@client.example", a.For(code)}
		if !a.Coded() {
			addresses = addresses[:3]
		}
		for _, address := range addresses {
			if got := a.codes(address); len(got) == 0 || !strings.EqualFold(got[len(got)-1], code) && !strings.EqualFold(got[0], code) {
				t.Errorf("%s in %s: %q", form, address, got)
			}
		}
		if got := a.codes("somebody@" + code + ".example"); len(got) > 1 || len(got) == 1 && len(got[0]) == tokens.MarkLength {
			t.Errorf("%s: %q", form, got)
		}
	}
}
