package letters

import (
	"slices"

	"postern/mail/document"
	"postern/store"
)

// population is who gets a kind of letter. Each has languages of its own, and a footer that says why somebody gets the
// letter.
type population string

const (
	users     population = "users"
	bikers    population = "bikers"
	operators population = "operators" // and whomever they have a test letter sent to
)

var populations = []population{users, bikers, operators}

// The languages that every letter to eECD users and to bikers is there in, the fallback first. Their pages are there in
// the same ones; files may bring more for letters.
var (
	UserLanguages  = document.Languages
	BikerLanguages = []string{fallback, "nl", "fr"}
)

// promised are the languages that every letter to them must be there in.
var promised = map[population][]string{users: UserLanguages, bikers: BikerLanguages, operators: UserLanguages}

// footer is the name of the file that ends their letters, without its language.
func (p population) footer() string { return "footer-" + string(p) }

// kinds are the letters to them, by name.
func (p population) kinds() []string {
	return slices.DeleteFunc(kindNames(), func(kind string) bool {
		return vocabularies[store.LetterKind(kind)].to != p
	})
}

// vocabulary is what texts of one kind may speak of, and what none may leave out.
type vocabulary struct {
	to        population
	may, must []string
}

// everywhere is what every text may speak of; a footer has nothing else.
var everywhere = []string{"Sender", "Site", "Contact", "Privacy"}

var vocabularies = map[store.LetterKind]vocabulary{
	store.LetterActivate: {
		to:   users,
		may:  []string{"FirstName", "Link", "LinkLife", "NotMe"},
		must: []string{"Sender", "Link", "LinkLife", "NotMe"},
	},
	store.LetterDocument: {
		to:   users,
		may:  []string{"FirstName", "Link", "Number", "Station", "Phone", "FileName"},
		must: []string{"Number", "Station", "Link"},
	},
	store.LetterDecided: {
		to: users,
		may: []string{"FirstName", "Link", "Number", "Station", "Phone", "Completed", "Product", "Comment",
			"DecidedAt"},
		must: []string{"Number", "Station", "Completed", "Product", "Comment", "DecidedAt", "Contact"},
	},
	store.LetterWelcome: {
		to:   bikers,
		may:  ofBiker("Link", "LinkLife"),
		must: []string{"Sender", "Name", "Email", "Client", "Link", "LinkLife", "Login"},
	},
	store.LetterExisting: {
		to:   bikers,
		may:  ofBiker("Link", "LinkLife"),
		must: []string{"Sender", "Email", "Link", "LinkLife", "Forgot"},
	},
	store.LetterUnregistered: { // no name and no link: nobody knows whether this is the person's address
		to:   bikers,
		may:  []string{"Client", "Reference"},
		must: []string{"Sender"},
	},
	store.LetterRecover: {
		to:   bikers,
		may:  ofBiker("Link", "LinkLife"),
		must: []string{"Sender", "Link", "LinkLife"},
	},
	store.LetterPasswordChanged: {
		to:   bikers,
		may:  ofBiker("ChangedAt"),
		must: []string{"Sender", "Email", "ChangedAt", "Forgot", "Contact"},
	},
	store.LetterTest: {
		to:   operators,
		may:  []string{"ID", "SentAt"},
		must: []string{"Site", "SentAt"},
	},
}

// ofBiker is what a letter to a biker whom the store knows may speak of, beside what is its kind's own.
func ofBiker(own ...string) []string {
	return append([]string{"FirstName", "Name", "Email", "Client", "Login", "Forgot"}, own...)
}
