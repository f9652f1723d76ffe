package inbox

import (
	"regexp"
	"slices"
	"strings"

	"golang.org/x/net/html"
)

// linkInText finds what mail programs make clickable. Where such a link ends is a guess, in those as here: see
// trimLink.
var linkInText = regexp.MustCompile(`https?://[^\s<>"]+`)

// linksOf lists the http and https links of a letter, first those of the text, each once.
func linksOf(text, markup string) []string {
	var found []string
	for _, at := range linksIn(text, maxLinks) { // both searches are bounded before what is found twice is left out
		found = append(found, text[at[0]:at[1]])
	}
	eachToken(markup, func(t html.Token) {
		for _, a := range t.Attr {
			target := strings.TrimSpace(a.Val)
			if t.Data == "a" && a.Key == "href" && linkInText.MatchString(target) && len(found) < 2*maxLinks {
				found = append(found, target)
			}
		}
	}, nil)
	var links []string
	for _, link := range found {
		if len(links) < maxLinks && !slices.Contains(links, link) {
			links = append(links, link)
		}
	}
	return links
}

// Run is a piece of a letter's text: a link where Link is set.
type Run struct{ Text, Link string }

// Runs cuts the letter's text into what is a link and what is not.
func (c *Letter) Runs() []Run {
	var runs []Run
	done := 0
	for _, at := range linksIn(c.Text, -1) {
		link := c.Text[at[0]:at[1]]
		runs = append(runs, Run{Text: c.Text[done:at[0]]}, Run{Text: link, Link: link})
		done = at[1]
	}
	return append(runs, Run{Text: c.Text[done:]})
}

// linksIn returns where at most so many links of a text begin and end; -1: all. A link in angle brackets is taken
// whole.
func linksIn(text string, most int) [][]int {
	found := linkInText.FindAllStringIndex(text, most)
	for _, at := range found {
		enclosed := at[0] > 0 && text[at[0]-1] == '<' && strings.HasPrefix(text[at[1]:], ">")
		if !enclosed {
			at[1] = at[0] + len(trimLink(text[at[0]:at[1]]))
		}
	}
	return found
}

// trimLink takes off the punctuation of the sentence that a link ends, and a bracket that was opened before it.
func trimLink(link string) string {
	for {
		short := strings.TrimRight(link, ".,;:!?'")
		if strings.HasSuffix(short, ")") && strings.Count(short, ")") > strings.Count(short, "(") {
			short = short[:len(short)-1]
		}
		if short == link {
			return link
		}
		link = short
	}
}

// visibleText is what a reader sees of HTML, with spaces where elements meet. It is for searching and for the snippet,
// and keeps no markup: nothing of it is ever shown as HTML.
func visibleText(markup string) string {
	var b strings.Builder
	hidden := 0
	eachToken(markup, func(t html.Token) {
		switch {
		case t.Data != "style" && t.Data != "script" && t.Data != "title":
		case t.Type == html.StartTagToken:
			hidden++
		case t.Type == html.EndTagToken:
			hidden = max(0, hidden-1)
		}
		b.WriteByte(' ')
	}, func(text string) {
		if hidden == 0 {
			b.WriteString(text)
		}
	})
	return strings.Join(strings.Fields(b.String()), " ")
}

// eachToken calls tag for each tag and text, where given, for each text between them. No tree is built: a letter is
// only looked through, and the tree of hostile markup can be far larger than its source.
func eachToken(markup string, tag func(html.Token), text func(string)) {
	z := html.NewTokenizer(strings.NewReader(markup))
	for {
		switch z.Next() {
		case html.ErrorToken: // the end: a tokenizer over a string has no other error
			return
		case html.StartTagToken, html.EndTagToken, html.SelfClosingTagToken:
			tag(z.Token())
		case html.TextToken:
			if text != nil {
				text(z.Token().Data)
			}
		}
	}
}

// snippet is the beginning of a text on one line.
func snippet(text string) string {
	// Four bytes a character, and as much again for white space: no need to look at the whole of a long letter.
	if enough := 8 * maxSnippet; len(text) > enough {
		text = cleanText(text[:enough])
	}
	return cutText(strings.Join(strings.Fields(text), " "), maxSnippet)
}
