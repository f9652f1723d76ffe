package private

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func modeOf(t *testing.T, path string) fs.FileMode {
	t.Helper()
	about, err := os.Lstat(path)
	must(t, err)
	return about.Mode()
}

// TestDir holds which directories are closed to others, and which are refused.
func TestDir(t *testing.T) {
	for _, test := range []struct {
		mode    fs.FileMode
		holds   string
		refused bool
	}{
		{0o700, "data", false}, {0o750, "data", false}, {0o755, "data", false}, {0o711, "data", false},
		{0o705, "data", false},
		{0o770, "data", true}, {0o775, "data", true}, {0o777, "data", true}, {0o702, "data", true},
		{0o730, "data", true},
		{0o777, "", false}, {0o755, "", false},
		{0o700, "passwd", false}, {0o755, "passwd", true}, {0o750, "passwd", true}, {0o777, "passwd", true},
	} {
		dir := t.TempDir()
		if test.holds != "" {
			must(t, os.WriteFile(filepath.Join(dir, test.holds), nil, 0o600))
		}
		must(t, os.Chmod(dir, test.mode))
		must(t, Own(dir))
		err := Dir(dir, filepath.Join(dir, "data"))
		if (err != nil) != test.refused || err != nil && !strings.Contains(err.Error(), "chmod 700 "+dir) {
			t.Errorf("%04o with %q: %v", test.mode, test.holds, err)
		}
		want := fs.FileMode(0o700)
		if test.refused {
			want = test.mode
		}
		if got := modeOf(t, dir).Perm(); got != want {
			t.Errorf("%04o with %q: is %04o afterwards", test.mode, test.holds, got)
		}
	}
	link := filepath.Join(t.TempDir(), "link")
	must(t, os.Symlink(t.TempDir(), link))
	must(t, errors.Join(Own(link), Dir(link, filepath.Join(link, "data"))))
	if err := Own(filepath.Join(link, "missing")); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("a missing one: %v", err)
	}
}

// kinds are what may stand in the place of a file.
var kinds = map[string]func(path string) error{
	"a symbolic link": func(path string) error { return os.Symlink(os.Args[0], path) },
	"a dangling link": func(path string) error { return os.Symlink(path+".not", path) },
	"a directory":     func(path string) error { return os.Mkdir(path, 0o700) },
	"a pipe":          func(path string) error { return syscall.Mkfifo(path, 0o600) },
}

func TestFile(t *testing.T) {
	dir := t.TempDir()
	for _, mode := range []fs.FileMode{0o600, 0o400, 0o640, 0o644, 0o602, 0o620, 0o777} {
		path := filepath.Join(dir, "file")
		must(t, os.WriteFile(path, nil, 0o600))
		must(t, os.Chmod(path, mode))
		err := File("the file", path)
		if refused := mode&0o077 != 0; (err != nil) != refused ||
			refused && !strings.Contains(err.Error(), "chmod 600 "+path) {
			t.Errorf("%04o: %v", mode, err)
		}
		must(t, Mend("the file", path))
		if got := modeOf(t, path).Perm(); got != mode&^0o077 {
			t.Errorf("%04o is mended to %04o", mode, got)
		}
	}
	must(t, errors.Join(File("the file", filepath.Join(dir, "none")), Mend("the file", filepath.Join(dir, "none"))))
	for name, put := range kinds {
		path := filepath.Join(dir, name)
		must(t, put(path))
		for _, err := range []error{File("the file", path), Mend("the file", path), Socket(path)} {
			if err == nil || !strings.Contains(err.Error(), path) {
				t.Errorf("%s: %v", name, err)
			}
		}
		before := modeOf(t, path)
		if err := Close(path); err != nil || modeOf(t, path) != before {
			t.Errorf("%s was closed: %v", name, err)
		}
	}
	if _, err := OpenFile(filepath.Join(dir, "a symbolic link"), os.O_RDWR, 0); !errors.Is(err, syscall.ELOOP) {
		t.Errorf("a link was followed: %v", err)
	}
}

const asAnother = "POSTERN_TEST_AS_ANOTHER"

// TestAsAnother is the process of another user: it says what each path is to it.
func TestAsAnother(t *testing.T) {
	path := os.Getenv(asAnother)
	if path == "" {
		t.Skip("run by TestAnotherUser")
	}
	fmt.Println("dir:", Own(path))
	fmt.Println("below:", Own(filepath.Join(path, "below")))
	file := filepath.Join(path, "file")
	fmt.Println("file:", File("the file", file))
	_, err := os.ReadFile(file)
	fmt.Println("unopened:", Unopened("the file", file, err))
}

// TestAnotherUser holds that who is not the owner is told who that is, and never to take the right.
func TestAnotherUser(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("only root can be somebody else")
	}
	program := filepath.Join(t.TempDir(), "program")
	must(t, os.Chmod(filepath.Dir(filepath.Dir(program)), 0o711))
	binary, err := os.ReadFile(os.Args[0])
	must(t, err)
	must(t, os.WriteFile(program, binary, 0o755))
	for mode, said := range map[fs.FileMode][]string{
		0o700: {"dir: the data directory DIR belongs to root", "below: the data directory DIR/below belongs to root",
			"sudo -u root …"},
		0o755: {"dir: the data directory DIR belongs to root", "file: the file DIR/file belongs to root",
			"unopened: the file DIR/file belongs to root", "run chown", "sudo -u root …"},
	} {
		dir := t.TempDir()
		must(t, os.Mkdir(filepath.Join(dir, "below"), 0o700))
		must(t, os.WriteFile(filepath.Join(dir, "file"), nil, 0o600))
		must(t, os.Chmod(dir, mode))
		child := exec.Command(program, "-test.run=^TestAsAnother$")
		child.Dir = "/"
		child.Env = append(os.Environ(), asAnother+"="+dir)
		child.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: 65534, Gid: 65534}}
		out, err := child.CombinedOutput()
		must(t, err)
		for _, sentence := range said {
			if sentence = strings.ReplaceAll(sentence, "DIR", dir); !strings.Contains(string(out), sentence) {
				t.Errorf("%04o: no %q in %s", mode, sentence, out)
			}
		}
		must(t, os.Chown(dir, 65534, 65534))
		if _, is := Foreign(dir); !is {
			t.Error("root is not told whose directory it uses")
		}
		must(t, Own(dir))
	}
}

func TestExposed(t *testing.T) {
	path := filepath.Join(t.TempDir(), "secret")
	must(t, os.WriteFile(path, nil, 0o600))
	for mode, want := range map[fs.FileMode][2]bool{0o600: {}, 0o640: {}, 0o660: {}, 0o644: {true, false},
		0o602: {false, true}, 0o666: {true, true}} {
		must(t, os.Chmod(path, mode))
		if read, write := Exposed(path); [2]bool{read, write} != want {
			t.Errorf("%04o: read %v, write %v", mode, read, write)
		}
	}
	if read, write := Exposed(path + ".none"); read || write {
		t.Error("a file that is not there is exposed")
	}
}
