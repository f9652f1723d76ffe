package webhook

import (
	"strings"
	"testing"
	"time"
)

func TestParseSecrets(t *testing.T) {
	of := func(base64 string) string { return secretPrefix + base64 }
	for text, want := range map[string]string{
		of(strings.Repeat("AAAA", 8)):           "1",
		of(strings.Repeat("AAAA", 21) + "AA=="): "1",
		oldSecret + "  " + newSecret:            "2",
		"":                                      "holds no secret",
		" ":                                     "holds no secret",
		of(strings.Repeat("AAAA", 7) + "AA=="):  "holds a secret of 22 octets",
		of(strings.Repeat("AAAA", 21) + "AAA="): "holds a secret of 65 octets",
		strings.TrimPrefix(oldSecret, secretPrefix): "must hold whsec_",
		oldSecret + " x":                       "must hold whsec_",
		of(strings.Repeat("AAAA", 8) + "-_=="): "must hold whsec_",
		of(strings.Repeat("AAAA", 8) + "AB=="): "must hold whsec_", // two spellings of one secret
		strings.ToUpper(oldSecret):             "must hold whsec_",
	} {
		secrets, err := ParseSecrets(text)
		got := []string{"0", "1", "2"}[len(secrets)]
		if err != nil {
			got = err.Error()
		}
		if !strings.HasPrefix(got, want) {
			t.Errorf("%q: %s, want %s", text, got, want)
		}
	}
}

// TestSignature holds the example of the specification's own text.
func TestSignature(t *testing.T) {
	secrets, err := ParseSecrets(oldSecret)
	if err != nil {
		t.Fatal(err)
	}
	got := sign(secrets, "msg_p5jXN8AQM9LWM0D4loKWxJek", time.Unix(1614265330, 0), []byte(`{"test": 2432232314}`))
	if want := "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="; got != want {
		t.Errorf("%s, want %s", got, want)
	}
}
