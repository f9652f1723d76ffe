package push

import (
	"bytes"
	"context"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// watched is a directory with a watcher on it that looks every five minutes, in a bubble.
type watched struct {
	*testing.T
	peer *peer
	dir  string
	told []string
	seen outcomes
	stop func() error
}

// start starts a watcher, whose report comes under the peer's lock.
func (w *watched) start(skipBad bool) {
	locked := func(do func()) { w.peer.mu.Lock(); defer w.peer.mu.Unlock(); do() }
	tell := func(text string) { locked(func() { w.told = append(w.told, text) }) }
	sender := senderTo(w.T, w.peer, func(o *SenderOptions) { o.Trouble = tell })
	watcher := NewWatcher(WatcherOptions{Dir: w.dir, Every: 5 * time.Minute, SkipBad: skipBad, Sender: sender,
		Now:    time.Now,
		Report: func(_ *File, r Result) { locked(func() { w.seen.report(r) }) }, Tell: tell})
	ctx, cancel := context.WithCancel(w.Context())
	done := make(chan error, 1)
	go func() { done <- watcher.Run(ctx) }()
	w.stop = func() error { cancel(); return <-done }
	w.Cleanup(cancel)
}

// put writes a file that was last changed so long after the others' beginning of time.
func (w *watched) put(name string, content []byte, age time.Duration) {
	w.Helper()
	path := filepath.Join(w.dir, name)
	at := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC).Add(age)
	if err := os.WriteFile(path, content, 0o600); err != nil {
		w.Fatal(err)
	}
	if err := os.Chtimes(path, at, at); err != nil {
		w.Fatal(err)
	}
}

// pass lets time pass and waits until the watcher rests.
func (w *watched) pass(d time.Duration) {
	func() {
		w.peer.mu.Lock() // what the test has looked at until now may change from now on
		defer w.peer.mu.Unlock()
	}()
	time.Sleep(d) // the bubble's time
	synctest.Wait()
}

// holds compares the names of all files but the lock.
func (w *watched) holds(want ...string) {
	w.Helper()
	var got []string
	_ = filepath.WalkDir(w.dir, func(path string, entry os.DirEntry, _ error) error {
		if !entry.IsDir() && entry.Name() != lockName {
			name, _ := filepath.Rel(w.dir, path)
			got = append(got, name)
		}
		return nil
	})
	if !slices.Equal(got, want) {
		w.Errorf("there is %q, want %q; told %q", got, want, w.told)
	}
}

