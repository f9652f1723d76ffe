package browser

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"os"
	"slices"
	"testing"
)

// letter is a letter as the inbox's API gives it.
type letter struct {
	ID, Subject, Text, HTML string
	Links                   []string
}

// link is the letter's link to that path of the appliance.
func (l letter) link(t *testing.T, path string) string {
	t.Helper()
	i := slices.IndexFunc(l.Links, func(link string) bool {
		u, err := url.Parse(link)
		return err == nil && u.Path == path
	})
	if i < 0 {
		t.Fatalf("the letter %q has no link to %s, but %q", l.Subject, path, l.Links)
	}
	return l.Links[i]
}

// await waits for the newest letter to that address in which the words occur.
func (a *appliance) await(t *testing.T, to, words string) (l letter) {
	t.Helper()
	query := url.Values{"to": {to}, "query": {words}, "timeout": {"10s"}}
	a.json(t, http.MethodGet, "/inbox/api/v1/wait?"+query.Encode(), nil, &l)
	return l
}

// letter takes the letter out of the inbox, so that the next call waits for the next one.
func (a *appliance) letter(t *testing.T, to, words string) letter {
	t.Helper()
	l := a.await(t, to, words)
	a.json(t, http.MethodDelete, "/inbox/api/v1/messages", map[string]any{"IDs": []string{l.ID}}, nil)
	return l
}

// passwordLink is the link by which that person may set a password, from the next letter that has one.
func (a *appliance) passwordLink(t *testing.T, to string) string {
	t.Helper()
	return a.letter(t, to, "/biker/password?token=").link(t, "/biker/password")
}

// query is a parameter in the query of a URL.
func query(t *testing.T, link, name string) string {
	t.Helper()
	u, err := url.Parse(link)
	if err != nil {
		t.Fatal(err)
	}
	return u.Query().Get(name)
}

// fromInbox opens the next letter that has an activation link in the inbox, as a developer does, and gives the link
// that it shows there.
func (b *tab) fromInbox(email string) (link string) {
	b.Helper()
	l := b.a.await(b.T, email, "/eecd/activate")
	b.visit(http.StatusOK, "/inbox/message/"+l.ID+"?view=links")
	return element[string](b, `.links a[href*="/eecd/activate"]`, `e => e.href`)
}

// json calls the appliance as a program, JSON both ways, with headers as name, value, … A status over 299 ends the
// test.
func (a *appliance) json(t *testing.T, method, path string, body, answer any, headers ...string) {
	t.Helper()
	sent, err := json.Marshal(body)
	if err != nil {
		t.Fatal(err)
	}
	got := a.call(t, method, path, bytes.NewReader(sent), append(headers, "Content-Type", "application/json")...)
	if answer == nil {
		return
	}
	if err := json.Unmarshal(got, answer); err != nil {
		t.Fatalf("%s %s: %v\n%s", method, path, err, got)
	}
}

// download writes what a GET is answered with to a file.
func (a *appliance) download(t *testing.T, file, path string, headers ...string) {
	t.Helper()
	if err := os.WriteFile(file, a.call(t, http.MethodGet, path, nil, headers...), 0o600); err != nil {
		t.Fatal(err)
	}
}

// call is a request with headers as name, value, … A status over 299 ends the test.
func (a *appliance) call(t *testing.T, method, path string, body io.Reader, headers ...string) (answer []byte) {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), method, a.url+path, body)
	if err != nil {
		t.Fatal(err)
	}
	for header := range slices.Chunk(headers, 2) {
		request.Header.Set(header[0], header[1])
	}
	response, err := a.client.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	answer, err = io.ReadAll(response.Body)
	if response.StatusCode > 299 || err != nil {
		t.Fatalf("%s %s: %s %v\n%s", method, path, response.Status, err, answer)
	}
	return answer
}
