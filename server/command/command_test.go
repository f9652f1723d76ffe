package command

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"postern/store/file"
)

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"postern": func() {
		ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM, syscall.SIGINT)
		context.AfterFunc(ctx, stop)
		os.Exit(Main(ctx, os.Args[1:], Process{In: os.Stdin, Out: os.Stdout, Err: os.Stderr}))
	}})
}

// The scripts run the command line as a process of its own, on a data directory of their own. Testscript's own commands
// take precedence over those of the same name here.
func TestScripts(t *testing.T) {
	t.Parallel()
	testscript.Run(t, testscript.Params{
		Dir: "testdata",
		Setup: func(e *testscript.Env) error {
			e.Setenv("POSTERN_DATA", filepath.Join(e.WorkDir, "data"))
			e.Setenv("POSTERN_LISTEN", "127.0.0.1:0")
			e.Setenv("TZ", "UTC")
			e.Setenv("GORACE", os.Getenv("GORACE"))
			e.Values["appliance"] = &appliance{}
			e.Values["follower"] = &follower{}
			return nil
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"exits": exits, "start": start, "quit": quit, "post": post, "hold": hold, "paste": paste,
			"damage": damage, "first": first,
			"smarthost": smarthost, "follow": follow, "line": line, "unfollow": unfollow,
		},
	})
}

// TestScriptsRunToTheEnd holds that no script ends early as passed, by testscript's own command stop.
func TestScriptsRunToTheEnd(t *testing.T) {
	scripts, err := filepath.Glob("testdata/*.txt")
	if err != nil || len(scripts) == 0 {
		t.Fatal(scripts, err)
	}
	for _, script := range scripts {
		text, err := os.ReadFile(script)
		if err != nil || regexp.MustCompile(`(?m)^stop\b`).Match(text) {
			t.Errorf("%s: %v; quit ends the appliance", script, err)
		}
	}
}

// exits runs a command and looks at its exit code: exits 2 postern nonsense.
func exits(ts *testscript.TestScript, _ bool, args []string) {
	want, err := strconv.Atoi(args[0])
	ts.Check(err)
	code := 0
	var exit *exec.ExitError
	if err := ts.Exec(args[1], args[2:]...); errors.As(err, &exit) {
		code = exit.ExitCode()
	} else {
		ts.Check(err)
	}
	if code != want {
		ts.Fatalf("%v exits %d, not %d", args[1:], code, want)
	}
}

// appliance is one that a script has started.
type appliance struct {
	process *exec.Cmd
	output  bytes.Buffer // standard output: the demo's calls once it has started, the whole once read is closed
	read    chan struct{}
}

var (
	listening = regexp.MustCompile(`"publicUrl":"([^"]+)"`)
	printed   = regexp.MustCompile(`^POSTERN='(.+)'$`)
	lastLine  = regexp.MustCompile(`^# That is all`)
)

// start runs serve, or the command named, until it says that it listens, and puts its address into $URL.
func start(ts *testscript.TestScript, _ bool, args []string) {
	if len(args) == 0 {
		args = []string{"serve"}
	}
	a := ts.Value("appliance").(*appliance)
	path, err := exec.LookPath("postern")
	ts.Check(err)
	a.output.Reset()
	a.process = exec.Command(path, args...)
	a.process.Env = environment(ts)
	a.process.Dir = ts.MkAbs(".")
	out, err := a.process.StdoutPipe()
	ts.Check(err)
	log, err := a.process.StderrPipe()
	ts.Check(err)
	ts.Check(a.process.Start())
	ts.Defer(func() { _ = a.process.Process.Kill() })
	a.read = make(chan struct{})
	url := make(chan string, 2)
	go a.follow(out, log, url)
	found, ok := <-url
	if !ok {
		ts.Fatalf("the appliance ended before it listened")
	}
	ts.Setenv("URL", found)
}

