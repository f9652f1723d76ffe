package manual

import (
	_ "embed"
	"slices"
	"strings"
	"time"

	"postern/server/config"
)

// Book is what the manual pages are made of.
type Book struct {
	Table    []Command
	Settings []config.Setting
	At       time.Time // the pages' date
}

// Page is one manual page.
type Page struct {
	Name string // of its file: postern-letter.1
	Text string // mdoc
}

// Pages are all of them: postern(1), one for each first word of commands, postern-settings(5), posternctl(8).
func (b Book) Pages() []Page {
	all := []Page{b.overview()}
	names, members := groups(b.Table)
	for _, name := range names {
		all = append(all, b.commands(name, members[name]))
	}
	return append(all, b.settings(), b.control())
}

// Page returns the page that a word names: serve, letter, settings, posternctl; an empty one is postern(1).
func (b Book) Page(word string) (Page, bool) {
	all := b.Pages()
	if word == "" {
		return all[0], true
	}
	i := slices.IndexFunc(all, func(p Page) bool {
		return strings.HasPrefix(p.Name, word+".") || strings.HasPrefix(p.Name, "postern-"+word+".")
	})
	if i < 0 {
		return Page{}, false
	}
	return all[i], true
}

const aboutPostern = `Postern registers bikers for partners, and users of the electronic tank-cleaning document,
mails them their links and documents, and takes decisions on cleanings. It is one process with one data directory.

A command is one request to the appliance that runs on the data directory, by a socket in it; where none runs, it is
done in the same process on the data file. Settings come from the environment. On a machine where Postern is a service,
posternctl runs a command as that service's user and with its settings.

Flags may stand anywhere behind the command; behind -- nothing is a flag. Those that list or show take --json.`

const exitStatus = "0: done. 1: refused or failed, with what to do on standard error. 2: wrong usage."

func (b Book) overview() Page {
	p := newPage("postern", "1", "onboarding of outside people by e-mail", b.At)
	p.macro("Sh", "SYNOPSIS")
	p.macro("Nm", "")
	p.macro("Ar", "command")
	p.macro("Op", "Ar ...")
	p.macro("Sh", "DESCRIPTION")
	p.text(aboutPostern)
	p.macro("Pp", "")
	p.text("The commands:")
	p.macro("Bl", "-tag -width Ds")
	for _, c := range b.Table {
		p.quoted("It Ic", strings.TrimPrefix(c.Usage(), "postern "))
		p.text(c.Short + ".")
	}
	p.macro("El", "")
	p.macro("Sh", "ENVIRONMENT")
	p.text("Every setting is a variable whose name begins with POSTERN_. One that is wrong or unknown stops the start.")
	p.macro("Pp", "")
	p.macro("Xr", "postern-settings 5")
	p.text("lists them.")
	p.files()
	p.macro("Sh", "EXIT STATUS")
	p.text(exitStatus)
	p.macro("Sh", "EXAMPLES")
	p.display([]string{
		"postern demo",
		`postern plan add ACME-NL --client "Acme NV" --language NL`,
		"postern partner add payroll --scope users --plan ACME-NL > token",
		"postern letter list --state failed",
		"postern help letter",
	})
	p.seeAlso(b.Table, "")
	return Page{"postern.1", p.String()}
}

func (p *page) files() {
	p.macro("Sh", "FILES")
	p.macro("Bl", "-tag -width Ds")
	for _, one := range [][2]string{
		{"postern.db", "In the data directory: all records."},
		{"postern.keys", "The keys of tokens. Without them no link and no token that is out opens again."},
		{"postern.sock", "The operator's socket, while an appliance runs."},
		{"/etc/default/postern", "The settings of the service."},
		{"/etc/postern/secrets", "Its passwords, a file each."},
		{"/var/lib/postern", "Its data directory."},
	} {
		p.quoted("It Pa", one[0])
		p.text(one[1])
	}
	p.macro("El", "")
}

// seeAlso names all pages but one.
func (p *page) seeAlso(table []Command, but string) {
	names, _ := groups(table)
	pages := []string{"postern 1"}
	for _, name := range names {
		pages = append(pages, "postern-"+name+" 1")
	}
	pages = append(pages, "postern-settings 5", "posternctl 8")
	pages = slices.DeleteFunc(pages, func(page string) bool {
		return page == but || but == "" && page == "postern 1"
	})
	slices.SortFunc(pages, func(a, b string) int { // by section first, as mdoc wants it
		if c := strings.Compare(a[len(a)-1:], b[len(b)-1:]); c != 0 {
			return c
		}
		return strings.Compare(a, b)
	})
	p.macro("Sh", "SEE ALSO")
	for i, page := range pages {
		if i < len(pages)-1 {
			page += " ,"
		}
		p.macro("Xr", page)
	}
}

