package store

// Contents is what composing a letter needs beside the letter itself.
type Contents struct {
	User     User     // of a letter to a user
	Cleaning Cleaning // document, decided
	Biker    Biker    // of a letter to a biker; failed is to nobody whom the store knows
	Client   string   // whose bike plan it is, the biker's or the failed registration's; empty where that is not known
	PDF      []byte   // document: the uploaded one; nil: to be rendered from the data
}

// ContentsOf returns what composing a letter needs. A letter is overtaken where it has nothing to say any more.
func (s *Store) ContentsOf(letter Letter) (contents Contents, overtaken bool, err error) {
	contents, err = read(s, func(t tx) (Contents, error) {
		in, reason, err := t.contents(letter)
		if err != nil {
			return Contents{}, err
		}
		overtaken = reason != ""
		if !overtaken && letter.Kind == LetterDocument {
			in.PDF, err = t.document(in.Cleaning.Document)
		}
		return in, err
	})
	return contents, overtaken, err
}

// contents returns a letter's person and cleaning, or the reason why the letter is overtaken.
func (t tx) contents(letter Letter) (in Contents, overtaken string, err error) {
	switch {
	case letter.Kind.ToNobody():
		in.Client, err = t.client(letter.Plan)
		return in, "", err
	case letter.Kind.ToBiker():
		return t.contentsForBiker(letter)
	}
	user, found, err := users.Get(t.Tx, letter.Person[:])
	switch {
	case err != nil:
		return Contents{}, "", err
	case !found:
		return Contents{}, "the person was erased", nil
	case user.Blocked:
		return Contents{}, "the person was blocked", nil
	case letter.Kind == LetterActivate && letter.Generation != user.LinkGeneration:
		return Contents{}, "the mailbox was proven, or a new proof asked for, before this left", nil
	}
	in.User = user
	if letter.Kind == LetterActivate {
		return in, "", nil
	}
	in.Cleaning, found, err = cleanings.Get(t.Tx, letter.Cleaning[:])
	if err == nil && !found {
		return Contents{}, "the cleaning was deleted", nil
	}
	return in, "", err
}

func (t tx) contentsForBiker(letter Letter) (in Contents, overtaken string, err error) {
	biker, found, err := bikers.Get(t.Tx, letter.Person[:])
	switch {
	case err != nil:
		return Contents{}, "", err
	case !found:
		return Contents{}, "the person was erased", nil
	case biker.Blocked:
		return Contents{}, "the person was blocked", nil
	case letter.Generation != biker.LinkGeneration && letter.bringsLink(biker):
		return Contents{}, "a password was set, or the link made void, before this left", nil
	}
	in.Biker = biker
	in.Client, err = t.client(biker.BikePlanCode)
	return in, "", err
}

// bringsLink reports whether a letter has nothing to say without its link.
func (l Letter) bringsLink(biker Biker) bool {
	return l.Kind == LetterWelcome || l.Kind == LetterRecover || l.Kind == LetterExisting && biker.Password == ""
}
