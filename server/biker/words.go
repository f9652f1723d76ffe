package biker

// words are the texts of the pages in one language: the file words/<language>.json. In them {minimum} is the least
// number of characters of a password, {minutes} a number over one.
type words struct {
	EmailLabel      string `json:"emailLabel"`
	NoEmailText     string `json:"noEmailText"`
	BadEmailText    string `json:"badEmailText"`
	BusyText        string `json:"busyText"`
	WaitMomentText  string `json:"waitMomentText"`
	WaitMinutesText string `json:"waitMinutesText"`

	LoginTitle       string `json:"loginTitle"`
	LoginButton      string `json:"loginButton"`
	LoginLink        string `json:"loginLink"`
	EndedText        string `json:"endedText"`
	LoggedOutText    string `json:"loggedOutText"`
	LoggedOutAllText string `json:"loggedOutAllText"`
	PasswordLabel    string `json:"passwordLabel"`
	NoPasswordText   string `json:"noPasswordText"`
	WrongLoginText   string `json:"wrongLoginText"`
	SlowedText       string `json:"slowedText"`
	MailWorksText    string `json:"mailWorksText"`

	ForgotLink       string `json:"forgotLink"`
	ForgotTitle      string `json:"forgotTitle"`
	ForgotText       string `json:"forgotText"`
	ForgotButton     string `json:"forgotButton"`
	OftenText        string `json:"oftenText"`
	MailedTitle      string `json:"mailedTitle"`
	ForgotMailedText string `json:"forgotMailedText"`
	RenewedText      string `json:"renewedText"`
	NoMailText       string `json:"noMailText"`

	PasswordTitle    string `json:"passwordTitle"`
	PasswordText     string `json:"passwordText"`
	RecoverTitle     string `json:"recoverTitle"`
	RecoverText      string `json:"recoverText"`
	NewPasswordLabel string `json:"newPasswordLabel"`
	PasswordRules    string `json:"passwordRules"`
	AdviceTitle      string `json:"adviceTitle"`
	AdviceText       string `json:"adviceText"`
	PasswordButton   string `json:"passwordButton"`
	ShortText        string `json:"shortText"`
	LongText         string `json:"longText"`
	GuessableText    string `json:"guessableText"`

	ExpiredTitle   string `json:"expiredTitle"`
	ExpiredText    string `json:"expiredText"`
	UsedTitle      string `json:"usedTitle"`
	UsedText       string `json:"usedText"`
	WithdrawnText  string `json:"withdrawnText"`
	RenewButton    string `json:"renewButton"`
	BadLinkTitle   string `json:"badLinkTitle"`
	UnreadableText string `json:"unreadableText"`
	OpenAgainTitle string `json:"openAgainTitle"`
	OpenAgainText  string `json:"openAgainText"`
	BlockedText    string `json:"blockedText"`
	GoneText       string `json:"goneText"`

	AccountTitle     string `json:"accountTitle"`
	NextTitle        string `json:"nextTitle"`
	NextButton       string `json:"nextButton"` // to a page at {site}
	DetailsTitle     string `json:"detailsTitle"`
	SavedText        string `json:"savedText"`
	ChangedText      string `json:"changedText"`
	LanguageText     string `json:"languageText"`
	NameLabel        string `json:"nameLabel"`
	ClientLabel      string `json:"clientLabel"`
	PlanLabel        string `json:"planLabel"`
	ContractLabel    string `json:"contractLabel"`
	Clerk            string `json:"clerk"`
	Worker           string `json:"worker"`
	EmployeeLabel    string `json:"employeeLabel"`
	PersonnelLabel   string `json:"personnelLabel"`
	DataText         string `json:"dataText"`
	LogOutButton     string `json:"logOutButton"`
	ChangeTitle      string `json:"changeTitle"`
	ChangeText       string `json:"changeText"`
	CurrentLabel     string `json:"currentLabel"`
	NoCurrentText    string `json:"noCurrentText"`
	WrongCurrentText string `json:"wrongCurrentText"`
	ChangeButton     string `json:"changeButton"`
	EverywhereTitle  string `json:"everywhereTitle"`
	EverywhereText   string `json:"everywhereText"`
	EverywhereButton string `json:"everywhereButton"`
	OverTitle        string `json:"overTitle"`
	OverText         string `json:"overText"`
}
