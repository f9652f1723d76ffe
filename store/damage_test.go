package store

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"go.etcd.io/bbolt"

	"postern/store/file"
	"postern/store/limit"
)

// damage is one thing that may happen to a file.
type damage struct {
	kind string // truncate to so many bytes, zero so many's page, flip so many's bit
	at   int
}

func (d damage) String() string { return fmt.Sprintf("%s %d", d.kind, d.at) }

func (d damage) apply(data []byte) []byte {
	data = bytes.Clone(data)
	switch d.kind {
	case "truncate":
		return data[:d.at]
	case "zero":
		clear(data[d.at*4096 : (d.at+1)*4096])
	case "flip":
		data[d.at/8] ^= 1 << (d.at % 8)
	}
	return data
}

// metaPage is how many bytes of a meta page are used.
const metaPage = 80

// childFile names the whole file, in the environment of the process that meets the damaged ones.
const childFile = "POSTERN_TEST_DAMAGE"

// TestDamageChild is that process: bbolt may end it. It reads damages from its input, and says for each one how the
// check and a start on such a file end.
func TestDamageChild(t *testing.T) {
	path := os.Getenv(childFile)
	if path == "" {
		t.Skip("run by TestDamagedFiles")
	}
	whole, err := os.ReadFile(path)
	must(t, err)
	dir := t.TempDir()
	for input := bufio.NewScanner(os.Stdin); input.Scan(); {
		var d damage
		_, err := fmt.Sscan(input.Text(), &d.kind, &d.at)
		must(t, err)
		must(t, os.WriteFile(file.DataFile(dir), d.apply(whole), 0o600))
		faults, err := CheckFile(file.DataFile(dir))
		check := strings.Join(append(faults, fmt.Sprint(err)), "; ")
		if err == nil && len(faults) == 0 {
			check = ""
		}
		opened := ""
		if s, err := Open(dir, testOptions()); err != nil {
			opened = err.Error()
		} else if err := s.Close(); err != nil {
			opened = err.Error()
		}
		fmt.Printf("%s|%q|%q\n", d, check, opened)
	}
}

// wholeFile makes a file with a tree of several levels and with free pages.
func wholeFile(t *testing.T) (path string, data []byte) {
	t.Helper()
	s := openTest(t)
	must(t, submit(s, func(t tx) error {
		for i := range 900 {
			if err := limits.Put(t.Tx, fmt.Appendf(nil, "%06d", i*7919%900),
				limit.Window{Slots: []limit.Slot{{Begin: s.file.Now(), Taken: i}}}); err != nil {
				return err
			}
		}
		return nil
	}))
	must(t, submit(s, func(t tx) error {
		for i := range 200 {
			if err := limits.Delete(t.Tx, fmt.Appendf(nil, "%06d", 400+i)); err != nil {
				return err
			}
		}
		return nil
	}))
	path = filepath.Join(t.TempDir(), "postern.db")
	must(t, s.Copy(path))
	data, err := os.ReadFile(path)
	must(t, err)
	return path, data
}

// damages are of every kind, in every page; with -short there are fewer in each.
func damages(data []byte) (all []damage) {
	inPage, anywhere := 30, 40
	if testing.Short() {
		inPage, anywhere = 6, 10
	}
	for at := 0; at < len(data); at += 4096 {
		all = append(all, damage{"truncate", at}, damage{"zero", at / 4096})
	}
	random := rand.New(rand.NewPCG(1, 2))
	flips := func(page, bytes, count int) {
		for range count {
			all = append(all, damage{"flip", 8*(page*4096+random.IntN(bytes)) + random.IntN(8)})
		}
	}
	flips(0, metaPage, 20)
	flips(1, metaPage, 20)
	for page := 2; page < len(data)/4096; page++ {
		flips(page, 200, inPage) // where the headers and the first entries are
	}
	flips(2, len(data)-2*4096, anywhere)
	return all
}

// richFile is a file that holds something in every table.
func richFile(t *testing.T) (path string, data []byte) {
	t.Helper()
	dir := t.TempDir()
	unpack(t, released, file.DataFile(dir))
	path = filepath.Join(t.TempDir(), "postern.db")
	must(t, openTestIn(t, dir).Copy(path)) // migrated, and without the room that it has grown by
	data, err := os.ReadFile(path)
	must(t, err)
	return path, data
}

// wordsOfCode are those of panics, stacks and bbolt's assertions, which mean nothing to whoever has to restore a
// backup.
var wordsOfCode = regexp.MustCompile(
	`(?i)panic|goroutine|runtime error|out of range|nil pointer|invalid memory|fault address|assertion|` +
		`stack|invalid page|0x[0-9a-f]{6}|\.go:`)

// TestDamagedFiles holds that whatever happens to a file, a start and a check end with sentences or well, and soon;
// and that damage which matters is noticed.
func TestDamagedFiles(t *testing.T) {
	t.Parallel()
	for name, make := range map[string]func(*testing.T) (string, []byte){"deep": wholeFile, "rich": richFile} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			path, data := make(t)
			used := usedPages(t, path)
			for d, ends := range runDamages(t, path, damages(data)) {
				check, opened := ends[0], ends[1]
				switch {
				case wordsOfCode.MatchString(check + opened):
					t.Errorf("%s: words of the code: %s %s", d, check, opened)
				case opened != "" && check == "":
					t.Errorf("%s: the check finds nothing, and a start ends with: %s", d, opened)
				case d.kind == "truncate" && (check == "" || opened == ""):
					t.Errorf("%s: not noticed: %q %q", d, check, opened)
				case d.kind == "zero" && check == "" && used[d.at]:
					t.Errorf("%s: not noticed", d)
				}
			}
		})
	}
}