func TestWatch(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newPeer()
		w := &watched{T: t, peer: p, dir: t.TempDir()}
		w.start(false)
		w.pass(time.Second)
		w.put("b.csv", []byte("Email;FirstName;LastName;Language;BikePlanCode\nfirst@e.org;a;b;NL;P\n"), time.Second)
		w.put("a.CSV", []byte("Email;FirstName;LastName;Language;BikePlanCode\nsecond@e.org;a;b;NL;P\nnobody;=a;b;NL;P\n"),
			2*time.Second)
		w.put("c.json", []byte("[{}\n"), 3*time.Second)
		w.put("d.csv", []byte("Email;FirstName;LastName;Language;BikePlanCode\nshort\nfourth@e.org;a;b;NL;P\n"),
			4*time.Second)
		w.put("e.jsonl", []byte(`{"Email":"fifth@e.org"}`), 5*time.Second)
		w.put(".hidden.csv", people(1), 0)
		w.put("people.tmp", people(1), 0)
		if err := os.Symlink("people.tmp", filepath.Join(w.dir, "link.csv")); err != nil {
			t.Fatal(err)
		}
		w.pass(5 * time.Minute)
		w.pass(15 * time.Second)
		w.holds(".hidden.csv", "done/b.csv", "done/e.jsonl", "failed/a.CSV", "failed/a.failed.csv", "failed/c.json",
			"failed/c.reason.txt", "failed/d.csv",
			"failed/d.reason.txt", "link.csv", "people.tmp")
		if want := (outcomes{"2 created", "2 created", "3 failed Email: This must be a plain e-mail address.",
			"1 created"}); !slices.Equal(w.seen, want) {
			t.Errorf("%q", w.seen)
		}
		if email := p.calls[0].people[0]["Email"]; email != "first@e.org" || len(p.calls) != 3 {
			t.Errorf("the first is %v; %d calls", email, len(p.calls))
		}
		reason, _ := os.ReadFile(filepath.Join(w.dir, "failed/d.reason.txt"))
		if want := "d.csv: line 2: number of fields: 1, but the header has 5\n"; string(reason) != want {
			t.Errorf("%q", reason)
		}
		want := "a.CSV: 1 created, 0 existing, 1 failed; moved to failed/a.CSV, why: failed/a.failed.csv"
		if !slices.Contains(w.told, want) {
			t.Errorf("told %q", w.told)
		}

		// The same names once more: nothing is overwritten.
		w.put("b.csv", people(1), time.Hour)
		w.put("c.csv", []byte("x\n"), time.Hour)
		w.pass(5 * time.Minute)
		w.pass(5 * time.Minute)
		w.holds(".hidden.csv", "done/b-20000101T001010Z.csv", "done/b.csv", "done/e.jsonl", "failed/a.CSV",
			"failed/a.failed.csv", "failed/c-20000101T001010Z.csv",
			"failed/c-20000101T001010Z.reason.txt", "failed/c.json", "failed/c.reason.txt", "failed/d.csv",
			"failed/d.reason.txt", "link.csv", "people.tmp")
		if err := w.stop(); err != nil {
			t.Error(err)
		}
	})
}

// TestGrowingFile writes a file while it is looked at, between two looks and while it is sent.
func TestGrowingFile(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p, dir := newPeer(), t.TempDir()
		w := &watched{T: t, peer: p, dir: dir}
		p.script = []http.HandlerFunc{func(rw http.ResponseWriter, _ *http.Request) {
			w.put("a.csv", people(3), 3*time.Second)
			rw.Header().Set("Content-Type", "application/json")
			_, _ = rw.Write(p.answer(p.calls[0].people, false))
		}}
		w.put("a.csv", people(1), time.Second)
		w.start(false)
		w.pass(time.Second) // between the looks
		w.put("a.csv", people(2), 2*time.Second)
		w.pass(time.Minute)
		if w.holds("a.csv"); len(p.calls) != 0 {
			t.Error("half a file is sent")
		}
		w.pass(5 * time.Minute)
		if w.holds("a.csv"); len(p.made) != 2 {
			t.Errorf("made %v", p.made)
		}
		w.pass(5 * time.Minute)
		if w.holds("done/a.csv"); len(p.made) != 3 || p.made["p0@example.org"] != 1 {
			t.Errorf("made %v", p.made)
		}
	})
}

// TestOutage has the receiver away for a while: files stay, and only one of them is tried in a round.
func TestOutage(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newPeer(slices.Repeat([]http.HandlerFunc{broken}, 12)...)
		w := &watched{T: t, peer: p, dir: t.TempDir()}
		w.put("a.csv", people(1), time.Second)
		w.put("b.csv", people(2), 2*time.Second)
		w.start(false)
		w.pass(4 * time.Minute)
		if w.holds("a.csv", "b.csv"); len(p.calls) != 10 || len(w.told) != 2 ||
			w.told[0] != "localhost does not answer (EOF); trying again, nothing is lost" ||
			!strings.Contains(w.told[1], "a.csv: localhost does not answer (EOF)") {
			t.Errorf("%d calls, told %q", len(p.calls), w.told)
		}
		w.pass(4 * time.Minute)
		w.holds("done/a.csv", "done/b.csv")
		if told := strings.Join(w.told[2:],
			"\n"); told != "localhost answers again\na.csv: 1 created, 0 existing, 0 failed; moved to done/a.csv\n"+
			"b.csv: 1 created, 1 existing, 0 failed; moved to done/b.csv" {
			t.Errorf("told %s", told)
		}
		if p.calls[0].key != p.calls[12].key || len(p.made) != 2 {
			t.Errorf("another key, or made %v", p.made)
		}
	})
}

