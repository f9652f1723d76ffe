package config

import (
	"errors"
	"net"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/rs/zerolog"

	"postern/store/limit"
)

// set makes Settings of variables as the environment would hold them.
func set(t *testing.T, pairs ...string) Settings {
	t.Helper()
	var s Settings
	for _, pair := range pairs {
		name, value, _ := strings.Cut(pair, "=")
		found := false
		s.Each(func(v Variable) {
			if v.Name == SettingsPrefix+"_"+name {
				v.Value.SetString(value)
				found = true
			}
		})
		if !found {
			t.Fatalf("no setting is called %s", name)
		}
	}
	return s
}

func TestDefaults(t *testing.T) {
	c, err := Settings{}.Parse()
	if err != nil {
		t.Fatal(err)
	}
	for _, is := range []struct{ got, want any }{
		{c.Listen, "127.0.0.1:8080"},
		{c.Data, "postern-data"},
		{c.PublicURL.String(), "http://127.0.0.1:8080"},
		{c.ActivationURL, "http://127.0.0.1:8080/eecd/activate"},
		{c.AllowedOrigins, []string{"http://127.0.0.1:8080"}},
		{c.SMTP, (*SMTP)(nil)},
		{c.MailFrom.String(), `"Postern" <postern@localhost>`},
		{c.GiveUpAfter, 72 * time.Hour},
		{c.ConfirmationTTL, 24 * time.Hour},
		{c.ConfirmationReuse, 10 * time.Minute},
		{c.UserTokenTTL, 24 * time.Hour},
		{c.ReactivateAfter, 720 * time.Hour},
		{c.MailboxSignIn, false},
		{c.Timezone.String(), "Europe/Brussels"},
		{c.InvitationTTL, 168 * time.Hour},
		{c.RecoveryTTL, time.Hour},
		{c.PasswordMin, 15},
		{c.RepeatLettersAfter, 720 * time.Hour},
		{c.Keep.Unconfirmed, 720 * time.Hour},
		{c.Keep.Sent, 336 * time.Hour},
		{c.Keep.Events, 9600 * time.Hour},
		{c.Keep.Cleanings, 17520 * time.Hour},
		{c.KeyFile, "postern-data/postern.keys"},
		{c.LogLevel, zerolog.InfoLevel},
		{c.LogFormat, ""},
		{c.Limits.Register, limit.Rate{Count: 20, Per: time.Hour}},
		{c.Limits.StrangerLetters, limit.Rate{Count: 500, Per: time.Hour}},
		{c.Limits.PartnerLetters, limit.Rate{Count: 20000, Per: 24 * time.Hour}},
		{c.Limits.PartnerPeople, limit.Rate{Count: 100000, Per: 24 * time.Hour}},
		{c.Limits.PartnerAnswers, limit.Rate{Count: 1000, Per: 24 * time.Hour}},
		{c.Limits.Login, 5},
	} {
		if !reflect.DeepEqual(is.got, is.want) {
			t.Errorf("got %#v, want %#v", is.got, is.want)
		}
	}
}

func TestDerivedAddresses(t *testing.T) {
	for _, is := range []struct {
		settings                    []string
		public, activation, origins string
	}{
		{[]string{"LISTEN=:8080"}, "http://localhost:8080", "http://localhost:8080/eecd/activate", "http://localhost:8080"},
		{[]string{"LISTEN=[::]:80"}, "http://localhost", "http://localhost/eecd/activate", "http://localhost"},
		{[]string{"LISTEN=[::1]:81"}, "http://[::1]:81", "http://[::1]:81/eecd/activate", "http://[::1]:81"},
		{[]string{"PUBLIC_URL=https://localhost:443/"},
			"https://localhost:443", "https://localhost:443/eecd/activate", "https://localhost"},
		{[]string{"EECD_ACTIVATION_URL=https://App.Example.org/a/{token}?c={cleaningId}"},
			"http://127.0.0.1:8080", "https://App.Example.org/a/{token}?c={cleaningId}", "https://app.example.org"},
		{[]string{"ALLOWED_ORIGINS=https://a.example/ , http://B.example:81"},
			"http://127.0.0.1:8080", "http://127.0.0.1:8080/eecd/activate", "https://a.example,http://b.example:81"},
	} {
		c, err := set(t, is.settings...).Parse()
		if err != nil {
			t.Errorf("%v: %s", is.settings, err)
			continue
		}
		if c.PublicURL.String() != is.public || c.ActivationURL != is.activation ||
			strings.Join(c.AllowedOrigins, ",") != is.origins {
			t.Errorf("%v: %s %s %v", is.settings, c.PublicURL, c.ActivationURL, c.AllowedOrigins)
		}
	}
}

