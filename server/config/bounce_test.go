package config

import (
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

// TestBounce holds how the settings of mail that comes back are read, and each fault's sentence.
func TestBounce(t *testing.T) {
	password := write(t, filepath.Join(t.TempDir(), "password"), "s3cr\n", 0o600)
	for _, is := range []struct {
		settings []string
		want     string // what it comes to, or what the only fault begins with
	}{
		{nil, "postern@localhost named=false listen= "},
		{[]string{"MAIL_FROM=Gate <gate@client.example>"}, "gate@client.example named=false listen= "},
		{[]string{"BOUNCE_ADDRESS=gate+{code}@client.example", "BOUNCE_LISTEN=:2525"},
			"gate+{code}@client.example named=true listen=:2525 "},
		{[]string{"BOUNCE_ADDRESS=a-name-that-is-far-too-long+{code}@client.example"},
			"POSTERN_BOUNCE_ADDRESS is \"a-name-that-is-far-too-long+{code}@client.example\", to where mail comes back: what " +
				"stands before the @ may have 64 characters"},
		{[]string{"BOUNCE_ADDRESS=Gate <gate@client.example>"}, "POSTERN_BOUNCE_ADDRESS is"},
		{[]string{"BOUNCE_LISTEN=25"}, "POSTERN_BOUNCE_LISTEN is \"25\": write host:port"},
		{[]string{"BOUNCE_LISTEN=:81", "LISTEN=:81"}, "POSTERN_BOUNCE_LISTEN is where HTTP is answered"},
		{[]string{"BOUNCE_LISTEN=:81", "OPERATOR_LISTEN=:81"}, "POSTERN_BOUNCE_LISTEN is where HTTP is answered"},
		{imap(password, "imaps://bounces%40example.org@imap.example.org"),
			"postern@localhost named=false listen= imap.example.org:993 bounces@example.org s3cr INBOX >"},
		{imap(password, "imaps://u@h:994/Back/Home?move=Done"),
			"postern@localhost named=false listen= h:994 u s3cr Back/Home >Done"},
		{[]string{"BOUNCE_IMAP_URL=imaps://u:p%20w@h/B%20x"}, "postern@localhost named=false listen= h:993 u p w B x >"},
		{imap(password, "imap://u@h"), "POSTERN_BOUNCE_IMAP_URL is wrong: write imaps://user@host/Folder"},
		{imap(password, "imaps://h/INBOX"), "POSTERN_BOUNCE_IMAP_URL is wrong: write imaps://user@host/Folder"},
		{imap(password, "imaps://u@h:0"), "POSTERN_BOUNCE_IMAP_URL is wrong: the port"},
		{imap(password, "imaps://u@h?auth=plain"), "POSTERN_BOUNCE_IMAP_URL is wrong: auth can only be xoauth2"},
		{imap(password, "imaps://u@h?move="), "POSTERN_BOUNCE_IMAP_URL is wrong: move names a folder"},
		{imap(password, "imaps://u@h?move=INBOX"), "POSTERN_BOUNCE_IMAP_URL is wrong: move names the folder that is read"},
		{imap(password, "imaps://u@h?idle=no"), "POSTERN_BOUNCE_IMAP_URL is wrong: the options are auth and move"},
		{imap(password, "imaps://u@h?move=a&move=b"), "POSTERN_BOUNCE_IMAP_URL is wrong: an option is given twice"},
		{[]string{"BOUNCE_IMAP_URL=imaps://u@h"}, "POSTERN_BOUNCE_IMAP_URL needs a password"},
		{imap(password+".not", "imaps://u@h"), "POSTERN_BOUNCE_IMAP_PASSWORD_FILE cannot be read"},
		{[]string{"BOUNCE_IMAP_PASSWORD_FILE=" + password}, "POSTERN_BOUNCE_IMAP_PASSWORD_FILE is the password for"},
		{imap(password, "imaps://u@h?auth=xoauth2"),
			"POSTERN_BOUNCE_IMAP_URL is wrong: with auth=xoauth2 there is no password"},
	} {
		c, err := set(t, is.settings...).Parse()
		if err != nil {
			if !strings.HasPrefix(err.Error(), is.want) || strings.Contains(err.Error(), "s3cr") {
				t.Errorf("%v: %s", is.settings, err)
			}
			continue
		}
		if got := bounceText(c.Bounce); got != is.want {
			t.Errorf("%v: %s", is.settings, got)
		}
	}
}

// TestBounceTokens holds that the mailbox takes the tokens of the smarthost's settings, also where the smarthost has a
// password, and that what is missing is told once.
func TestBounceTokens(t *testing.T) {
	secret := write(t, filepath.Join(t.TempDir(), "secret"), "s3cr\n", 0o600)
	const box = "BOUNCE_IMAP_URL=imaps://u@outlook.office365.com?auth=xoauth2"
	tokens := []string{
		box,
		"SMTP_OAUTH_URL=https://login.example/token",
		"SMTP_OAUTH_CLIENT_ID=me",
		"SMTP_OAUTH_SECRET_FILE=" + secret,
	}
	if _, err := set(t, tokens...).Parse(); err != nil {
		t.Errorf("without a smarthost: %v", err)
	}
	for _, smarthost := range []string{"smtp://u:p@h", "smtp://u@h?auth=xoauth2"} {
		c, err := set(t, withSMTP(append(tokens, "SMTP_URL="+smarthost)...)...).Parse()
		if err != nil || c.Bounce.IMAP.OAuth == nil || c.Bounce.IMAP.OAuth.Secret != "s3cr" {
			t.Errorf("%s: %+v, %v", smarthost, c.Bounce.IMAP, err)
		}
		_, err = set(t, withSMTP(box, "SMTP_URL="+smarthost)...).Parse()
		if err == nil || strings.Count(err.Error(), "\n") != 0 ||
			!strings.HasPrefix(err.Error(), "POSTERN_SMTP_OAUTH_URL") {
			t.Errorf("%s without tokens: %v", smarthost, err)
		}
	}
}

// TestBounceRoots holds that SMTP_CA_FILE may be there for the mailbox alone: beside a smarthost without TLS, and
// without any.
func TestBounceRoots(t *testing.T) {
	password := write(t, filepath.Join(t.TempDir(), "password"), "s3cr\n", 0o600)
	cert, _ := writePair(t)
	box := imap(password, "imaps://u@h")
	for name, smarthost := range map[string][]string{
		"none": nil, "TLS": withSMTP("SMTP_URL=smtp://h"), "no TLS": withSMTP("SMTP_URL=smtp://h?tls=off"),
	} {
		with := func(file string) (Config, error) {
			return set(t, append(append(box, "SMTP_CA_FILE="+file), smarthost...)...).Parse()
		}
		if c, err := with(cert); err != nil || c.Bounce.IMAP.Roots == nil {
			t.Errorf("%s: %v", name, err)
		}
		if _, err := with(password); err == nil ||
			!strings.HasPrefix(err.Error(), "POSTERN_SMTP_CA_FILE holds no certificate") ||
			strings.Contains(err.Error(), "\n") {
			t.Errorf("%s, and no certificate: %v", name, err)
		}
	}
}

func imap(password, url string) []string {
	return []string{"BOUNCE_IMAP_URL=" + url, "BOUNCE_IMAP_PASSWORD_FILE=" + password}
}

func bounceText(b Bounce) string {
	named := "false"
	if b.Named {
		named = "true"
	}
	text := b.Address.String() + " named=" + named + " listen=" + b.Listen + " "
	if b.IMAP != nil {
		text += b.IMAP.Host + ":" + strconv.Itoa(b.IMAP.Port) + " " + b.IMAP.User + " " + b.IMAP.Password + " " +
			b.IMAP.Folder + " >" + b.IMAP.MoveTo
	}
	return text
}

// TestHome holds what is said of the ways home.
func TestHome(t *testing.T) {
	password := write(t, filepath.Join(t.TempDir(), "password"), "s3cr\n", 0o600)
	for _, is := range []struct {
		settings []string
		known    bool
		want     string
	}{
		{nil, false, "goes to postern@localhost, and stays there"},
		{[]string{"BOUNCE_ADDRESS=gate@client.example"}, false, "only if its mail system pipes it into postern bounce"},
		{[]string{"BOUNCE_ADDRESS=gate+{code}@client.example", "BOUNCE_LISTEN=:25"}, true,
			"mail to gate+{code}@client.example comes back by SMTP on :25"},
		{append(imap(password, "imaps://u@h"), "BOUNCE_LISTEN=:25"), true, "by SMTP on :25 and from the mailbox u on h"},
	} {
		c, err := set(t, is.settings...).Parse()
		if err != nil {
			t.Fatal(err)
		}
		if known, said := c.Bounce.Home(); known != is.known || !strings.Contains(said, is.want) {
			t.Errorf("%v: %v, %s", is.settings, known, said)
		}
	}
}
