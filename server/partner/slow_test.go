package partner

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"postern/server/web"
	"postern/store"
	"postern/store/limit"
)

// slowReader is a caller that has read all of its answer, as far as the handler can tell, once it is told to.
type slowReader struct {
	*httptest.ResponseRecorder
	came chan struct{} // closed when the whole answer is there
	read chan struct{} // closed when the caller has read it
	once sync.Once
}

func (s *slowReader) Write(data []byte) (int, error) {
	n, err := s.ResponseRecorder.Write(data)
	s.once.Do(func() { close(s.came) })
	<-s.read
	return n, err
}

// slowly posts a list, waits until the answer is there, and leaves the caller with it. What it gives ends the call.
func (s *site) slowly(t *testing.T, token, key, body string) (answer *slowReader, end func()) {
	t.Helper()
	r := httptest.NewRequestWithContext(context.Background(), "POST", create, strings.NewReader(body))
	r.Header.Set("Authorization", "Bearer "+token)
	if key != "" {
		r.Header.Set("Idempotency-Key", key)
	}
	answer = &slowReader{ResponseRecorder: httptest.NewRecorder(), came: make(chan struct{}), read: make(chan struct{})}
	done := make(chan struct{})
	go func() {
		defer close(done)
		s.handler.ServeHTTP(answer, r)
	}()
	select {
	case <-answer.came:
	case <-done:
		t.Fatalf("answered %d %s", answer.Code, answer.Body)
	}
	return answer, func() {
		close(answer.read)
		<-done
	}
}

// TestSlowReaders holds that callers who read their answers slowly keep neither a list's place nor a key.
func TestSlowReaders(t *testing.T) {
	s := open(t)
	paye := s.add(t, store.PartnerInput{Name: "paye"})
	for i, body := range []string{`{"users":[` + jane + `]}`, `{"user":` + changed("jane@", "an@", `"ABC123"`, "1") +
		`}`, `[` + changed("jane@", "jan@", `"ABC123"`, "2") + `]`,
		`[` + changed("jane@", "eva@", `"ABC123"`, "3") + `]`, `[` + jane + `]`,
		`{"user":` + changed("jane@", "tom@", "FR-LIE", "XX") + `}`} {
		key := fmt.Sprint("key-", i)
		first, end := s.slowly(t, paye, key, body)
		defer end()
		status, again := s.post(t, paye, "", body, "Idempotency-Key", key)
		if status != first.Code || again+"\n" != first.Body.String() {
			t.Errorf("%s: %d %s, at first %d %s", key, status, again, first.Code, first.Body)
		}
	}
	if n := s.room.lists.count(); n != 0 {
		t.Errorf("%d places are taken", n)
	}
}

// TestAnswersUnderWay holds that the answers that wait to be read are bounded, one partner's by less than all.
func TestAnswersUnderWay(t *testing.T) {
	s := open(t)
	paye, flex := s.add(t, store.PartnerInput{Name: "paye"}), s.add(t, store.PartnerInput{Name: "flex"})
	lists := &s.room.lists
	wants := func(token string, want int) {
		t.Helper()
		status, header, body := s.call(t, "POST", create, strings.NewReader(`[]`), "Authorization", "Bearer "+token)
		if status != want || (header.Get("Retry-After") != "") != (want == http.StatusServiceUnavailable) {
			t.Errorf("%d %s, want %d", status, body, want)
		}
	}
	_, end := s.slowly(t, paye, "", `[`+strings.Repeat(`0,`, maxPeople-1)+`0]`)
	if lists.writing.All < maxPeople*100 || lists.writing.Of("paye") != lists.writing.All {
		t.Errorf("%d bytes are counted, %v", lists.writing.All, lists.writing)
	}
	written := lists.write("paye", bytesOfOne-lists.writing.All)
	wants(paye, http.StatusServiceUnavailable)
	wants(flex, http.StatusOK)
	more := lists.write("third", bytesAtOnce-bytesOfOne)
	wants(flex, http.StatusServiceUnavailable)
	if status, body := s.post(t, paye, "", `{"user":`+jane+`}`); status != http.StatusCreated {
		t.Errorf("a person alone: %d %s", status, body)
	}
	end()
	wants(paye, http.StatusOK)
	written()
	more()
	if lists.writing.All != 0 || lists.writing.Of("paye")+lists.writing.Of("third") != 0 {
		t.Errorf("%d bytes are left, %v", lists.writing.All, lists.writing)
	}
}

// TestOverBudget holds what a partner is answered whose budget is used up, and that the operator can see it.
func TestOverBudget(t *testing.T) {
	s := open(t, func(r *store.Rules) {
		r.PartnerPeople = limit.Rate{Count: 1, Per: 24 * 3600e9}
	})
	paye := s.add(t, store.PartnerInput{Name: "paye"})
	if status, body := s.post(t, paye, "", `{"user":`+jane+`}`); status != http.StatusCreated {
		t.Fatalf("%d %s", status, body)
	}
	for _, test := range []struct {
		body   string
		status int
	}{{`{"user":` + jane + `}`, 200}, {`{"user":` + changed("jane@", "an@") + `}`, 429},
		{`[` + jane + `,` + changed("jane@", "an@") + `]`, 429}, {`[` + jane + `]`, 200}} {
		status, header, body := s.call(t, "POST", create, strings.NewReader(test.body), "Authorization", "Bearer "+paye)
		if status != test.status || (header.Get("Retry-After") != "") != (status == 429) {
			t.Errorf("%d %v %s, want %d", status, header, body, test.status)
		}
	}
	if n := s.security.Count(web.OverLimit); n != 2 ||
		!strings.Contains(s.logged(), `"security":"over_limit","partner":"paye"`) {
		t.Errorf("%d noted: %s", n, s.logged())
	}
}
