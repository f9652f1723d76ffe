package partner

import (
	"bytes"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"postern/store"
)

// somePDF is what looks like a whole PDF of a size.
func somePDF(size int) string {
	const begin, end = "%PDF-1.7\n% ", "\nxref\n0 1\nstartxref\n%d\n%%%%EOF"
	table := size - len(fmt.Sprintf(end, size))
	return begin + strings.Repeat("x", table-len(begin)) + fmt.Sprintf(end, table)
}

// upload is a call with a PDF.
func (s *site) upload(t testing.TB, token, contentType string, body io.Reader) (status int, answer string) {
	t.Helper()
	header := []string{"Authorization", "Bearer " + token}
	if contentType != "" {
		header = append(header, "Content-Type", contentType)
	}
	status, _, answer = s.call(t, "PUT", cleaningPath+"/document", body, header...)
	return status, answer
}

// withCleaning makes a site with one partner, who has delivered a cleaning.
func withCleaning(t *testing.T) (s *site, token string) {
	t.Helper()
	s = open(t)
	token = s.add(t, store.PartnerInput{Name: "wash"})
	partnerCall{"deliver", "PUT", cleaningPath, cleaning, 201, ""}.check(t, s, token)
	return s, token
}

func TestUploads(t *testing.T) {
	s, token := withCleaning(t)
	whole, events := somePDF(300_000), 0
	for _, test := range []struct {
		what, contentType, body string
		status                  int
		says                    string
	}{
		{"no type", "", whole, 415, "sent as Content-Type: application/pdf."},
		{"JSON", "application/json", `{}`, 415, ""},
		{"no PDF", "application/pdf", "hello, world",
			400, `"errors":{"":["This is not a PDF: it does not begin with %PDF-."]}`},
		{"short", "application/pdf", "%PD", 400, "This is not a PDF"},
		{"empty", "application/pdf", "", 400, "This is not a PDF"},
		{"cut", "application/pdf", whole[:200_000], 400, "This PDF is incomplete"},
		{"with a hole", "application/pdf", whole[:1000] + whole[200_000:], 400, "This PDF is damaged, or incomplete"},
		{"too large", "application/pdf", somePDF(maxDocument + 1), 413, ""},
		{"whole", "Application/PDF", whole, 204, ""},
		{"the same", "application/pdf", whole, 204, ""},
		{"largest", "application/pdf; charset=utf-8", somePDF(maxDocument), 204, ""},
		{"smaller again", "application/pdf; charset=binary", whole, 204, ""},
	} {
		status, answer := s.upload(t, token, test.contentType, strings.NewReader(test.body))
		if status != test.status || !strings.Contains(answer, test.says) {
			t.Errorf("%s: %d %s, want %d %s", test.what, status, answer, test.status, test.says)
		}
		feed, err := s.Events(0, 100)
		told := test.status == 204 && test.what != "the same" || events == 0
		if now := len(feed.Events); err != nil || (now > events) != told {
			t.Errorf("%s: %d more events, %v", test.what, now-events, err)
		}
		events = len(feed.Events)
	}
	status, header, body := s.call(t, "GET", cleaningPath+"/document", nil, "Authorization", "Bearer "+token)
	if status != 200 || header.Get("Content-Type") != "application/pdf" || body != whole ||
		header.Get("Content-Disposition") != `inline; filename="eecd-S-1.pdf"` {
		t.Errorf("%d, %v, %d bytes", status, header, len(body))
	}
	partnerCall{"read back", "GET", cleaningPath, "", 200, `"document":{"size":300000,"hash":"`}.check(t, s, token)
	// In pieces, without a length: too large all the same.
	pieces := io.MultiReader(strings.NewReader(somePDF(maxDocument + 1)))
	if status, _ := s.upload(t, token, "application/pdf", pieces); status != 413 {
		t.Errorf("in pieces: %d", status)
	}
	s.decide(t, s.driver(t, "jan@example.org"), store.Decision{Status: store.LoadRejected, Comment: "wet"})
	if status, answer := s.upload(t, token, "application/pdf", strings.NewReader(whole)); status != 204 {
		t.Errorf("what is there already, once decided: %d %s", status, answer)
	}
	status, answer := s.upload(t, token, "application/pdf", strings.NewReader(somePDF(100)))
	if status != 409 || !strings.Contains(answer, `"loadStatus":"rejected"`) {
		t.Errorf("another one, once decided: %d %s", status, answer)
	}
}

