package config

import (
	"errors"
	"path/filepath"
	"strings"
	"testing"
)

// TestWebhook holds what WEBHOOK_URL and its secret may be, that no fault tells them, and that the list hides them.
func TestWebhook(t *testing.T) {
	dir := t.TempDir()
	file := func(name, content string) string {
		return "WEBHOOK_SECRET_FILE=" + write(t, filepath.Join(dir, name), content, 0o600)
	}
	one := file("one", "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw\n")
	two := file("two", "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw whsec_c3ludGhldGljIHNlY3JldCBvZiB0aGUgdGVzdHM=\r\n")
	other := file("other", "s3cr")
	for _, is := range []struct {
		settings []string
		want     string // the secrets, or what the only fault begins with
	}{
		{nil, "off"},
		{[]string{"WEBHOOK_URL=https://a.example/hook?sig=s3cr", one}, "1"},
		{[]string{"WEBHOOK_URL=http://localhost:8000/", two}, "2"},
		{[]string{"WEBHOOK_URL=http://127.0.0.1", one}, "1"},
		{[]string{one}, "POSTERN_WEBHOOK_SECRET_FILE signs what is posted to POSTERN_WEBHOOK_URL, and that is not set"},
		{[]string{"WEBHOOK_URL=https://a.example?s3cr"},
			"POSTERN_WEBHOOK_SECRET_FILE must be set beside POSTERN_WEBHOOK_URL"},
		{[]string{"WEBHOOK_URL=http://a.example/?s3cr", one}, "POSTERN_WEBHOOK_URL must be https"},
		{[]string{"WEBHOOK_URL=a.example/?s3cr", one}, "POSTERN_WEBHOOK_URL is wrong: write a whole URL"},
		{[]string{"WEBHOOK_URL=https://u:s3cr@a.example", one},
			"POSTERN_WEBHOOK_URL is wrong: a user or password has no place in it"},
		{[]string{"WEBHOOK_URL=https://a.example/#x", one}, "POSTERN_WEBHOOK_URL is wrong: leave out the #"},
		{[]string{"WEBHOOK_URL=https://a.example", other},
			"POSTERN_WEBHOOK_SECRET_FILE must hold whsec_ and 24 to 64 octets in base64"},
		{[]string{"WEBHOOK_URL=https://a.example", "WEBHOOK_SECRET_FILE=/nowhere"},
			"POSTERN_WEBHOOK_SECRET_FILE cannot be read"},
	} {
		s := set(t, is.settings...)
		c, err := s.Parse()
		got := "off"
		var faults *Error
		switch {
		case errors.As(err, &faults):
			got = strings.Join(faults.Faults, "\n")
		case c.Webhook != nil:
			got = []string{"0", "1", "2"}[len(c.Webhook.Secrets)]
		}
		if !strings.HasPrefix(got, is.want) || strings.Contains(got, "\n") || strings.Contains(got, "s3cr") {
			t.Errorf("%q: %s, want %s", is.settings, got, is.want)
		}
		for _, setting := range s.List(nil) {
			if strings.HasPrefix(setting.Name, "POSTERN_WEBHOOK") && strings.Contains(setting.Value, "s3cr") {
				t.Errorf("the list shows %s", setting.Value)
			}
		}
	}
	if shown := maskQuery("https://a.example/hook?sig=1"); shown != "https://a.example/hook?****" {
		t.Errorf("shown as %s", shown)
	}
	shared := write(t, filepath.Join(dir, "open"), "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", 0o644)
	c, err := set(t, "WEBHOOK_URL=https://a.example", "WEBHOOK_SECRET_FILE="+shared).Parse()
	if err != nil || len(c.Warnings) != 1 || !strings.Contains(c.Warnings[0], "any account here may open") {
		t.Errorf("a secret for all to read: %v, %v", c.Warnings, err)
	}
}
