package letters

import (
	"errors"
	"strings"
	"time"

	"postern/mail/document"
	"postern/mail/moment"
	"postern/store"
	"postern/tokens"
)

// values is what a text may speak of. A value that does not apply is empty, so that {{if}} leaves its words out. All
// of them are clean: valid UTF-8, without control characters.
type values struct {
	Language, Subject, Preview string // the frame's own

	Sender  string // who the letter is from, never empty
	Site    string // host of the appliance's pages
	Contact string // mail address for questions
	Privacy string // link to the privacy notice

	FirstName string // a user's only for a proven mailbox, and only where it reads like a name
	Link      string // where the one button leads
	LinkLife  string // how long that link works, in words; empty where it has no end
	NotMe     string // the "this wasn't me" link, only for a mailbox never proven

	Number, Station, Phone string // of the cleaning
	FileName               string // of the PDF
	Completed              bool   // else rejected
	Product                string
	Comment                []string // line by line
	DecidedAt              string

	Name      string // the biker's first and last, as the partner gave them
	Email     string // what the biker logs in with
	Client    string // whose bike plan it is
	Reference string // by which others find this letter
	Login     string // links to the biker's pages
	Forgot    string
	ChangedAt string // when the password was set

	ID     string // of the letter, as the operator's commands name it
	SentAt string // when it left
}

// use says what a text may do with a value beside asking for it by {{if}}.
type use int

const (
	inWords use = iota + 1 // {{.Name}}
	asLink                 // [label](.Name)
	asLines                // > {{.Name}}
	asFlag                 // nothing else
)

var uses = map[string]use{
	"Sender": inWords, "Site": inWords, "Contact": inWords, "Privacy": asLink,
	"FirstName": inWords, "Link": asLink, "LinkLife": inWords, "NotMe": asLink,
	"Number": inWords, "Station": inWords, "Phone": inWords, "FileName": inWords,
	"Completed": asFlag, "Product": inWords, "Comment": asLines, "DecidedAt": inWords,
	"Name": inWords, "Email": inWords, "Client": inWords, "Reference": inWords, "Login": asLink, "Forgot": asLink,
	"ChangedAt": inWords,
	"ID":        inWords, "SentAt": inWords,
}

// values gathers what a letter may say.
func (c *Composer) values(l store.Letter, in store.Contents, w *language, now time.Time) (*values, error) {
	v := &values{Sender: c.sender, Site: c.o.PublicURL.Hostname(), Privacy: c.o.PrivacyURL}
	if c.replyTo != nil {
		v.Contact = c.replyTo.Address
	}
	switch vocabularies[l.Kind].to {
	case bikers:
		return v, c.aboutBiker(v, l, in, w, now)
	case operators:
		v.ID, v.SentAt = l.ID.String(), moment.In(c.o.Zone, now, w.timeLayout)
		return v, nil
	}
	proven := !in.User.ActivatedAt.IsZero()
	if proven {
		v.FirstName = greetable(clean(in.User.FirstName))
	}
	if l.Kind == store.LetterActivate {
		return v, c.activation(v, l, in.User, w, now)
	}
	if !proven {
		return nil, errors.New("its mailbox was never proven, and may get nothing but an activation link")
	}
	v.aboutCleaning(in.Cleaning)
	v.Link = c.cleaningLink(in.Cleaning.ID)
	if l.Kind == store.LetterDecided {
		if l.Decision == nil || l.Decision.Status != store.LoadCompleted && l.Decision.Status != store.LoadRejected {
			return nil, errors.New("it tells of a decision and has none")
		}
		v.aboutDecision(*l.Decision)
		v.DecidedAt = moment.In(c.o.Zone, l.Decision.DecidedAt, w.timeLayout)
	}
	return v, nil
}

// activation mints the links of an activation letter.
func (c *Composer) activation(v *values, l store.Letter, u store.User, w *language, now time.Time) error {
	claims := tokens.Claims{
		Subject: u.ID, Email: tokens.EmailHash(u.Email), Generation: l.Generation,
		IssuedAt: now, ExpiresAt: now.Add(c.o.ConfirmationTTL),
	}
	token, err := c.mint(tokens.Confirmation, claims)
	if err != nil {
		return err
	}
	v.Link = fillActivationURL(c.o.ActivationURL, token, l.Cleaning)
	v.LinkLife = w.span(c.o.ConfirmationTTL)
	if !u.ActivatedAt.IsZero() {
		return nil
	}
	claims.ExpiresAt = now.Add(c.o.NotMeTTL)
	if token, err = c.mint(tokens.NotMe, claims); err != nil {
		return err
	}
	v.NotMe = c.notMeLink(token)
	return nil
}

func (v *values) aboutCleaning(cl store.Cleaning) {
	v.Number = clean(cl.Number)
	v.Station = clean(cl.Station.Name)
	if city := clean(cl.Station.City); city != "" && !strings.Contains(v.Station, city) {
		v.Station += ", " + city
	}
	v.Phone = clean(cl.Station.Phone)
	v.FileName = document.FileName(cl)
}

func (v *values) aboutDecision(load store.Load) {
	v.Completed = load.Status == store.LoadCompleted
	v.Product = clean(load.ProductName)
	v.Comment = cleanLines(load.Comment)
}
