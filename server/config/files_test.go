package config

import (
	"crypto/x509"
	"encoding/pem"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// write makes a file with a content and a mode.
func write(t *testing.T, path, content string, mode os.FileMode) string {
	t.Helper()
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(path, mode); err != nil {
		t.Fatal(err)
	}
	return path
}

// writePair writes the certificate of net/http's tests and its key.
func writePair(t *testing.T) (cert, key string) {
	t.Helper()
	server := httptest.NewTLSServer(nil)
	defer server.Close()
	pair := server.TLS.Certificates[0]
	secret, err := x509.MarshalPKCS8PrivateKey(pair.PrivateKey)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	encode := func(kind string, der []byte) string {
		return string(pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}))
	}
	cert = write(t, filepath.Join(dir, "cert.pem"), encode("CERTIFICATE", pair.Certificate[0]), 0o644)
	return cert, write(t, filepath.Join(dir, "key.pem"), encode("PRIVATE KEY", secret), 0o600)
}

// TestSecretFiles holds that what editors and shells put around a secret is no part of it, in whichever file it is.
func TestSecretFiles(t *testing.T) {
	dir := t.TempDir()
	for content, want := range map[string]string{
		"s3cr": "s3cr", "s3cr\n": "s3cr", "s3cr\r\n": "s3cr", "s3cr\n\n": "s3cr", "\ufeffs3cr": "s3cr",
		"\ufeffs3cr\r\n": "s3cr",
		" s3cr \n":       " s3cr ", "s3\ufeffcr": "s3\ufeffcr",
		"": "is empty", "\n": "is empty", "\ufeff": "is empty", "\ufeff\r\n": "is empty", "s3cr\nmore": "on one line",
		"s3cr\x00":                       "on one line",
		"\xff\xfes\x003\x00\r\x00\n\x00": "s3", "\xfe\xff\x00s": "s", "s\x003\x00c\x00r\x00": "s3cr",
		"\xff\xfes\x003": "is UTF-16", strings.Repeat("s3cr", 20_000): "on one line",
	} {
		file := write(t, filepath.Join(dir, "secret"), content, 0o600)
		for _, settings := range [][]string{
			{"SMTP_URL=smtp://u@mail", "SMTP_PASSWORD_FILE=" + file},
			{"SMTP_URL=smtp://u@mail?auth=xoauth2", "SMTP_OAUTH_URL=https://a.example", "SMTP_OAUTH_CLIENT_ID=c",
				"SMTP_OAUTH_SECRET_FILE=" + file},
		} {
			c, err := set(t, withSMTP(settings...)...).Parse()
			got := ""
			switch {
			case err != nil:
				if got = err.Error(); strings.Contains(got, "s3cr") {
					t.Errorf("%.20q: the fault tells the secret: %s", content, got)
				}
				if strings.Contains(want, " ") && strings.Contains(got, want) {
					got = want
				}
			case c.SMTP.OAuth != nil:
				got = c.SMTP.OAuth.Secret
			default:
				got = c.SMTP.Password
			}
			if got != want {
				t.Errorf("%.20q in %s: %.200q, want %q", content, settings[len(settings)-1], got, want)
			}
		}
	}
}

// TestExposedFiles holds that secrets which any account may read are warned of, and are taken all the same.
func TestExposedFiles(t *testing.T) {
	dir := t.TempDir()
	texts := filepath.Join(dir, "texts")
	if err := os.Mkdir(texts, 0o755); err != nil {
		t.Fatal(err)
	}
	cert, key := writePair(t)
	secret := write(t, filepath.Join(dir, "secret"), "s3cr", 0o600)
	text := write(t, filepath.Join(texts, "welcome.en.txt"), "", 0o644)
	settings := withSMTP("SMTP_URL=smtp://u@mail", "SMTP_PASSWORD_FILE="+secret, "TLS_CERT="+cert, "TLS_KEY="+key,
		"LETTERS_DIR="+texts)
	for _, test := range []struct {
		path string
		mode os.FileMode
		said string
	}{
		{secret, 0o640, ""}, {secret, 0o644, "POSTERN_SMTP_PASSWORD_FILE names " + secret},
		{secret, 0o602, "chmod o= " + secret},
		{key, 0o640, ""}, {key, 0o604, "POSTERN_TLS_KEY names " + key}, {cert, 0o644, ""},
		{text, 0o664, ""}, {text, 0o646, "change " + text}, {texts, 0o777, "change " + texts},
	} {
		if err := os.Chmod(test.path, test.mode); err != nil {
			t.Fatal(err)
		}
		c, err := set(t, settings...).Parse()
		if err != nil || (len(c.Warnings) > 0) != (test.said != "") ||
			!strings.Contains(strings.Join(c.Warnings, ""), test.said) {
			t.Errorf("%s, %04o: %q, %v", test.path, test.mode, c.Warnings, err)
		}
		if err := os.Chmod(test.path, 0o700); err != nil {
			t.Fatal(err)
		}
	}
}

// TestMarkedPEM holds that no certificate is hidden by how editors and shells on Windows write a text.
func TestMarkedPEM(t *testing.T) {
	for name, as := range map[string]func(string) string{
		"UTF-8 with a byte order mark": func(text string) string { return "\ufeff" + text },
		"UTF-16": func(text string) string {
			return "\xff\xfe" +
				strings.Join(strings.Split(text, ""), "\x00") + "\x00"
		},
	} {
		cert, key := writePair(t)
		for _, path := range []string{cert, key} {
			content, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			write(t, path, as(string(content)), 0o600)
		}
		c, err := set(t,
			withSMTP("SMTP_URL=smtp://mail", "SMTP_CA_FILE="+cert, "TLS_CERT="+cert, "TLS_KEY="+key)...).Parse()
		if err != nil || c.SMTP.Roots == nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestPipes: a named pipe that nobody writes is a fault of each setting that names a file, and holds no start.
func TestPipes(t *testing.T) {
	pipe := filepath.Join(t.TempDir(), "pipe")
	if err := syscall.Mkfifo(pipe, 0o600); err != nil {
		t.Fatal(err)
	}
	want := []string{"BRAND_LOGO cannot be shown", "SMTP_PASSWORD_FILE is empty", "SMTP_CA_FILE holds no certificate",
		"WEBHOOK_SECRET_FILE is empty", "TLS_CERT and POSTERN_TLS_KEY cannot be used"}
	for i, settings := range [][]string{
		{"BRAND_LOGO=" + pipe},
		withSMTP("SMTP_URL=smtp://u@mail", "SMTP_PASSWORD_FILE="+pipe),
		withSMTP("SMTP_URL=smtp://mail", "SMTP_CA_FILE="+pipe),
		{"WEBHOOK_URL=https://hooks.example", "WEBHOOK_SECRET_FILE=" + pipe},
		{"TLS_CERT=" + pipe, "TLS_KEY=" + pipe},
	} {
		if _, err := set(t, settings...).Parse(); err == nil || !strings.Contains(err.Error(), want[i]) {
			t.Errorf("%s: %v", want[i], err)
		}
	}
}