// One file that the receiver cannot cope with does not keep the others waiting; a token that it does not know does.
func TestStayingFiles(t *testing.T) {
	for status, calls := range map[int]int{500: 2, 401: 1} {
		synctest.Test(t, func(t *testing.T) {
			p := newPeer(problemAnswer(status, "No."))
			w := &watched{T: t, peer: p, dir: t.TempDir()}
			w.put("a.csv", people(1), time.Second)
			w.put("b.csv", people(2), 2*time.Second)
			w.start(false)
			w.pass(time.Minute)
			if len(p.calls) != calls {
				t.Errorf("after %d: %d calls, told %q", status, len(p.calls), w.told)
			}
		})
	}
}

// TestKilled repeats what a killed process had done at its worst moments: sent and not moved, and failures written and
// not moved.
func TestKilled(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p, dir := newPeer(), t.TempDir()
		content := append(people(600), "nobody;a;b;NL;P\nshort\n"...)
		f := mustRead(t, "a.csv", content)
		tally, err := senderTo(t, p, nil).Send(t.Context(), f, func(Result) {})
		if err != nil {
			t.Fatal(err)
		}
		failed := filepath.Join(dir, failedDir)
		if err := os.Mkdir(failed, 0o700); err != nil {
			t.Fatal(err)
		}
		w := &watched{T: t, peer: p, dir: dir}
		w.put("a.csv", content, 0)
		w.put("failed/a.failed.csv", f.Failures(tally.Failures), 0)
		w.put("failed/"+unfinished+"123", []byte("half"), 0)
		w.start(true)
		w.pass(time.Minute)
		w.holds("failed/a.csv", "failed/a.failed.csv")
		if len(p.calls) != 4 || p.calls[0].key != p.calls[2].key || p.calls[1].key != p.calls[3].key ||
			len(p.made) != 600 {
			t.Errorf("%d calls, %d made", len(p.calls), len(p.made))
		}
		left, _ := os.ReadFile(filepath.Join(failed, "a.failed.csv"))
		if bytes.Count(left, []byte("\n")) != 3 {
			t.Errorf("%s", left)
		}
	})
}

func TestOneWatcher(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		dir := t.TempDir()
		begin := func(dir string) *watched {
			w := &watched{T: t, peer: newPeer(), dir: dir}
			w.start(false)
			synctest.Wait()
			return w
		}
		first := begin(dir)
		if err := begin(dir).stop(); err == nil || !strings.Contains(err.Error(), "another postern push watches "+dir) {
			t.Errorf("the second: %v", err)
		}
		if err := first.stop(); err != nil {
			t.Error(err)
		}
		if err := begin(dir).stop(); err != nil {
			t.Errorf("after the first: %v", err)
		}
		if err := begin(filepath.Join(dir, "none")).stop(); err == nil {
			t.Error("no directory, no error")
		}
	})
}

func TestSaveFailures(t *testing.T) {
	dir := t.TempDir()
	f := mustRead(t, "people.csv", people(1))
	for _, want := range []string{"people.failed.csv", "people.failed-2.csv", "people.failed-3.csv"} {
		for _, again := range []bool{false, true} { // the same failures once more are not written once more
			path, there, err := SaveFailures(dir, f, []Failure{{f.People[0], []string{want}}})
			content, _ := os.ReadFile(filepath.Join(dir, want))
			if err != nil || there != again || path != filepath.Join(dir, want) ||
				!bytes.Contains(content, []byte(want)) {
				t.Errorf("%s, %v, %v, %s", path, there, err, content)
			}
		}
	}
	if left, _ := os.ReadDir(dir); len(left) != 3 {
		t.Errorf("left behind: %v", left)
	}
	if _, _, err := SaveFailures(filepath.Join(dir, "none"), f, nil); err == nil {
		t.Error("no directory, no error")
	}
}
