package e2e

import (
	"bytes"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
)

// ask asks an address under a Host of one's choice.
func (t *testApp) ask(tb testing.TB, address, path, host string) (status int, location string) {
	tb.Helper()
	request, err := http.NewRequest("GET", "http://"+address+path, nil)
	if err != nil {
		tb.Fatal(err)
	}
	request.Host = host
	answer, err := t.client.Do(request)
	if err != nil {
		tb.Fatal(err)
	}
	_, _ = io.Copy(io.Discard, answer.Body)
	answer.Body.Close()
	return answer.StatusCode, answer.Header.Get("Location")
}

func begin(t *testing.T, logs io.Writer, settings ...string) *testApp {
	t.Helper()
	app, err := startApp(newTestClock(), logs, append([]string{"DATA=" + t.TempDir() + "/data"}, settings...)...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(app.stop)
	return app
}

// sent are settings with a smarthost that is not there.
func sent(publicURL string, settings ...string) []string {
	return append([]string{"SMTP_URL=smtp://127.0.0.1:1?tls=off", "MAIL_FROM=a@example.org", "PUBLIC_URL=" + publicURL},
		settings...)
}

// TestOperatorHosts: where others reach OPERATOR_LISTEN it answers to addresses and to the appliance's own names, so
// that no web page reads along under a name of its own.
func TestOperatorHosts(t *testing.T) {
	for _, test := range []struct {
		settings []string
		seen     string // hosts that see the operator's paths
		unseen   string
	}{
		{[]string{"OPERATOR_LISTEN=0.0.0.0:0"}, "127.0.0.1 192.0.2.7:9090 [2001:db8::1]:1 localhost LOCALHOST:1",
			"evil.example ops.example:9090 192.0.2.7.evil.example"},
		{[]string{"OPERATOR_LISTEN=0.0.0.0:0", "OPERATOR_HOSTS=Ops.example, postern-metrics."},
			"192.0.2.7 ops.example ops.EXAMPLE.:9090 postern-metrics:9090", "evil.example postern"},
		{sent("https://Postern.example:8443", "OPERATOR_LISTEN=0.0.0.0:0"),
			"postern.example postern.example:9090 192.0.2.7", "www.postern.example evil.example"},
		{[]string{"OPERATOR_LISTEN=127.0.0.1:0"}, "localhost:1 127.0.0.1", "192.0.2.7 ops.example evil.example"},
		{[]string{"OPERATOR_LISTEN=127.0.0.1:0", "OPERATOR_HOSTS=ops.example"}, "localhost:1 ops.example",
			"192.0.2.7 evil.example"},
		{sent("https://postern.example", "OPERATOR_LISTEN=127.0.0.1:0"), "localhost:1", "postern.example"},
	} {
		app := begin(t, io.Discard, test.settings...)
		_, port, _ := net.SplitHostPort(app.OperatorAddr().String())
		address := "127.0.0.1:" + port
		for host := range strings.FieldsSeq(test.seen) {
			if status, _ := app.ask(t, address, "/metrics", host); status != 200 {
				t.Errorf("%q, Host %s: %d", test.settings, host, status)
			}
		}
		for host := range strings.FieldsSeq(test.unseen) {
			for _, path := range []string{"/metrics", "/inbox", "/inbox/api/v1/messages", "/"} {
				if status, _ := app.ask(t, address, path, host); status != 404 {
					t.Errorf("%q, Host %s: %s answers %d", test.settings, host, path, status)
				}
			}
		}
		app.stop()
	}
}

// TestFront: in a demo the bare address leads to the built-in inbox where the caller may see it, else to the bikers'
// account.
func TestFront(t *testing.T) {
	want := func(app *testApp, address, host string, status int, location string) {
		t.Helper()
		if got, to := app.ask(t, address, "/", host); got != status || to != location {
			t.Errorf("Host %s: %d to %q, want %d to %q", host, got, to, status, location)
		}
	}
	alone := begin(t, io.Discard)
	want(alone, alone.Addr().String(), "localhost", 303, "/biker")
	demo := begin(t, io.Discard, asDemo)
	want(demo, demo.Addr().String(), "localhost", 303, "/inbox")
	want(demo, demo.Addr().String(), "postern.example", 303, "/biker")
	apart := begin(t, io.Discard, "OPERATOR_LISTEN=127.0.0.1:0")
	want(apart, apart.Addr().String(), "localhost", 303, "/biker")
	want(apart, apart.OperatorAddr().String(), "localhost", 303, "/inbox")
	want(apart, apart.OperatorAddr().String(), "evil.example", 404, "")
	serves := begin(t, io.Discard, sent("https://postern.example", "OPERATOR_LISTEN=127.0.0.1:0")...)
	want(serves, serves.Addr().String(), "localhost", 303, "/biker")
	want(serves, serves.OperatorAddr().String(), "localhost", 303, "/console")
}

// TestPublicHTTP: what crosses the network in the clear is said at the start.
func TestPublicHTTP(t *testing.T) {
	for url, warned := range map[string]bool{
		"http://postern.example": true, "http://192.0.2.1:8080": true, "https://postern.example": false,
		"http://localhost:8080": false,
		"http://127.0.0.1:1":    false,
	} {
		var log bytes.Buffer
		app := begin(t, &log, sent(url)...)
		app.stop() // so that nobody writes to the log any more
		if got := strings.Contains(log.String(), "POSTERN_PUBLIC_URL is http"); got != warned {
			t.Errorf("%s: warned %v\n%s", url, got, &log)
		}
	}
}
