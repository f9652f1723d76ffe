// Package watch has the programs that watch an appliance read what it gives them: Prometheus scrapes it, loads the
// alert rules and answers what the dashboard asks, promtool plays the rules through, and Grafana's own types read the
// dashboard.
package watch

import (
	"encoding/json"
	"flag"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/grafana/grafana-foundation-sdk/go/dashboard"
)

var (
	binary = flag.String("postern", "", "the binary")
	tools  = flag.String("tools", "", "the directory that Prometheus's package is unpacked in")
)

// printed is what a command prints.
func printed(t *testing.T, env []string, args ...string) []byte {
	t.Helper()
	command := exec.Command(*binary, args...)
	command.Env = append(os.Environ(), env...)
	command.Stderr = os.Stderr
	out, err := command.Output()
	if err != nil {
		t.Fatal(args, err)
	}
	return out
}

// promtool runs it, and wants it to be content.
func promtool(t *testing.T, in string, args ...string) {
	t.Helper()
	command := exec.Command(filepath.Join(*tools, "usr/bin/promtool"), args...)
	command.Stdin = strings.NewReader(in)
	if out, err := command.CombinedOutput(); err != nil {
		t.Fatalf("promtool %v: %v\n%s", args, err, out)
	}
}

// written puts the rules, and their test beside them, into a directory.
func written(t *testing.T) (dir string) {
	dir = t.TempDir()
	test, err := os.ReadFile("rules_test.yaml")
	if err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string][]byte{"rules.yaml": printed(t, nil, "metrics", "--rules"), "test.yaml": test} {
		if err := os.WriteFile(filepath.Join(dir, name), text, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func TestRules(t *testing.T) {
	dir := written(t)
	promtool(t, "", "check", "rules", filepath.Join(dir, "rules.yaml"))
	promtool(t, "", "test", "rules", filepath.Join(dir, "test.yaml"))
}

// queries are those of the dashboard. Grafana's own types must read it, strictly and within their constraints: the
// whole of it, and each panel by itself, as their reader of the whole passes over what is in panels.
func queries(t *testing.T) (all []string) {
	text := printed(t, nil, "metrics", "--dashboard")
	//lint:ignore SA1019 the classic form is what every Grafana imports; the second one needs a new Grafana
	var board dashboard.Dashboard
	right(t, board.UnmarshalJSONStrict(text))
	right(t, board.Validate())
	var parts struct{ Panels []json.RawMessage }
	if err := json.Unmarshal(text, &parts); err != nil {
		t.Fatal(err)
	}
	for _, part := range parts.Panels {
		var asked struct {
			Type    string
			Targets []struct{ Expr string }
		}
		if err := json.Unmarshal(part, &asked); err != nil {
			t.Fatal(err)
		}
		if asked.Type == "row" {
			right(t, new(dashboard.RowPanel).UnmarshalJSONStrict(part))
			continue
		}
		var panel dashboard.Panel
		right(t, panel.UnmarshalJSONStrict(part))
		right(t, panel.Validate())
		for _, target := range asked.Targets {
			all = append(all, strings.NewReplacer("$instance", ".*", "$__rate_interval", "1m").Replace(target.Expr))
		}
	}
	if len(all) < 50 {
		t.Errorf("%d queries", len(all))
	}
	return all
}

// right wants an error of Grafana's types to be none: an empty list of faults comes as an error without a text.
func right(t *testing.T, err error) {
	t.Helper()
	if err != nil && err.Error() != "" {
		t.Fatal(err)
	}
}

func TestDashboard(t *testing.T) { queries(t) }

// TestPrometheus has a real Prometheus scrape an appliance with the rules loaded, and asks it what the dashboard asks.
func TestPrometheus(t *testing.T) {
	data, appliance, prometheus := t.TempDir(), free(t), free(t)
	env := []string{"POSTERN_DATA=" + filepath.Join(data, "data"), "POSTERN_LISTEN=" + appliance}
	run(t, env, *binary, "serve")
	await(t, "http://"+appliance+"/readyz")
	promtool(t, string(printed(t, env, "metrics")), "check", "metrics")

	config := filepath.Join(written(t), "prometheus.yaml")
	text := "global: {scrape_interval: 200ms, evaluation_interval: 200ms}\nrule_files: [rules.yaml]\n" +
		"scrape_configs: [{job_name: postern, static_configs: [{targets: [\"" + appliance + "\"]}]}]\n"
	if err := os.WriteFile(config, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	run(t, nil, filepath.Join(*tools, "usr/bin/prometheus"), "--config.file", config, "--web.listen-address", prometheus,
		"--storage.tsdb.path", filepath.Join(data, "tsdb"), "--log.level", "error")
	await(t, "http://"+prometheus+"/-/ready")
	for began := time.Now(); !strings.Contains(ask(t, prometheus, "postern_ready == 1"), `"value"`); {
		if time.Since(began) > 30*time.Second {
			t.Fatal("nothing is scraped")
		}
		time.Sleep(100 * time.Millisecond)
	}
	for _, query := range queries(t) {
		if answer := ask(t, prometheus, query); !strings.Contains(answer, `"status":"success"`) {
			t.Errorf("%s: %s", query, answer)
		}
	}
	answer := fetch(t, "http://"+prometheus+"/api/v1/rules")
	if n := strings.Count(answer, `"health":"ok"`); n < 20 || strings.Contains(answer, `"health":"err"`) {
		t.Errorf("%d rules are well: %s", n, answer)
	}
	if strings.Contains(answer, `"state":"firing"`) {
		t.Errorf("an alert fires on an appliance that is well: %s", answer)
	}
}

// run starts a program that the end of the test ends.
func run(t *testing.T, env []string, path string, args ...string) {
	t.Helper()
	command := exec.Command(path, args...)
	command.Env, command.Stderr = append(os.Environ(), env...), os.Stderr
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = command.Process.Kill(); _ = command.Wait() })
}

// free is an address that nobody listens at.
func free(t *testing.T) string {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	return listener.Addr().String()
}

// await waits until an address answers 200.
func await(t *testing.T, address string) {
	t.Helper()
	for began := time.Now(); time.Since(began) < 30*time.Second; time.Sleep(50 * time.Millisecond) {
		if answer, err := http.Get(address); err == nil {
			answer.Body.Close()
			if answer.StatusCode == http.StatusOK {
				return
			}
		}
	}
	t.Fatalf("%s does not answer", address)
}

func ask(t *testing.T, prometheus, query string) string {
	return fetch(t, "http://"+prometheus+"/api/v1/query?query="+url.QueryEscape(query))
}

func fetch(t *testing.T, address string) string {
	t.Helper()
	answer, err := http.Get(address)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(answer.Body)
	if err != nil {
		t.Fatal(err)
	}
	return string(body)
}
