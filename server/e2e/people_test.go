package e2e

import (
	"bytes"
	"context"
	"encoding/csv"
	"fmt"
	"html"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/go-json-experiment/json"
	"golang.org/x/text/unicode/norm"

	"postern/server/command"
)

// peopleFile holds thirty made-up people with all that Belgian names have, in the columns of the contract. The name in
// its 19th line is decomposed (NFD).
const peopleFile = "testdata/people.csv"

// expected is what is to become of the people of peopleFile: created, existing (the 28th is the first again) or failed
// (a language that there is not, an unknown plan, an address that is none).
const expected = "CCCCCCCCCCCCCCCCCCCCCCFCCCCEFF"

// readPeople returns the rows of peopleFile by the names of their columns.
func readPeople(t *testing.T) (people []map[string]string) {
	t.Helper()
	file, err := os.Open(peopleFile)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	rows, err := csv.NewReader(file).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	for _, row := range rows[1:] {
		person := make(map[string]string)
		for i, name := range rows[0] {
			person[name] = row[i]
		}
		people = append(people, person)
	}
	if first := people[17]["FirstName"]; len(people) != len(expected) || norm.NFC.IsNormalString(first) {
		t.Fatalf("%d people; the 18th is %+q", len(people), first)
	}
	return people
}

// postern does a command in this process, and gives its exit code and what it wrote.
func postern(args ...string) (code int, out, errs string) {
	var stdout, stderr bytes.Buffer
	code = command.Main(context.Background(), args, command.Process{In: strings.NewReader(""), Out: &stdout, Err: &stderr})
	return code, stdout.String(), stderr.String()
}

// employers adds the people's bike plans and a partner, and gives the file with its token.
func employers(t *testing.T) (tokenFile string) {
	t.Helper()
	var token string
	for _, args := range [][]string{
		{"plan", "add", "SYN-NL-ANT-01", "--client", "Synthetisch Havenbedrijf NV", "--language", "NL"},
		{"plan", "add", "SYN-FR-LIE-02", "--client", "Ateliers Synthétiques de la Meuse SA", "--language", "FR"},
		{"plan", "add", "SYN-EN-BRU-03", "--client", "Synthetic Quadrant SRL/BV"},
		{"partner", "add", "paye"},
	} {
		code, out, errs := postern(args...)
		if code != 0 {
			t.Fatalf("%v: %d %s", args, code, errs)
		}
		token = out
	}
	tokenFile = filepath.Join(t.TempDir(), "token")
	if err := os.WriteFile(tokenFile, []byte(token), 0o600); err != nil {
		t.Fatal(err)
	}
	return tokenFile
}

// TestPeople posts the thirty as one list. Each gets the outcome that the table says, and every name arrives in NFC and
// otherwise unharmed: in the letter's subject and both its parts, on the account page, and at the operator's.
func TestPeople(t *testing.T) {
	app := run(t, "PASSWORD_MIN=15")
	token, err := os.ReadFile(employers(t))
	if err != nil {
		t.Fatal(err)
	}
	people := readPeople(t)
	checkOutcomes(t, people, app.post(t, strings.TrimSpace(string(token)), people))
	checkFirstAgain(t, people)
	for i, person := range people {
		if expected[i] == 'C' && i != 0 {
			app.checkNamed(t, person)
		}
	}
}

// listed is the answer to a list.
type listed struct {
	Created, Existing, Failed int
	Results                   []struct {
		Outcome, ID string
		Errors      map[string][]string
		Letter      *string
	}
}

