package e2e

import (
	"bytes"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"postern/store"
)

// TestFlatLists posts lists, each again and again, with broken calls among them, and then looks what is left of it in
// memory, and that nothing was written for a list that says nothing new.
func TestFlatLists(t *testing.T) {
	dir := t.TempDir()
	bearer := addPartners(t, dir, 1)[0]
	app := run(t, append(smarthost(silentSmarthost(t)), "DATA="+dir)...)
	transport := &http.Transport{MaxIdleConnsPerHost: 4}
	client := &http.Client{Transport: transport}
	const clients, warm, full, people = 3, 1, 4, 150
	load := func(lists int) {
		var posting sync.WaitGroup
		for range clients {
			posting.Go(func() {
				for range lists {
					emails := freshPeople(people)
					body := listJSON(emails, employeeOf)
					for _, key := range []string{emails[0], emails[0], ""} { // in the end the same people by another call
						app.postList(t, client, bearer, key, body, http.StatusOK)
					}
					app.postList(t, client, bearer, "", body[:len(body)-1], http.StatusBadRequest)
					breakOff(app.Addr().String(), bearer, body)
				}
			})
		}
		posting.Wait()
		transport.CloseIdleConnections()
	}
	load(warm)
	goroutines := settle(1 << 20)
	before := liveHeap()
	load(full)
	after := settle(goroutines + 8)
	heap := liveHeap()
	t.Logf("goroutines %d, then %d; heap %d KiB, then %d", goroutines, after, before>>10, heap>>10)
	if after > goroutines+8 {
		t.Errorf("%d goroutines after the load, %d before", after, goroutines)
	}
	if heap > before+8<<20 {
		t.Errorf("%d KiB of heap after the load, %d before", heap>>10, before>>10)
	}
	app.stop()
	s, err := store.Open(dir, store.Options{MailDomain: benchMailDomain})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	told := tellings(t, s)
	if want := clients * (warm + full) * people; len(told) != want {
		t.Errorf("%d events of people, want one for each of %d", len(told), want)
	}
	for what, times := range told {
		if !strings.HasPrefix(what, "biker.created ") || times != 1 {
			t.Errorf("%d × %s", times, what)
		}
	}
}

// postList posts a list until it is not turned away as one too many: a list that was broken off keeps its place until
// the appliance has noticed.
func (r *running) postList(t *testing.T, client *http.Client, bearer, key, body string, want int) {
	for until := time.Now().Add(30 * time.Second); ; {
		status, answer, err := r.tryList(client, bearer, key, body)
		if err == nil && status == http.StatusServiceUnavailable && time.Now().Before(until) {
			continue
		}
		if err != nil || status != want {
			t.Errorf("answered %d, %v: %s", status, err, answer[:min(len(answer), 300)])
		}
		return
	}
}

func (r *running) tryList(client *http.Client, bearer, key, body string) (status int, answer []byte, err error) {
	request, err := http.NewRequest("POST", r.url+userCreate, strings.NewReader(body))
	if err != nil {
		return 0, nil, err
	}
	request.Header.Set("Authorization", bearer)
	if key != "" {
		request.Header.Set("Idempotency-Key", key)
	}
	response, err := client.Do(request)
	if err != nil {
		return 0, nil, err
	}
	defer response.Body.Close()
	answer, err = io.ReadAll(response.Body)
	return response.StatusCode, answer, err
}

// breakOff ends a connection in the middle of a list.
func breakOff(address, bearer, body string) {
	conn, err := net.Dial("tcp", address)
	if err != nil {
		return
	}
	defer conn.Close()
	_, _ = io.Copy(conn, bytes.NewBuffer(fmt.Appendf(nil,
		"POST %s HTTP/1.1\r\nHost: x\r\nAuthorization: %s\r\nContent-Length: %d\r\n\r\n%s",
		userCreate, bearer, len(body), body[:len(body)/2])))
}
