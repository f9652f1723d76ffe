package browser

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
)

// appliance is a process of the binary on a data directory of its own.
type appliance struct {
	url     string
	dir     string
	token   string // of the partner "payroll"
	client  *http.Client
	process *exec.Cmd
	log     sync.WaitGroup // reads the log to its end
	trouble bytes.Buffer   // lines of the log at level error; after log.Wait
}

// startAppliance starts one on a port that the system chooses, with a partner, bike plans and the demo's cleanings.
// Settings are without their prefix.
func startAppliance(settings ...string) (*appliance, error) {
	dir, err := os.MkdirTemp("", "postern-browser-")
	if err != nil {
		return nil, err
	}
	a := &appliance{dir: dir, client: http.DefaultClient}
	a.process = a.command("serve")
	for _, s := range append(settings, "LISTEN=127.0.0.1:0", "LOG_FORMAT=json") {
		a.process.Env = append(a.process.Env, "POSTERN_"+s)
	}
	log, err := a.process.StderrPipe()
	if err != nil {
		return nil, err
	}
	if err := a.process.Start(); err != nil {
		return nil, fmt.Errorf("%w; make build makes it", err)
	}
	listening := make(chan string, 1)
	a.log.Go(func() { a.read(log, listening) })
	if a.url = <-listening; a.url == "" {
		return nil, errors.Join(errors.New("the appliance does not start"), a.stop())
	}
	if err := a.fill(); err != nil {
		return nil, errors.Join(err, a.stop())
	}
	return a, nil
}

// read follows the log: it tells the URL as soon as the appliance listens, "" where it ends before, and keeps what went
// wrong.
func (a *appliance) read(log io.Reader, listening chan<- string) {
	defer close(listening)
	for lines := bufio.NewScanner(log); lines.Scan(); {
		var line struct{ Level, Message, PublicURL string }
		switch err := json.Unmarshal(lines.Bytes(), &line); {
		case err != nil, line.Level == "error", line.Level == "fatal":
			fmt.Fprintln(&a.trouble, lines.Text())
		case line.Message == "listening":
			listening <- line.PublicURL
		}
	}
}

// What bikers read of their plan.
const (
	planName = "Stadsfiets 2026"
	nextText = "From Monday on you choose your bike with one of our dealers."
)

// fill makes what a fresh appliance needs before the first person comes.
func (a *appliance) fill() error {
	for _, plan := range []string{"SYN-NL SynthKantoor NL", "SYN-FR SynthBureau FR", "SYN-EN SynthOffice EN"} {
		f := strings.Fields(plan)
		if _, err := a.do("plan", "add", f[0], "--client", f[1], "--language", f[2], "--name", planName,
			"--next-text", nextText, "--next-url", "https://bikes.example.org/start"); err != nil {
			return err
		}
	}
	cleanings := filepath.Join("..", "..", "server", "command", "demo", "cleanings.json")
	if _, err := a.do("cleaning", "add", cleanings); err != nil {
		return err
	}
	token, err := a.do("partner", "add", "payroll")
	a.token = strings.TrimSpace(token)
	return err
}

// command is one of the binary's, for this appliance.
func (a *appliance) command(words ...string) *exec.Cmd {
	c := exec.Command(*binary, words...)
	c.Env = append(os.Environ(), "POSTERN_DATA="+a.dir)
	return c
}

// do runs a command and gives what it prints.
func (a *appliance) do(words ...string) (string, error) {
	out, err := a.command(words...).Output()
	var exit *exec.ExitError
	if errors.As(err, &exit) {
		err = fmt.Errorf("postern %s: %w: %s", strings.Join(words, " "), err, exit.Stderr)
	}
	return string(out), err
}

// stop drains the appliance, removes its data, and tells what it has logged as an error.
func (a *appliance) stop() error {
	err := a.process.Process.Signal(syscall.SIGTERM)
	a.log.Wait()
	err = errors.Join(err, a.process.Wait(), os.RemoveAll(a.dir))
	if a.trouble.Len() > 0 {
		err = errors.Join(err, fmt.Errorf("the appliance's log says:\n%s", &a.trouble))
	}
	return err
}

// ownAppliance is one for a test that needs settings of its own.
func ownAppliance(t *testing.T, settings ...string) *appliance {
	t.Helper()
	a, err := startAppliance(settings...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := a.stop(); err != nil {
			t.Error(err)
		}
	})
	return a
}
