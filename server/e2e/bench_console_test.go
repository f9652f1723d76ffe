package e2e

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"postern/server/operator"
)

// consoleVisit is a browser in the console of a launched appliance.
type consoleVisit struct {
	base   string
	socket *http.Client
	client *http.Client
	word   string // of the forms
}

// enterConsole goes in by a link that the socket gives.
func enterConsole(b *testing.B, dir string) *consoleVisit {
	b.Helper()
	v := &consoleVisit{socket: operator.NewClient(dir)}
	b.Cleanup(v.socket.CloseIdleConnections)
	answer, err := v.socket.Post("http://localhost"+operator.Prefix+"/console", "application/json", nil)
	if err != nil {
		b.Fatal(err)
	}
	defer answer.Body.Close()
	var link operator.Link
	if err := json.NewDecoder(answer.Body).Decode(&link); err != nil {
		b.Fatal(err)
	}
	at, err := url.Parse(link.URL)
	if err != nil {
		b.Fatal(err)
	}
	jar, _ := cookiejar.New(nil)
	v.base, v.client = "http://"+at.Host, &http.Client{Jar: jar}
	_, page := v.ask(b, "/console/enter", url.Values{"key": {at.Query().Get("key")}})
	v.word = regexp.MustCompile(`name="word" value="([^"]+)"`).FindStringSubmatch(page)[1]
	return v
}

// ask gets a page, or posts a form and follows to the page that says what was done.
func (v *consoleVisit) ask(b *testing.B, path string, form url.Values) (took time.Duration, page string) {
	b.Helper()
	method, body := http.MethodGet, ""
	if form != nil {
		form.Set("word", v.word)
		method, body = http.MethodPost, form.Encode()
	}
	request, err := http.NewRequest(method, v.base+path, strings.NewReader(body))
	if err != nil {
		b.Fatal(err)
	}
	if form != nil {
		request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		request.Header.Set("Origin", v.base)
	}
	began := time.Now()
	answer, err := v.client.Do(request)
	if err != nil {
		b.Fatal(err)
	}
	defer answer.Body.Close()
	content, err := io.ReadAll(answer.Body)
	if err != nil || answer.StatusCode != http.StatusOK || bytes.Contains(content, []byte(`class="error" role="status"`)) {
		b.Fatalf("%s: %d, %v: %s", path, answer.StatusCode, err, content)
	}
	return time.Since(began), string(content)
}

// BenchmarkConsole asks for every page of the console, and does an act of each kind, with so many bikers, each of them
// with an event and a letter that waits: the slowest of ten. Then 8 connections register while the overview is drawn
// again and again, and while it is not, in turn.
func BenchmarkConsole(b *testing.B) {
	binary := buildBinary(b)
	forEachSize(b, func(b *testing.B, people int) {
		dir, bearer := seededBikers(b, people)
		p := launch(b, binary, listSettings(dir, silentSmarthost(b))...)
		defer p.end(b)
		client := rawClients(b, p.address, 1)[0]
		email := freshAddress()
		if err := client.ask(createRequest(bearer, email), http.StatusCreated); err != nil {
			b.Fatal(err)
		}
		v := enterConsole(b, dir)
		_, page := v.ask(b, "/console/people?find="+email, nil)
		biker := regexp.MustCompile(`/console/bikers/[0-9a-f-]+`).FindString(page)
		letter := regexp.MustCompile(`/console/letters/[0-9a-f-]+`).FindString(page)
		asked := []struct {
			name, path string
			form       url.Values
		}{
			{"overview", "/console", nil}, {"letters", "/console/letters", nil},
			{"queued", "/console/letters?state=queued", nil}, {"sent", "/console/letters?state=sent", nil},
			{"address", "/console/letters?find=" + email, nil}, {"letter", letter, nil},
			{"reference", "/console/letters?find=" + letter[len(letter)-8:], nil},
			{"people", "/console/people?find=" + email, nil}, {"biker", biker, nil},
			{"events", "/console/events", nil}, {"events-type", "/console/events?type=load.", nil},
			{"events-id", "/console/events?about=00000000-0000-4000-8000-000000000001", nil},
			{"events-day", "/console/events?until=2020-01-01", nil},
			{"partners", "/console/partners", nil}, {"plans", "/console/plans", nil},
			{"cleanings", "/console/cleanings", nil}, {"settings", "/console/settings", nil},
			{"block", biker + "/block", url.Values{}}, {"unblock", biker + "/unblock", url.Values{}},
			{"pause", "/console/sending/pause", url.Values{}}, {"resume", "/console/sending/resume", url.Values{}},
			{"export", biker + "/export", nil},
		}
		quiet, drawn := []float64{}, []float64{}
		for b.Loop() {
			for _, one := range asked {
				took := newTimes(1)
				for range 10 {
					t, _ := v.ask(b, one.path, one.form)
					took.add(0, t)
				}
				b.Logf("%-12s median %6.1f ms, slowest %6.1f ms", one.name, took.quantile(0.5), took.quantile(1))
				b.ReportMetric(took.quantile(1), one.name+"-ms")
			}
			b.ReportMetric(p.memory(b), "MB")
			clients := rawClients(b, p.address, 8)
			register := func(worker int) error {
				return clients[worker].ask(createRequest(bearer, freshAddress()), http.StatusCreated)
			}
			for range 5 {
				alone, beside := newTimes(8), newTimes(8)
				meanwhile(b, alone, register, func() { <-time.After(2 * time.Second) })
				meanwhile(b, beside, register, func() {
					for end := time.Now().Add(2 * time.Second); time.Now().Before(end); time.Sleep(100 * time.Millisecond) {
						v.ask(b, "/console", nil)
					}
				})
				quiet, drawn = append(quiet, alone.quantile(0.99)), append(drawn, beside.quantile(0.99))
				b.Logf("p99 of registering: %.1f ms, while plots are drawn %.1f ms", alone.quantile(0.99), beside.quantile(0.99))
			}
		}
		b.ReportMetric(0, "ns/op")
		b.ReportMetric(median(quiet), "p99-ms-quiet")
		b.ReportMetric(median(drawn), "p99-ms-drawn")
		b.ReportMetric(slices.Max(drawn), "p99-ms-drawn-max")
	})
}
