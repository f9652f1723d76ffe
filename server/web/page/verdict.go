package page

// Verdict is what a page has to say at a glance, from an arm's length: in words and by the shape of its sign, not by
// colour alone. It stands in the place of the heading: a page with it is Bare, and its Content draws the part
// "verdict".
type Verdict struct {
	Tone Tone     // Done: a tick in a circle; Wrong: a cross in an octagon; Plain: an exclamation mark in a triangle
	Word string   // the heading
	Text []string // what it means
	Warn string   // what must not be overlooked
	Note string   // of when it is, in small print
}

// Card is one of several things of a kind, with what is known of each.
type Card struct {
	Title string
	Tag   Notice // one word about it
	Text  string
	Rows  []Row
}
