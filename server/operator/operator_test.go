package operator_test

import (
	"bytes"
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/rs/zerolog"

	"postern/server"
	"postern/server/apitest"
	"postern/server/config"
	"postern/server/operator"
)

// TestMain lets the test binary be the child of a check, as the product's binary is.
func TestMain(m *testing.M) {
	if len(os.Args) == 3 && os.Args[1] == operator.CheckWord {
		if err := operator.CheckFile(os.Args[2], os.Stdout); err != nil {
			panic(err)
		}
		return
	}
	os.Exit(m.Run())
}

// open opens an App in a directory.
func open(t *testing.T, dir string) *server.App {
	t.Helper()
	config, err := config.Settings{Data: dir, Listen: "127.0.0.1:0"}.Parse()
	if err != nil {
		t.Fatal(err)
	}
	app, err := server.Open(server.Options{Config: config, Log: zerolog.New(t.Output())})
	if err != nil {
		t.Fatal(err)
	}
	return app
}

func closeApp(t *testing.T, app *server.App) {
	t.Helper()
	if err := app.Close(); err != nil {
		t.Error(err)
	}
}

// call does an act. An answer that is not as it is described has the status 0, and says so.
func call(app *server.App, method, path, body string) *httptest.ResponseRecorder {
	request := httptest.NewRequest(method, operator.Prefix+path, strings.NewReader(body))
	if body != "" {
		request.Header.Set("Content-Type", "application/json")
	}
	w := httptest.NewRecorder()
	app.Operator().ServeHTTP(w, request)
	_, socket, err := app.Routes()
	checker, fault := apitest.New(socket...)
	if err = errors.Join(err, fault); err == nil {
		err = checker.Check(method, operator.Prefix+strings.Split(path, "?")[0], w.Code, w.Header(), w.Body.Bytes())
	}
	if err != nil {
		w.Code, w.Body = 0, bytes.NewBufferString(err.Error())
	}
	return w
}

const id = "00000000-0000-4000-8000-0000000000aa"

func item(id, number, more string) string {
	return fmt.Sprintf(`{"id":%q,"number":%q,"station":{"name":"Kaai 9"},"status":"planned","equipment":{"kind":"silo"}%s}`, id, number, more)
}

// pdf is what has the beginning and the end of a PDF.
func pdf(size int) string {
	const end = "startxref\n5\n%%EOF"
	document := "%PDF-xref\n" + strings.Repeat("x", size-10-len(end)) + end
	return `,"pdf":"` + base64.StdEncoding.EncodeToString([]byte(document)) + `"`
}

