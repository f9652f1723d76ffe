package operator

import (
	"regexp"
	"strings"
)

// queueIDs find the id of a letter in the words by which a server takes it. RFC 5321 leaves the words free; these are
// what the common ones say, the telling ones first. With it an operator finds the letter in the smarthost's log, which
// begins where ours ends. It is found when a letter is shown, and not stored: a server that is not known yet can be
// added.
var queueIDs = []*regexp.Regexp{
	regexp.MustCompile(`(?i)\bqueued as ([\w.:/+-]+)`),                       // Postfix, Haraka
	regexp.MustCompile(`(?i)\bid=([\w.:/+-]+)`),                              // Exim
	regexp.MustCompile(`\[InternalId=(\d+)`),                                 // Exchange, Microsoft 365
	regexp.MustCompile(`^([\w.-]+) Message accepted for delivery`),           // Sendmail, OpenSMTPD
	regexp.MustCompile(`(?i)^OK +(\d+ [\w.-]+) - gsmtp`),                     // Google
	regexp.MustCompile(`(?i)^ok \d+ qp (\d+)`),                               // qmail
	regexp.MustCompile(`(?i)^Ok:? ([0-9a-f]{16}[0-9a-f-]+)$`),                // Amazon SES
	regexp.MustCompile(`(?i)\b(?:message|queue)[ -]?id:? <?([\w.:/+@-]+)>?`), // others that name it
}

// queueID is what the smarthost calls a letter in its own log, as far as its words tell. The dot that ends a sentence
// is no part of it.
func queueID(words string) string {
	for _, form := range queueIDs {
		if found := form.FindStringSubmatch(words); found != nil {
			return strings.TrimRight(found[1], ".:")
		}
	}
	return ""
}
