package driver

import (
	"errors"
	"strconv"
	"strings"
	"time"

	"postern/mail/moment"
	"postern/server/web/page"
	"postern/store/refuse"
)

// words are the texts of the pages in one language: the file words/<language>.json. Names in braces are filled in.
type words struct {
	TimeLayout string `json:"timeLayout"` // as package moment takes it

	StartTitle    string `json:"startTitle"`
	StartText     string `json:"startText"`
	SignOutButton string `json:"signOutButton"`
	SignedInNote  string `json:"signedInNote"` // {email}
	SignedOutText string `json:"signedOutText"`
	OverText      string `json:"overText"`
	OverTitle     string `json:"overTitle"`
	ToCleaning    string `json:"toCleaning"`
	ToStart       string `json:"toStart"`
	ToSignIn      string `json:"toSignIn"`

	SignInTitle        string `json:"signInTitle"`
	SignInText         string `json:"signInText"`
	EmailLabel         string `json:"emailLabel"`
	EmailHint          string `json:"emailHint"`
	NoEmailText        string `json:"noEmailText"`
	BadEmailText       string `json:"badEmailText"`
	ContinueButton     string `json:"continueButton"`
	RegisterTitle      string `json:"registerTitle"`
	RegisterText       string `json:"registerText"`
	FirstNameLabel     string `json:"firstNameLabel"`
	LastNameLabel      string `json:"lastNameLabel"`
	OrganisationLabel  string `json:"organisationLabel"`
	NoFirstNameText    string `json:"noFirstNameText"`
	NoLastNameText     string `json:"noLastNameText"`
	NoOrganisationText string `json:"noOrganisationText"`
	BadNameText        string `json:"badNameText"` // {most}
	RegisterButton     string `json:"registerButton"`
	OftenText          string `json:"oftenText"`
	WaitMomentText     string `json:"waitMomentText"`
	WaitMinutesText    string `json:"waitMinutesText"` // {minutes}
	WaitHoursText      string `json:"waitHoursText"`   // {hours}
	WaitDaysText       string `json:"waitDaysText"`    // {days}
	BlockedTitle       string `json:"blockedTitle"`
	BlockedText        string `json:"blockedText"`

	MailboxTitle     string `json:"mailboxTitle"`
	MailboxText      string `json:"mailboxText"` // {email}
	MailboxNextText  string `json:"mailboxNextText"`
	AgainText        string `json:"againText"`
	AgainButton      string `json:"againButton"`
	NothingTitle     string `json:"nothingTitle"`
	NothingSpamText  string `json:"nothingSpamText"`
	NothingOftenText string `json:"nothingOftenText"`
	DisownedNote     string `json:"disownedNote"`
	OtherAddressLink string `json:"otherAddressLink"`

	ActivateTitle    string `json:"activateTitle"`
	ActivateText     string `json:"activateText"` // {email}
	ActivateNextText string `json:"activateNextText"`
	ActivateButton   string `json:"activateButton"`
	BadLinkTitle     string `json:"badLinkTitle"`
	UnreadableText   string `json:"unreadableText"`
	OpenAgainTitle   string `json:"openAgainTitle"`
	OpenAgainText    string `json:"openAgainText"`
	ExpiredTitle     string `json:"expiredTitle"`
	ExpiredText      string `json:"expiredText"`
	UsedTitle        string `json:"usedTitle"`
	UsedText         string `json:"usedText"`
	RenewButton      string `json:"renewButton"`
	GoneTitle        string `json:"goneTitle"`
	GoneText         string `json:"goneText"`
	NotMeTitle       string `json:"notMeTitle"`
	NotMeText        string `json:"notMeText"`
	NotMeButton      string `json:"notMeButton"`
	NotMeExpiredText string `json:"notMeExpiredText"`
	DisownedTitle    string `json:"disownedTitle"`
	DisownedText     string `json:"disownedText"`
	InUseTitle       string `json:"inUseTitle"`
	InUseText        string `json:"inUseText"`

	NumberLabel      string `json:"numberLabel"`
	MoreTitle        string `json:"moreTitle"` // what a document says besides
	StationLabel     string `json:"stationLabel"`
	TankLabel        string `json:"tankLabel"`
	TankText         string `json:"tankText"`    // {end} of its identification
	CheckedText      string `json:"checkedText"` // {time}
	WholeTitle       string `json:"wholeTitle"`
	WholeText        string `json:"wholeText"`
	WholeReadText    string `json:"wholeReadText"`    // there is nothing to decide
	CompartmentTitle string `json:"compartmentTitle"` // {number}
	PreviousLoadText string `json:"previousLoadText"` // {load}
	CleanedTag       string `json:"cleanedTag"`
	NotCleanedTag    string `json:"notCleanedTag"`
	OtherCodeText    string `json:"otherCodeText"`
	NoCleaningTitle  string `json:"noCleaningTitle"`
	NoCleaningText   string `json:"noCleaningText"`

	CopyTitle       string `json:"copyTitle"`
	MailButton      string `json:"mailButton"`
	PDFButton       string `json:"pdfButton"`
	MailedText      string `json:"mailedText"` // {email}
	MailedOftenText string `json:"mailedOftenText"`
	AcceptTitle     string `json:"acceptTitle"`
	AcceptText      string `json:"acceptText"`
	AcceptButton    string `json:"acceptButton"`
	AcceptedWord    string `json:"acceptedWord"`
	AcceptedText    string `json:"acceptedText"`
	ProductLabel    string `json:"productLabel"`
	ProductHint     string `json:"productHint"` // {next}
	NoProductText   string `json:"noProductText"`
	CommentLabel    string `json:"commentLabel"`
	LongLineText    string `json:"longLineText"` // {most}
	LongText        string `json:"longText"`     // {most}
	RefuseTitle     string `json:"refuseTitle"`
	RefuseText      string `json:"refuseText"`
	RefuseButton    string `json:"refuseButton"`
	RefusedWord     string `json:"refusedWord"`
	RefusedText     string `json:"refusedText"`
	ReasonLabel     string `json:"reasonLabel"`
	OdourReason     string `json:"odourReason"`
	WetReason       string `json:"wetReason"`
	LoadReason      string `json:"loadReason"`
	SealReason      string `json:"sealReason"`
	TankReason      string `json:"tankReason"`
	PapersReason    string `json:"papersReason"`
	OtherReason     string `json:"otherReason"`
	ReasonText      string `json:"reasonText"` // {reason} and {words}, as they are kept
	WordsLabel      string `json:"wordsLabel"`
	WordsHint       string `json:"wordsHint"`
	NoReasonText    string `json:"noReasonText"`
	DecidedText     string `json:"decidedText"`
	UnsignedText    string `json:"unsignedText"`
	NothingDoneText string `json:"nothingDoneText"`
}

