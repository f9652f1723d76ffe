package command

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/url"
	"os"
	"slices"
	"strings"

	"github.com/go-json-experiment/json"
	"github.com/rs/zerolog"

	"postern/server"
	"postern/server/config"
	"postern/server/operator"
	"postern/store/file"
	"postern/store/guid"
)

// session is a way to the operator's handler.
type session struct {
	http.RoundTripper
	running bool // of an appliance that runs, not of one opened for this command
	end     func() error
}

// asker sends requests to the operator's handler. It opens its session with the first of them, so that a command which
// asks nothing needs no data directory. All requests of a command go the same way: an appliance that starts or stops in
// between does not change whom it talks to.
type asker struct {
	ctx     context.Context
	errors  io.Writer // for the log of an appliance opened for this command
	makes   bool      // may make a data directory where there is none
	session *session
}

// open finds the appliance that runs on the data directory, or opens that directory itself: without listener and
// courier, so that nothing is answered or sent meanwhile. A session that is open already stays.
func (a *asker) open() error {
	if a.session != nil {
		return nil
	}
	settings, err := config.ReadSettings()
	if err != nil {
		return err
	}
	dir := settings.DataDir()
	if running, err := a.dial(dir); running || err != nil {
		return err
	}
	_, missing := os.Stat(file.DataFile(dir))
	if errors.Is(missing, os.ErrNotExist) && !a.makes {
		return noData(dir)
	}
	config, err := settings.Parse()
	if err != nil {
		return err
	}
	if errors.Is(missing, os.ErrNotExist) {
		fmt.Fprintf(a.errors, "there is no data file in %s: one is made (POSTERN_DATA names another directory)\n", dir)
	}
	app, err := server.Open(server.Options{Config: config, Log: newLogger(a.errors, "console", zerolog.ErrorLevel),
		Offline: true})
	if errors.Is(err, file.ErrInUse) { // the store has waited for it: an appliance that was starting answers by now
		if running, _ := a.dial(dir); running {
			return nil
		}
		return fmt.Errorf(
			"%w; it does not answer on its socket, so it is starting or stopping: try again in a moment", err)
	}
	if err != nil {
		return err
	}
	a.session = &session{RoundTripper: inProcess{app.Operator()}, end: app.Close}
	return nil
}

func noData(dir string) error {
	return fmt.Errorf(
		"there is no data file in %s: start the appliance there first, or set POSTERN_DATA to its directory", dir)
}

// dial reports whether an appliance answers on the directory's socket, and takes it as the session. It is an error
// where this user may not ask it.
func (a *asker) dial(dir string) (bool, error) {
	if err := operator.Judge(dir); err != nil {
		return false, err
	}
	conn, err := operator.Dial(a.ctx, dir)
	if err != nil {
		return false, nil
	}
	conn.Close()
	client := operator.NewClient(dir)
	a.session = &session{RoundTripper: client.Transport, running: true,
		end: func() error { client.CloseIdleConnections(); return nil }}
	return true, nil
}

// redial reports whether an appliance answers again, and takes it as the session in place of one that has stopped. It
// is an error where this user may not ask it.
func (a *asker) redial() (bool, error) {
	settings, err := config.ReadSettings()
	if err != nil {
		return false, err
	}
	former := a.session
	running, err := a.dial(settings.DataDir())
	if running {
		err = former.end()
	}
	return running, err
}

// close ends the session, if there is one.
func (a *asker) close() error {
	if a.session == nil {
		return nil
	}
	return a.session.end()
}

// mailBody is a body that is a mail, and goes out as it is.
type mailBody []byte

