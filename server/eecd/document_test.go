package eecd

import (
	"bytes"
	"context"
	"crypto/sha256"
	"io"
	"net/http"
	"strconv"
	"testing"

	"postern/server/web"
	"postern/store/guid"
)

const tenMiB = 10 << 20

// upload stores a cleaning with its own document.
func (s *site) upload(size int) (path string, pdf []byte) {
	s.Helper()
	id := s.cleaning()
	pdf = s.replace(id, size)
	return "/non-license-user/cleanings/" + id.String() + "/document", pdf
}

func (s *site) replace(id guid.ID, size int) (pdf []byte) {
	s.Helper()
	pdf = append([]byte("%PDF-1.7 "), bytes.Repeat([]byte{byte(size)}, size-9)...)
	if err := s.store.PutDocument(context.Background(), id, pdf); err != nil {
		s.Fatal(err)
	}
	return pdf
}

// reader has somebody with a proven token.
func (s *site) reader(email string) (userToken string) {
	s.Helper()
	s.register(email)
	return s.activate(s.link(email), http.StatusOK)
}

// begin asks for a document and reads its first bytes alone.
func (s *site) begin(path, userToken string) *http.Response {
	s.Helper()
	request, err := http.NewRequest("GET", s.url+path, nil)
	if err != nil {
		s.Fatal(err)
	}
	request.Header.Set("X-NALLIAN-TOKEN", userToken)
	answer, err := http.DefaultClient.Do(request)
	if err != nil {
		s.Fatal(err)
	}
	s.Cleanup(func() { _ = answer.Body.Close() })
	if _, err := io.ReadFull(answer.Body, make([]byte, 9)); err != nil {
		s.Fatal(err)
	}
	return answer
}

func TestDocument(t *testing.T) {
	s := newSite(t, false)
	token := s.reader("a@example.com")
	for _, size := range []int{100, 300_000, tenMiB} {
		path, pdf := s.upload(size)
		answer, got := s.call("GET", path, "", token)
		if answer.StatusCode != http.StatusOK || answer.Header.Get("Content-Type") != "application/pdf" ||
			answer.ContentLength != int64(size) || sha256.Sum256(got) != sha256.Sum256(pdf) {
			t.Errorf("%d bytes: %s, %v, %d bytes came", size, answer.Status, answer.Header, len(got))
		}
		if answer, got := s.call("HEAD", path, "", token); answer.StatusCode != http.StatusOK ||
			answer.Header.Get("Content-Length") != strconv.Itoa(size) || len(got) != 0 {
			t.Errorf("HEAD of %d bytes: %s, %v", size, answer.Status, answer.Header)
		}
	}
	path := "/non-license-user/cleanings/" + s.cleaning().String() + "/document"
	rendered, pdf := s.call("GET", path, "", token)
	head, _ := s.call("HEAD", path, "", token)
	if !bytes.HasPrefix(pdf, []byte("%PDF-")) || rendered.ContentLength != int64(len(pdf)) ||
		head.Header.Get("Content-Length") != strconv.Itoa(len(pdf)) {
		t.Errorf("rendered: %v, %v, %d bytes", rendered.Header, head.Header, len(pdf))
	}
}

// TestDocumentReplaced: who reads a document while it is replaced does not get one that looks whole.
func TestDocumentReplaced(t *testing.T) {
	s := newSite(t, false)
	token := s.reader("a@example.com")
	id := s.cleaning()
	s.replace(id, tenMiB)
	path := "/non-license-user/cleanings/" + id.String() + "/document"
	answer := s.begin(path, token)
	newer := s.replace(id, 1000)
	rest, err := io.ReadAll(answer.Body)
	if err == nil {
		t.Errorf("%d more bytes looked whole", len(rest))
	}
	if _, got := s.call("GET", path, "", token); !bytes.Equal(got, newer) {
		t.Errorf("afterwards %d bytes came", len(got))
	}
}

// TestDocumentsAtOnce: one person's slow reading is bounded, keeps nobody else out, and the room comes back.
func TestDocumentsAtOnce(t *testing.T) {
	s := newSite(t, false, func(s *site) { s.places = web.PlaceLimits{All: 4, Client: 100, Holder: 3} })
	path, _ := s.upload(tenMiB)
	token, other := s.reader("a@example.com"), s.reader("b@example.com")
	var begun []*http.Response
	for range 3 {
		begun = append(begun, s.begin(path, token))
	}
	want := func(token string, status int) {
		t.Helper()
		answer, body := s.call("HEAD", path, "", token)
		if answer.StatusCode != status || (answer.Header.Get("Retry-After") == "") != (status == http.StatusOK) {
			t.Errorf("answered %s, want %d: %s %v", answer.Status, status, body, answer.Header)
		}
	}
	want(token, http.StatusTooManyRequests)
	want(other, http.StatusOK)
	begun = append(begun, s.begin(path, other))
	want(other, http.StatusServiceUnavailable)
	if n := s.security.Count(web.OverLimit); n != 1 {
		t.Errorf("%d times over a limit", n)
	}
	for _, answer := range begun {
		if _, err := io.Copy(io.Discard, answer.Body); err != nil {
			t.Fatal(err)
		}
	}
	for range 10 { // none at once with another
		want(token, http.StatusOK)
	}
}
