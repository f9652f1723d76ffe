// Package manual is the command table as other programs read it: man pages (mdoc(7)), and what a shell may put in the
// place of a word that is half typed. It knows commands by their descriptions alone and runs none of them.
//
// There is one source for all that is said of a command, package command's table: help, man pages and completions
// cannot say different things.
package manual

import "strings"

// Command describes one command.
type Command struct {
	Name     string // its words: "letter list"
	Args     string // what follows, for the usage line
	Short    string // one line
	Long     string // more, in paragraphs; may be empty
	Examples []string
	Flags    []Flag
}

// Flag describes one flag.
type Flag struct {
	Name    string   // without hyphens
	Value   string   // what it takes, as FILE; empty: nothing
	Meaning string   // one line
	Choices []string // the words that it takes; empty: any
	Again   bool     // whether it may be given more than once
}

// Usage is how the command is called.
func (c Command) Usage() string { return strings.TrimSpace("postern " + c.Name + " " + c.Args) }

// group is the first word of the name.
func (c Command) group() string {
	first, _, _ := strings.Cut(c.Name, " ")
	return first
}

// groups are the commands by their first words, in the order of the table.
func groups(table []Command) (names []string, members map[string][]Command) {
	members = map[string][]Command{}
	for _, c := range table {
		if members[c.group()] == nil {
			names = append(names, c.group())
		}
		members[c.group()] = append(members[c.group()], c)
	}
	return names, members
}
