package inbox

import (
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/go-json-experiment/json"
)

// later delivers once somebody waits at path, and gives what that one got.
func later(t *testing.T, s site, path string, then func()) (status int, body string) {
	t.Helper()
	done := make(chan struct{})
	go func() {
		defer close(done)
		status, _, body = s.call(t, "GET", path, "")
	}()
	// Whether the call has begun to wait or not, it must see what comes: both orders occur here.
	then()
	<-done
	return status, body
}

func TestWait(t *testing.T) {
	s := open(t)
	s.deliver(t, "bob@example.com", "Activate", "\r\n")
	s.deliver(t, "ann@example.com", "Document", "\r\n")
	status, body := later(t, s, api+"wait?to=ANN@example.com&subject=activate&timeout=30s", func() {
		s.deliver(t, "joann@example.com", "Activate", "\r\n")
		s.deliver(t, "ann@example.com", "Please activate", multipart)
	})
	var m message
	if err := json.Unmarshal([]byte(body), &m); err != nil || status != 200 || m.Subject != "Please activate" ||
		len(m.Links) != 1 {
		t.Errorf("%d %v %s", status, err, body)
	}
	if _, unread := s.Counts(); unread != 3 {
		t.Errorf("%d unread", unread)
	}
	for _, c := range []struct {
		query  string
		status int
	}{
		{"to=ann@example.com", 200}, {"query=subject:document&timeout=0s", 200}, {"to=nn@example.com&timeout=0s", 404},
		{"to=cy@example.com&timeout=50ms", 404},
		{"timeout=10", 400}, {"timeout=-1s", 400}, {"timeout=soon", 400}, {"timeout=90h", 200},
	} {
		if status, _, body := s.call(t, "GET", api+"wait?"+c.query, ""); status != c.status {
			t.Errorf("%s: %d %s", c.query, status, body)
		}
	}
	if d, err := timeoutOf("90h"); err != nil || d != waitLongest {
		t.Errorf("the longest wait: %s, %v", d, err)
	}
}

func TestWaitEndsWithTheAppliance(t *testing.T) {
	s := open(t)
	began := time.Now()
	status, body := later(t, s, api+"wait?to=nobody@example.com&timeout=60s", s.stop)
	if status != http.StatusServiceUnavailable || time.Since(began) > 20*time.Second {
		t.Errorf("%d %s", status, body)
	}
	if status, _ := later(t, s, "/inbox/changes?after=0", s.stop); status != 200 {
		t.Errorf("changes: %d", status)
	}
}

func TestChanges(t *testing.T) {
	s := open(t)
	version, _ := s.Watch()
	_, body := later(t, s, "/inbox/changes?after="+strconv.FormatUint(version, 10),
		func() { s.deliver(t, "ann@example.com", "One", "\r\n") })
	if strings.TrimSpace(body) != `{"version":1}` {
		t.Errorf("after a letter: %s", body)
	}
	for _, after := range []string{"", "0", "x"} {
		if _, _,
			body := s.call(t, "GET", "/inbox/changes?after="+after, ""); strings.TrimSpace(body) != `{"version":1}` {
			t.Errorf("after %q: %s", after, body)
		}
	}
}