// usedPages are those of a whole file that are not free.
func usedPages(t *testing.T, path string) map[int]bool {
	t.Helper()
	used := make(map[int]bool)
	bolt, err := bbolt.Open(path, 0o600, &bbolt.Options{ReadOnly: true, PreLoadFreelist: true})
	must(t, err)
	defer bolt.Close()
	must(t, bolt.View(func(bolt *bbolt.Tx) error {
		for id := 0; ; id++ {
			page, err := bolt.Page(id)
			if err != nil || page == nil {
				return err
			}
			used[id] = page.Type != "free"
		}
	}))
	return used
}

// runDamages runs the child, and again with what is left if it dies.
func runDamages(t *testing.T, path string, all []damage) map[damage][2]string {
	t.Helper()
	ends := make(map[damage][2]string)
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	var input strings.Builder
	for _, d := range all {
		fmt.Fprintln(&input, d)
	}
	child := exec.CommandContext(ctx, os.Args[0], "-test.run=^TestDamageChild$")
	child.Env = append(os.Environ(), childFile+"="+path)
	child.Stdin = strings.NewReader(input.String())
	output, err := child.CombinedOutput()
	last := damage{}
	for line := range strings.Lines(string(output)) {
		fields := strings.SplitN(strings.TrimSpace(line), "|", 3)
		if len(fields) != 3 {
			continue
		}
		_, _ = fmt.Sscan(fields[0], &last.kind, &last.at)
		check, _ := strconv.Unquote(fields[1])
		opened, _ := strconv.Unquote(fields[2])
		ends[last] = [2]string{check, opened}
	}
	if err != nil {
		t.Errorf("the process that opens damaged files ended after %s: %v\n%.3000s",
			last, err, output[max(0, bytes.LastIndexByte(output, '|')):])
	}
	return ends
}

// TestFlippedRecord changes one bit of a record's JSON in the file itself.
func TestFlippedRecord(t *testing.T) {
	t.Parallel()
	path, data := wholeFile(t)
	at := bytes.Index(data, []byte(`{"slots"`))
	if at < 0 {
		t.Fatal("no record found")
	}
	must(t, os.WriteFile(path, damage{"flip", 8 * (at + 3)}.apply(data), 0o600))
	faults, err := CheckFile(path)
	if err != nil || len(faults) != 1 || !strings.Contains(faults[0], "table limits: record 3") {
		t.Errorf("the check: %q, %v", faults, err)
	}
}

// TestFlippedBits flips one bit after the other, anywhere in a file that holds something in every table: the check
// notices it, or all records and indices are what they were.
func TestFlippedBits(t *testing.T) {
	t.Parallel()
	count := 1000
	if testing.Short() {
		count = 100
	}
	dir := t.TempDir()
	unpack(t, released, file.DataFile(dir))
	s := openTestIn(t, dir)
	must(t, submit(s, rewriteNotices))
	path := filepath.Join(t.TempDir(), "postern.db")
	must(t, s.Copy(path))
	data, err := os.ReadFile(path)
	must(t, err)
	whole := contents(t, path)
	random := rand.New(rand.NewPCG(3, 4))
	var all []damage
	for range count {
		all = append(all, damage{"flip", random.IntN(8 * len(data))})
	}
	noticed, harmless, flipped := 0, 0, filepath.Join(t.TempDir(), "flipped.db")
	for d, ends := range runDamages(t, path, all) {
		if ends[0] != "" {
			noticed++
			continue
		}
		must(t, os.WriteFile(flipped, d.apply(data), 0o600))
		if now := contents(t, flipped); now != whole {
			t.Errorf("%s (page %d, byte %d): not noticed, and the contents differ%s", d, d.at/8/4096, d.at/8%4096,
				firstDifference(whole, now))
		}
		harmless++
	}
	if noticed < count/10 || noticed+harmless < count*9/10 {
		t.Errorf("%d of %d were noticed, %d harmless", noticed, count, harmless)
	}
	t.Logf("%d noticed, %d harmless", noticed, harmless)
}

// rewriteNotices writes what an older Postern wrote without a checksum as this one does.
func rewriteNotices(t tx) error {
	old := map[string]notice{}
	c := t.Cursor(noticeBucket)
	for key, value := c.First(); key != nil; key, value = c.Next() {
		old[string(key)], _ = decodeNotice(key, value)
	}
	for key, r := range old {
		if err := t.Put(noticeBucket, []byte(key), r.encode([]byte(key))); err != nil {
			return err
		}
	}
	return nil
}

// contents spells all that a file holds.
func contents(t *testing.T, path string) string {
	t.Helper()
	var all strings.Builder
	bolt, err := bbolt.Open(path, 0o600, &bbolt.Options{ReadOnly: true})
	must(t, err)
	defer bolt.Close()
	must(t, bolt.View(func(tx *bbolt.Tx) error {
		return tx.ForEach(func(name []byte, bucket *bbolt.Bucket) error {
			fmt.Fprintf(&all, "%q\n", name)
			if string(name) == "events" { // the others number nothing
				fmt.Fprintf(&all, "%d\n", bucket.Sequence())
			}
			return bucket.ForEach(func(key, value []byte) error {
				_, err := fmt.Fprintf(&all, "%x %q\n", key, value)
				return err
			})
		})
	}))
	return all.String()
}

// firstDifference shows the line where two texts begin to differ.
func firstDifference(a, b string) string {
	was, is := strings.Split(a, "\n"), strings.Split(b, "\n")
	for i := range min(len(was), len(is)) {
		if was[i] != is[i] {
			return fmt.Sprintf(":\n%.300s\n%.300s", was[i], is[i])
		}
	}
	return ""
}