// One appliance, one act after the other: status, and what the body holds.
func TestActs(t *testing.T) {
	app := open(t, t.TempDir())
	defer closeApp(t, app)
	other := strings.ReplaceAll(id, "a", "b")
	for _, act := range []struct {
		method, path, body string
		status             int
		want               string
	}{
		{"POST", "/cleanings", item(id, "S-1", pdf(100)), 200, `{"stored":[{"id":"` + id + `","number":"S-1","outcome":"created","pdf":true}]}`},
		{"POST", "/cleanings", item(id, "S-1", `,"pdf":null`), 200, `"outcome":"unchanged","pdf":false`},
		{"POST", "/cleanings", "[" + item(id, "S-2", "") + "," + item(other, "S-3", pdf(10<<20)) + "]", 200, `"outcome":"changed","pdf":false},{"id":"` + other},
		{"POST", "/cleanings", item("", "S-1", ""), 400, `"id":["This field is required."]`},
		{"POST", "/cleanings", item(id, "S-1", `,"pdf":"JVBERi0=!"`), 400, `"pdf":["This must be a PDF in base64."]`},
		{"POST", "/cleanings", item(id, "S-1", `,"pdf":17`), 400, `"pdf":["This must be a PDF in base64."]`},
		{"POST", "/cleanings", item(id, "S-1", `,"pdf":"aGVsbG8="`), 400, `"pdf":["This is not a PDF: it does not begin with %PDF-."]`},
		{"POST", "/cleanings", item(id, "S-1", `,"pdf":"JVBERi0xLjcK"`), 400, `"pdf":["This PDF is incomplete: it does not end as one`},
		{"POST", "/cleanings", item(id, "S-1", pdf(10<<20+1)), 400, `"pdf":["A PDF may have at most 10 MiB."]`},
		{"POST", "/cleanings", "[" + item(id, "S-9", "") + `,{"id":"` + other + `"}]`, 400, `"[1].number":["This field is required."]`},
		{"POST", "/cleanings", "[" + item(id, "S-9", "") + "," + item(strings.ToUpper(id), "S-8", "") + "]", 400, `"[1].id":["This id is that of [0] already."]`},
		{"POST", "/cleanings", "", 415, `application/json`},
		{"GET", "/cleanings", "", 200, `"number":"S-3"`},
		{"GET", "/cleanings?limit=1", "", 200, `"next":"` + id + `"}`},
		{"GET", "/cleanings?after=" + other, "", 200, `{"items":[]}`},
		{"GET", "/cleanings?after=x&limit=y", "", 400, `"errors":{"after":["This must be a GUID."],"limit":["This must be a whole number, 0 or more."]}`},
		{"GET", "/cleanings/" + strings.ToUpper(id), "", 200, `"number":"S-2"`},
		{"GET", "/cleanings/1", "", 400, `must be a GUID`},
		{"DELETE", "/cleanings/" + id, "", 204, ``},
		{"DELETE", "/cleanings/" + id, "", 404, `There is no cleaning`},
		{"GET", "/cleanings/" + id, "", 404, `There is no cleaning`},

		{"GET", "/users?email=a@b.example", "", 404, `no user a@b.example`},
		{"GET", "/users?email=a", "", 400, `"email":["This must be a plain e-mail address`},
		{"GET", "/users", "", 400, `"email":[`},
		{"DELETE", "/users?email=a@b.example", "", 404, `no user a@b.example`},
		{"POST", "/users/block", `{"email":"a@b.example"}`, 404, `no user a@b.example`},
		{"POST", "/users/unblock", `{}`, 400, `"email":["This field is required."]`},
		{"POST", "/users/reactivate", `{"email":"a@b.example"}`, 404, `no user a@b.example`},

		{"GET", "/letters", "", 200, `{"items":[]}`},
		{"GET", "/letters?state=lost&to=x&before=y", "", 400, `"before":["This must be a GUID."]`},
		{"GET", "/letters/" + id, "", 404, ``},
		{"POST", "/letters/" + id + "/retry", "", 404, ``},
		{"POST", "/sending/pause", "", 200, `"paused":true`},
		{"GET", "/sending", "", 200, `"paused":true`},
		{"POST", "/sending/resume", "", 200, `"paused":false`},
		{"POST", "/sending/retry-failed", "", 200, `{"count":0}`},

		{"GET", "/events?limit=1", "", 200, `"type":"cleaning.stored"`},
		{"GET", "/events?after=1000&wait=10s", "", 409, `There is no event 1000 yet`},
		{"GET", "/events?wait=soon", "", 400, `"wait":["This must be a duration, as 30s."]`},
		{"POST", "/check", "", 200, `{"faults":[]}`},
		{"GET", "/nothing", "", 404, ``},
	} {
		w := call(app, act.method, act.path, act.body)
		if w.Code != act.status || !strings.Contains(w.Body.String(), act.want) {
			t.Errorf("%s %s %.200s:\n got %d %.600s\nwant %d …%s…", act.method, act.path, act.body, w.Code, w.Body, act.status, act.want)
		}
	}
}

// Waiting for events ends with the first one, and when the appliance stops.
func TestEventsWait(t *testing.T) {
	app := open(t, t.TempDir())
	defer closeApp(t, app)
	answers := make(chan string)
	ask := func(after string) { answers <- call(app, "GET", "/events?wait=30s&after="+after, "").Body.String() }
	go ask("0")
	call(app, "POST", "/cleanings", item(id, "S-1", ""))
	if got := <-answers; !strings.Contains(got, `"seq":1`) || !strings.Contains(got, `"next":1`) {
		t.Errorf("waiting is answered %s", got)
	}
	go ask("1")
	stopping := open(t, t.TempDir())
	defer closeApp(t, stopping)
	go func() { answers <- call(stopping, "GET", "/events?wait=30s", "").Body.String() }()
	ctx, stop := context.WithCancel(t.Context())
	stop()
	if err := stopping.Run(ctx); err != nil {
		t.Error(err)
	}
	if got := <-answers; !strings.Contains(got, `"events":[]`) {
		t.Errorf("while stopping, waiting is answered %s", got)
	}
	call(app, "DELETE", "/cleanings/"+id, "")
	if got := <-answers; !strings.Contains(got, `"seq":2`) {
		t.Errorf("waiting is answered %s", got)
	}
}