// TestRenderedDocument holds that a cleaning without a PDF of its own has one all the same, which may be sent back.
func TestRenderedDocument(t *testing.T) {
	s, token := withCleaning(t)
	get := func(language string) (int, string) {
		t.Helper()
		status, _, pdf := s.call(t, "GET", cleaningPath+"/document", nil, "Authorization", "Bearer "+token,
			"Accept-Language", language)
		return status, pdf
	}
	var all []string
	for _, language := range []string{"fr-BE", "de", "pt"} {
		status, pdf := get(language)
		if status != 200 || !strings.HasPrefix(pdf, "%PDF-") {
			t.Fatalf("%s: %d, %d bytes", language, status, len(pdf))
		}
		all = append(all, pdf)
	}
	if all[0] == all[1] || all[1] == all[2] {
		t.Error("two languages give the same document")
	}
	if status, answer := s.upload(t, token, "application/pdf", strings.NewReader(all[0])); status != 204 {
		t.Errorf("a document of our own: %d %s", status, answer)
	}
	if _, pdf := get("de"); pdf != all[0] {
		t.Errorf("%d bytes come back of %d", len(pdf), len(all[0]))
	}
}

// slowUpload begins an upload that comes to its end when the test says so.
func (s *site) slowUpload(t *testing.T, token string) net.Conn {
	t.Helper()
	conn, err := net.Dial("tcp", strings.TrimPrefix(s.url, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	pdf := somePDF(2000)
	fmt.Fprintf(conn, "PUT %s/document HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nAuthorization: Bearer %s\r\n"+
		"Content-Type: application/pdf\r\nContent-Length: %d\r\n\r\n", cleaningPath, token, len(pdf))
	_ = conn.SetReadDeadline(time.Now().Add(10 * time.Second))
	answer := make([]byte, len("HTTP/1.1 100"))
	if _, err := io.ReadFull(conn, answer); err != nil || string(answer) != "HTTP/1.1 100" {
		t.Fatalf("%q, %v", answer, err)
	}
	fmt.Fprint(conn, pdf[:1000])
	return conn
}

// TestUploadsUnderWay holds that uploads which do not come to their end are bounded, one partner's by less than all,
// and that they give their places back.
func TestUploadsUnderWay(t *testing.T) {
	s, token := withCleaning(t)
	var begun []net.Conn
	for range uploadsOfOne {
		begun = append(begun, s.slowUpload(t, token))
	}
	wants := func(token string, want int) {
		t.Helper()
		status, header, body := s.call(t, "PUT", cleaningPath+"/document", strings.NewReader(somePDF(100)),
			"Authorization", "Bearer "+token, "Content-Type", "application/pdf")
		if status != want || (header.Get("Retry-After") == "") != (want == 204) {
			t.Errorf("%d %v %s, want %d", status, header, body, want)
		}
	}
	wants(token, http.StatusTooManyRequests)
	var others []func()
	for n := range uploadsAtOnce - uploadsOfOne {
		leave, err := s.room.uploads.take(fmt.Sprint("other", n))
		if err != nil {
			t.Fatal(err)
		}
		others = append(others, leave)
	}
	if _, err := s.room.uploads.take("one more"); err != errFullUploads {
		t.Errorf("beyond what there may be: %v", err)
	}
	for _, leave := range others {
		leave()
	}
	for i, conn := range begun {
		want := "HTTP/1.1 204"
		if i%2 == 0 { // the caller breaks off
			want = "HTTP/1.1 400"
			if err := conn.(*net.TCPConn).CloseWrite(); err != nil {
				t.Error(err)
			}
		} else if _, err := conn.Write([]byte(somePDF(2000)[1000:])); err != nil {
			t.Error(err)
		}
		if rest, err := io.ReadAll(io.LimitReader(conn, 60)); err != nil || !bytes.Contains(rest, []byte(want)) {
			t.Errorf("%q, %v, want %s", rest, err, want)
		}
	}
	s.room.uploads.mu.Lock()
	left := s.room.uploads.under.All
	s.room.uploads.mu.Unlock()
	if left != 0 {
		t.Errorf("%d places are taken", left)
	}
	wants(token, http.StatusNoContent)
}