// post has a partner register people as one list.
func (r *running) post(t *testing.T, token string, people []map[string]string) (answer listed) {
	t.Helper()
	body, err := json.Marshal(map[string]any{"users": people})
	if err != nil {
		t.Fatal(err)
	}
	request, err := http.NewRequest("POST", r.url+"/receiver/APIv3/user.create", bytes.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Authorization", "Bearer "+token)
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	err = json.UnmarshalRead(response.Body, &answer, json.MatchCaseInsensitiveNames(true))
	if err != nil || response.StatusCode != 200 {
		t.Fatal(response.Status, err)
	}
	return answer
}

func checkOutcomes(t *testing.T, people []map[string]string, answer listed) {
	t.Helper()
	if answer.Created != 26 || answer.Existing != 1 || answer.Failed != 3 || len(answer.Results) != len(people) {
		t.Errorf("%d created, %d existing, %d failed, %d results",
			answer.Created, answer.Existing, answer.Failed, len(answer.Results))
	}
	faulty := map[int]string{22: "Language", 28: "BikePlanCode", 29: "Email"}
	for i, result := range answer.Results {
		if initial := strings.ToUpper(result.Outcome[:1]); initial != expected[i:i+1] {
			t.Errorf("%s: %s", people[i]["Email"], result.Outcome)
		}
		if _, named := result.Errors[faulty[i]]; faulty[i] != "" && (!named || len(result.Errors) != 1) {
			t.Errorf("%s: %v", people[i]["Email"], result.Errors)
		}
		if owed := i != 27 && i != 29; (result.Letter != nil) != owed { // named twice; no address
			t.Errorf("%s: a letter: %v", people[i]["Email"], result.Letter != nil)
		}
	}
	if answer.Results[27].ID != answer.Results[0].ID {
		t.Error("the 28th is not the first")
	}
}

// checkFirstAgain holds that the first took over what the 28th said, and that nothing else changed.
func checkFirstAgain(t *testing.T, people []map[string]string) {
	t.Helper()
	code, out, errs := postern("biker", "show", "jan.peeters@example.com", "--json")
	for _, want := range []string{`"firstName":"JAN"`, `"lastName":"PEETERS"`, `"email":"jan.peeters@example.com"`,
		`"personnelNumber":"` + people[0]["PersonnelNumber"] + `"`, `"employeeId":"SYN001"`} {
		if code != 0 || !strings.Contains(compact(out), want) {
			t.Errorf("%d %s: no %s in %s", code, errs, want, out)
		}
	}
}

// compact is JSON without white space outside texts.
func compact(text string) string {
	return regexp.MustCompile(`(?m)^\s+|\n|(":) `).ReplaceAllString(text, "$1")
}

// checkNamed follows one person from the letter to the account, and looks for the name where it must stand.
func (r *running) checkNamed(t *testing.T, person map[string]string) {
	t.Helper()
	first, last := norm.NFC.String(person["FirstName"]), norm.NFC.String(person["LastName"])
	name, email := first+" "+last, person["Email"]
	_, letter := r.call(t, "GET", "/inbox/api/v1/wait?timeout=10s&to="+url.QueryEscape(email), "", "")
	var read struct{ Subject, Text, HTML string }
	if err := json.Unmarshal([]byte(letter), &read); err != nil {
		t.Fatal(err)
	}
	if !strings.HasSuffix(read.Subject, ", "+name) {
		t.Errorf("%s: the subject is %q", email, read.Subject)
	}
	for part, text := range map[string]string{"text": read.Text, "page": html.UnescapeString(read.HTML)} {
		if !strings.Contains(text, name) || !strings.Contains(text, " "+first+",") {
			t.Errorf("%s: no %q in the %s of the letter", email, name, part)
		}
	}
	link := regexp.MustCompile(`/biker/password\?token=([\w-]+)`).FindStringSubmatch(read.Text)
	if link == nil {
		t.Fatalf("%s: no link in %s", email, read.Text)
	}
	page := strings.ReplaceAll(html.UnescapeString(r.enter(t, link[1])), "<wbr>", "") // where a line may break
	for _, want := range []string{"<dd>" + name + "</dd>", "<dd>" + email + "</dd>",
		`<html lang="` + strings.ToLower(person["Language"]) + `"`} {
		if !strings.Contains(page, want) {
			t.Errorf("%s: no %s on the account page", email, want)
		}
	}
	for _, field := range []string{"partner_EmployeeID", "PersonnelNumber"} {
		if want := "<dd>" + person[field] + "</dd>"; strings.Contains(page, want) == (person[field] == "") {
			t.Errorf("%s: %s %q on the account page", email, field, person[field])
		}
	}
	code, shown, errs := postern("biker", "show", email, "--json")
	var biker struct{ FirstName, LastName, PersonnelNumber, State string }
	if err := json.Unmarshal([]byte(shown), &biker, json.MatchCaseInsensitiveNames(true)); err != nil || code != 0 {
		t.Fatal(code, errs, err)
	}
	if biker.FirstName != first || biker.LastName != last ||
		biker.PersonnelNumber != person["PersonnelNumber"] || biker.State != "active" {
		t.Errorf("%s: the operator sees %+v", email, biker)
	}
}

// enter sets a password by a link, and gives the account page.
func (r *running) enter(t *testing.T, token string) (page string) {
	t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	client := &http.Client{Jar: jar}
	form := url.Values{"token": {token}, "password": {"quilt lantern orbit pepper"}}
	answer, err := client.PostForm(r.url+"/biker/password", form)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	content, err := io.ReadAll(answer.Body)
	if err != nil || answer.StatusCode != http.StatusOK || answer.Request.URL.Path != "/biker" {
		t.Fatalf("%s leads to %s, %v: %s", answer.Status, answer.Request.URL, err, content)
	}
	return string(content)
}

// TestPushedPeople has the same people come by `postern push`, as a partner sends them: by a trial run, in earnest, and
// again.
func TestPushedPeople(t *testing.T) {
	app := run(t)
	tokenFile := employers(t)
	people := readPeople(t)
	content, err := os.ReadFile(peopleFile)
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "people.csv")
	if err := os.WriteFile(file, content, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, more := range []string{"--dry-run", "--plain", "--plain"} {
		code, out, errs := postern("push", file, "--to", app.url, "--token-file", tokenFile, "--json", more)
		lines := strings.Split(strings.TrimSpace(out), "\n")
		if code != 1 || len(lines) != len(people) || !strings.Contains(errs, "26 created") {
			t.Fatalf("%d, %d lines, %s", code, len(lines), errs)
		}
		for i, line := range lines {
			want := map[byte]string{'C': "created", 'E': "existing", 'F': "failed"}[expected[i]]
			if !strings.Contains(line, fmt.Sprintf(`"line":%d,`, i+2)) || !strings.Contains(line, `"outcome":"`+want+`"`) {
				t.Errorf("%s %s: %s, want %s", more, people[i]["Email"], line, want)
			}
		}
	}
	app.checkNamed(t, people[17])
	app.checkNamed(t, people[7])
	failed, err := os.ReadFile(filepath.Join(filepath.Dir(file), "people.failed.csv"))
	if err != nil || strings.Count(string(failed), "\n") != 4 ||
		!strings.Contains(string(failed), "nele.goossens@@example") {
		t.Errorf("the failures: %v\n%s", err, failed)
	}
}