// A damaged file is a list of sentences, also where it ends the child that reads it.
func TestCheckInChild(t *testing.T) {
	dir := t.TempDir()
	app := open(t, dir)
	call(app, "POST", "/cleanings", item(id, "S-1", pdf(1<<20)))
	closeApp(t, app)
	whole, err := os.ReadFile(filepath.Join(dir, "postern.db"))
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "copy.db")
	check := func(data []byte) ([]string, error) {
		if err := os.WriteFile(path, data, 0o600); err != nil {
			t.Fatal(err)
		}
		return operator.CheckInChild(t.Context(), path)
	}
	if faults, err := check(whole); err != nil || len(faults) > 0 {
		t.Fatalf("a sound file: %q, %v", faults, err)
	}
	for _, page := range []int{2, 3, 5, 8, 13, 21, 34} {
		damaged := bytes.Clone(whole)
		copy(damaged[page*os.Getpagesize():], bytes.Repeat([]byte{0xa5}, 64))
		faults, err := check(damaged)
		for _, sentence := range append(faults, fmt.Sprint(err)) {
			if strings.Contains(sentence, "goroutine") || strings.Contains(sentence, "\n") {
				t.Errorf("page %d: not a sentence: %s", page, sentence)
			}
		}
	}
	if _, err := operator.CheckInChild(t.Context(), filepath.Join(dir, "nowhere")); err == nil {
		t.Error("a file that is not there is sound")
	}
}

// leaveSocket leaves a socket as a process does that was killed.
func leaveSocket(t *testing.T, dir string) {
	t.Helper()
	t.Chdir(dir) // the name must be short
	listener, err := net.ListenUnix("unix", &net.UnixAddr{Name: "postern.sock", Net: "unix"})
	if err != nil {
		t.Fatal(err)
	}
	listener.SetUnlinkOnClose(false)
	listener.Close()
}

// TestForeignSocket holds that what stands in the socket's place is neither removed nor asked, and no directory that
// others may write to is trusted.
func TestForeignSocket(t *testing.T) {
	for name, put := range map[string]func(path string) error{
		"a link":      func(path string) error { return os.Symlink("elsewhere", path) },
		"a file":      func(path string) error { return os.WriteFile(path, []byte("precious"), 0o600) },
		"a directory": func(path string) error { return os.Mkdir(path, 0o700) },
	} {
		dir := t.TempDir()
		path := filepath.Join(dir, "postern.sock")
		if err := errors.Join(os.Chmod(dir, 0o700), put(path)); err != nil {
			t.Fatal(err)
		}
		if listener, err := operator.Listen(dir); err == nil || !strings.Contains(err.Error(), "not the appliance's socket: move it away") {
			t.Errorf("%s: listened: %v, %v", name, listener, err)
		}
		if err := operator.Judge(dir); err == nil || !strings.Contains(err.Error(), "not the appliance's socket") {
			t.Errorf("%s: may be asked: %v", name, err)
		}
		if _, err := os.Lstat(path); err != nil {
			t.Errorf("%s is gone", name)
		}
	}
	dir := t.TempDir()
	leaveSocket(t, dir)
	if err := os.Chmod(dir, 0o777); err != nil {
		t.Fatal(err)
	}
	if err := operator.Judge(dir); err == nil || !strings.Contains(err.Error(), "chmod 700") {
		t.Errorf("others may put a socket there: %v", err)
	}
	if err := operator.Judge(filepath.Join(dir, "none")); err != nil {
		t.Errorf("a directory that is not there: %v", err)
	}
}

// The socket is there for the operator alone, however deep the directory lies, and whatever a dead process left.
func TestSocket(t *testing.T) {
	for _, depth := range []int{0, 3} {
		dir := t.TempDir()
		for range depth {
			dir = filepath.Join(dir, strings.Repeat("d", 60))
		}
		if err := os.MkdirAll(dir, 0o700); err != nil {
			t.Fatal(err)
		}
		if _, err := operator.Dial(t.Context(), dir); err == nil {
			t.Error("somebody answers where nobody listens")
		}
		name := filepath.Join(dir, "postern.sock")
		leaveSocket(t, dir)
		listener, err := operator.Listen(dir)
		if err != nil {
			t.Fatalf("%d octets deep: %s", len(dir), err)
		}
		if about, err := os.Stat(name); err != nil || about.Mode().Perm() != 0o600 {
			t.Errorf("the socket: %v, %v", about, err)
		}
		server := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "here") })}
		done := make(chan error)
		go func() { done <- server.Serve(listener) }()
		response, err := operator.NewClient(dir).Get("http://localhost/")
		if err != nil {
			t.Fatal(err)
		}
		if body, _ := io.ReadAll(response.Body); string(body) != "here" {
			t.Errorf("the socket answers %q", body)
		}
		response.Body.Close()
		server.Close()
		<-done
		if _, err := os.Stat(name); !os.IsNotExist(err) {
			t.Errorf("the socket is left behind: %v", err)
		}
	}
}