// commands is the page of the commands with one first word.
func (b Book) commands(name string, members []Command) Page {
	about := members[0].Short
	if len(members) > 1 || members[0].Name != name {
		about = "the commands " + secondWords(members)
	}
	p := newPage("postern-"+name, "1", about, b.At)
	p.macro("Sh", "SYNOPSIS")
	p.macro("Bl", "-item -compact")
	for _, c := range members {
		p.macro("It", "")
		p.fill(c.Usage())
	}
	p.macro("El", "")
	p.macro("Sh", "DESCRIPTION")
	for _, c := range members {
		if len(members) > 1 {
			p.quoted("Ss", "postern "+c.Name)
		}
		p.command(c)
	}
	p.macro("Sh", "EXIT STATUS")
	p.text(exitStatus)
	var examples []string
	for _, c := range members {
		examples = append(examples, c.Examples...)
	}
	if len(examples) > 0 {
		p.macro("Sh", "EXAMPLES")
		p.display(examples)
	}
	p.seeAlso(b.Table, "postern-"+name+" 1")
	return Page{"postern-" + name + ".1", p.String()}
}

// command writes what there is to know of a command.
func (p *page) command(c Command) {
	p.text(strings.ToUpper(c.Short[:1]) + c.Short[1:] + ".")
	if c.Long != "" {
		p.macro("Pp", "")
		p.text(c.Long)
	}
	if len(c.Flags) == 0 {
		return
	}
	p.macro("Bl", "-tag -width Ds")
	for _, f := range c.Flags {
		tag := "Fl \\-" + escape(f.Name)
		if f.Value != "" {
			tag += " Ar " + escape(f.Value)
		}
		p.macro("It", tag)
		p.text(strings.ToUpper(f.Meaning[:1]) + f.Meaning[1:] + ".")
	}
	p.macro("El", "")
}

func (b Book) settings() Page {
	p := newPage("postern-settings", "5", "the settings of Postern", b.At)
	p.macro("Sh", "DESCRIPTION")
	p.text("All settings are environment variables; the service has them from /etc/default/postern, a line each: " +
		"NAME=value. postern config lists them with the values that its own environment gives them, and says what is " +
		"wrong. An empty one has its default. Lengths of time are written as 90s, 10m or 24h, rates as 20/h; " +
		"a limit that is off is none.")
	p.macro("Bl", "-tag -width Ds")
	for _, s := range b.Settings {
		p.quoted("It Ev", s.Name)
		p.text(strings.ToUpper(s.Meaning[:1]) + s.Meaning[1:] + ".")
		if s.Default != "" {
			p.text("Default: " + s.Default + ".")
		}
	}
	p.macro("El", "")
	p.macro("Sh", "EXAMPLES")
	p.display([]string{
		"POSTERN_PUBLIC_URL=https://gate.example.org",
		"POSTERN_MAIL_FROM=Example Gate <gate@example.org>",
		"POSTERN_SMTP_URL=smtp://gate@smtp.example.org:587",
		"POSTERN_SMTP_PASSWORD_FILE=/run/credentials/postern.service/secret_smtp-password",
	})
	p.seeAlso(b.Table, "postern-settings 5")
	return Page{"postern-settings.5", p.String()}
}

func (b Book) control() Page {
	p := newPage("posternctl", "8", "runs a command of postern as the service does", b.At)
	p.macro("Sh", "SYNOPSIS")
	p.macro("Nm", "")
	p.macro("Ar", "command")
	p.macro("Op", "Ar ...")
	p.macro("Sh", "DESCRIPTION")
	p.text("Runs the command of postern as the service's user, postern, with the settings of /etc/default/postern " +
		"and the data directory /var/lib/postern. It is for root, and for that user. Files that the command reads " +
		"or writes must be open to that user; standard input and output are open to it in any case.")
	p.macro("Sh", "EXAMPLES")
	p.display([]string{
		"posternctl letter list --state failed",
		"posternctl partner add payroll --scope users > token",
		"posternctl cleaning add - < cleanings.json",
		"posternctl config",
	})
	p.seeAlso(b.Table, "posternctl 8")
	return Page{"posternctl.8", p.String()}
}
