package store

// Limit names one of the limits that the store keeps, for the operator.
type Limit string

// The limits.
const (
	StrangerLetters Limit = "stranger_letters" // to mailboxes never proven, in all
	AddressLetters  Limit = "address_letters"  // with a link, to one address
	MailboxLetters  Limit = "mailbox_letters"  // to one mailbox under its plus addresses
	PartnerLetters  Limit = "partner_letters"  // that one partner causes
	FailedLetters   Limit = "failed_letters"   // about failed registrations, that one partner causes
)

// LimitOutcome says what became of what went over a limit.
type LimitOutcome string

// The outcomes.
const (
	Refused  LimitOutcome = "refused"  // the caller was told to come back later
	Withheld LimitOutcome = "withheld" // the normal answer, without a letter
	Held     LimitOutcome = "held"     // the letter waits for the operator
)

// over has Options.OverLimit told once the transaction has ended well, whatever becomes of the function that runs.
func (t tx) over(limit Limit, outcome LimitOutcome) {
	if tell := t.store.options.OverLimit; tell != nil {
		t.After(func() { tell(limit, outcome) })
	}
}
