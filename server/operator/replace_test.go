package operator_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/rs/zerolog"

	"postern/server"
	"postern/server/backups"
	"postern/server/config"
	"postern/server/operator"
	"postern/store"
	"postern/store/file"
	"postern/tokens"
)

// offline opens an App on the data directory of a stopped one.
func offline(t *testing.T, dir string) *server.App {
	t.Helper()
	parsed, err := config.Settings{Data: dir, Listen: "127.0.0.1:0"}.Parse()
	if err != nil {
		t.Fatal(err)
	}
	app, err := server.Open(server.Options{Config: parsed, Log: zerolog.New(t.Output()), Offline: true})
	if err != nil {
		t.Fatal(err)
	}
	return app
}

// stoppedIn is what acts on a stopped directory go by.
func stoppedIn(dir string) operator.Stopped {
	return operator.Stopped{Dir: dir, KeyFile: filepath.Join(dir, "postern.keys"), Now: time.Now,
		Random: rand.NewChaCha8([32]byte{3}),
		Check:  func(_ context.Context, path string) ([]string, error) { return store.CheckFile(path) }}
}

// numbers lists the cleanings of a data directory by their numbers, and holds that its file is sound.
func numbers(t *testing.T, dir string) string {
	t.Helper()
	app := offline(t, dir)
	w := httptest.NewRecorder()
	app.Operator().ServeHTTP(w, httptest.NewRequest("GET", operator.Prefix+"/cleanings", nil))
	closeApp(t, app)
	var all []string
	for _, found := range regexp.MustCompile(`"number":"([^"]+)"`).FindAllStringSubmatch(w.Body.String(), -1) {
		all = append(all, found[1])
	}
	sound(t, file.DataFile(dir))
	return strings.Join(all, " ")
}

func sound(t *testing.T, path string) {
	t.Helper()
	if faults, err := store.CheckFile(path); err != nil || len(faults) > 0 {
		t.Errorf("%s is not sound: %q, %v", path, faults, err)
	}
}

// prepared makes a data directory whose file has the cleaning NEW, and a backup of when it was OLD.
func prepared(t *testing.T) (dir, backup string) {
	t.Helper()
	dir, backup = t.TempDir(), filepath.Join(t.TempDir(), "backup.db")
	for _, number := range []string{"OLD", "NEW"} {
		app := offline(t, dir)
		if w := postTo(app, "/cleanings", item(id, number, "")); w.Code != 200 {
			t.Fatal(w.Body)
		}
		closeApp(t, app)
		if number == "OLD" {
			keepBackup(t, dir, backup)
		}
	}
	return dir, backup
}

func postTo(app *server.App, path, body string) *httptest.ResponseRecorder {
	w := httptest.NewRecorder()
	r := httptest.NewRequest("POST", operator.Prefix+path, strings.NewReader(body))
	r.Header.Set("Content-Type", "application/json")
	app.Operator().ServeHTTP(w, r)
	return w
}

func keepBackup(t *testing.T, dir, path string) {
	t.Helper()
	made, err := operator.BackupStopped(t.Context(), dir, time.Now(), stoppedIn(dir).Check)
	if err != nil {
		t.Fatal(err)
	}
	defer made.Close()
	if err := backups.Write(path, made, made.Size); err != nil {
		t.Fatal(err)
	}
}

// The acts that replace the data file, and what each makes of the one that prepared has made.
var replacements = map[string]struct {
	do    func(operator.Stopped, string) error
	makes string
}{
	"restore": {func(s operator.Stopped, backup string) error {
		_, err := s.Restore(context.Background(), backup, false)
		return err
	}, "OLD"},
	"compact": {func(s operator.Stopped, _ string) error {
		_, err := s.Compact(context.Background())
		return err
	}, "NEW"},
}

const killAt = "POSTERN_TEST_KILL_AT" // act, step's number, directory and backup, in the environment of the child

// TestReplaceChild is the process that dies: by its own hand at a step, or, with a number below 0, by the parent's.
func TestReplaceChild(t *testing.T) {
	words := strings.Split(os.Getenv(killAt), "|")
	if len(words) != 4 {
		t.Skip("run by TestKilledReplacements")
	}
	left, err := strconv.Atoi(words[1])
	if err != nil {
		t.Fatal(err)
	}
	stopped := stoppedIn(words[2])
	stopped.Step = func(string) {
		if left--; left == -1 {
			_ = syscall.Kill(os.Getpid(), syscall.SIGKILL)
			select {}
		}
	}
	fmt.Println("begun")
	if err := replacements[words[0]].do(stopped, words[3]); err != nil {
		t.Fatal(err)
	}
}

