package config

import (
	"fmt"
	"strings"
)

// subjects order the settings of an env file: each begins with a setting and goes on to the next one.
var subjects = []struct{ first, title string }{
	{"LISTEN", "Addresses and data"},
	{"TLS_CERT", "TLS and proxies"},
	{"SMTP_URL", "The smarthost"},
	{"MAIL_FROM", "The sender"},
	{"BOUNCE_ADDRESS", "Mail that comes back"},
	{"CONTACT", "What letters and pages say"},
	{"EECD_ACTIVATION_URL", "Links, tokens and people"},
	{"KEEP_UNCONFIRMED", "For how long records are kept"},
	{"BACKUP_DIR", "Backups, keys, webhook and log"},
	{"LIMIT_REGISTER", "Limits (off: none)"},
}

// EnvHead begins the file that postern config --env prints.
const EnvHead = `# Settings of Postern, written by "postern config --env". systemd reads this file (EnvironmentFile=),
# and so does a shell (set -a; . ./postern.env; set +a). What is commented out, or empty, has its default; what no
# default is named for is off. Values with blanks or other special characters stand in single quotes. A file that holds
# a password is for nobody else's eyes (mode 0600).
`

// EnvFile returns a file of all settings, by subject, under a head: each with its meaning and its default, all
// commented out, but those that the head has already and one that whoever reads the file sets himself. Below the head
// it reads as systemd's EnvironmentFile (systemd.exec(5)) and as a POSIX shell's.
func EnvFile(head, own string) string {
	var file strings.Builder
	file.WriteString(head)
	var s Settings
	next := 0
	s.Each(func(v Variable) {
		name := strings.TrimPrefix(v.Name, SettingsPrefix+"_")
		if next < len(subjects) && subjects[next].first == name {
			fmt.Fprintf(&file, "\n# ---- %s ----\n", subjects[next].title)
			next++
		}
		if v.Name != own && !strings.Contains(head, "\n#"+v.Name+"=") {
			fmt.Fprintf(&file, "\n%s", v.entry())
		}
	})
	return file.String()
}

// entry is one setting of an env file.
func (v Variable) entry() string {
	text := capital(v.tags.Get("desc")) + "."
	value := v.tags.Get("default")
	switch computed := v.tags.Get("computed"); {
	case value != "":
		return fmt.Sprintf("# %s\n#%s=%s\n", text, v.Name, quoted(value))
	case computed != "":
		return fmt.Sprintf("# %s Default: %s.\n#%s=\n", text, computed, v.Name)
	}
	return fmt.Sprintf("# %s\n#%s=\n", text, v.Name)
}

// capital begins a sentence, unless with what is written as it is, as a URL.
func capital(text string) string {
	if first, _, _ := strings.Cut(text, " "); strings.ContainsAny(first, ":/") {
		return text
	}
	return strings.ToUpper(text[:1]) + text[1:]
}

// quoted writes a value so that a shell and systemd read the same. In single quotes neither expands anything; no
// default holds one itself.
func quoted(value string) string {
	plain := func(r rune) bool {
		return r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || strings.ContainsRune("./:_-", r)
	}
	if strings.TrimFunc(value, plain) == "" {
		return value
	}
	return "'" + value + "'"
}
