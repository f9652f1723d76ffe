package e2e

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/rogpeppe/go-internal/testscript"
	"github.com/rs/zerolog"

	"postern/server"
	"postern/server/config"
	"postern/server/operator"
	"postern/store"
	"postern/store/fixture"
)

// TestScripts runs the journeys in testdata against a whole appliance. Their commands, beside testscript's own:
//
//	start [NAME=VALUE…]          an appliance with these settings, in $WORK/data; again: the same one, stopped and
//	                             started
//	call STATUS METHOD PATH [-t TOKEN] [-b BEARER] [-H 'Name: value'] [-f FORM|BODY|@FILE]
//	                             a request; the answer's head and body are then what stdout and header look at
//	header 'regexp'              looks for a header line of the last answer
//	save NAME MEMBER             keeps a member of the last JSON answer; results.0.id is one of a list's first item
//	letter ADDRESS [NAME=PURPOSE…] waits for the newest letter to an address, prints its text, keeps the tokens of
//	                             its links
//	sent ADDRESS                 waits until no letter to an address is queued
//	letters ADDRESS COUNT [KIND] [STATE] how many letters there are to an address, - for any
//	clock SPAN [STEP PATH]       moves the appliance's time; step by step, with a look at a page after each
//	cleanings FILE               stores cleanings as the operator does
//	operator METHOD PATH [BODY]  an act of the operator, which must succeed
//	told 'TYPE…'                 the last answer holds events of these types
//	browser NAME                 calls are this browser's from now on, with the cookies that it keeps; -: they keep none
//	cookie NAME COOKIE           keeps what the browser sends as this cookie
//	scan COUNT PATH              opens a link by GET and by HEAD, as mail scanners do, always with 200 and no cookie
//	navigate STATUS PATH         opens a link as a browser does; its token must be gone from the address, which
//	                             ADDRESS keeps
//	logged TEXT                  the appliance's log holds the text
//	crowd FILE COUNT ITEM        writes a JSON list of so many items, %d in which is their number
func TestScripts(t *testing.T) {
	t.Parallel()
	testscript.Run(t, testscript.Params{
		Dir: "testdata/scripts",
		Setup: func(env *testscript.Env) error {
			run := &scriptRun{clock: newTestClock(), dir: env.WorkDir}
			env.Values[scriptKey{}] = run
			env.Defer(run.stop)
			return nil
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"start": scriptCommand((*scriptRun).start), "call": scriptCommand((*scriptRun).call),
			"header": scriptCommand((*scriptRun).header), "save": scriptCommand((*scriptRun).save),
			"sent": scriptCommand((*scriptRun).sent), "letter": scriptCommand((*scriptRun).letter),
			"letters": scriptCommand((*scriptRun).letters),
			"clock":   scriptCommand((*scriptRun).moveClock), "cleanings": scriptCommand((*scriptRun).cleanings),
			"operator": scriptCommand((*scriptRun).operator), "told": scriptCommand((*scriptRun).told),
			"browser": scriptCommand((*scriptRun).browser), "cookie": scriptCommand((*scriptRun).cookie),
			"scan": scriptCommand((*scriptRun).scan), "logged": scriptCommand((*scriptRun).logged),
			"navigate": scriptCommand((*scriptRun).navigate),
			"crowd":    scriptCommand((*scriptRun).crowd),
			"enter":    scriptCommand((*scriptRun).enter),
		},
	})
}

type scriptKey struct{}

// scriptRun is what one script has to do with.
type scriptRun struct {
	clock *testClock
	dir   string
	app   *testApp
	head  http.Header
	body  []byte
	log   fixture.Log               // of every level
	jars  map[string]http.CookieJar // by browser
	jar   http.CookieJar            // of the browser that calls; nil: it keeps no cookies
}

// stay lets a client follow no redirect: the answer is the redirect itself.
func stay(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }

// scriptAct is what a command of a script does with its words.
type scriptAct func(*scriptRun, *testscript.TestScript, []string) error

func scriptCommand(do scriptAct) func(*testscript.TestScript, bool, []string) {
	return func(ts *testscript.TestScript, neg bool, args []string) {
		run := ts.Value(scriptKey{}).(*scriptRun)
		if err := do(run, ts, args); (err == nil) == neg {
			ts.Fatalf("%v\nlast answer: %s", err, run.body)
		}
	}
}

func (r *scriptRun) stop() {
	if r.app != nil {
		r.app.stop()
	}
}

func (r *scriptRun) start(ts *testscript.TestScript, args []string) error {
	r.stop()
	app, err := startApp(r.clock, &r.log, append([]string{"DATA=" + r.dir + "/data"}, args...)...)
	if err != nil {
		return err
	}
	r.app = app
	return app.checkAnswers()
}