// ask sends one request. in is the body to be, nil for none; octets go out as they are. out, unless nil, receives the
// answer. A refusal comes back as *refusal.
func (a *asker) ask(method, path string, query url.Values, in, out any) error {
	if err := a.open(); err != nil {
		return err
	}
	request, err := a.request(method, path, query, in)
	if err != nil {
		return err
	}
	response, err := a.session.RoundTrip(request)
	if err != nil {
		return fmt.Errorf("the appliance did not answer: %w", err)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	switch {
	case err != nil:
		return fmt.Errorf("the appliance stopped in the middle of its answer: %w", err)
	case response.StatusCode >= 300:
		return refused(response.StatusCode, body, a.session.running)
	case out == nil:
		return nil
	}
	return json.Unmarshal(body, out)
}

func (a *asker) request(method, path string, query url.Values, in any) (*http.Request, error) {
	target := url.URL{Scheme: "http", Host: "localhost", Path: operator.Prefix + path, RawQuery: query.Encode()}
	var body []byte
	switch in := in.(type) {
	case nil:
	case []byte:
		body = in
	case mailBody:
		body = in
	default:
		var err error
		if body, err = json.Marshal(in); err != nil {
			return nil, err
		}
	}
	request, err := http.NewRequestWithContext(a.ctx, method, target.String(), bytes.NewReader(body))
	if _, isMail := in.(mailBody); err == nil && isMail {
		request.Header.Set("Content-Type", "message/rfc822")
	} else if err == nil && in != nil {
		request.Header.Set("Content-Type", "application/json")
	}
	return request, err
}

// refusal is a problem (RFC 9457) that the handler answered.
type refusal struct {
	status int
	Detail string              `json:"detail"`
	Title  string              `json:"title"`
	Errors map[string][]string `json:"errors"`
	Oldest uint64              `json:"oldest"` // events: the oldest that is kept
	Last   uint64              `json:"last"`   // events: the last one, where a later one was asked for
	Feed   guid.ID             `json:"feed"`   // events: whose last that is
	Trace  string              `json:"traceId"`
	logged bool                // by the appliance that runs; what this process logs is on stderr already
}

func refused(status int, body []byte, running bool) error {
	r := &refusal{status: status, logged: running && status >= 500}
	if err := json.Unmarshal(body, r); err != nil || r.Title == "" {
		return fmt.Errorf("the appliance answered %d %s", status, http.StatusText(status))
	}
	return r
}

// Error returns the sentence, and the faults of fields one a line. A fault alone says all: it stands for the sentence.
func (r *refusal) Error() string {
	text := r.Detail
	if text == "" {
		text = r.Title
	}
	if r.logged && r.Trace != "" {
		text += " (log: traceId " + r.Trace + ")"
	}
	lines := []string{text}
	for _, name := range slices.Sorted(maps.Keys(r.Errors)) {
		for _, sentence := range r.Errors[name] {
			switch {
			case strings.Contains(text, sentence): // said already
			case name == "":
				lines = append(lines, sentence)
			default:
				lines = append(lines, name+": "+sentence)
			}
		}
	}
	if len(lines) == 2 {
		return lines[1]
	}
	return strings.Join(lines, "\n")
}

// inProcess hands requests to a handler in this process. As the same handler stands behind the socket, an act is
// written once, and a command gives the same answer whether an appliance runs or not.
type inProcess struct{ handler http.Handler }

// RoundTrip answers when the handler has finished.
func (p inProcess) RoundTrip(r *http.Request) (*http.Response, error) {
	w := &answer{header: http.Header{}, status: http.StatusOK}
	p.handler.ServeHTTP(w, r)
	return &http.Response{StatusCode: w.status, Header: w.header, Body: io.NopCloser(&w.body), Request: r}, nil
}

// answer is a ResponseWriter that keeps what is written.
type answer struct {
	header http.Header
	status int
	wrote  bool
	body   bytes.Buffer
}

func (a *answer) Header() http.Header { return a.header }

func (a *answer) WriteHeader(status int) {
	if !a.wrote {
		a.status, a.wrote = status, true
	}
}

func (a *answer) Write(b []byte) (int, error) {
	a.wrote = true
	return a.body.Write(b)
}
