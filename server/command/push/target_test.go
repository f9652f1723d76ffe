package push

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestParseTarget(t *testing.T) {
	for _, test := range []struct {
		text  string
		plain bool
		want  string // begins with http, or is a part of the error
	}{
		{"https://api.example.org", false, "https://api.example.org/receiver/APIv3/user.create"},
		{"https://api.example.org:8443/", false, "https://api.example.org:8443/receiver/APIv3/user.create"},
		{"https://example.org/postern/", false, "https://example.org/postern/receiver/APIv3/user.create"},
		{"https://api.example.org/receiver/APIv3/user.create", false,
			"https://api.example.org/receiver/APIv3/user.create"},
		{"http://127.0.0.1:8080", false, "http://127.0.0.1:8080/receiver/APIv3/user.create"},
		{"http://[::1]:8080", false, "http://[::1]:8080/receiver/APIv3/user.create"},
		{"http://LOCALHOST", false, "http://LOCALHOST/receiver/APIv3/user.create"},
		{"http://api.example.org", true, "http://api.example.org/receiver/APIv3/user.create"},
		{"http://api.example.org", false, "use https, or say --plain"},
		{"http://127.0.0.1.example.org", false, "use https"},
		{"http://10.0.0.1", false, "use https"},
		{"api.example.org", false, "must be a URL"},
		{"ftp://api.example.org", false, "must be a URL"},
		{"https:///x", false, "must be a URL"},
		{"https://u:secret@api.example.org", false, "without user"},
		{"https://api.example.org?x=1", false, "without user, query"},
	} {
		got, err := ParseTarget(test.text, test.plain)
		if err == nil && got.String() != test.want ||
			err != nil && (!strings.Contains(err.Error(), test.want) || strings.Contains(err.Error(), "secret")) {
			t.Errorf("%s: %v, %v", test.text, got, err)
		}
	}
}

func TestReadToken(t *testing.T) {
	for _, test := range []struct {
		content string
		mode    os.FileMode
		err     string // a part of it
	}{
		{"  pstp_secret\r\n", 0o600, ""}, {"\ufeffpstp_secret", 0o400, ""},
		{"pstp_secret", 0o640, ""}, {"pstp_secret", 0o604, ""}, {"\ufeffpstp_secret\r\n", 0o600, ""},
		{"\xff\xfep\x00s\x00t\x00p\x00_\x00s\x00e\x00c\x00r\x00e\x00t\x00\r\x00\n\x00", 0o600, ""},
		{"\xfe\xff\x00p\x00s\x00t\x00p\x00_\x00s\x00e\x00c\x00r\x00e\x00t", 0o600, ""},
		{"p\x00s\x00t\x00p\x00_\x00s\x00e\x00c\x00r\x00e\x00t\x00", 0o600, ""},
		{"\xff\xfep\x00s", 0o600, "UTF-16"}, {"pstp_secr\xe9t", 0o600, "no bearer token"},
		{"\n", 0o600, "it is empty"}, {"pstp_secret two", 0o600, "no bearer token"},
		{"pstp_secret\x00", 0o600, "no bearer token"},
		{strings.Repeat("secret", 2000), 0o600, "no bearer token"},
	} {
		path := filepath.Join(t.TempDir(), "token")
		if err := os.WriteFile(path, []byte(test.content), test.mode); err != nil {
			t.Fatal(err)
		}
		warning := OpenToOthers(path)
		if isOpen := test.mode&0o077 != 0; isOpen != strings.Contains(warning, "is open to other accounts (mode 06") ||
			isOpen != strings.HasSuffix(warning, "run chmod 600 "+path) {
			t.Errorf("mode %o: %q", test.mode, warning)
		}
		got, err := ReadToken(path)
		switch {
		case test.err == "":
			if got != "pstp_secret" || err != nil {
				t.Errorf("%q: %q, %v", test.content, got, err)
			}
		case err == nil || !strings.Contains(err.Error(), test.err) || strings.Contains(err.Error(), "secret"):
			t.Errorf("%.20q: %v", test.content, err)
		}
	}
	if _, err := ReadToken(filepath.Join(t.TempDir(), "none")); err == nil {
		t.Error("no file, no error")
	}
}