func (r *scriptRun) call(ts *testscript.TestScript, args []string) error {
	status, method, path, rest := args[0], args[1], args[2], args[3:]
	header := http.Header{}
	var body string
	for ; len(rest) > 0; rest = rest[1:] {
		switch rest[0] {
		case "-t":
			header.Set("X-NALLIAN-TOKEN", rest[1])
			rest = rest[1:]
		case "-b":
			header.Set("Authorization", "Bearer "+rest[1])
			rest = rest[1:]
		case "-H":
			name, value, _ := strings.Cut(rest[1], ": ")
			header.Set(name, value)
			rest = rest[1:]
		case "-f":
			header.Set("Content-Type", "application/x-www-form-urlencoded")
			body, rest = rest[1], rest[1:]
		default:
			body = rest[0]
			if file, is := strings.CutPrefix(body, "@"); is {
				body = ts.ReadFile(file)
			}
		}
	}
	got, err := r.request(method, path, header, body)
	if err == nil && strconv.Itoa(got) != status {
		err = fmt.Errorf("%s %s answered %d, want %s", method, path, got, status)
	}
	_, _ = ts.Stdout().Write(r.body)
	return err
}

func (r *scriptRun) request(method, path string, header http.Header, body string) (status int, err error) {
	request, err := http.NewRequest(method, r.app.url+path, strings.NewReader(body))
	if err != nil {
		return 0, err
	}
	if request.Header = header; body != "" && header.Get("Content-Type") == "" {
		header.Set("Content-Type", "application/json")
	}
	client := *r.app.client
	client.Jar = r.jar
	response, err := client.Do(request)
	if err != nil {
		return 0, err
	}
	defer response.Body.Close()
	r.head = response.Header
	r.body, err = io.ReadAll(response.Body)
	return response.StatusCode, err
}

func (r *scriptRun) header(ts *testscript.TestScript, args []string) error {
	var lines bytes.Buffer
	_ = r.head.Write(&lines)
	if !regexp.MustCompile("(?m)" + args[0]).Match(bytes.ReplaceAll(lines.Bytes(), []byte("\r"), nil)) {
		return fmt.Errorf("no header like %s in\n%s", args[0], lines.String())
	}
	return nil
}

func (r *scriptRun) save(ts *testscript.TestScript, args []string) error {
	var value any
	if err := json.Unmarshal(r.body, &value); err != nil {
		return err
	}
	for name := range strings.SplitSeq(args[1], ".") {
		if list, is := value.([]any); is {
			if at, err := strconv.Atoi(name); err == nil && at < len(list) {
				value = list[at]
				continue
			}
		}
		object, _ := value.(map[string]any)
		if value = object[name]; value == nil {
			return fmt.Errorf("the answer has no %s", args[1])
		}
	}
	ts.Setenv(args[0], fmt.Sprint(value))
	return nil
}

func (r *scriptRun) sent(_ *testscript.TestScript, args []string) error {
	return r.app.awaitNoneQueued(args[0])
}

func (r *scriptRun) letter(ts *testscript.TestScript, args []string) error {
	if err := r.app.awaitNoneQueued(args[0]); err != nil {
		return err
	}
	status, err := r.request("GET", "/inbox/api/v1/wait?timeout=10s&to="+url.QueryEscape(args[0]), http.Header{}, "")
	if err == nil && status != http.StatusOK {
		err = fmt.Errorf("no letter to %s came: %d", args[0], status)
	}
	if err != nil {
		return err
	}
	var letter struct{ Subject, Text string }
	if err := json.Unmarshal(r.body, &letter); err != nil {
		return err
	}
	fmt.Fprintf(ts.Stdout(), "Subject: %s\n\n%s", letter.Subject, letter.Text)
	for _, wanted := range args[1:] {
		name, page, _ := strings.Cut(wanted, "=")
		found := regexp.MustCompile(`/` + page + `\?token=([A-Za-z0-9_-]+)`).FindStringSubmatch(letter.Text)
		if found == nil {
			return fmt.Errorf("no link to %s in:\n%s", page, letter.Text)
		}
		ts.Setenv(name, found[1])
	}
	return nil
}

func (r *scriptRun) cleanings(ts *testscript.TestScript, args []string) error {
	return r.act("POST", "/operator/v1/cleanings", ts.ReadFile(args[0]))
}

func (r *scriptRun) operator(ts *testscript.TestScript, args []string) error {
	body := ""
	if len(args) > 2 {
		body = args[2]
	}
	err := r.act(args[0], "/operator/v1"+args[1], body)
	_, _ = ts.Stdout().Write(r.body)
	return err
}

