package push

import (
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"
)

// TestLeftAlone holds that what is not sent is named, once, and is not opened: reading a pipe would wait for ever.
func TestLeftAlone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := &watched{T: t, peer: newPeer(), dir: t.TempDir()}
		path := func(name string) string { return filepath.Join(w.dir, name) }
		for _, err := range []error{
			syscall.Mkfifo(path("pipe.csv"), 0o600), os.Symlink("/dev/zero", path("link.csv")),
			os.Mkdir(path("dir.csv"), 0o700),
		} {
			if err != nil {
				t.Fatal(err)
			}
		}
		for _, name := range []string{"people.tmp", "people.xlsx", "README", ".people.csv", ".~lock.people.csv#",
			".DS_Store"} {
			w.put(name, people(1), 0)
		}
		w.put("empty.csv", nil, 0)
		w.put("good.csv", people(1), 0)
		w.start(false)
		w.pass(11 * time.Minute) // three rounds
		want := []string{
			".people.csv is left alone: its name begins with a dot: rename it",
			"README is left alone: its name ends neither in .csv nor in .json or .jsonl: rename it once it is whole",
			"dir.csv is left alone: it is a directory: put the files themselves here",
			"empty.csv is left alone: it is empty: it is sent once something is in it",
			"link.csv is left alone: it is a symbolic link: put the file itself here",
			"people.tmp is left alone: its name ends neither in .csv nor in .json or .jsonl: rename it once it is whole",
			"people.xlsx is left alone: it is a workbook: save its sheet as CSV (in Excel 'CSV UTF-8')",
			"pipe.csv is left alone: it is a named pipe (FIFO): put a file here",
			"good.csv: 1 created, 0 existing, 0 failed; moved to done/good.csv",
		}
		if !slices.Equal(w.told, want) {
			t.Errorf("told\n%s\nwant\n%s", strings.Join(w.told, "\n"), strings.Join(want, "\n"))
		}
		w.put("empty.csv", people(2), time.Hour)
		w.pass(6 * time.Minute)
		if last := w.told[len(w.told)-1]; last != "empty.csv: 1 created, 1 existing, 0 failed; moved to done/empty.csv" {
			t.Errorf("told %q", last)
		}
	})
}

// TestLongNames holds that names at the limit of the disk are moved all the same, and so are their failures.
func TestLongNames(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := &watched{T: t, peer: newPeer(), dir: t.TempDir()}
		long := strings.Repeat("é", 125) // 250 bytes
		bad := []byte("Email;FirstName;LastName;Language;BikePlanCode\nnobody;a;b;NL;P\n")
		for range 2 {
			w.put(long+"x.csv", people(1), 0)   // 255
			w.put(long+".json", []byte("["), 0) // 255
			w.put("y"+long+".csv", bad, 0)      // 255
			w.start(false)
			w.pass(6 * time.Minute)
			if err := w.stop(); err != nil {
				t.Fatal(err)
			}
		}
		left, _ := filepath.Glob(filepath.Join(w.dir, "[yé]*"))
		if len(left) > 0 {
			t.Errorf("left are %q; told %q", left, w.told)
		}
		names := func(below string) (all []string) {
			entries, err := os.ReadDir(filepath.Join(w.dir, below))
			if err != nil {
				t.Fatal(err)
			}
			for _, entry := range entries {
				if all = append(all, entry.Name()); len(entry.Name()) > longestName ||
					!strings.HasPrefix(strings.TrimPrefix(entry.Name(), "y"), "éé") {
					t.Errorf("%q", entry.Name())
				}
			}
			return all
		}
		if done := names(doneDir); len(done) != 2 {
			t.Errorf("done are %q", done)
		}
		if failed := names(failedDir); len(failed) != 6 { // each of two files twice, and once why
			t.Errorf("failed are %q", failed)
		}
	})
	f := mustRead(t, strings.Repeat("é", 126)+"x.csv", people(1))
	for range 2 {
		for _, why := range []string{"a", "b"} {
			if path, _, err := SaveFailures(t.TempDir(), f, []Failure{{f.People[0], []string{why}}}); err != nil ||
				len(filepath.Base(path)) > longestName {
				t.Errorf("%s, %v", path, err)
			}
		}
	}
}

// TestAgain puts the same file into the directory a second time: that is said, and its failures are kept once.
func TestAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := &watched{T: t, peer: newPeer(), dir: t.TempDir()}
		w.start(false)
		content := append(people(600), "nobody;a;b;NL;P\n"...)
		for i := range 2 {
			w.put("a.csv", content, time.Duration(i)*time.Hour)
			w.put("c.csv", []byte("x\n"), time.Duration(i)*time.Hour)
			w.pass(6 * time.Minute)
		}
		w.holds("failed/a-20000101T001010Z.csv", "failed/a.csv", "failed/a.failed.csv",
			"failed/c-20000101T001010Z.csv", "failed/c.csv", "failed/c.reason.txt")
		want := "a.csv: 600 created, 0 existing, 1 failed; answered before, nothing done again; " +
			"moved to failed/a-20000101T001010Z.csv, why: failed/a.failed.csv"
		if !slices.Contains(w.told, want) {
			t.Errorf("told %q", w.told)
		}
		if len(w.peer.made) != 600 {
			t.Errorf("made %d", len(w.peer.made))
		}
	})
}

// TestAnsweredBefore holds when that is said: of a file pushed before, in part where it was in part, and not of a call
// whose answer has just been lost.
func TestAnsweredBefore(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newPeer()
		s := senderTo(t, p, nil)
		push := func() string {
			tally, err := s.Send(t.Context(), mustRead(t, "p.csv", people(600)), func(Result) {})
			if err != nil {
				return err.Error()
			}
			return tally.String()
		}
		p.script = []http.HandlerFunc{p.lost, nil,
			problemAnswer(500, "No.")} // the first part is done twice, the second fails
		if got := push(); !strings.HasPrefix(got, "localhost answered 500") {
			t.Error(got)
		}
		for _, want := range []string{
			"600 created, 0 existing, 0 failed; 500 of them answered before, nothing done again for these",
			"600 created, 0 existing, 0 failed; answered before, nothing done again"} {
			if got := push(); got != want {
				t.Errorf("%q, want %q", got, want)
			}
		}
		p = newPeer()
		p.script = []http.HandlerFunc{p.lost}
		s = senderTo(t, p, nil)
		if got := push(); got != "600 created, 0 existing, 0 failed" {
			t.Errorf("after a lost answer: %q", got)
		}
	})
}