// ownReason is the choice of somebody whose reason is not among the common ones.
const ownReason = "own"

// reasons are the common ones for refusing a tank.
func (w words) reasons() []string {
	return []string{w.OdourReason, w.WetReason, w.LoadReason, w.SealReason, w.TankReason, w.PapersReason}
}

// What forms have done, for the page that they lead to.
const (
	noticeAgain     = "again"
	noticeSignedOut = "signed-out"
	noticeMailed    = "mailed"
	noticeCompleted = "completed"
	noticeRejected  = "rejected"
)

// notice says what has just been done.
func (w words) notice(word string, v visitor) page.Notice {
	switch word {
	case noticeAgain:
		return page.Done.Notice(w.AgainText)
	case noticeSignedOut:
		return page.Done.Notice(w.SignedOutText)
	case noticeMailed:
		return page.Done.Notice(fill(w.MailedText, "{email}", v.user.Email))
	}
	return page.Notice{}
}

// decided says what follows from a decision just made. That it was made is the verdict's to say.
func (w words) decided(word string) string {
	switch word {
	case noticeCompleted:
		return w.AcceptedText
	case noticeRejected:
		return w.RefusedText
	}
	return ""
}

// greeting is notice for a page that people come back to: where nothing has been done, it says that they are no longer
// signed in, if that is over.
func (w words) greeting(word string, v visitor, over bool) page.Notice {
	notice := w.notice(word, v)
	if over && notice.Text == "" {
		return page.Plain.Notice(w.OverText)
	}
	return notice
}

// moment writes a time for people.
func (h *Handlers) moment(w words, t time.Time) string { return moment.In(h.Zone, t, w.TimeLayout) }

// waitOf is how long a refusal wants its caller to wait.
func waitOf(err error) time.Duration {
	var refusal *refuse.Refusal
	if errors.As(err, &refusal) {
		return refusal.RetryAfter
	}
	return 0
}

// waitText says when to come back. Its numbers are never one, since that is another word in each language.
func (w words) waitText(wait time.Duration) string {
	whole := func(unit time.Duration) int { return int((wait + unit - 1) / unit) }
	switch {
	case wait <= time.Minute:
		return w.WaitMomentText
	case wait <= 100*time.Minute:
		return fillNumber(w.WaitMinutesText, "{minutes}", whole(time.Minute))
	case wait <= 48*time.Hour:
		return fillNumber(w.WaitHoursText, "{hours}", whole(time.Hour))
	}
	return fillNumber(w.WaitDaysText, "{days}", whole(24*time.Hour))
}

// fill puts a value into its place in a text.
func fill(text, place, value string) string { return strings.ReplaceAll(text, place, value) }

func fillNumber(text, place string, value int) string { return fill(text, place, strconv.Itoa(value)) }
