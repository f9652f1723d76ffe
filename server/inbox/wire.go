package inbox

import (
	netmail "net/mail"
	"time"

	"postern/mail/inbox"
)

// The shapes of Mailpit's API v1, as its clients read them: https://mailpit.axllent.org/docs/api-v1/

type listAnswer struct {
	Total          int       `json:"total"`
	Unread         int       `json:"unread"`
	Count          int       `json:"count"` // on this page
	MessagesCount  int       `json:"messages_count"`
	MessagesUnread int       `json:"messages_unread"`
	Start          int       `json:"start"`
	Tags           []string  `json:"tags"`
	Messages       []summary `json:"messages"`
}

type summary struct {
	ID, MessageID        string
	Read                 bool
	From                 *netmail.Address
	To, Cc, Bcc, ReplyTo []*netmail.Address
	Subject              string
	Created              time.Time
	Username             string
	Tags                 []string
	Size, Attachments    int
	Snippet              string
}

type message struct {
	ID, MessageID        string
	From                 *netmail.Address
	To, Cc, Bcc, ReplyTo []*netmail.Address
	ReturnPath, Subject  string
	ListUnsubscribe      unsubscribe
	Date                 time.Time
	Tags                 []string
	Username             string
	Text, HTML           string
	Size                 int
	Inline, Attachments  []attachment
	Links                []string // beyond Mailpit: what is to be clicked in the letter
}

type unsubscribe struct {
	Header     string
	Links      []string
	Errors     string
	HeaderPost string
}

type attachment struct {
	PartID, FileName, ContentType, ContentID string
	Size                                     int
	Checksums                                struct{ MD5, SHA1, SHA256 string }
}

type infoAnswer struct {
	Version, LatestVersion, Database string
	DatabaseSize, Messages, Unread   int
	Tags                             map[string]int
}

// configurationAnswer is all that Mailpit can be told to do besides; none of it is done here.
type configurationAnswer struct {
	Label        string
	MessageRelay struct {
		Enabled, PreserveMessageIDs                                                bool
		SMTPServer, ReturnPath, OverrideFrom, AllowedRecipients, BlockedRecipients string
	}
	SpamAssassin, ChaosEnabled, DuplicatesIgnored, HideDeleteAllButton bool
}

func summarise(letters []*inbox.Letter) []summary {
	list := make([]summary, len(letters))
	for i, c := range letters {
		list[i] = summary{
			ID: c.ID, MessageID: c.MessageID, Read: c.Read(), From: c.From, To: c.To, Cc: c.Cc, Bcc: c.Bcc,
			ReplyTo: c.ReplyTo, Subject: c.Subject, Created: c.Received, Size: len(c.Raw), Attachments: len(c.Files),
			Snippet: c.Snippet,
		}
		for _, f := range c.Files {
			if f.Inline {
				list[i].Attachments--
			}
		}
	}
	return list
}

func describe(c *inbox.Letter) message {
	m := message{
		ID: c.ID, MessageID: c.MessageID, From: c.From, To: c.To, Cc: c.Cc, Bcc: c.Bcc, ReplyTo: c.ReplyTo,
		ReturnPath: c.Sender, Subject: c.Subject, Date: c.Date, Text: c.Text, HTML: c.HTML, Size: len(c.Raw),
		Links: c.Links, ListUnsubscribe: unsubscribe{Header: c.Unsubscribe, HeaderPost: c.UnsubscribePost},
	}
	for _, f := range c.Files {
		a := attachment{PartID: f.PartID, FileName: f.FileName, ContentType: f.ContentType, ContentID: f.ContentID,
			Size: f.Size}
		a.Checksums.MD5, a.Checksums.SHA1, a.Checksums.SHA256 = f.MD5, f.SHA1, f.SHA256
		if f.Inline {
			m.Inline = append(m.Inline, a)
		} else {
			m.Attachments = append(m.Attachments, a)
		}
	}
	return m
}
