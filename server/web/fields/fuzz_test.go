package fields

import (
	"bytes"
	"strings"
	"testing"
	"unicode"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// FuzzDecode compares Decode with the JSON library at its strictest: what it takes must be an object without
// duplicates, and what it refuses must be wrong JSON, too deep, or name a property twice in two spellings.
func FuzzDecode(f *testing.F) {
	for _, seed := range []string{`{"email":"a@b.org","parts":[{"number":1,"codes":["P10"]}],"note":"a\r\nb"}`,
		`{"a":1,"A":2}`, "\ufeff{}",
		`{"x":{"a":[null,true,-1e9,"\ud83d\ude42"]}} `, `[]`, `{"inner":{"name":"x","NAME":1}}`,
		"{\"\u212a\":1,\"k\":2}",
		`{"email":"a@b.org\u200b","staff_no":1.0,"id":"{0}","note":"\u3164"}`, "{\n\"a\": tru}", "{\"a\":\"",
		`{'a':1}`} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		var s sample
		_, _ = Decode(body, s.object())
		_, err := Decode(body, Object{})
		bare := bytes.TrimPrefix(body, []byte("\ufeff"))
		var members map[string]jsontext.Value
		strictErr := json.Unmarshal(bare, &members)
		switch strict := strictErr == nil && members != nil; {
		case err == nil && !strict:
			t.Errorf("taken, though %v", strictErr)
		case err != nil && strict && shapeFault(bare) == "" && !twiceInAnyCase(members):
			t.Errorf("refused: %v", err)
		}
	})
}

func twiceInAnyCase(members map[string]jsontext.Value) bool {
	met := make(map[string]bool)
	for name := range members {
		if met[lowerText(name)] {
			return true
		}
		met[lowerText(name)] = true
	}
	return false
}

// FuzzParseEmail holds that an accepted address is fit for SMTP commands and headers, and is its own spelling.
func FuzzParseEmail(f *testing.F) {
	for _, seed := range []string{"jane@example.org", "J+x@MÜNCHEN.example", "a@xn--mnchen-3ya.example", "a@b\r\n.org",
		"a@日本。jp", "a@א.אב", "a@\u212a.org",
		"\u200ba@b.org\ufeff", "a@b.org.", "a@b_c.org", "Jane <a@b.org>", "a@b.org\u202e", "a\u3164@b.org",
		"a@[1.2.3.4]"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		address, err := ParseEmail(text)
		if err != nil {
			if sentence := err.Error(); !strings.HasSuffix(sentence, ".") || len(sentence) > 200 ||
				strings.ContainsFunc(sentence, unicode.IsControl) {
				t.Fatalf("%q is said to be wrong by %q", text, sentence)
			}
			return
		}
		if len(address) > 254 || strings.ContainsAny(address, "\r\n <>\"(),:;\\[]\x00\t") || !isASCII(address) ||
			strings.Count(address, "@") != 1 {
			t.Fatalf("%q became %q", text, address)
		}
		if again, err := ParseEmail(address); err != nil || again != address {
			t.Fatalf("%q became %q, and that %q, %v", text, address, again, err)
		}
		if isASCII(text) && !strings.EqualFold(Trim(text), address) {
			t.Fatalf("%q became %q", text, address)
		}
	})
}
