package mail

import (
	"regexp"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"postern/mail/smtp"
	"postern/mail/smtp/smtptest"
	"postern/store"
)

// TestManners: however a server writes its replies, from the greeting to the last one, each letter arrives once.
func TestManners(t *testing.T) {
	t.Parallel()
	edit := func(pattern, with string) func(string) string {
		re := regexp.MustCompile(pattern)
		return func(reply string) string { return re.ReplaceAllString(reply, with) }
	}
	for name, manner := range map[string]func(string) string{
		"code alone":          edit(`(?m)^(2[25][01]|235|354) [^\r]*\r\n\z`, "$1\r\n"), // EHLO's last line among them
		"LF alone":            edit(`\r\n`, "\n"),
		"two CRs":             edit(`\r\n`, "\r\r\n"),
		"no space":            edit(`(?m)^(220|221|235|250|354) (.*)\z`, "$1$2"),
		"a tab":               edit(`(?m)^(\d\d\d) `, "$1\t"),
		"blank lines before":  edit(`\A`, "\r\n"),
		"an empty line first": edit(`\A(\d\d\d)`, "$1-\r\n$1"),
		"another code first":  edit(`\A(2)(\d\d) `, "299-see below\r\n$1$2 "),
		"long lines":          edit(`\r\n`, strings.Repeat(" x", 4000)+"\r\n"),
		"many lines":          edit(`\A(2\d\d)`, strings.Repeat("$1-more\r\n", smtp.MaxLines/2)+"$1"),
		"lower case":          strings.ToLower,
		"AUTH in two lines":   edit(`250-AUTH PLAIN`, "250-AUTH PLAIN\r\n250-AUTH NTLM"),
		"AUTH in both forms":  edit(`250-AUTH PLAIN`, "250-AUTH PLAIN NTLM\r\n250-AUTH=NTLM LOGIN"),
		"AUTH in the old one": edit(`250-AUTH PLAIN`, "250-AUTH=PLAIN"),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				// RSET comes after it
				s := smtptest.NewServer(smtptest.Times(1, "to driver2@drivers.example", "451 later"))
				s.Rewrite = manner
				o := newHarness(t, 1)
				defer o.close()
				o.register(4)
				o.start(o.secured(s))
				time.Sleep(time.Hour)
				synctest.Wait()
				o.eachOnce(s, 4)
				for _, letter := range must(o.store.Letters(store.LetterFilter{})) {
					if most := map[bool]int{true: 2, false: 1}[letter.To == "driver2@drivers.example"]; len(
						letter.Attempts) != most {
						t.Errorf("%s took %+v", letter.To, letter.Attempts)
					}
				}
			})
		})
	}
}
