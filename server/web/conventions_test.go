package web

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"maps"
	"net"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"postern/store/fixture"
)

const (
	postThing = "POST /api/things HTTP/1.1\nContent-Type: application/json\n\n"
	thing     = `{"name":"x"}`
	asJSON    = "\nContent-Type: application/json"
	asForm    = "\nContent-Type: application/x-www-form-urlencoded"
)

// TestConventions holds the rules of all calls: what comes back for what, over a real connection.
func TestConventions(t *testing.T) {
	var log fixture.Log
	address := start(t, newHandler(t, ForLoopback, options(&log)), ServerOptions{})
	for _, test := range []struct {
		name, request string
		status        int
		headers       string // name=value, separated by |; an empty value: absent
		body          string // part of it
	}{
		{"GET", "GET /api/things/7 HTTP/1.1", 200, "Content-Type=application/json|Content-Length=11", `{"id":"7"}`},
		{"HEAD", "HEAD /api/things/7 HTTP/1.1", 200, "Content-Type=application/json|Content-Length=11", ""},
		{"HEAD where GET acts", "HEAD /api/things/7/email HTTP/1.1", 405,
			"Allow=GET, OPTIONS|Content-Type=application/problem+json", ""},
		{"no content", "GET /api/things/7/email HTTP/1.1", 204, "Content-Type=|Content-Length=", ""},
		{"unknown path", "GET /nothing HTTP/1.1", 404, "Content-Type=application/problem+json",
			`"status":404,"detail":"There is nothing`},
		{"unknown path in a browser", "GET /nothing HTTP/1.1\nAccept: text/html,*/*", 404,
			"Content-Type=text/html; charset=utf-8", "<h1>Page not found</h1>"},
		{"empty parameter", "GET /api/things/ HTTP/1.1", 404, "", ""},
		{"empty parameter within", "GET /api/things//email HTTP/1.1", 404, "", ""},
		{"trailing slash", "GET /who/ HTTP/1.1", 404, "Location=",
			`"detail":"There is nothing at this path; did you mean /who?"`},
		{"other case", "GET /Who HTTP/1.1", 404, "Location=", "did you mean /who?"},
		{"dots", "GET /api/things/../things/7 HTTP/1.1", 404, "Location=", "did you mean /api/things/{id}?"},
		{"misspelt", "GET /aip/thing/7/emial HTTP/1.1", 404, "Location=", "did you mean /api/things/{id}/email?"},
		{"too far", "GET /xyz/thongs/7/mail HTTP/1.1", 404, "Location=", `"detail":"There is nothing at this path."`},
		{"nearly right", "POST /api/thigns HTTP/1.1", 404, "Location=", "did you mean /api/things?"},
		{"doubled slash", "GET //api//things/7 HTTP/1.1", 404, "Location=", "did you mean /api/things/{id}?"},
		{"a dot for a slash", "GET /partner.things HTTP/1.1", 404, "Location=", "did you mean /partner/things?"},
		{"without what stands before", "GET /things/7/email HTTP/1.1", 404, "", "did you mean /api/things/{id}/email?"},
		{"with more before it", "GET /v1/api/things/7/email HTTP/1.1", 404, "", "did you mean /api/things/{id}/email?"},
		{"nothing of the caller's words", "GET /api/things/<b>secret/ HTTP/1.1", 404, "", "did you mean /api/things/{id}?"},
		{"too long to be looked at", "GET /who/" + strings.Repeat("/", 200) + " HTTP/1.1", 404, "",
			`"detail":"There is nothing at this path."`},
		{"encoded slash", "GET /api%2Fthings/7 HTTP/1.1", 404, "", ""},
		{"encoded slash in a parameter", "GET /api/things/7%2femail HTTP/1.1", 404, "", ""},
		{"encoded parameter", "GET /api/things/%C3%A9 HTTP/1.1", 200, "", `{"id":"é"}`},
		{"absolute target", "GET http://evil.example/who/ HTTP/1.1", 404, "Location=", ""},
		{"wrong method", "DELETE /api/things/7 HTTP/1.1", 405, "Allow=GET, HEAD, OPTIONS", `"title":"Method Not Allowed"`},
		{"wrong method on an empty parameter", "DELETE /api/things/ HTTP/1.1", 404, "Allow=", ""},
		{"unheard-of method", "BREW /page HTTP/1.1", 405, "Allow=GET, HEAD, OPTIONS, POST", ""},
		{"TRACE", "TRACE /who HTTP/1.1", 405, "", ""},
		{"OPTIONS", "OPTIONS /api/things HTTP/1.1", 204, "Allow=OPTIONS, POST|Access-Control-Allow-Methods=", ""},
		{"OPTIONS nowhere", "OPTIONS /nothing HTTP/1.1", 404, "Allow=", ""},
		{"OPTIONS *", "OPTIONS * HTTP/1.1", 404, "", ""},
		{"CONNECT", "CONNECT evil.example:443 HTTP/1.1", 404, "", ""},

		{"stored", postThing + `{"name":"x","y":1}`, 201, "Cache-Control=no-store", `{"name":"x"}`},
		{"byte order mark", postThing + "\ufeff" + thing, 201, "", ""},
		{"field fault", postThing + `{"name":"toolong"}`, 400, "Content-Type=application/problem+json",
			`"errors":{"Name":["This may have at most 5 characters."]}`},
		{"twice", postThing + `{"name":"x","NAME":"y"}`, 400, "", `"errors":{"":["The property`},
		{"trailing data", postThing + `{"name":"x"}{}`, 400, "", `"errors":{"":[`},
		{"no body", "POST /api/things HTTP/1.1\nContent-Length: 0", 400, "", `The body is empty`},
		{"no type", "POST /api/things HTTP/1.1\n\n{}", 415, "", "application/json"},
		{"another type", "POST /api/things HTTP/1.1\nContent-Type: text/plain\n\n{}", 415, "", ""},
		{"not quite the type", "POST /api/things HTTP/1.1\nContent-Type: application/jsonp\n\n{}", 415, "", ""},
		{"type with charset", "POST /api/things HTTP/1.1\nContent-Type: Application/JSON; charset=UTF-8\n\n" + thing,
			201, "", ""},
		{"type with utf8", "POST /api/things HTTP/1.1\nContent-Type: application/json;charset=\"UTF8\"\n\n" + thing,
			201, "", ""},
		{"another charset", "POST /api/things HTTP/1.1\nContent-Type: application/json; charset=latin1\n\n{}", 415, "", ""},
		{"compressed", "POST /api/things HTTP/1.1\nContent-Encoding: gzip" + asJSON + "\n\n{}",
			415, "", "without that header"},
		{"compressed, of a bearer call", "POST /partner/things HTTP/1.1\nContent-Encoding: br\n\n{}", 415, "", ""},
		{"compressed, of a form", "POST /page HTTP/1.1\nContent-Encoding: x-gzip" + asForm + "\n\na=1",
			415, "Content-Type=text/html; charset=utf-8", ""},
		{"compressed, of a call that reads no body", "GET /who HTTP/1.1\nContent-Encoding: deflate\nContent-Length: 1\n\n{",
			415, "", ""},
		{"compressed twice", "POST /partner/things HTTP/1.1\nContent-Encoding: identity, zstd\n\n{}", 415, "", ""},
		{"not compressed, and says so", "POST /partner/things HTTP/1.1\nContent-Encoding: Identity\n\n" + thing,
			415, "", ""},
		{"an encoding of nothing", "GET /who HTTP/1.1\nContent-Encoding: gzip", 200, "", ""},
		{"bearer call without type", "POST /partner/things HTTP/1.1\n\n" + thing, 201, "", ""},
		{"bearer call of a form's type", "POST /partner/things HTTP/1.1" + asForm + "\n\n" + thing, 201, "", ""},
		{"too large by its word", "POST /api/things HTTP/1.1\nContent-Length: 10000000000" + asJSON,
			413, "Connection=close", "at most 100 octets"},

		{"cut short", "POST /api/things HTTP/1.1\nContent-Length: 50" + asJSON + "\n\n{",
			408, "Connection=close", "took too long"},
		{"large header", "GET /who HTTP/1.1\nX-Large: " + strings.Repeat("x", 64<<10), 431, "", ""},

		{"401 of a bearer call", "GET /partner/things HTTP/1.1", 401, "WWW-Authenticate=Bearer", `"detail":"No token."`},
		{"400", "GET /api/fail/invalid HTTP/1.1", 400, "", `"detail":"Wrong."`},
		{"403", "GET /api/fail/forbidden HTTP/1.1", 403, "WWW-Authenticate=", ""},
		{"404", "GET /api/fail/missing HTTP/1.1", 404, "", `"detail":"Nothing."`},
		{"409 with a member", "GET /api/fail/conflict HTTP/1.1", 409, "", `"loadStatus":"rejected"}`},
		{"410", "GET /api/fail/gone HTTP/1.1", 410, "", ""},
		{"429", "GET /api/fail/often HTTP/1.1", 429, "Retry-After=2", ""},
		{"503", "GET /api/fail/unavailable HTTP/1.1", 503, "Retry-After=5", `"detail":"Disk full."`},
		{"own status", "GET /api/fail/teapot HTTP/1.1", 418, "", `"title":"I'm a teapot"`},
		{"member that has no JSON", "GET /api/fail/unencodable HTTP/1.1", 409, "", `"detail":"Decided."`},
		{"cancelled", "GET /api/fail/cancelled HTTP/1.1", 503, "Retry-After=5", ""},
		{"fault of ours", "GET /api/fail/other HTTP/1.1", 500, "Content-Type=application/problem+json",
			`"detail":"Something went wrong here`},
		{"panic", "GET /api/fail/panic HTTP/1.1", 500, "Content-Type=application/problem+json", `"traceId":"`},
		{"answer that has no JSON", "GET /api/fail/json HTTP/1.1", 500, "", ""},
		{"fault after half an answer", "GET /api/fail/half HTTP/1.1", 0, "", ""},
		{"fault on a page", "GET /page/fail/panic HTTP/1.1\nAccept-Language: nl_BE, en;q=0.5",
			500, "Content-Language=nl", "<h1>Er ging iets mis</h1>"},
		{"refusal on a page", "GET /page/fail/conflict HTTP/1.1", 409, "Content-Type=text/html; charset=utf-8",
			"This did not work"},

		{"page", "GET /page?q=%3Cb%3E HTTP/1.1\nAccept-Language: fr, nl;q=0.3", 200, "Content-Language=nl",
			"<p>Hello &lt;b&gt;</p>"},
		{"form", "POST /page HTTP/1.1" + asForm + "\n\na=1&b=2", 303, "Location=/page", ""},
		{"form from here", "POST /page HTTP/1.1\nOrigin: https://postern.example\nSec-Fetch-Site: same-origin" +
			asForm + "\n\na=1", 303, "", ""},
		{"form from PUBLIC_URL behind another Host",
			"POST /page HTTP/1.1\nHost: inner:8080\nOrigin: https://postern.example" + asForm + "\n\na=1", 303, "", ""},
		{"form from another site", "POST /page HTTP/1.1\nOrigin: https://evil.example" + asForm + "\n\na=1",
			403, "Content-Type=text/html; charset=utf-8", ""},
		{"form that a browser calls cross-site", "POST /page HTTP/1.1\nSec-Fetch-Site: cross-site" + asForm + "\n\na=1",
			403, "", ""},
		{"form field twice", "POST /page HTTP/1.1" + asForm + "\n\na=1&a=2", 400, "", ""},
		{"form that is none", "POST /page HTTP/1.1" + asForm + "\n\na=%zz", 400, "", ""},
		{"form of another type", "POST /page HTTP/1.1" + asJSON + "\n\n{}", 415, "", ""},
		{"large form", "POST /page HTTP/1.1" + asForm + "\n\na=" + strings.Repeat("x", 17<<10), 413, "", ""},

		{"own request id", "GET /who HTTP/1.1\nX-Request-Id: My-id_1.2", 200, "X-Request-Id=My-id_1.2", ""},
		{"request id in errors", "GET /nothing HTTP/1.1\nX-Request-Id: abc", 404, "", `"traceId":"abc"`},
	} {
		t.Run(test.name, func(t *testing.T) {
			if test.status == 0 { // the connection is to break
				text := untilBroken(t, address, test.request)
				if strings.Contains(text, "secret") || strings.HasSuffix(text, "0\r\n\r\n") {
					t.Errorf("got %q", text)
				}
				return
			}
			answer, body := exchange(t, address, test.request)
			if answer.StatusCode != test.status || !strings.Contains(body, test.body) || strings.Contains(body, secretCause) {
				t.Errorf("got %d %s", answer.StatusCode, body)
			}
			for _, pair := range strings.Split(test.headers, "|") {
				if name, want, _ := strings.Cut(pair, "="); name == "Connection" && answer.Close {
					continue // read off by the client
				} else if got := strings.Join(answer.Header.Values(name), ","); got != want {
					t.Errorf("header %s: %q, want %q", name, got, want)
				}
			}
			if answer.StatusCode != 431 && answer.StatusCode != 400 && answer.Header.Get("X-Request-Id") == "" {
				t.Error("no request id")
			}
		})
	}
	checkLog(t, log.String())
}