// replaceInChild runs an act in a process of its own, and reports whether that was killed. After late, unless 0, it is.
func replaceInChild(t *testing.T, act string, step int, dir, backup string, late time.Duration) (killed bool) {
	t.Helper()
	child := exec.Command(os.Args[0], "-test.run=^TestReplaceChild$")
	child.Env = append(os.Environ(), fmt.Sprintf("%s=%s|%d|%s|%s", killAt, act, step, dir, backup))
	var said bytes.Buffer
	out, err := child.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := child.Start(); err != nil {
		t.Fatal(err)
	}
	begun := make([]byte, len("begun"))
	if _, err := io.ReadFull(out, begun); err == nil && late > 0 {
		time.AfterFunc(late, func() { _ = child.Process.Kill() })
	}
	_, _ = io.Copy(&said, out)
	err = child.Wait()
	var exit *exec.ExitError
	switch {
	case err == nil:
		return false
	case errors.As(err, &exit) && exit.Sys().(syscall.WaitStatus).Signal() == syscall.SIGKILL:
		return true
	}
	t.Fatalf("%s, step %d: %v\n%s", act, step, err, said.String())
	return false
}

// TestKilledReplacements kills a restore and a compact at each of their steps: what is there then is the old file or
// the new one, whole, and the next one goes through.
func TestKilledReplacements(t *testing.T) {
	t.Parallel()
	for act, replacement := range replacements {
		t.Run(act, func(t *testing.T) {
			t.Parallel()
			ends := map[string]int{}
			step := 0
			for ; ; step++ {
				dir, backup := prepared(t)
				killed := replaceInChild(t, act, step, dir, backup, 0)
				ends[numbers(t, dir)]++
				tidy(t, dir)
				if replaceInChild(t, act, -1, dir, backup, 0) || numbers(t, dir) != replacement.makes {
					t.Errorf("%s after one that was killed at step %d does not go through", act, step)
				}
				if !killed {
					break
				}
			}
			if step < 5 || ends["NEW"] == 0 || ends["OLD"]+ends["NEW"] != step+1 || act == "restore" && ends["OLD"] < 2 {
				t.Errorf("%d steps, with these files: %v", step, ends)
			}
		})
	}
}

// TestKilledAtAnyTime does the same at moments of chance.
func TestKilledAtAnyTime(t *testing.T) {
	if testing.Short() {
		t.Skip("40 processes for each act")
	}
	t.Parallel()
	for act := range replacements {
		dir, backup := prepared(t)
		begun := time.Now()
		replaceInChild(t, act, -1, dir, backup, 0)
		whole, random := time.Since(begun), rand.New(rand.NewPCG(1, 2))
		killed := 0
		for range 40 {
			dir, backup := prepared(t)
			if replaceInChild(t, act, -1, dir, backup, time.Duration(random.Int64N(int64(whole)))) {
				killed++
			}
			if got := numbers(t, dir); got != "OLD" && got != "NEW" {
				t.Errorf("%s leaves %q", act, got)
			}
			tidy(t, dir)
		}
		if killed == 0 {
			t.Errorf("no %s was killed", act)
		}
		t.Logf("%s: %d of 40 were killed", act, killed)
	}
}

// tidy holds what a start leaves beside the data file: nothing of a replacement but a former data file that is whole.
func tidy(t *testing.T, dir string) {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, entry := range entries {
		switch name := entry.Name(); {
		case name == "postern.db" || name == "postern.keys" || name == "postern.lock":
		case strings.HasPrefix(name, "postern.db.before-restore-"):
			sound(t, filepath.Join(dir, name))
		default:
			t.Errorf("%s is left", name)
		}
	}
}

// TestFailedReplacements has each step fail: the data file is one of the two, and the directory is free again.
func TestFailedReplacements(t *testing.T) {
	t.Parallel()
	for act, replacement := range replacements {
		failed := true
		for step := 0; failed; step++ {
			dir, backup := prepared(t)
			stopped, left := stoppedIn(dir), step
			stopped.Step = func(string) {
				if left--; left == -1 {
					panic(errInjected)
				}
			}
			failed = fails(func() error { return replacement.do(stopped, backup) })
			if got := numbers(t, dir); got != "NEW" && got != "OLD" || !failed && got != replacement.makes {
				t.Errorf("%s, failed at step %d, leaves %q", act, step, got)
			}
			tidy(t, dir)
		}
	}
}

var errInjected = errors.New("injected")

// fails reports whether fn breaks off at an injected failure.
func fails(fn func() error) (failed bool) {
	defer func() { failed = recover() != nil || failed }()
	return fn() != nil
}