func TestWithAddress(t *testing.T) {
	listening := &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: 4711}
	c, _ := set(t, "LISTEN=127.0.0.1:0").Parse()
	c = c.WithAddress(listening)
	if c.PublicURL.String() != "http://127.0.0.1:4711" || c.ActivationURL != "http://127.0.0.1:4711/eecd/activate" ||
		c.AllowedOrigins[0] != "http://127.0.0.1:4711" {
		t.Errorf("%s %s %v do not follow the address", c.PublicURL, c.ActivationURL, c.AllowedOrigins)
	}
	c, _ = set(t, "LISTEN=127.0.0.1:0", "PUBLIC_URL=http://localhost:1").Parse()
	if c = c.WithAddress(listening); c.PublicURL.String() != "http://localhost:1" {
		t.Errorf("a PUBLIC_URL that is set became %s", c.PublicURL)
	}
}

// withSMTP are settings that are right, but for what a case adds.
func withSMTP(more ...string) []string {
	return append([]string{"PUBLIC_URL=https://postern.example.org", "MAIL_FROM=a@example.org"}, more...)
}

// withOAuth are the settings of XOAUTH2, for a user at a smarthost.
func withOAuth(at, url, secretFile string) []string {
	return withSMTP("SMTP_URL=smtp://"+at+"?auth=xoauth2", "SMTP_OAUTH_URL="+url, "SMTP_OAUTH_CLIENT_ID=c",
		"SMTP_OAUTH_SECRET_FILE="+secretFile)
}

