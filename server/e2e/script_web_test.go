package e2e

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"os"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/rogpeppe/go-internal/testscript"

	"postern/server/operator"
	"postern/store"
)

// browser has the calls from now on come from a browser of that name, which is a new one where there was none.
func (r *scriptRun) browser(_ *testscript.TestScript, args []string) (err error) {
	if args[0] == "-" {
		r.jar = nil
		return nil
	}
	if r.jars == nil {
		r.jars = make(map[string]http.CookieJar)
	}
	if r.jars[args[0]] == nil {
		r.jars[args[0]], err = cookiejar.New(nil)
	}
	r.jar = r.jars[args[0]]
	return err
}

func (r *scriptRun) cookie(ts *testscript.TestScript, args []string) error {
	at, err := url.Parse(r.app.url)
	if err != nil {
		return err
	}
	for _, kept := range r.jar.Cookies(at) {
		if kept.Name == args[1] {
			ts.Setenv(args[0], kept.Value)
			return nil
		}
	}
	return fmt.Errorf("the browser keeps no cookie %s", args[1])
}

// scan calls as programs do that look into other people's mail: from nowhere, often, in any order.
func (r *scriptRun) scan(_ *testscript.TestScript, args []string) error {
	times, err := strconv.Atoi(args[0])
	if err != nil {
		return err
	}
	jar := r.jar
	defer func() { r.jar = jar }()
	r.jar = nil
	for range times {
		for _, method := range []string{http.MethodHead, http.MethodGet} {
			status, err := r.request(method, args[1], http.Header{}, "")
			if err != nil || status != http.StatusOK || r.head.Get("Set-Cookie") != "" {
				return fmt.Errorf("%s answered %d with cookie %q: %w", method, status, r.head.Get("Set-Cookie"), err)
			}
		}
	}
	return nil
}

// enter has the browser enter the console by a fresh link, which scanners have opened before, and gives the word that
// its forms carry.
func (r *scriptRun) enter(ts *testscript.TestScript, args []string) error {
	if err := r.act(http.MethodPost, "/operator/v1/console", ""); err != nil {
		return err
	}
	var link operator.Link
	if err := json.Unmarshal(r.body, &link); err != nil {
		return err
	}
	at, err := url.Parse(link.URL)
	if err != nil || at.Host != strings.TrimPrefix(r.app.url, "http://") {
		return fmt.Errorf("the link is %q, %v", link.URL, err)
	}
	if err := r.scan(ts, []string{"5", at.RequestURI()}); err != nil {
		return err
	}
	form := http.Header{"Content-Type": {"application/x-www-form-urlencoded"}}
	for _, want := range []int{http.StatusSeeOther, http.StatusSeeOther} { // the button, twice
		status, err := r.request(http.MethodPost, at.Path, form.Clone(), at.RawQuery)
		if err != nil || status != want {
			return fmt.Errorf("entering is answered %d, %v", status, err)
		}
	}
	if _, err := r.request(http.MethodGet, "/console", http.Header{}, ""); err != nil {
		return err
	}
	word := regexp.MustCompile(`name="word" value="([^"]+)"`).FindSubmatch(r.body)
	if word == nil {
		return errors.New("no form carries a word")
	}
	ts.Setenv(args[0], string(word[1]))
	return nil
}

// navigate opens a link as the browser's address bar does: the page is there in the end, and the token gone from its
// address.
func (r *scriptRun) navigate(ts *testscript.TestScript, args []string) error {
	request, err := http.NewRequest(http.MethodGet, r.app.url+args[1], nil)
	if err != nil {
		return err
	}
	request.Header.Set("Sec-Fetch-Mode", "navigate")
	client := http.Client{Transport: r.app.client.Transport, Jar: r.jar}
	response, err := client.Do(request)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	r.head = response.Header
	if r.body, err = io.ReadAll(response.Body); err != nil {
		return err
	}
	_, _ = ts.Stdout().Write(r.body)
	ts.Setenv("ADDRESS", response.Request.URL.RequestURI())
	address := response.Request.URL.String()
	if strconv.Itoa(response.StatusCode) != args[0] || strings.Contains(address, "token") {
		return fmt.Errorf("%d at %s", response.StatusCode, address)
	}
	return nil
}

func (r *scriptRun) letters(_ *testscript.TestScript, args []string) error {
	address, count, want := args[0], args[1], append(args[2:len(args):len(args)], "", "")
	if address == "-" {
		address = ""
	}
	found, err := r.app.letters(address, store.LetterState(want[1]))
	n := 0
	for _, letter := range found {
		if want[0] == "" || string(letter.Kind) == want[0] {
			n++
		}
	}
	if err == nil && strconv.Itoa(n) != count {
		err = fmt.Errorf("%d letters %v to %s, want %s", n, args[2:], args[0], count)
	}
	return err
}

func (r *scriptRun) moveClock(_ *testscript.TestScript, args []string) error {
	span, err := time.ParseDuration(args[0])
	if err != nil || len(args) == 1 {
		r.clock.advance(span)
		return err
	}
	step, err := time.ParseDuration(args[1])
	if err != nil {
		return err
	}
	for ; span > 0; span -= step {
		r.clock.advance(min(step, span))
		if status, err := r.request(http.MethodGet, args[2], http.Header{}, ""); err != nil || status != http.StatusOK {
			return fmt.Errorf("%v before the end %s answered %d: %w", span, args[2], status, err)
		}
	}
	return nil
}

func (r *scriptRun) logged(_ *testscript.TestScript, args []string) error {
	if args[0] == "" || !strings.Contains(r.log.String(), args[0]) {
		return fmt.Errorf("%q was not logged", args[0])
	}
	return nil
}

func (r *scriptRun) crowd(ts *testscript.TestScript, args []string) error {
	count, err := strconv.Atoi(args[1])
	if err != nil {
		return err
	}
	items := make([]string, count)
	for i := range items {
		items[i] = strings.ReplaceAll(args[2], "%d", strconv.Itoa(i))
	}
	return os.WriteFile(ts.MkAbs(args[0]), []byte("["+strings.Join(items, ",")+"]"), 0o600)
}
