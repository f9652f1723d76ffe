package command

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"syscall"
	"testing"

	"github.com/go-json-experiment/json"
)

// receiver answers a list as user.create does: nobody without an address is registered. It counts how often each part
// came and, on the call named, hangs until the test ends.
type receiver struct {
	mu     sync.Mutex
	tokens map[string]bool
	keys   map[string]int
	calls  int
	hangs  int           // number of the call that gets no answer; 0: none
	hung   chan struct{} // closed when it has come
	end    chan struct{}
}

func (p *receiver) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	var list struct {
		Users []struct{ Email string } `json:"users"`
	}
	err := json.UnmarshalRead(r.Body, &list)
	p.mu.Lock()
	p.calls++
	key := r.Header.Get("Idempotency-Key")
	p.keys[key]++
	again := key != "" && p.keys[key] > 1
	p.tokens[r.Header.Get("Authorization")] = true
	hangs := p.calls == p.hangs
	p.mu.Unlock()
	if hangs {
		close(p.hung)
		<-p.end
		return
	}
	var results []string
	for i, user := range list.Users {
		outcome := `"outcome":"created","id":"i","letter":"l","warnings":["x\u001b[1m"]`
		if user.Email == "" {
			outcome = `"outcome":"failed","errors":{"Email":["This is required."]}`
		}
		results = append(results, fmt.Sprintf(`{"index":%d,%s}`, i, outcome))
	}
	if err != nil {
		w.WriteHeader(http.StatusBadRequest)
	}
	w.Header().Set("Content-Type", "application/json")
	if again {
		w.Header().Set("Idempotent-Replayed", "true")
	}
	fmt.Fprintf(w, `{"results":[%s]}`, strings.Join(results, ","))
}

func newReceiver(t *testing.T, hangs int) (*receiver, string) {
	p := &receiver{tokens: map[string]bool{}, keys: map[string]int{}, hangs: hangs, hung: make(chan struct{}),
		end: make(chan struct{})}
	server := httptest.NewServer(p)
	t.Cleanup(func() { close(p.end); server.Close() })
	return p, server.URL
}

// pushed runs push in this process, in a directory of its own.
func pushed(t *testing.T, in string, words ...string) (code int, out, said string) {
	var stdout, stderr bytes.Buffer
	code = Main(t.Context(), append([]string{"push"}, words...),
		Process{In: strings.NewReader(in), Out: &stdout, Err: &stderr})
	return code, stdout.String(), stderr.String()
}

const pushHeader = "Email;FirstName;LastName;Language;BikePlanCode\n"

