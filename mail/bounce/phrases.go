package bounce

import (
	"regexp"
	"strings"

	"postern/mail/refusal"
)

// maxLines is how many lines of a text are looked at for a server's phrase.
const maxLines = 2000

// phrase is what a server said, as a mail system repeats it in a text.
type phrase struct {
	code    int
	status  string
	said    string
	address string // the recipient that it is about, as far as the lines around tell
	host    string // who said it
}

var (
	// replyLine is a reply code with an enhanced status code, or with a server's words. What stands before it must not be
	// a letter, digit or dot: part of a number, a version or an address.
	replyLine = regexp.MustCompile(`(?:^|[\s:;,("'\[<>=-])([45]\d\d)` +
		`(?:[ :-]+[#(\["']?([45]\.\d{1,3}\.\d{1,3})\b|[ :;)\]-]+(.*)|\.?$)`)

	// markedStatus is an enhanced status code that is marked as one; those in brackets are where a server is spoken of.
	markedStatus   = regexp.MustCompile(`#\s?([45]\.\d{1,3}\.\d{1,3})\b`)
	bracketedState = regexp.MustCompile(`[\[(]([45]\.\d{1,3}\.\d{1,3})[\])]`)
	statusField    = regexp.MustCompile(`(?i)^[\s>*]*(?:status|diagnostic[- ]code|error[- ]code|fehlercode|code d'erreur` +
		`|code)\s*:.*?\b([45]\.\d{1,3}\.\d{1,3})\b`)
	leadingStatus = regexp.MustCompile(`^[\s>*<]*([45]\.\d{1,3}\.\d{1,3})[\s:,-]+(.*)`)

	// cue is how mail systems introduce what a server said, in the languages that are met here. A number that could be a
	// code counts only behind one, or before words of a refusal.
	cue = regexp.MustCompile(`(?i)\b(said|says|repl(y|ied)|respon[ds]\w*|answer\w*|error|reject\w*|refus\w*|remote` +
		`|smtp|lmtp|rcpt|status|diagnostic|reason|undeliver\w*|returned|issued` +
		`|antwort\w*|fehler\w*|meldung|meldet\w*|abgelehnt|gegenstelle|grund|zur.ckgewiesen` +
		`|erreur|r.pon\w*|serveur|motif|raison|rejet\w*|distant|fout\w*|geweigerd|antwoord\w*|reden)\b`)

	rcptTo     = regexp.MustCompile(`(?i)\bRCPT TO:\s*<([^<>\s]+@[^<>\s]+)>`)
	remoteHost = regexp.MustCompile(`(?i)\b(?:host|server|serveur|gegenstelle|mailserver)\s*:?\s+` +
		`([a-z0-9](?:[a-z0-9-]*\.)+[a-z]{2,24}|\[?\d{1,3}(?:\.\d{1,3}){3}\]?)`)
)

// phrasesIn finds what servers said in a mail system's text. Whom it is about and who said it stands on the line
// itself, or on one above: the nearest counts.
func phrasesIn(text string) []phrase {
	lines := strings.SplitN(text, "\n", maxLines+1)
	lines = lines[:min(len(lines), maxLines)]
	var found []phrase
	address, host, before := "", "", ""
	for i, line := range lines {
		line = cut(line, 1000)
		if strings.TrimSpace(line) == "" {
			continue
		}
		if named := addressIn(line); named != "" {
			address = named
		}
		if named := remoteHost.FindStringSubmatch(line); named != nil {
			host = named[1]
		}
		if one, at := phraseIn(line, before); at >= 0 && len(found) < maxRecipients {
			one.address, one.host = address, strings.Trim(host, "[]")
			one.said = saidOf(restOf(line[at:], lines[i+1:]))
			found = append(found, one)
		}
		before = line
	}
	return found
}

