// Package client goes both journeys with a client that oapi-codegen has made of /openapi.yaml, against a real
// appliance. `make client` in the repository's root makes the client and runs it; the made code is not kept.
//
// It is a module of its own, so that the product's dependencies do not include the makers of clients, nor a reader of
// YAML.
package client

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"

	"postern/testdata/client/api"
)

var (
	binary      = flag.String("postern", "../../.build/postern", "the binary to run")
	description = flag.String("openapi", "../../.build/openapi.yaml", "the description that the client was made of")
)

// postern is the demo of the binary, on a data directory of its own.
var postern appliance

type appliance struct {
	*api.ClientWithResponses
	url   string
	token string // of the demo's partner
}

func TestMain(m *testing.M) {
	flag.Parse()
	code, err := run(m)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		code = 1
	}
	os.Exit(code)
}

func run(m *testing.M) (code int, err error) {
	dir, err := os.MkdirTemp("", "postern-client-")
	if err != nil {
		return 0, err
	}
	defer os.RemoveAll(dir)
	process := exec.Command(*binary, "demo")
	process.Env = append(os.Environ(), "POSTERN_DATA="+dir, "POSTERN_LISTEN=127.0.0.1:0", "POSTERN_LOG_FORMAT=json",
		"POSTERN_LOG_LEVEL=info")
	log, err := process.StderrPipe()
	if err != nil {
		return 0, err
	}
	if err := process.Start(); err != nil {
		return 0, fmt.Errorf("%w; make build makes it", err)
	}
	defer func() {
		stopped := process.Process.Signal(syscall.SIGTERM)
		_, _ = io.Copy(io.Discard, log)
		err = errors.Join(err, stopped, process.Wait())
	}()
	if postern.url = listening(log); postern.url == "" {
		return 0, errors.New("the demo does not start")
	}
	go func() { _, _ = io.Copy(io.Discard, log) }() // the pipe must not fill up
	token, err := os.ReadFile(filepath.Join(dir, "demo-payroll.token"))
	if err != nil {
		return 0, err
	}
	postern.token = strings.TrimSpace(string(token))
	follow := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	postern.ClientWithResponses, err = api.NewClientWithResponses(postern.url, api.WithHTTPClient(follow))
	if err != nil {
		return 0, err
	}
	return m.Run(), nil
}

// listening reads the log up to where the appliance listens, and tells the URL; "": it does not.
func listening(log io.Reader) (url string) {
	for lines := bufio.NewScanner(log); lines.Scan(); {
		var line struct{ Message, PublicURL string }
		if json.Unmarshal(lines.Bytes(), &line) == nil && line.Message == "listening" {
			return line.PublicURL
		}
	}
	return ""
}

// with sends a header along.
func with(name, value string) api.RequestEditorFn {
	return func(_ context.Context, r *http.Request) error {
		r.Header.Set(name, value)
		return nil
	}
}

// letter waits for the newest letter to an address, and gives the token of its link to a page.
func letter(t *testing.T, to, page string) (token string) {
	t.Helper()
	wait := "10s"
	answer, err := postern.WaitForMessageWithResponse(t.Context(), &api.WaitForMessageParams{To: &to, Timeout: &wait})
	if err != nil || answer.JSON200 == nil {
		t.Fatalf("no letter to %s: %v, %s", to, err, answer.Body)
	}
	found := regexp.MustCompile(`/` + page + `\?token=([A-Za-z0-9_-]+)`).FindStringSubmatch(answer.JSON200.Text)
	if found == nil {
		t.Fatalf("no link to %s in\n%s", page, answer.JSON200.Text)
	}
	return found[1]
}

// TestDescription: the client was made of what the appliance says of itself.
func TestDescription(t *testing.T) {
	answer, err := postern.GetDescriptionWithResponse(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	want, err := os.ReadFile(*description)
	if err != nil || string(answer.Body) != string(want) {
		t.Errorf(
			"%v; the appliance answers %d bytes of %s, and the file has %d",
			err,
			len(answer.Body),
			answer.Status(),
			len(want),
		)
	}
}