func TestPush(t *testing.T) {
	t.Chdir(t.TempDir())
	t.Setenv(tokenVariable, "pstp_secret")
	p, to := newReceiver(t, 0)
	for name, content := range map[string]string{
		"good.csv": pushHeader + "j@e.org;Zoë;Doe;NL;P\n",
		"bad.csv":  pushHeader + "j@e.org;Jane;Doe;NL;P\nshort\n;x;y;NL;P\n", "none.csv": "Naam\n",
		"latin.csv": pushHeader + "j@e.org;Zo\xeb;NULL;NL;P\n", "people.xlsx": "PK\x03\x04xl/workbook.xml",
		"one.json": "{\n\"Email\": \"j@e.org\"}",
	} {
		if err := os.WriteFile(name, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.WriteFile("open.token", []byte("pstp_secret"), 0o644); err != nil {
		t.Fatal(err)
	}
	const warned = "warning: x [1m"
	for _, test := range []struct {
		words string
		in    string
		code  int
		out   string
		said  string // a pattern
	}{
		{"good.csv --verbose --to " + to, "", 0, "2\tj@e.org\tcreated\t" + warned + "\n",
			`^good\.csv: 1 created, 0 existing, 0 failed\n$`},
		{"good.csv --to " + to, "", 0, "",
			`^good\.csv: 1 created, 0 existing, 0 failed; answered before, nothing done again; ` +
				`1 with warnings, which --verbose shows\n$`},
		{"latin.csv --to " + to, "", 0, "",
			`^warning: latin\.csv: line 2: this line is not UTF-8: it was read as Windows-1252, here "Zo.+"; ` +
				`another encoding is named by --encoding\n` +
				`warning: latin\.csv: line 2: LastName "NULL" looks like a program's word for nothing\n` +
				`latin\.csv: 1 created`},
		{"latin.csv --encoding CP1252 --dry-run --to " + to, "", 0, "",
			`^warning: latin\.csv: line 2: LastName "NULL"[^\n]*\nlatin\.csv: 1 created`},
		{"latin.csv --encoding utf-8 --to " + to, "", 1, "", `^postern: latin\.csv: line 2: byte 0xEB is not UTF-8`},
		{"people.xlsx --to " + to, "", 1, "",
			`^postern: people\.xlsx: line 1: this is a workbook \(\.xlsx\), not a CSV; open it and save the sheet ` +
				`as CSV \(in Excel 'CSV UTF-8'\)\npostern: nothing was sent: mend the file\n$`},
		{"one.json --verbose --to " + to, "", 0, "1\tj@e.org\tcreated\t", `^one\.json: 1 created`},
		{"- --json --to " + to, `[{"Email":"j@e.org"}]`, 0,
			`{"line":1,"Email":"j@e.org","outcome":"created","id":"i","letter":"l","warnings":["x\u001b[1m"]}` + "\n",
			`^stdin: 1 created`},
		{"- --format CSV --dry-run --to " + to, pushHeader + ";a;b;NL;P\n", 1,
			"2\t\tfailed\tEmail: This is required.\n",
			`^postern: stdin: 0 created, 0 existing, 1 failed; dry run: nothing is stored\n$`},
		{"bad.csv --to " + to, "", 1, "",
			`^postern: bad\.csv: line 3: number of fields: 1, but the header has 5\n` +
				`postern: nothing was sent: mend the file, or send the others with --skip-bad\n$`},
		{"bad.csv --skip-bad --to " + to, "", 1,
			"3\tshort\tskipped\tnumber of fields: 1, but the header has 5\n4\t\tfailed\tEmail: This is required.\n",
			`^postern: bad\.csv: 1 created, 0 existing, 1 failed, 1 skipped; 1 with warnings, which --verbose shows; ` +
				`to be mended and pushed again: bad\.failed\.csv\n$`},
		{"bad.csv --skip-bad --json --to " + to, "", 1,
			`{"line":3,"Email":"short","outcome":"skipped",` +
				`"errors":["number of fields: 1, but the header has 5"]}` + "\n",
			`: 1 created, 0 existing, 1 failed, 1 skipped; answered before, nothing done again; ` +
				`to be mended and pushed again, as written before: bad\.failed\.csv\n$`},
		{"bad.failed.csv --to " + to, "", 1, "", `bad\.failed\.csv: line 2: number of fields: 2, but the header has 6`},
		{"none.csv --to " + to, "", 1, "",
			`^postern: none\.csv: line 1: this must be the header.*\npostern: nothing was sent: mend the file\n$`},
		{"absent.csv --to " + to, "", 1, "", `^postern: the file can't be read: open absent\.csv`},
		{"good.csv --to " + to + "/wrong/user.create --token-file open.token", "", 0, "",
			`^warning: the token file open\.token is open to other accounts \(mode 0644\), ` +
				`who can register people with it: run chmod 600 open\.token\ngood\.csv: 1 created`},

		{"--to " + to, "", 2, "", `name a file, - for standard input, or --watch DIR`},
		{"good.csv", "", 2, "", `say where to: --to`},
		{"good.csv --to http://api.example.org", "", 2, "", `would show the token to everybody on the way`},
		{"good.csv --watch . --to " + to, "", 2, "", `not both`},
		{"good.csv --every 1m --to " + to, "", 2, "", `--every goes with --watch`},
		{"--watch . --dry-run --to " + to, "", 2, "", `go with a file`},
		{"--watch . --every 1ms --to " + to, "", 2, "", `at least 1s`},
		{"- --format xls --to " + to, "", 2, "", `--format cannot be "xls": it must be one of: csv, json, jsonl`},
		{"- --encoding ebcdic --to " + to, "", 2, "",
			`--encoding cannot be "ebcdic": it must be one of: utf-8, utf-16, windows-1252, iso-8859-15, macintosh, ibm850`},
		{"good.csv --tokenfile x --to " + to, "", 2, "", `there is no flag --tokenfile: did you mean --token-file\?`},
		{"--watch absent --to " + to, "", 1, "", `the directory to watch is not there`},
	} {
		code, out, said := pushed(t, test.in, strings.Fields(test.words)...)
		if code != test.code || !strings.HasPrefix(out, test.out) || test.out == "" && out != "" ||
			!regexp.MustCompile(test.said).MatchString(said) {
			t.Errorf("%s: exit %d\n%s%s", test.words, code, out, said)
		}
		if strings.Contains(out+said, "secret") {
			t.Errorf("%s tells the token", test.words)
		}
	}
	if len(p.tokens) != 1 || !p.tokens["Bearer pstp_secret"] {
		t.Error(p.tokens)
	}
	if err := os.Unsetenv(tokenVariable); err != nil {
		t.Fatal(err)
	}
	if code, _, said := pushed(t, "", "good.csv", "--to", to); code != 1 ||
		!strings.Contains(said, "there is no bearer token: name its file with --token-file, or set PUSH_TOKEN") {
		t.Errorf("without a token: %d %s", code, said)
	}
}

// watcher starts push --watch as a process of its own.
func watcher(t *testing.T, dir, to string) (*exec.Cmd, *bufio.Scanner) {
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	process := exec.Command(exe, "push", "--watch", dir, "--every", "1s", "--to", to)
	process.Args[0] = "postern" // what testscript.Main knows the command by
	process.Env = []string{tokenVariable + "=pstp_secret", "GORACE=" + os.Getenv("GORACE")}
	stderr, err := process.StderrPipe()
	if err == nil {
		err = process.Start()
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = process.Process.Kill() })
	return process, bufio.NewScanner(stderr)
}

// TestPushKilled kills a watcher with kill -9 while its second part is on the way, and starts another: the same parts
// come with the same keys, and the file is moved once.
func TestPushKilled(t *testing.T) {
	t.Parallel() // most of it waits for the watchers
	p, to := newReceiver(t, 2)
	dir := t.TempDir()
	content := pushHeader + strings.Repeat("j@e.org;Jane;Doe;NL;P\n", 700)
	if err := os.WriteFile(filepath.Join(dir, "a.csv"), []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	first, lines := watcher(t, dir, to)
	<-p.hung
	if err := first.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	for lines.Scan() {
	}
	_ = first.Wait()
	if _, err := os.Stat(filepath.Join(dir, "a.csv")); err != nil {
		t.Fatal(err)
	}
	second, lines := watcher(t, dir, to)
	for lines.Scan() && !strings.Contains(lines.Text(),
		"700 created, 0 existing, 0 failed; answered before, nothing done again; moved to done/a.csv") {
	}
	if err := second.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	for lines.Scan() {
	}
	if err := second.Wait(); err != nil {
		t.Errorf("after SIGTERM: %v", err)
	}
	if got, err := os.ReadFile(filepath.Join(dir, "done", "a.csv")); err != nil || string(got) != content {
		t.Errorf("%v, %d octets", err, len(got))
	}
	if p.mu.Lock(); p.calls != 4 || len(p.keys) != 2 {
		t.Errorf("%d calls with %d keys", p.calls, len(p.keys))
	}
	p.mu.Unlock()
}

// Without a terminal nothing is said but results.
func TestProgress(t *testing.T) {
	if newProgress(io.Discard).out != nil {
		t.Error("progress without a terminal")
	}
	var out bytes.Buffer
	p := &progress{out: &out}
	p.show("one\x1b")
	p.show("two")
	p.clear()
	p.clear()
	if want := "one \r\x1b[Ktwo\r\x1b[K"; out.String() != want {
		t.Errorf("%q", out.String())
	}
}