// phraseIn finds a phrase in a line; before is the line before it. It returns where the phrase begins, or -1.
func phraseIn(line, before string) (phrase, int) {
	if !strings.ContainsAny(line, "45") {
		return phrase{}, -1
	}
	if m := replyLine.FindStringSubmatchIndex(line); m != nil {
		code := number(line[m[2]:m[3]])
		switch {
		case m[4] >= 0 && line[m[4]] == line[m[2]]:
			return phrase{code: code, status: line[m[4]:m[5]]}, m[2]
		case cue.MatchString(line[:m[2]]) || strings.TrimSpace(line[:m[2]]) == "" && cue.MatchString(before),
			m[6] >= 0 && telling(line[m[6]:m[7]]):
			return phrase{code: code, status: refusal.StatusIn(code, line[m[3]:])}, m[2]
		}
	}
	for _, one := range []struct {
		form     *regexp.Regexp
		accepted func(m []string) bool
	}{
		{markedStatus, func([]string) bool { return true }},
		{bracketedState, func([]string) bool { return cue.MatchString(line) || telling(line) }},
		{statusField, func([]string) bool { return true }},
		{leadingStatus, func(m []string) bool { return telling(m[2]) }},
	} {
		if m := one.form.FindStringSubmatch(line); m != nil && one.accepted(m) {
			return phrase{status: m[1]}, len(line) - len(strings.TrimLeft(line, " \t>*"))
		}
	}
	return phrase{}, -1
}

// telling reports whether words are those of a refusal, whatever code stands beside them.
func telling(words string) bool {
	return refusal.Of(refusal.Reply{Text: words}) != refusal.Unclear
}

// restOf returns a server's words that begin a line, up to the end of the paragraph, or a little beyond what is kept:
// each line is so looked at a bounded number of times.
func restOf(line string, following []string) string {
	for _, next := range following {
		if strings.TrimSpace(next) == "" || len(line) > refusal.MaxKept || recipientLine.MatchString(next) {
			break
		}
		line += " " + cut(strings.TrimSpace(next), 1000)
	}
	return line
}

// recipientLine is a line that begins the next recipient's paragraph.
var recipientLine = regexp.MustCompile(`^\s*<?[^\s<>@]+@[^\s<>@]+?>?:?\s*$`)

// addressIn returns the recipient that a line names: that of a RCPT command, else the first address.
func addressIn(line string) string {
	if named := rcptTo.FindStringSubmatch(line); named != nil {
		return cleanAddress(named[1])
	}
	if !strings.Contains(line, "@") {
		return ""
	}
	if all := addressesIn(line, 1); len(all) > 0 {
		return all[0]
	}
	return ""
}

func number(digits string) (n int) {
	for _, c := range digits {
		n = 10*n + int(c-'0')
	}
	return n
}

// permanent reports whether a phrase is of a refusal for good.
func (p phrase) permanent() bool {
	return p.code/100 == 5 || p.code == 0 && strings.HasPrefix(p.status, "5.")
}

// recipient returns what a phrase says of its recipient.
func (p phrase) recipient(action Kind) Recipient {
	return Recipient{Final: p.address, Action: action, Code: p.code, Status: p.status, Diagnostic: p.said,
		RemoteMTA: p.host}
}

// delayWords are of a warning that a letter is late, and that nobody has given up.
var delayWords = regexp.MustCompile(`(?i)\b(delayed|delay|will be retried|will retry|keep(s)? trying|being retried` +
	`|still (being )?(tried|in the queue)|has not (yet )?been delivered|warning message only|not yet been delivered` +
	`|verz.gert|verz.gerung|weiterhin versucht|retard(ée?)?|en attente|vertraagd|vertraging)\b`)

// givenUpWords are of a report that says so, which may speak of delays as well.
var givenUpWords = regexp.MustCompile(`(?i)\b(permanent(ly)?|giv(en|ing) up|failed permanently|could not be delivered` +
	`|undeliverable|nicht zugestellt|unzustellbar|endg.ltig|n'a pas pu|non remis|d.finitive?|onbestelbaar)\b`)

// delayed reports whether a text warns of a delay. The subject decides where it says either; else a text that says both
// is of a letter that was late at first and is lost now.
func delayed(subject, text string) bool {
	if delayWords.MatchString(subject) && !givenUpWords.MatchString(subject) {
		return true
	}
	return delayWords.MatchString(text) && !givenUpWords.MatchString(text)
}
