package doctor

import (
	"context"
	"net/mail"
	"regexp"
	"time"

	"postern/mail/smtp"
)

// certificateSoon is how long a certificate should last at least: what renews one by itself does so earlier.
const (
	certificateSoon = 14 * 24 * time.Hour
	certificateNow  = 2 * 24 * time.Hour
)

// smarthost dials the smarthost as a letter would, up to AUTH.
func (e *examination) smarthost(ctx context.Context) (found []Finding) {
	const check = "smarthost"
	if e.Smarthost == nil {
		if e.PublicURL == nil {
			return nil // not known
		}
		return []Finding{warn(check, "Set POSTERN_SMTP_URL, POSTERN_MAIL_FROM and POSTERN_PUBLIC_URL.",
			"Letters go to the built-in inbox, in memory, and reach nobody: that is for trying.")}
	}
	steps, err := e.Smarthost(ctx)
	if err != nil {
		return []Finding{must(check, "", "%s.", sentence(err))}
	}
	for _, step := range steps {
		if step.Fault != "" {
			return append(found, must(check,
				"Mend what the words say; then postern letter check lets letters go at once.",
				"No letter can be sent: %s failed: %s.", step.Name, words(errorText(step.Fault))))
		}
		found = append(found, e.judgeStep(step)...)
	}
	return append(found, fine(check, "The smarthost is reached and lets this appliance in; nothing was sent."))
}

// judgeStep looks at what a step of the check says beside that it went well.
func (e *examination) judgeStep(step smtp.Step) (found []Finding) {
	if left := step.Until.Sub(e.Now()); !step.Until.IsZero() && left < certificateSoon {
		found = append(found, warn("smarthost", "Tell whoever runs it: once it has ended, no letter goes out.",
			"The smarthost's certificate ends on %s.", step.Until.Format(time.DateOnly)))
	}
	if at, told := greetingTime(step.Greeting); told {
		e.read("the smarthost's greeting", at)
	}
	return found
}

// greetingDate is the date that some servers greet with (Sendmail, Exchange), as RFC 5322 has it.
var greetingDate = regexp.MustCompile(`(?:(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun), )?\d{1,2} (?:Jan|Feb|Mar|Apr|May|Jun|Jul|` +
	`Aug|Sep|Oct|Nov|Dec) \d{4} \d\d:\d\d:\d\d (?:[+-]\d{4}|GMT|UTC)`)

func greetingTime(greeting string) (at time.Time, told bool) {
	at, err := mail.ParseDate(greetingDate.FindString(greeting))
	return at, err == nil
}

// errorText is a text as an error.
type errorText string

func (t errorText) Error() string { return string(t) }
