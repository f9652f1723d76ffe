package inbox

import (
	netmail "net/mail"
	"slices"
	"strings"
	"time"
	"unicode"
)

// Query says which letters of the inbox are meant. The zero value means all.
type Query struct{ terms []term }

// term is one condition; all of a query's must hold.
type term struct {
	not   bool
	holds func(c *Letter, value string) bool
	value string // in lower case
}

// fieldTerms are the prefixes of Mailpit's search that mean something here, with what they look at. Another word with a
// colon in it, as http://…, is looked for as it stands. tag: is missing, since no letter has one.
var fieldTerms = map[string]func(c *Letter, value string) bool{
	"to":         func(c *Letter, v string) bool { return anyContains(c.To, v) || contains(c.Recipient, v) },
	"from":       func(c *Letter, v string) bool { return c.From != nil && anyContains([]*netmail.Address{c.From}, v) },
	"cc":         func(c *Letter, v string) bool { return anyContains(c.Cc, v) },
	"bcc":        func(c *Letter, v string) bool { return anyContains(c.Bcc, v) },
	"reply-to":   func(c *Letter, v string) bool { return anyContains(c.ReplyTo, v) },
	"addressed":  func(c *Letter, v string) bool { return anyContains(c.everybody(), v) },
	"subject":    func(c *Letter, v string) bool { return contains(c.Subject, v) },
	"message-id": func(c *Letter, v string) bool { return contains(c.MessageID, v) },
	"has": func(c *Letter, v string) bool {
		return strings.HasPrefix(v, "attachment") && c.hasFile(false) ||
			strings.HasPrefix(v, "inline") && c.hasFile(true)
	},
	"is": func(c *Letter, v string) bool { return v == "read" && c.Read() || v == "unread" && !c.Read() },
}

// ParseQuery reads a search as Mailpit's users write it: words that must all occur; "quoted words" as one; to:, from:,
// cc:, bcc:, reply-to:, addressed:, subject: and message-id: for one field, has:attachment, has:inline, is:read,
// is:unread; after: and before: for when it came, larger: and smaller: for its size; a leading - or ! for what must not
// be. Case does not matter, parts of words match. No text is wrong.
func ParseQuery(text string) Query { return ParseQueryIn(text, time.UTC) }

// ParseQueryIn is ParseQuery with the time zone of the dates that name none.
func ParseQueryIn(text string, zone *time.Location) Query {
	var q Query
	for _, word := range splitQuoted(strings.ToLower(cleanText(text))) {
		if term := readTerm(word, zone); term.value != "" {
			q.terms = append(q.terms, term)
		}
	}
	return q
}

// readTerm reads one word of a search. Its value is empty where there is nothing to look for.
func readTerm(word string, zone *time.Location) term {
	term := term{holds: anywhere}
	if len(word) > 1 && (word[0] == '-' || word[0] == '!') {
		term.not, word = true, word[1:]
	}
	prefix, rest, cut := strings.Cut(word, ":")
	holds, compare := fieldTerms[prefix], rangeTerms[prefix]
	cut = cut && (holds != nil || compare != nil)
	if cut {
		word = rest
	}
	term.value = strings.Trim(strings.ReplaceAll(word, `"`, ""), " \t\r\n<>")
	switch {
	case cut && compare != nil:
		return rangeTerm(compare, term.value, term.not, zone)
	case cut:
		term.holds = holds
	}
	return term
}

// IsAll reports whether the query has no condition, so that every letter is meant.
func (q Query) IsAll() bool { return len(q.terms) == 0 }

// To adds that the letter goes to that address, which must be the whole of it; what has no @ within it may be a part of
// one. A test that waits for ann@example.com must not get the letter to joann@example.com.
func (q Query) To(address string) Query {
	address = strings.ToLower(strings.TrimSpace(address))
	if strings.Trim(address, "@") != address || !strings.Contains(address, "@") {
		return q.with(fieldTerms["to"], address)
	}
	return q.with(func(c *Letter, v string) bool { return strings.EqualFold(c.Recipient, v) || c.names(v) }, address)
}

// Subject adds that the subject contains that text.
func (q Query) Subject(part string) Query {
	return q.with(fieldTerms["subject"], strings.ToLower(part))
}

// with adds a condition, none where there is nothing to look for. The terms are copied, so that a query that several
// are made from stays what it is.
func (q Query) with(holds func(*Letter, string) bool, value string) Query {
	if value == "" {
		return q
	}
	return Query{append(slices.Clone(q.terms), term{holds: holds, value: value})}
}

// Matches reports whether the query means the letter.
func (q Query) Matches(c *Letter) bool {
	for _, t := range q.terms {
		if t.holds(c, t.value) == t.not {
			return false
		}
	}
	return true
}

// splitQuoted splits at white space outside quotation marks, which stay in place. A mark that is not closed reaches to
// the end.
func splitQuoted(text string) []string {
	quoted := false
	return strings.FieldsFunc(text, func(r rune) bool {
		if r == '"' {
			quoted = !quoted
		}
		return !quoted && unicode.IsSpace(r)
	})
}

// anywhere looks at all that a reader of the letter sees, file names included.
func anywhere(c *Letter, value string) bool {
	if contains(c.Subject, value) || contains(c.Recipient, value) || anyContains(c.everybody(), value) ||
		contains(c.MessageID, value) || contains(c.Text, value) || contains(c.visible, value) {
		return true
	}
	return slices.ContainsFunc(c.Files, func(f File) bool { return contains(f.FileName, value) })
}

// everybody lists all addresses that the letter names.
func (c *Letter) everybody() []*netmail.Address {
	all := slices.Concat(c.To, c.Cc, c.Bcc, c.ReplyTo)
	if c.From != nil {
		all = append(all, c.From)
	}
	return all
}

func (c *Letter) hasFile(inline bool) bool {
	return slices.ContainsFunc(c.Files, func(f File) bool { return f.Inline == inline })
}

func contains(text, lower string) bool { return strings.Contains(strings.ToLower(text), lower) }

func anyContains(list []*netmail.Address, lower string) bool {
	return slices.ContainsFunc(list, func(a *netmail.Address) bool {
		return contains(a.Name, lower) || contains(a.Address, lower)
	})
}
