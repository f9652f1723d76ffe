package service

import (
	"bytes"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strings"
	"testing"

	"postern/server/config"
)

var places = Places{Binary: "/usr/bin/postern", Self: "/tmp/postern"}

// TestUnit has systemd judge the unit, where it is had: how much it leaves open, of 10 (the limit is in tenths).
func TestUnit(t *testing.T) {
	t.Parallel()
	var text bytes.Buffer
	if err := places.Unit(&text); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		"\nExecStart=/usr/bin/postern serve\n", "\nType=notify\n", "\nStateDirectory=postern\n",
		"\nEnvironment=POSTERN_DATA=/var/lib/postern\nEnvironmentFile=-/etc/default/postern\n",
		"\nLoadCredential=secret:/etc/postern/secrets\n", "\nRestart=always\n",
	} {
		if !strings.Contains(text.String(), want) {
			t.Errorf("the unit lacks %q", want)
		}
	}
	if _, err := exec.LookPath("systemd-analyze"); err != nil {
		t.Skip("systemd is not had here")
	}
	file := filepath.Join(t.TempDir(), "postern.service")
	if err := os.WriteFile(file, text.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	out, err := exec.Command("systemd-analyze", "security", "--offline=true", "--threshold=20", file).CombinedOutput()
	if err != nil {
		t.Errorf("%v: %s", err, out)
	}
}

// TestEnvironment holds that the file names every setting but the unit's own, once, and sets none.
func TestEnvironment(t *testing.T) {
	t.Parallel()
	var text bytes.Buffer
	all := config.Settings{}.List(nil)
	if err := WriteEnvironment(&text); err != nil {
		t.Fatal(err)
	}
	for _, one := range all {
		want := 1
		if one.Name == "POSTERN_DATA" {
			want = 0
		}
		if n := strings.Count(text.String(), "\n#"+one.Name+"="); n != want {
			t.Errorf("%s stands there %d times", one.Name, n)
		}
	}
	for line := range strings.Lines(text.String()) {
		if line != "\n" && !strings.HasPrefix(line, "#") {
			t.Errorf("%q is in force", line)
		}
	}
}

// TestControl holds that posternctl reads the settings as systemd does, not as a shell would, and gives the command its
// words as they are.
func TestControl(t *testing.T) {
	t.Parallel()
	who, err := user.Current()
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	write := func(name, text string, mode os.FileMode) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), mode); err != nil {
			t.Fatal(err)
		}
		return path
	}
	binary := write("postern", "#!/bin/sh\nenv | grep ^POSTERN_ | sort\nprintf '<%s>' \"$@\"\n", 0o755)
	values := places.values()
	values.Binary, values.User, values.Data = binary, who.Username, "/data"
	values.Environment = write("default", "# a comment\n#POSTERN_LISTEN=x\n\n"+
		"POSTERN_MAIL_FROM=Gate & Co <gate@example.org>\n"+
		"POSTERN_ORGANISATION=\"Quoted NV\"\nPOSTERN_CONTACT='$(touch hacked)'\nOTHER=1\nPOSTERN_LAST=no line break", 0o600)
	var text bytes.Buffer
	if err := control.Execute(&text, values); err != nil {
		t.Fatal(err)
	}
	command := exec.Command(write("posternctl", text.String(), 0o755), "letter list", "a b")
	command.Dir, command.Env = dir, []string{"PATH=" + os.Getenv("PATH")}
	out, err := command.CombinedOutput()
	want := "POSTERN_CONTACT=$(touch hacked)\nPOSTERN_DATA=/data\nPOSTERN_LAST=no line break\n" +
		"POSTERN_MAIL_FROM=Gate & Co <gate@example.org>\nPOSTERN_ORGANISATION=Quoted NV\n<letter list><a b>"
	if err != nil || string(out) != want {
		t.Errorf("%v: %s", err, out)
	}
}

// TestScript holds that what `postern install` prints is a script that shells take, and that it copies the binary only
// where it is not in its place already.
func TestScript(t *testing.T) {
	t.Parallel()
	for _, self := range []string{"/tmp/postern", "/usr/bin/postern"} {
		var text bytes.Buffer
		if err := (Places{Binary: "/usr/bin/postern", Self: self}).Script(&text); err != nil {
			t.Fatal(err)
		}
		if copies := strings.Contains(text.String(), "install -m 0755"); copies != (self != "/usr/bin/postern") {
			t.Errorf("from %s: %s", self, &text)
		}
		check := exec.Command("sh", "-n")
		check.Stdin = &text
		if out, err := check.CombinedOutput(); err != nil {
			t.Errorf("%v: %s", err, out)
		}
	}
}

// TestScriptQuotes has a shell read the script of a program that lies where the directory's name is a command.
func TestScriptQuotes(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "a b;touch pwned;'$(touch pwned)'")
	if err := os.Mkdir(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	self := filepath.Join(dir, "postern")
	var text bytes.Buffer
	if err := (Places{Binary: "/usr/bin/postern", Self: self}).Script(&text); err != nil {
		t.Fatal(err)
	}
	shell := exec.Command("sh", "-c", "set -f\ninstall() { echo \"$3\"; exit; }\n"+text.String())
	shell.Dir = t.TempDir()
	if out, err := shell.CombinedOutput(); err != nil || string(out) != self+"\n" {
		t.Errorf("%v: %q", err, out)
	}
	if left, _ := os.ReadDir(shell.Dir); len(left) > 0 {
		t.Errorf("it made %v", left)
	}
	for _, wrong := range []Places{
		{Binary: "/usr/bin/postern", Self: "/tmp/a\ntouch pwned\n/postern"}, {Binary: "/opt/a b/postern", Self: self},
		{Binary: "/opt/po%stern"}, {Binary: "/opt/postern;id"}, {Binary: "/opt/$x"}, {Binary: "/opt/a\nb"},
		{Binary: "postern"},
	} {
		if err := wrong.Check(); err == nil {
			t.Errorf("%q was taken", wrong)
		}
	}
	if err := places.Check(); err != nil {
		t.Error(err)
	}
}
