package page

// Look is what an organisation's pages have of its own. All of it may be empty.
type Look struct {
	Organisation string
	PrivacyURL   string // linked from the footer
	Contact      string // a mail address in the footer
}
