package bounce

import (
	"regexp"
	"strings"
)

// answerFields are fields that answering machines write.
var answerFields = []string{"x-autoreply", "x-autorespond", "x-autoresponder", "x-auto-reply", "x-auto-reply-from",
	"x-auto-response", "x-mail-autoreply", "x-vacation", "x-away", "x-challenge"}

// answerSubject begins the subject of Outlook's automatic answers and of others without a field that tells, in the
// languages that are met here. Such an answer may have the null sender, and quote a code.
var answerSubject = regexp.MustCompile(`(?i)^\s*\[?(auto(matic)?(ally)?[- ]?(re(ply|sponse)|antwort)` +
	`|automatische (antwort|reactie)|automatisch antwoord|r.ponse automatique` +
	`|respuesta autom.tica|risposta automatica|out of (the )?office` +
	`|abwesenheit\w*|abwesend|absence du bureau|absent du bureau|message d'absence|afwezig\w*|vacation)`)

// autoReply reports whether a message is a machine's answer to a letter that has arrived: of a vacation, a challenge or
// a ticket system (RFC 3834). It says that the letter has arrived, and whatever codes it quotes are somebody's words.
func (t *tree) autoReply() bool {
	if t.claimsReport() {
		return false
	}
	automatic := strings.ToLower(t.header.get("auto-submitted"))
	if strings.HasPrefix(strings.TrimSpace(automatic), "auto-replied") {
		return true
	}
	for _, name := range answerFields {
		if value, found := t.header.lookup(name); found && !strings.EqualFold(value, "no") {
			return true
		}
	}
	switch strings.ToLower(t.header.get("precedence")) {
	case "bulk", "junk", "auto_reply", "list":
		return true
	}
	if _, outlook := t.header.lookup("x-auto-response-suppress"); outlook && !isSystemName(t.header) {
		return true // in whatever language its subject is; Outlook's reports are from a mail system's name
	}
	return answerSubject.MatchString(t.header.words("subject"))
}

// claimsReport reports whether a message says that it is a report of a delivery. Its status part may be lost.
func (t *tree) claimsReport() bool {
	return t.media == "multipart/report" && strings.EqualFold(t.params["report-type"], "delivery-status")
}

// otherReport reports whether a message is another kind of report: that it was read (RFC 8098), or a complaint (RFC
// 5965), or statistics.
func (t *tree) otherReport() bool {
	if t.media == "multipart/report" {
		kind := strings.ToLower(t.params["report-type"])
		return kind != "" && kind != "delivery-status"
	}
	for _, p := range t.parts {
		switch p.kind {
		case "message/disposition-notification", "message/global-disposition-notification", "message/feedback-report":
			if p.within == 0 {
				return true
			}
		}
	}
	return false
}