func untilBroken(t *testing.T, address, request string) string {
	t.Helper()
	conn, err := net.Dial("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	_, _ = io.WriteString(conn, request+"\r\nHost: postern.example\r\n\r\n")
	text, _ := io.ReadAll(conn)
	return string(text)
}

// checkLog holds that faults of ours are logged with their cause, and that neither path nor query ever is.
func checkLog(t *testing.T, log string) {
	if strings.Count(log, secretCause) < 5 {
		t.Error("causes are missing in the log")
	}
	if !strings.Contains(log, `"route":"/api/things/:id"`) ||
		strings.Contains(log, "/api/things/7") || strings.Contains(log, "%3Cb") {
		t.Error("the log does not name routes by their pattern alone")
	}
}

// TestTooLargeInChunks has no length to go by.
func TestTooLargeInChunks(t *testing.T) {
	address := start(t, newHandler(t, ForNobody, options(io.Discard)), ServerOptions{})
	body, w := io.Pipe()
	go func() {
		_, err := w.Write(bytes.Repeat([]byte(" "), 1<<20))
		_ = w.CloseWithError(err)
	}()
	request, _ := http.NewRequest("POST", "http://"+address+"/api/things", body)
	request.Header.Set("Content-Type", "application/json")
	answer, err := new(http.Transport).RoundTrip(request)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	if answer.StatusCode != http.StatusRequestEntityTooLarge {
		t.Errorf("got %d", answer.StatusCode)
	}
}

// TestMadeRequestIDs: what is no plain word is replaced, and every made one is another.
func TestMadeRequestIDs(t *testing.T) {
	address := start(t, newHandler(t, ForNobody, options(io.Discard)), ServerOptions{})
	seen := make(map[string]bool)
	for _, given := range []string{"", "a b", strings.Repeat("x", 65), `"`, "a\nX-Request-Id: b", "é"} {
		answer, _ := exchange(t, address, "GET /who HTTP/1.1\nX-Request-Id: "+given)
		id := answer.Header.Get("X-Request-Id")
		if len(id) != 16 || seen[id] {
			t.Errorf("%q was answered %q", given, id)
		}
		seen[id] = true
	}
}

// TestSlowPeers: half a header ends the connection, a body that nobody reads does not hold it.
func TestSlowPeers(t *testing.T) {
	address := start(t, newHandler(t, ForNobody, options(io.Discard)),
		ServerOptions{HeaderTimeout: 50 * time.Millisecond, IdleTimeout: 50 * time.Millisecond})
	for _, sent := range []string{"", "GET /who HTTP/1.1\r\nHost: a", "GET /who HTTP/1.1\r\nHost: a\r\n\r\n"} {
		conn, err := net.Dial("tcp", address)
		if err != nil {
			t.Fatal(err)
		}
		_ = conn.SetDeadline(time.Now().Add(10 * time.Second))
		_, _ = io.WriteString(conn, sent)
		if _, err := io.Copy(io.Discard, bufio.NewReader(conn)); err != nil {
			t.Errorf("%q: %v", sent, err)
		}
		_ = conn.Close()
	}
}

// TestHeaders is a golden table of all headers over every sort of answer.
func TestHeaders(t *testing.T) {
	address := start(t, newHandler(t, ForLoopback, options(io.Discard)), ServerOptions{})
	var table bytes.Buffer
	for _, request := range []string{
		"GET /api/things/7", "HEAD /api/things/7", "GET /api/things/7/email", "GET /nothing", "DELETE /who", "OPTIONS /who",
		"GET /partner/things", "GET /api/fail/invalid", "GET /api/fail/often", "GET /api/fail/unavailable",
		"GET /api/fail/panic",
		"GET /page", "POST /page", "GET /page/fail/missing", "GET /pdf", "GET /static/style.css", "GET /static/icon.svg",
	} {
		answer, _ := exchange(t, address, request+" HTTP/1.1\nX-Request-Id: id")
		fmt.Fprintf(&table, "%s → %d\n", request, answer.StatusCode)
		for _, name := range slices.Sorted(maps.Keys(answer.Header)) {
			value := strings.Join(answer.Header[name], " | ")
			if name == "Date" || name == "Etag" || name == "Content-Length" && strings.HasPrefix(request, "GET /static/") {
				value = "…"
			}
			fmt.Fprintf(&table, "    %s: %s\n", name, value)
		}
	}
	fixture.Golden(t, "headers.golden", table.Bytes())
}
