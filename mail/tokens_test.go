package mail

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"golang.org/x/oauth2"
	"golang.org/x/oauth2/clientcredentials"

	"postern/mail/smtp"
	"postern/mail/smtp/smtptest"
	"postern/store"
)

// What a script may say of the token endpoint's answers; empty is a token that lives an hour.
const (
	tokenRefused = "refused" // 401 invalid_client
	tokenBusy    = "busy"    // 503
	tokenEmpty   = "empty"   // an answer without a token
	tokenDown    = "down"    // nobody answers
)

// endpoint is a token endpoint in memory: the nth token is named token-n.
type endpoint struct {
	script func(n int) string
	asked  atomic.Int32
}

// RoundTrip answers as the script wants.
func (e *endpoint) RoundTrip(r *http.Request) (*http.Response, error) {
	n := int(e.asked.Add(1))
	w := httptest.NewRecorder()
	w.Header().Set("Content-Type", "application/json")
	switch said := e.script(n); {
	case r.FormValue("grant_type") != "client_credentials" || r.FormValue("client_secret") != "s3cret" ||
		r.FormValue("scope") != "smtp":
		return nil, fmt.Errorf("asked with %v", r.Form)
	case said == tokenRefused:
		w.WriteHeader(http.StatusUnauthorized)
		fmt.Fprint(w, `{"error":"invalid_client","error_description":"an expired secret"}`)
	case said == tokenBusy:
		w.WriteHeader(http.StatusServiceUnavailable)
	case said == tokenEmpty:
		fmt.Fprint(w, `{"expires_in":3600}`)
	case said == tokenDown:
		return nil, errors.New("connection refused")
	case said == smtptest.Stall:
		<-r.Context().Done()
		return nil, r.Context().Err()
	default:
		fmt.Fprintf(w, `{"access_token":"token-%d","token_type":"Bearer","expires_in":3600}`, n)
	}
	return w.Result(), nil
}

// tokenConfig is a client of a token endpoint.
func tokenConfig(url string) *clientcredentials.Config {
	return &clientcredentials.Config{ClientID: "id", ClientSecret: "s3cret", TokenURL: url, Scopes: []string{"smtp"},
		AuthStyle: oauth2.AuthStyleInParams}
}

// fetching is a source of tokens that are fetched over a transport of its own.
type fetching struct {
	config *clientcredentials.Config
	over   http.RoundTripper
}

func (f fetching) Token(ctx context.Context) (*oauth2.Token, error) {
	return f.config.Token(context.WithValue(ctx, oauth2.HTTPClient, &http.Client{Transport: f.over}))
}

// withTokens makes a smarthost that takes XOAUTH2.
func (o *harness) withTokens(s *smtptest.Server, e *endpoint) *smtp.Smarthost {
	options := o.securedOptions(s)
	s.Mechanisms = "LOGIN XOAUTH2"
	options.Auth, options.Password = "xoauth2", ""
	options.Tokens = fetching{tokenConfig("https://login.example/token"), e}
	return must(smtp.New(options))
}

// TestTokens: what a token endpoint does ill is the smarthost's fault and fails no letter; a token is kept until it is
// refused.
func TestTokens(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		endpoint string // its first answer
		auth     string // the smarthost's first answer
		text     string // of the first attempt; empty: it succeeds
		code     int
		asked    int32
	}{
		"well":    {"", "", "", 0, 1},
		"refused": {tokenRefused, "", "invalid_client", 0, 2},
		"busy":    {tokenBusy, "", "503", 0, 2},
		"empty":   {tokenEmpty, "", "missing access_token", 0, 2},
		"down":    {tokenDown, "", "connection refused", 0, 2},
		"hangs": {smtptest.Stall, "",
			"no access token from the token endpoint: no answer in time", 0, 2},
		"the token is refused": {"", "535 5.7.3 Authentication unsuccessful", "unsuccessful", 535, 2},
		"the smarthost stalls": {"", smtptest.Stall, "no answer in time", 0, 2},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := smtptest.NewServer(smtptest.Once("auth", tt.auth))
				e := &endpoint{script: func(n int) string { return map[bool]string{true: tt.endpoint}[n == 1] }}
				o := newHarness(t, 1)
				defer o.close()
				user := o.register(1)[0]
				o.start(o.withTokens(s, e))
				if a := o.settled(user).Attempts[0]; tt.text != "" &&
					(a.Class != store.AttemptSmarthost || a.Phase != smtp.PhaseAuth || a.Code != tt.code ||
						!strings.Contains(a.Text, tt.text)) {
					t.Errorf("recorded %+v", a)
				}
				time.Sleep(time.Minute)
				synctest.Wait()
				o.eachOnce(s, 1)
				want := fmt.Sprintf("credentials user=u\x01auth=Bearer token-%d\x01\x01", tt.asked)
				if letter := o.letter(user); letter.PutOff != 0 || e.asked.Load() != tt.asked || !s.Heard(want) ||
					!s.Secured() {
					t.Errorf("put off %d times; %d tokens fetched; heard %q", letter.PutOff, e.asked.Load(), s.Said())
				}
				if log := o.log.String(); strings.Contains(log, "s3cret") || strings.Contains(log, "token-") {
					t.Errorf("the log:\n%s", log)
				}
			})
		})
	}
}

// TestTokenLife: one token serves until it expires, however many connections there are.
func TestTokenLife(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s, e := smtptest.NewServer(nil), &endpoint{script: func(int) string { return "" }}
		o := newHarness(t, 5)
		defer o.close()
		o.start(o.withTokens(s, e))
		for _, want := range []int32{1, 1, 2} { // at 0, 50 and 100 min
			o.register(20)
			synctest.Wait()
			if got := e.asked.Load(); got != want || s.Count("connection") < 2 {
				t.Errorf("%d tokens fetched for %d connections, want %d", got, s.Count("connection"), want)
			}
			time.Sleep(50 * time.Minute)
		}
		o.eachOnce(s, 60)
	})
}

// TestTokenOutage: the endpoint is away for a day (six hours with -short), nothing fails, and the stop of the courier
// does not wait for it.
func TestTokenOutage(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		began, outage := time.Now(), time.Duration(rounds(24, 6))*time.Hour
		s, e := smtptest.NewServer(nil), &endpoint{script: func(n int) string {
			if time.Since(began) < outage {
				return smtptest.Stall
			}
			return ""
		}}
		o := newHarness(t, 2)
		defer o.close()
		o.register(10)
		way := o.withTokens(s, e)
		o.start(way)
		time.Sleep(10 * time.Second)
		o.stop()
		if took := time.Since(began); took > 11*time.Second {
			t.Errorf("stopping took until %s", took)
		}
		o.start(way)
		time.Sleep(outage + time.Hour)
		synctest.Wait()
		o.eachOnce(s, 10)
	})
}