// follow reads what the appliance says until it ends, and hands out the address when it comes by.
func (a *appliance) follow(out, log io.Reader, url chan<- string) {
	logged := make(chan struct{})
	go func() {
		defer close(logged)
		for lines := bufio.NewScanner(log); lines.Scan(); {
			if found := listening.FindStringSubmatch(lines.Text()); found != nil {
				url <- found[1]
			}
		}
	}()
	var found []string
	for lines := bufio.NewScanner(out); lines.Scan(); {
		a.output.WriteString(lines.Text() + "\n")
		if match := printed.FindStringSubmatch(lines.Text()); match != nil {
			found = match
		}
		if found != nil && lastLine.MatchString(lines.Text()) {
			url <- found[1]
		}
	}
	<-logged
	close(url)
	close(a.read)
}

// environment is the script's.
func environment(ts *testscript.TestScript) []string {
	var all []string
	for _, name := range []string{"PATH", "HOME", "TMPDIR", "TZ", "GORACE", "POSTERN_DATA", "POSTERN_LISTEN",
		"POSTERN_LOG_FORMAT"} {
		if value := ts.Getenv(name); value != "" {
			all = append(all, name+"="+value)
		}
	}
	return all
}

// paste runs in a shell what the demo has printed.
func paste(ts *testscript.TestScript, _ bool, _ []string) {
	ts.Check(os.WriteFile(ts.MkAbs("calls.sh"), ts.Value("appliance").(*appliance).output.Bytes(), 0o600))
	ts.Check(ts.Exec("sh", "calls.sh"))
}

// quit ends the appliance as an operator does. It cannot be called stop: testscript has a command of that name, which
// ends the script as passed.
func quit(ts *testscript.TestScript, _ bool, _ []string) {
	a := ts.Value("appliance").(*appliance)
	ts.Check(a.process.Process.Signal(syscall.SIGTERM))
	<-a.read
	ts.Check(a.process.Wait())
}

// post sends JSON: post [-t TOKEN] 201 $URL/path '{}'.
func post(ts *testscript.TestScript, _ bool, args []string) {
	token := ""
	if args[0] == "-t" {
		token, args = args[1], args[2:]
	}
	request, err := http.NewRequest(http.MethodPost, args[1], strings.NewReader(args[2]))
	ts.Check(err)
	request.Header.Set("Content-Type", "application/json")
	if token != "" {
		request.Header.Set("Authorization", "Bearer "+token)
	}
	response, err := http.DefaultClient.Do(request)
	ts.Check(err)
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	ts.Check(err)
	if strconv.Itoa(response.StatusCode) != args[0] {
		ts.Fatalf("%s answers %d, not %s: %s", args[1], response.StatusCode, args[0], body)
	}
}

// hold takes the data directory's lock as another process would, without answering.
func hold(ts *testscript.TestScript, _ bool, _ []string) {
	file, err := os.OpenFile(filepath.Join(ts.Getenv("POSTERN_DATA"), "postern.lock"), os.O_RDWR|os.O_CREATE, 0o600)
	ts.Check(err)
	ts.Defer(func() { _ = file.Close() })
	ts.Check(syscall.Flock(int(file.Fd()), syscall.LOCK_EX))
}

// damage overwrites 16 KiB of the data file from an octet on: damage 8192.
func damage(ts *testscript.TestScript, _ bool, args []string) {
	from, err := strconv.ParseInt(args[0], 10, 64)
	ts.Check(err)
	file, err := os.OpenFile(file.DataFile(ts.Getenv("POSTERN_DATA")), os.O_RDWR, 0)
	ts.Check(err)
	defer file.Close()
	_, err = file.WriteAt(bytes.Repeat([]byte{0xff}, 16<<10), from)
	ts.Check(err)
}

// first puts what a pattern's first group matches in the last command's output into a variable: first ID
// '"id":"(.*?)"'.
func first(ts *testscript.TestScript, _ bool, args []string) {
	found := regexp.MustCompile(args[1]).FindStringSubmatch(ts.ReadFile("stdout"))
	if found == nil {
		ts.Fatalf("nothing matches %s", args[1])
	}
	ts.Setenv(args[0], found[1])
}
