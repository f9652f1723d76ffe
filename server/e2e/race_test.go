package e2e

import (
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"strings"
	"sync"
	"testing"

	"github.com/go-json-experiment/json"

	"postern/server/operator"
)

// TestRaces has 50 callers do the same, or the opposite, at the same moment, through the whole appliance: each fact
// happens once.
func TestRaces(t *testing.T) {
	app := run(t, "LIMIT_REGISTER=off", "LIMIT_STRANGER_LETTERS=off")
	app.act(t, "/operator/v1/cleanings",
		`{"id":"00000000-0000-4000-8000-000000000001","number":"1","station":{"name":"S"},
		"equipment":{"kind":"silo"},"status":"signedOff"}`)

	const callers = 50
	atOnce := func(call func(n int) (status int, body string)) map[string]int {
		var mu sync.Mutex
		answers := make(map[string]int)
		var wait sync.WaitGroup
		for n := range callers {
			wait.Go(func() {
				status, body := call(n)
				mu.Lock()
				defer mu.Unlock()
				if status == http.StatusOK || status == http.StatusCreated {
					answers[fmt.Sprint(status, " ", body)]++
				} else {
					answers[fmt.Sprint(status)]++
				}
			})
		}
		wait.Wait()
		return answers
	}

	answers := atOnce(func(int) (int, string) { return app.registerCall(t, "a@example.com") })
	if answers["409"] != callers-1 || len(answers) != 2 {
		t.Errorf("registering: %v", answers)
	}
	token := app.linkOf(t, "a@example.com")
	answers = atOnce(func(int) (int, string) {
		status, _ := app.call(t, "POST", "/non-license-user/activate", "", `{"ConfirmationToken":"`+token+`"}`)
		return status, ""
	})
	if answers["200 "] != callers {
		t.Errorf("activating: %v", answers)
	}

	users := make([]string, 10)
	for i := range users {
		users[i] = app.user(t, fmt.Sprintf("u%d@example.com", i))
	}
	answers = atOnce(func(n int) (int, string) {
		verb, body := "complete", `{"ProductName":"Ethanol"}`
		if n%2 == 1 {
			verb, body = "reject", `{"Comment":"no"}`
		}
		return app.call(t, "PUT", "/non-license-user/loads/00000000-0000-4000-8000-000000000001/"+verb,
			users[n%len(users)], body)
	})
	if answers["409"] != callers-callers/len(users) || len(answers) != 2 {
		t.Errorf("completing against rejecting: %v; want one answer for the five calls of one user", answers)
	}
}

// act has the operator do something.
func (r *running) act(t *testing.T, path, body string) {
	t.Helper()
	client := operator.NewClient(os.Getenv("POSTERN_DATA"))
	defer client.CloseIdleConnections()
	answer, err := client.Post("http://operator"+path, "application/json", strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	if answer.StatusCode >= 300 {
		t.Fatalf("%s answered %d", path, answer.StatusCode)
	}
}

func (r *running) call(t *testing.T, method, path, token, body string) (status int, answer string) {
	request, err := http.NewRequest(method, r.url+path, strings.NewReader(body))
	if err != nil {
		t.Error(err)
		return 0, ""
	}
	request.Header.Set("Content-Type", "application/json")
	request.Header.Set("X-NALLIAN-TOKEN", token)
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Error(err)
		return 0, ""
	}
	defer response.Body.Close()
	content, err := io.ReadAll(response.Body)
	if err != nil {
		t.Error(err)
	}
	return response.StatusCode, string(content)
}

func (r *running) registerCall(t *testing.T, email string) (status int, answer string) {
	return r.call(t, "POST", "/non-license-user/register", "",
		fmt.Sprintf(`{"email":%q,"firstName":"Jan","lastName":"Peeters","organisationName":"S"}`, email))
}

// linkOf returns the token of the newest link to an address.
func (r *running) linkOf(t *testing.T, email string) string {
	t.Helper()
	_, body := r.call(t, "GET", "/inbox/api/v1/wait?timeout=10s&to="+url.QueryEscape(email), "", "")
	found := linkToken.FindStringSubmatch(body)
	if found == nil {
		t.Fatalf("no link for %s in %s", email, body)
	}
	return found[1]
}

// user registers and activates somebody, and gives the user token.
func (r *running) user(t *testing.T, email string) string {
	t.Helper()
	if status, body := r.registerCall(t, email); status != http.StatusCreated {
		t.Fatalf("%d %s", status, body)
	}
	_, body := r.call(t, "POST", "/non-license-user/activate", "", `{"ConfirmationToken":"`+r.linkOf(t, email)+`"}`)
	var answer struct{ UserToken string }
	if err := json.Unmarshal([]byte(body), &answer); err != nil || answer.UserToken == "" {
		t.Fatalf("%v: %s", err, body)
	}
	return answer.UserToken
}