func (r *scriptRun) told(ts *testscript.TestScript, args []string) error {
	for event := range strings.FieldsSeq(args[0]) {
		if !bytes.Contains(r.body, []byte(`"type":"`+event+`"`)) {
			return fmt.Errorf("no event %s", event)
		}
	}
	return nil
}

func (r *scriptRun) act(method, path, body string) error {
	request, err := http.NewRequest(method, "http://operator"+path, strings.NewReader(body))
	if err != nil {
		return err
	}
	request.Header.Set("Content-Type", "application/json")
	response, err := r.app.operator.Do(request)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	if r.body, err = io.ReadAll(response.Body); response.StatusCode >= 300 {
		return fmt.Errorf("%s %s answered %d: %s", method, path, response.StatusCode, r.body)
	}
	return err
}

// testClock is the appliance's time.
type testClock struct {
	mu    sync.Mutex
	ahead time.Duration
}

func newTestClock() *testClock { return &testClock{} }

func (c *testClock) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return time.Now().Add(c.ahead)
}

func (c *testClock) advance(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.ahead += d
}

// testApp is an appliance that runs in this process.
type testApp struct {
	*server.App
	url      string
	client   *http.Client
	operator *http.Client
	stop     func()
}

// asDemo among the settings makes an appliance a demo, which no setting does.
const asDemo = "DEMO"

// startApp runs an appliance on a free port. Where stop finds the data file inconsistent it panics: no test is to
// end with one.
func startApp(clock *testClock, logs io.Writer, settings ...string) (*testApp, error) {
	var given config.Settings
	for _, setting := range append([]string{"LISTEN=127.0.0.1:0"}, settings...) {
		name, value, _ := strings.Cut(setting, "=")
		given.Each(func(v config.Variable) {
			if v.Name == config.SettingsPrefix+"_"+name {
				v.Value.SetString(value)
			}
		})
	}
	config, err := given.Parse()
	if err != nil {
		return nil, err
	}
	config.Demo = slices.Contains(settings, asDemo)
	if os.Getenv("TEST_LOG") != "" {
		logs = io.MultiWriter(logs, os.Stderr)
	}
	app, err := server.Open(server.Options{Config: config, Log: zerolog.New(logs), Now: clock.now})
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error)
	go func() { done <- app.Run(ctx) }()
	transport := &http.Transport{MaxIdleConnsPerHost: 100}
	t := &testApp{App: app, url: "http://" + app.Addr().String(), operator: operator.NewClient(config.Data),
		client: &http.Client{Transport: transport, CheckRedirect: stay}}
	t.stop = sync.OnceFunc(func() {
		transport.CloseIdleConnections()
		t.operator.CloseIdleConnections()
		cancel()
		faults, err := []string(nil), <-done
		if err == nil {
			err = app.Close()
		}
		if err == nil {
			faults, err = store.CheckFile(config.Data + "/postern.db")
		}
		if err != nil || len(faults) > 0 {
			panic(fmt.Sprintf("the appliance ended with %v, faults of its file: %q", err, faults))
		}
	})
	return t, nil
}

// awaitNoneQueued waits until no letter to an address is queued any more.
func (t *testApp) awaitNoneQueued(email string) error {
	queued, err := t.letters(email, store.LetterQueued)
	for _, letter := range queued {
		var after operator.Letter
		if err := t.operatorGet("/letters/"+letter.ID.String(), url.Values{"wait": {"30s"}}, &after); err != nil {
			return err
		}
		if after.State == store.LetterQueued {
			return fmt.Errorf("the letter %s to %s stays queued", letter.ID, email)
		}
	}
	return err
}

// letters lists the letters to an address, empty for any, in a state, empty for all.
func (t *testApp) letters(email string, state store.LetterState) (all []operator.Letter, err error) {
	query := url.Values{"state": {string(state)}}
	for {
		var page operator.Page[operator.Letter]
		if err := t.operatorGet("/letters", query, &page); err != nil {
			return nil, err
		}
		for _, letter := range page.Items { // the operator's own filter refuses what is no address
			if email == "" || strings.EqualFold(letter.To, email) {
				all = append(all, letter)
			}
		}
		if page.Next.IsZero() {
			return all, nil
		}
		query.Set("before", page.Next.String())
	}
}

// operatorGet asks for something of the operator's.
func (t *testApp) operatorGet(path string, query url.Values, answer any) error {
	response, err := t.operator.Get("http://operator" + operator.Prefix + path + "?" + query.Encode())
	if err != nil {
		return err
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		return fmt.Errorf("%s answered %d", path, response.StatusCode)
	}
	return json.UnmarshalRead(response.Body, answer)
}