// TestRestoreOlderSchemas restores a backup of every schema that was ever released, into an empty directory and with
// keys that are not its own: those of before schema 6 do not name theirs.
func TestRestoreOlderSchemas(t *testing.T) {
	t.Parallel()
	packed, err := filepath.Glob("../../store/testdata/schema-*.db.gz")
	if err != nil || len(packed) < 4 {
		t.Fatal(packed, err)
	}
	for _, path := range packed {
		backup := filepath.Join(t.TempDir(), "backup.db")
		check(t, os.WriteFile(backup, unpacked(t, path), 0o644))
		stopped := stoppedIn(filepath.Join(t.TempDir(), "new"))
		if _, err := stopped.Restore(t.Context(), backup, false); err == nil ||
			!strings.Contains(err.Error(), backup+" cannot be restored: the key file "+stopped.KeyFile+" is missing") {
			t.Errorf("%s without keys: %v", path, err)
		}
		_, err := tokens.CreateKeyring(stopped.KeyFile, stopped.Random, time.Now())
		check(t, err)
		namesKeys := path >= "../../store/testdata/schema-6."
		if namesKeys {
			_, err := stopped.Restore(t.Context(), backup, false)
			if err == nil || !strings.Contains(err.Error(), "its keys are not in the key file "+stopped.KeyFile) {
				t.Errorf("%s with other keys: %v", path, err)
			}
		}
		done, err := stopped.Restore(t.Context(), backup, namesKeys)
		if err != nil || done.Kept != "" || done.Letters == 0 {
			t.Errorf("%s: %+v, %v", path, done, err)
			continue
		}
		numbers(t, stopped.Dir)
		tidy(t, stopped.Dir)
		app := offline(t, stopped.Dir)
		w := httptest.NewRecorder()
		app.Operator().ServeHTTP(w, httptest.NewRequest("GET", operator.Prefix+"/users?email=zoe@example.com", nil))
		if w.Code != 200 || !strings.Contains(w.Body.String(), "D’hooghe") {
			t.Errorf("%s: %d %s", path, w.Code, w.Body)
		}
		closeApp(t, app)
	}
}

func unpacked(t *testing.T, path string) []byte {
	t.Helper()
	packed, err := os.Open(path)
	check(t, err)
	defer packed.Close()
	unzip, err := gzip.NewReader(packed)
	check(t, err)
	content, err := io.ReadAll(unzip)
	check(t, err)
	return content
}

// TestCompact fills a data file, empties it again, and holds that nothing of what was there is in the new one.
func TestCompact(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	app := offline(t, dir)
	var list []string
	for i := range 300 {
		list = append(list, item(fmt.Sprintf("00000000-0000-4000-8000-%012x", i), fmt.Sprintf("SECRET-%d", i),
			`,"comments":"`+strings.Repeat("whisper ", 200)+`"`))
	}
	if w := postTo(app, "/cleanings", "["+strings.Join(list, ",")+"]"); w.Code != 200 {
		t.Fatal(w.Body)
	}
	for i := range 299 {
		w := httptest.NewRecorder()
		app.Operator().ServeHTTP(w, httptest.NewRequest("DELETE",
			operator.Prefix+fmt.Sprintf("/cleanings/00000000-0000-4000-8000-%012x", i), nil))
		if w.Code != 204 {
			t.Fatal(w.Body)
		}
	}
	closeApp(t, app)
	left := func() int {
		content, err := os.ReadFile(file.DataFile(dir))
		check(t, err)
		return bytes.Count(content, []byte(`"number":"SECRET-`))
	}
	if left() < 10 {
		t.Fatal("what was deleted is gone already")
	}
	done, err := stoppedIn(dir).Compact(t.Context())
	if err != nil || done.After >= done.Before || done.After > 1<<20 || len(done.Older) > 0 {
		t.Errorf("%+v, %v", done, err)
	}
	if about, err := os.Stat(file.DataFile(dir)); err != nil || about.Size() != done.After || about.Mode() != 0o600 {
		t.Errorf("%+v, %v", about, err)
	}
	if n := left(); n != 1 {
		t.Errorf("%d cleanings stand in the new file", n)
	}
	if got := numbers(t, dir); got != "SECRET-299" {
		t.Errorf("kept: %q", got)
	}
}

// TestInUse holds that a directory that somebody holds is left alone.
func TestInUse(t *testing.T) {
	t.Parallel()
	dir, backup := prepared(t)
	app := offline(t, dir)
	defer closeApp(t, app)
	stopped := stoppedIn(dir)
	for act, replacement := range replacements {
		if err := replacement.do(stopped, backup); !errors.Is(err, file.ErrInUse) {
			t.Errorf("%s: %v", act, err)
		}
	}
	if _, err := operator.BackupStopped(t.Context(), dir, time.Now(), stopped.Check); !errors.Is(err, file.ErrInUse) {
		t.Errorf("a backup: %v", err)
	}
}