func TestFaults(t *testing.T) {
	empty := filepath.Join(t.TempDir(), "empty")
	if err := os.WriteFile(empty, []byte("\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	secret := filepath.Join(t.TempDir(), "secret")
	if err := os.WriteFile(secret, []byte("s3cr\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, is := range []struct {
		settings []string
		want     string // what the only fault begins with
	}{
		{[]string{"LISTEN=8080"}, `POSTERN_LISTEN is "8080": write host:port`},
		{[]string{"LISTEN=a:http"}, `POSTERN_LISTEN is "a:http": the port is a number`},
		{[]string{"LISTEN=a:65536"}, `POSTERN_LISTEN is "a:65536": the port is a number`},
		{[]string{"LISTEN=http://a:1"}, `POSTERN_LISTEN is "http://a:1": write host:port`},
		{[]string{"OPERATOR_LISTEN=a b:1"}, `POSTERN_OPERATOR_LISTEN is "a b:1": the host is`},
		{[]string{"OPERATOR_LISTEN=:2", "OPERATOR_HOSTS=ops.example, https://ops.example"},
			`POSTERN_OPERATOR_HOSTS holds "https://ops.example": write names as ops.example.org`},
		{[]string{"OPERATOR_LISTEN=:2", "OPERATOR_HOSTS=ops.example:9090"},
			`POSTERN_OPERATOR_HOSTS holds "ops.example:9090": write names`},
		{[]string{"OPERATOR_LISTEN=:2", "OPERATOR_HOSTS=*.example"}, `POSTERN_OPERATOR_HOSTS holds "*.example": write names`},
		{[]string{"OPERATOR_HOSTS=ops.example"},
			`POSTERN_OPERATOR_HOSTS says what POSTERN_OPERATOR_LISTEN answers to, and that is not set`},
		{[]string{"LISTEN=:1", "OPERATOR_LISTEN=:1"}, `POSTERN_OPERATOR_LISTEN is the same`},
		{[]string{"PUBLIC_URL=localhost:8080"}, `POSTERN_PUBLIC_URL is wrong: write a whole URL`},
		{[]string{"PUBLIC_URL=http://localhost/?a"}, `POSTERN_PUBLIC_URL is wrong: leave out the query`},
		{[]string{"PUBLIC_URL=http://localhost/#a"}, `POSTERN_PUBLIC_URL is wrong: leave out the query`},
		{[]string{"PUBLIC_URL=http://localhost/base/"},
			`POSTERN_PUBLIC_URL is wrong: leave out the path: the appliance needs a host name of its own`},
		{[]string{"PUBLIC_URL=http://localhost/%2f"}, `POSTERN_PUBLIC_URL is wrong: leave out the path`},
		{[]string{"PUBLIC_URL=http://me@localhost"}, `POSTERN_PUBLIC_URL is wrong: a user or password has no place`},
		{[]string{"PUBLIC_URL=http://localhost:99999"}, `POSTERN_PUBLIC_URL is wrong: the port`},
		{[]string{"PUBLIC_URL=http://local host"}, `POSTERN_PUBLIC_URL is wrong: spaces, quotes`},
		{[]string{"PUBLIC_URL=https://postern.example.org"}, `POSTERN_SMTP_URL must be set`},
		{[]string{"TLS_CERT=/a"}, `POSTERN_TLS_CERT and POSTERN_TLS_KEY belong together`},
		{[]string{"TLS_CERT=/nowhere", "TLS_KEY=/nowhere"}, `POSTERN_TLS_CERT and POSTERN_TLS_KEY cannot be used`},
		{[]string{"TRUSTED_PROXIES=10.0.0.1/8"}, `POSTERN_TRUSTED_PROXIES holds "10.0.0.1/8": ` +
			`bits are set beyond the network's length; did you mean 10.0.0.0/8?`},
		{[]string{"TRUSTED_PROXIES=10.0.0.0/33"}, `POSTERN_TRUSTED_PROXIES holds "10.0.0.0/33": write networks`},
		{[]string{"LIMIT_EXEMPT=::ffff:10.0.0.0/104"},
			`POSTERN_LIMIT_EXEMPT holds "::ffff:10.0.0.0/104": write an IPv4 network`},
		{[]string{"LIMIT_EXEMPT=fe80::1%eth0"}, `POSTERN_LIMIT_EXEMPT holds "fe80::1%eth0": write networks`},
		{[]string{"ALLOWED_ORIGINS=*"}, `POSTERN_ALLOWED_ORIGINS is wrong: "*" is not an origin`},
		{[]string{"ALLOWED_ORIGINS=https://a.example/path"},
			`POSTERN_ALLOWED_ORIGINS is wrong: "https://a.example/path" is not`},
		{[]string{"EECD_ACTIVATION_URL=ftp://a/{token}"}, `POSTERN_EECD_ACTIVATION_URL is wrong: `},
		{[]string{"MAIL_FROM=Postern"}, `POSTERN_MAIL_FROM is "Postern": write an address`},
		{[]string{"MAIL_FROM=a@münchen.example"},
			`POSTERN_MAIL_FROM is "a@münchen.example": the address must be plain ASCII`},
		{[]string{"CONTACT=a@b, c@d"}, `POSTERN_CONTACT is "a@b, c@d": write an address`},
		{[]string{"ORGANISATION=a\nb"}, `POSTERN_ORGANISATION must be one line`},
		{[]string{"PRIVACY_URL=/privacy"}, `POSTERN_PRIVACY_URL is wrong: write a whole URL`},
		{[]string{"BRAND_COLOUR=0b5a6b"},
			`POSTERN_BRAND_COLOUR is "0b5a6b": write a colour as #0b5a6b: six hexadecimal digits`},
		{[]string{"BRAND_COLOUR=#12345g"}, `POSTERN_BRAND_COLOUR is "#12345g": write a colour as`},
		{[]string{"BRAND_LOGO=/none.svg"},
			`POSTERN_BRAND_LOGO cannot be read: open /none.svg: no such file or directory`},
		{[]string{"BRAND_LOGO=."}, `POSTERN_BRAND_LOGO cannot be read: read .: is a directory`},
		{[]string{"BRAND_LOGO=config.go"},
			`POSTERN_BRAND_LOGO cannot be shown on pages: config.go: it must be an SVG or PNG file`},
		{[]string{"CONFIRMATION_TTL=1d"}, `POSTERN_CONFIRMATION_TTL is "1d": write a length of time as 90s, 10m or 24h`},
		{[]string{"CONFIRMATION_TTL=0s"}, `POSTERN_CONFIRMATION_TTL is 0s: it must be at least 1s`},
		{[]string{"USER_TOKEN_TTL=-1h"}, `POSTERN_USER_TOKEN_TTL is -1h: it must be at least 1s`},
		{[]string{"CONFIRMATION_REUSE=25h"}, `POSTERN_CONFIRMATION_REUSE is 25h: it may be at most 24h`},
		{[]string{"CONFIRMATION_REUSE=-1s"}, `POSTERN_CONFIRMATION_REUSE is -1s: it must be at least 0s`},
		{[]string{"KEEP_SENT=0s"}, `POSTERN_KEEP_SENT is 0s: it must be at least 1s`},
		{[]string{"TIMEZONE=Europe/Brusels"}, `POSTERN_TIMEZONE is "Europe/Brusels": write a zone's name of the IANA list`},
		{[]string{"TIMEZONE=Local"}, `POSTERN_TIMEZONE is "Local": write a zone's name`},
		{[]string{"TIMEZONE=../../etc/passwd"}, `POSTERN_TIMEZONE is "../../etc/passwd": write a zone's name`},
		{[]string{"TIMEZONE=+01:00"}, `POSTERN_TIMEZONE is "+01:00": write a zone's name`},
		{[]string{"SIGN_IN=password"}, `POSTERN_SIGN_IN is "password": it must be email or mailbox`},
		{[]string{"LOG_LEVEL=loud"}, `POSTERN_LOG_LEVEL is "loud": it must be debug, info, warn or error`},
		{[]string{"LOG_FORMAT=xml"}, `POSTERN_LOG_FORMAT is "xml": it must be json or console`},
		{[]string{"LIMIT_REGISTER=many"}, `POSTERN_LIMIT_REGISTER is wrong: "many" is not a limit`},
		{[]string{"SMTP_CONNECTIONS=21"}, `POSTERN_SMTP_CONNECTIONS is "21": it must be a number from 1 to 20`},
		{[]string{"SMTP_CA_FILE=/a"}, `POSTERN_SMTP_CA_FILE says how to reach a smarthost, but POSTERN_SMTP_URL names none`},
		{[]string{"SMTP_PASSWORD_FILE=/a"}, `POSTERN_SMTP_PASSWORD_FILE says how`},
		{[]string{"SMTP_URL=smtp://mail", "MAIL_FROM=a@b"}, `POSTERN_PUBLIC_URL must be set beside POSTERN_SMTP_URL`},
		{[]string{"SMTP_URL=smtp://mail", "PUBLIC_URL=http://localhost"},
			`POSTERN_MAIL_FROM must be set beside POSTERN_SMTP_URL`},
		{withSMTP("SMTP_URL=mail:25"), `POSTERN_SMTP_URL is wrong: write smtp://`},
		{withSMTP("SMTP_URL=smtp://u:s3cr%t@mail"), `POSTERN_SMTP_URL is wrong: write smtp://`},
		{withSMTP("SMTP_URL=smtp://u:s3cr#t@mail"), `POSTERN_SMTP_URL is wrong: write smtp://`},
		{withSMTP("SMTP_URL=smtp://mail/box"), `POSTERN_SMTP_URL is wrong: after the host only`},
		{withSMTP("SMTP_URL=smtp://mail:0"), `POSTERN_SMTP_URL is wrong: the port`},
		{withSMTP("SMTP_URL=smtp://mail?tls=no"), `POSTERN_SMTP_URL is wrong: tls can only be off`},
		{withSMTP("SMTP_URL=smtps://mail?tls=off"), `POSTERN_SMTP_URL is wrong: smtps and tls=off contradict`},
		{withSMTP("SMTP_URL=smtp://u:p@mail?auth=ntlm"), `POSTERN_SMTP_URL is wrong: auth is plain, login or xoauth2`},
		{withSMTP("SMTP_URL=smtp://mail?auth=plain"), `POSTERN_SMTP_URL is wrong: auth needs a user`},
		{withSMTP("SMTP_URL=smtp://mail?hello=a%0d%0ab"), `POSTERN_SMTP_URL is wrong: hello is this machine's name`},
		{withSMTP("SMTP_URL=smtp://mail?starttls=1"), `POSTERN_SMTP_URL is wrong: the options are tls, auth and hello`},
		{[]string{"LETTERS_DIR=/nowhere"}, `POSTERN_LETTERS_DIR cannot be read`},
		{[]string{"LETTERS_DIR=" + empty}, `POSTERN_LETTERS_DIR is "` + empty + `": it must be a directory`},
		{[]string{"PASSWORD_MIN=7"}, `POSTERN_PASSWORD_MIN is "7": it must be a number from 8 to 64`},
		{[]string{"LIMIT_LOGIN=0"}, `POSTERN_LIMIT_LOGIN is "0": it must be a number from 1 to 1000, or off`},
		{[]string{"RECOVERY_TTL=1"}, `POSTERN_RECOVERY_TTL is "1": write a length of time`},
		{[]string{"SMTP_PER_MINUTE=30"}, `POSTERN_SMTP_PER_MINUTE says how`},
		{withSMTP("SMTP_URL=smtp://mail", "SMTP_PER_MINUTE=0"),
			`POSTERN_SMTP_PER_MINUTE is "0": it must be a number from 1 to 100000`},
		{withSMTP("SMTP_URL=smtp://u:p@mail", "SMTP_OAUTH_SCOPE=s"),
			`POSTERN_SMTP_OAUTH_SCOPE is of no use without auth=xoauth2`},
		{withSMTP("SMTP_URL=smtp://u@mail?auth=xoauth2"), `POSTERN_SMTP_OAUTH_URL and POSTERN_SMTP_OAUTH_CLIENT_ID and`},
		{withOAuth("u@mail", "http://a.example", secret), `POSTERN_SMTP_OAUTH_URL must be https`},
		{withOAuth("u@mail", "https://a.example", empty), `POSTERN_SMTP_OAUTH_SECRET_FILE is empty`},
		{withOAuth("u:s3cr@mail", "https://a.example", secret),
			`POSTERN_SMTP_URL is wrong: with auth=xoauth2 there is no password`},
		{withSMTP("SMTP_URL=smtp://u@mail"), `POSTERN_SMTP_URL is wrong: there is a user, but no password`},
		{withSMTP("SMTP_URL=smtp://:p@mail"), `POSTERN_SMTP_URL is wrong: there is a password, but no user`},
		{withSMTP("SMTP_URL=smtp://u@mail", "SMTP_PASSWORD_FILE=/nowhere"), `POSTERN_SMTP_PASSWORD_FILE cannot be read`},
		{withSMTP("SMTP_URL=smtp://u@mail", "SMTP_PASSWORD_FILE="+empty), `POSTERN_SMTP_PASSWORD_FILE is empty`},
		{withSMTP("SMTP_URL=smtp://mail", "SMTP_CA_FILE="+empty), `POSTERN_SMTP_CA_FILE holds no certificate`},
		{withSMTP("SMTP_URL=smtp://mail", "SMTP_CA_FILE=/nowhere"), `POSTERN_SMTP_CA_FILE cannot be read`},
	} {
		_, err := set(t, is.settings...).Parse()
		var faults *Error
		if !errors.As(err, &faults) || len(faults.Faults) != 1 || !strings.HasPrefix(faults.Faults[0], is.want) {
			t.Errorf("%q:\n got %v\nwant %s", is.settings, err, is.want)
		}
		if err != nil && strings.Contains(err.Error(), "s3cr") {
			t.Errorf("%q: the fault tells the password: %s", is.settings, err)
		}
	}
}

// TestWarnings holds what is taken, and said all the same.
func TestWarnings(t *testing.T) {
	for _, test := range []struct {
		environment []string
		want        string // empty: nothing is said
	}{
		{[]string{"KEEP_UNCONFIRMED=2h"}, "POSTERN_KEEP_UNCONFIRMED is shorter than POSTERN_CONFIRMATION_TTL"},
		{[]string{"KEEP_UNCONFIRMED=24h"}, ""},
		{[]string{"CONFIRMATION_REUSE=0s", "KEEP_SENT=1s", "KEEP_EVENTS=1s", "KEEP_CLEANINGS=1s",
			"BACKUP_EVERY=1s"}, ""},
	} {
		c, err := set(t, test.environment...).Parse()
		if err != nil {
			t.Errorf("%v: %v", test.environment, err)
			continue
		}
		if said := strings.Join(c.Warnings, "\n"); !strings.HasPrefix(said, test.want) || test.want == "" && said != "" {
			t.Errorf("%v: %q", test.environment, said)
		}
	}
}

func TestFaultsAreListedAtOnce(t *testing.T) {
	s := set(t, "LISTEN=x", "CONFIRMATION_TTL=x", "LIMIT_REGISTER=x", "LOG_LEVEL=x", "SMTP_URL=x")
	s.Unknown = []string{"POSTERN_LISTNE", "POSTERN_EMAIL_FROM", "POSTERN_NONSENSE", "POSTERN_PORT_8080_TCP"}
	_, err := s.Parse()
	var faults *Error
	if !errors.As(err, &faults) {
		t.Fatal(err)
	}
	for _, want := range []string{
		"POSTERN_LISTNE is not a setting: did you mean POSTERN_LISTEN?",
		"POSTERN_EMAIL_FROM is not a setting: did you mean POSTERN_MAIL_FROM?",
		"POSTERN_NONSENSE is not a setting: unset it (postern config lists them all)",
		"POSTERN_PORT_8080_TCP is not a setting: Kubernetes sets it",
		"POSTERN_LISTEN is", "POSTERN_CONFIRMATION_TTL is", "POSTERN_LIMIT_REGISTER is", "POSTERN_LOG_LEVEL is",
		"POSTERN_SMTP_URL is",
		"POSTERN_PUBLIC_URL must be set", "POSTERN_MAIL_FROM must be set",
	} {
		if !slices.ContainsFunc(faults.Faults, func(fault string) bool { return strings.HasPrefix(fault, want) }) {
			t.Errorf("missing among the faults: %s", want)
		}
	}
	if len(faults.Faults) != 11 {
		t.Errorf("%d faults:\n%s", len(faults.Faults), err)
	}
}

func TestSMTP(t *testing.T) {
	file := filepath.Join(t.TempDir(), "password")
	if err := os.WriteFile(file, []byte("from file\r\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, is := range []struct {
		settings []string
		want     SMTP
	}{
		{[]string{"SMTP_URL=smtp://mail"}, SMTP{Host: "mail", Port: 587, Connections: 2}},
		{[]string{"SMTP_URL=smtps://mail/"}, SMTP{Host: "mail", Port: 465, ImplicitTLS: true, Connections: 2}},
		{[]string{"SMTP_URL=smtp://u%40a:p%23w@[::1]:25?tls=off&auth=login&hello=me.example", "SMTP_CONNECTIONS=20"},
			SMTP{Host: "::1", Port: 25, NoTLS: true, User: "u@a", Password: "p#w",
				Auth: "login", Hello: "me.example", Connections: 20}},
		{[]string{"SMTP_URL=smtp://u:ignored@mail", "SMTP_PASSWORD_FILE=" + file},
			SMTP{Host: "mail", Port: 587, User: "u", Password: "from file", Connections: 2}},
	} {
		c, err := set(t, withSMTP(is.settings...)...).Parse()
		if err != nil || *c.SMTP != is.want {
			t.Errorf("%q: %+v, %v", is.settings, c.SMTP, err)
		}
	}
}

func TestReadSettings(t *testing.T) {
	t.Setenv("POSTERN_LISTEN", " :9 ")
	t.Setenv("POSTERN_SMTP_CA_FILE", "/ca")
	t.Setenv("POSTERN_EECD_ACTIVATION_URL", "https://a.example")
	t.Setenv("POSTERN_LIMIT_STRANGER_LETTERS", "")
	t.Setenv("POSTERN_LITSEN", ":9")
	t.Setenv("LISTEN", ":10") // without the prefix: somebody else's
	t.Setenv("SMTP_URL", "smtp://elsewhere")
	s, err := ReadSettings()
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(s.Unknown, []string{"POSTERN_LITSEN"}) {
		t.Errorf("unknown: %q", s.Unknown)
	}
	s.Unknown, s.SMTP.CAFile = nil, ""
	c, err := s.Parse()
	if err != nil {
		t.Fatal(err)
	}
	if c.Listen != ":9" || c.SMTP != nil || c.ActivationURL != "https://a.example" ||
		c.Limits.StrangerLetters.Count != 500 {
		t.Errorf("%+v", c)
	}
}

// Every setting has its name, a meaning, and a default or none.
func TestList(t *testing.T) {
	s := set(t, withSMTP("SMTP_URL=smtp://u:s3cret@mail:25?tls=off", "LISTEN=:1", "DATA=/d", "OPERATOR_LISTEN=:2")...)
	c, err := s.Parse()
	if err != nil {
		t.Fatal(err)
	}
	values := map[string]Setting{}
	var names []string
	for _, line := range s.List(&c) {
		values[line.Name] = line
		names = append(names, strings.TrimPrefix(line.Name, "POSTERN_"))
		if line.Meaning == "" {
			t.Errorf("%s has no meaning", line.Name)
		}
	}
	want := "LISTEN OPERATOR_LISTEN OPERATOR_HOSTS DATA PUBLIC_URL TLS_CERT TLS_KEY TIMEZONE TRUSTED_PROXIES " +
		"ALLOWED_ORIGINS SMTP_URL SMTP_PASSWORD_FILE SMTP_CA_FILE SMTP_CONNECTIONS SMTP_PER_MINUTE SMTP_OAUTH_URL " +
		"SMTP_OAUTH_CLIENT_ID SMTP_OAUTH_SECRET_FILE SMTP_OAUTH_SCOPE " +
		"MAIL_FROM MAIL_GIVE_UP_AFTER BOUNCE_ADDRESS BOUNCE_LISTEN BOUNCE_IMAP_URL BOUNCE_IMAP_PASSWORD_FILE " +
		"CONTACT ORGANISATION PRIVACY_URL BRAND_LOGO BRAND_COLOUR LETTERS_DIR EECD_ACTIVATION_URL " +
		"CONFIRMATION_TTL CONFIRMATION_REUSE INVITATION_TTL RECOVERY_TTL PASSWORD_MIN REPEAT_LETTERS_AFTER " +
		"USER_TOKEN_TTL REACTIVATE_AFTER SIGN_IN KEEP_UNCONFIRMED KEEP_SENT KEEP_EVENTS KEEP_CLEANINGS " +
		"BACKUP_DIR BACKUP_EVERY BACKUP_KEEP KEY_FILE WEBHOOK_URL WEBHOOK_SECRET_FILE " +
		"LOG_LEVEL LOG_FORMAT LIMIT_REGISTER LIMIT_SIGN_IN LIMIT_EXEMPT LIMIT_STRANGER_LETTERS " +
		"LIMIT_ADDRESS_LETTERS LIMIT_PARTNER_LETTERS LIMIT_PARTNER_PEOPLE LIMIT_PARTNER_ANSWERS LIMIT_LOGIN"
	if got := strings.Join(names, " "); got != want {
		t.Errorf("names: %s", got)
	}
	for name, want := range map[string]string{
		"POSTERN_SMTP_URL":            "smtp://u:****@mail:25?tls=off",
		"POSTERN_KEY_FILE":            "/d/postern.keys",
		"POSTERN_LISTEN":              ":1",
		"POSTERN_EECD_ACTIVATION_URL": "https://postern.example.org/eecd/activate",
		"POSTERN_KEEP_SENT":           "336h",
		"POSTERN_TLS_CERT":            "",
		"POSTERN_BOUNCE_ADDRESS":      "a@example.org",
	} {
		if values[name].Value != want {
			t.Errorf("%s is shown as %q, want %q", name, values[name].Value, want)
		}
	}
}

// Whatever is set, nothing panics, and no password gets into a fault or the list.
func FuzzSettings(f *testing.F) {
	f.Add("smtp://user:s3cret@mail.example:587?tls=off&auth=plain&hello=me", "https://postern.example.org/", ":8080",
		"10.0.0.0/8, ::1", "20/h", "72h")
	f.Add("smtps://user:s3cret@[::1]", "http://localhost", "[::1]:0", "1.2.3.4", "off", "1h30m")
	f.Add("s3cret", "//", "a:b:c", ",", "1/", "-1s")
	f.Fuzz(func(t *testing.T, smtp, public, listen, prefixes, rate, duration string) {
		s := Settings{PublicURL: public, Listen: listen, TrustedProxies: prefixes, ConfirmationTTL: duration}
		s.SMTP.URL, s.Mail.From, s.Limit.Register = strings.ReplaceAll(smtp, "s3cret", "pass-w0rd"), "a@example.org", rate
		c, err := s.Parse()
		everything := public + listen + prefixes + rate + duration
		if err != nil && strings.Contains(err.Error(), "pass-w0rd") && !strings.Contains(everything, "pass-w0rd") {
			t.Errorf("a fault tells the password: %s", err)
		}
		if err == nil && c.SMTP != nil && strings.Contains(c.SMTP.Password, "pass-w0rd") {
			for _, line := range s.List(&c) {
				if line.Name == "POSTERN_SMTP_URL" && strings.Contains(line.Value, c.SMTP.Password) {
					t.Errorf("the list tells the password: %s", line.Value)
				}
			}
		}
	})
}
