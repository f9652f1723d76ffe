package inbox

import (
	"maps"
	netmail "net/mail"
	"slices"
	"strconv"
	"strings"
	"time"

	"postern/mail/inbox"
)

// shown is a letter as the template names its parts.
type shown struct{ *inbox.Letter }

// Title is the subject, or what stands for it.
func (s shown) Title() string {
	if strings.TrimSpace(s.Subject) == "" {
		return "(no subject)"
	}
	return s.Subject
}

// Sent is who the letter says it is from.
func (s shown) Sent() string {
	if s.From == nil {
		return ""
	}
	return addresses([]*netmail.Address{s.From})
}

// Who is everybody that the letter goes to.
func (s shown) Who() string { return addresses(slices.Concat(s.To, s.Cc, s.Bcc)) }

// Addressed is To as text.
func (s shown) Addressed() string { return addresses(s.To) }

// Copied is Cc as text.
func (s shown) Copied() string { return addresses(s.Cc) }

// Hidden is Bcc as text.
func (s shown) Hidden() string { return addresses(s.Bcc) }

// Answered is Reply-To as text.
func (s shown) Answered() string { return addresses(s.ReplyTo) }

// ISO is when the letter came, for programs.
func (s shown) ISO() string { return s.Received.UTC().Format(time.RFC3339) }

// When is when the letter came, for people.
func (s shown) When() string { return s.Received.UTC().Format("2 Jan 2006, 15:04:05 UTC") }

// Day is When in short.
func (s shown) Day() string { return s.Received.UTC().Format("2 Jan 15:04") }

// Weight is the size of the source.
func (s shown) Weight() string { return size(len(s.Raw)) }

// Fields lists the letter's header, by name; the values are as in the source.
func (s shown) Fields() (list []field) {
	header := s.Header()
	for _, name := range slices.Sorted(maps.Keys(header)) {
		for _, value := range header[name] {
			list = append(list, field{Name: name, Value: value})
		}
	}
	return list
}

// field is a field of the header as the template draws it.
type field struct{ Name, Value string }

// Enclosed lists the letter's files.
func (s shown) Enclosed() []enclosure {
	list := make([]enclosure, len(s.Files))
	for i, f := range s.Files {
		list[i] = enclosure{File: f, Name: f.FileName, URL: "/inbox/api/v1/message/" + s.ID + "/part/" + f.PartID,
			Weight: size(f.Size)}
		if f.FileName == "" {
			list[i].Name = "part " + f.PartID
		}
	}
	return list
}

// enclosure is a file as the template draws it.
type enclosure struct {
	inbox.File
	Name, URL, Weight string
}

func addresses(list []*netmail.Address) string {
	texts := make([]string, len(list))
	for i, a := range list {
		texts[i] = a.Address
		if a.Name != "" {
			texts[i] = a.Name + " <" + a.Address + ">"
		}
	}
	return strings.Join(texts, ", ")
}

// size writes a size, with a space at which no line breaks.
func size(octets int) string {
	switch {
	case octets < 1<<10:
		return strconv.Itoa(octets) + "\u00a0B"
	case octets < 1<<20:
		return strconv.Itoa((octets+1<<9)>>10) + "\u00a0KB"
	}
	return strconv.FormatFloat(float64(octets)/(1<<20), 'f', 1, 64) + "\u00a0MB"
}
