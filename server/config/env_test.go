package config

import (
	"bytes"
	"os/exec"
	"strings"
	"testing"
)

// environmentFile reads a file as systemd does (systemd.exec(5), EnvironmentFile=), as far as ours goes: comments begin
// with # or ;, a value may stand in quotes, and nothing is expanded. What it would warn of is a fault here.
func environmentFile(t *testing.T, text string) map[string]string {
	t.Helper()
	set := map[string]string{}
	for line := range strings.Lines(text) {
		line = strings.TrimSpace(line)
		if line == "" || strings.HasPrefix(line, "#") || strings.HasPrefix(line, ";") {
			continue
		}
		name, value, is := strings.Cut(line, "=")
		if !is || strings.ContainsAny(name, " '\"") || strings.HasSuffix(line, `\`) {
			t.Fatalf("systemd cannot read %q", line)
		}
		if n := len(value); n > 1 && value[0] == '\'' && value[n-1] == '\'' {
			value = value[1 : n-1]
		} else if strings.ContainsAny(value, "'\" ") {
			t.Fatalf("systemd may read %q differently", line)
		}
		set[name] = value
	}
	return set
}

// shell is what a POSIX shell makes of the file.
func shell(t *testing.T, text string) map[string]string {
	t.Helper()
	read := exec.Command("env", "-i", "sh", "-euc", "set -a; . /dev/stdin; exec env")
	read.Stdin = strings.NewReader(text)
	var said bytes.Buffer
	read.Stderr = &said
	out, err := read.Output()
	if err != nil || said.Len() > 0 {
		t.Fatalf("%v: %s", err, said.String())
	}
	set := map[string]string{}
	for line := range strings.Lines(string(out)) {
		name, value, _ := strings.Cut(strings.TrimSuffix(line, "\n"), "=")
		if strings.HasPrefix(name, SettingsPrefix+"_") {
			set[name] = value
		}
	}
	return set
}

// TestEnvFile holds that the file names every setting once, with its default where it has one, under every subject;
// that it changes nothing as it is, and sets all defaults once the comments are taken away: for systemd and for a
// shell.
func TestEnvFile(t *testing.T) {
	file := EnvFile(EnvHead, "")
	for _, s := range subjects {
		if strings.Count(file, "# ---- "+s.title+" ----\n") != 1 {
			t.Errorf("the subject %s does not begin: there is no setting %s, or it stands elsewhere", s.title, s.first)
		}
	}
	open := strings.ReplaceAll(file, "\n#"+SettingsPrefix, "\n"+SettingsPrefix)
	for name, read := range map[string]func(*testing.T, string) map[string]string{
		"systemd": environmentFile, "sh": shell,
	} {
		for setting, value := range read(t, file) {
			if value != "" {
				t.Errorf("%s: as it is, the file sets %s to %s", name, setting, value)
			}
		}
		set := read(t, open)
		for _, s := range (Settings{}).List(nil) {
			value, is := set[s.Name]
			if !is || value != s.Value {
				t.Errorf("%s: %s is %q (%v), and its default %q", name, s.Name, value, is, s.Value)
			}
			if strings.Count(file, s.Name+"=") != 1 {
				t.Errorf("%s is not there once", s.Name)
			}
			delete(set, s.Name)
		}
		if len(set) > 0 {
			t.Errorf("%s: there are no settings %v", name, set)
		}
	}
	for line := range strings.Lines(file) {
		if len([]rune(line)) > 200 {
			t.Errorf("a long line: %s", line)
		}
	}
}
