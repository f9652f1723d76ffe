// Package service writes the files that make Postern a service of systemd: the unit, the file of its settings, and
// posternctl, by which an administrator runs commands as the service does. The Debian package and `postern install`
// have the same ones, but for where the binary is. Nothing is written to disk here: who installs sees first what it is.
package service

import (
	_ "embed"
	"fmt"
	"io"
	"path/filepath"
	"text/template"

	"postern/server/config"
)

// The places that all files agree on.
const (
	User        = "postern"
	Data        = "/var/lib/postern"
	Environment = "/etc/default/postern"
	Secrets     = "/etc/postern/secrets"
	Backups     = "/var/backups/postern"
)

var (
	//go:embed postern.service
	unitText string
	//go:embed posternctl
	controlText string
	//go:embed install.sh
	scriptText string

	unit    = template.Must(template.New("unit").Parse(unitText))
	control = template.Must(template.New("posternctl").Parse(controlText))
	script  = template.Must(template.New("install.sh").Parse(scriptText))
)

// Places are where an installation has its files.
type Places struct {
	Binary string // the program, once it is installed
	Self   string // the program that installs it
}

// values are what the templates are filled in with.
type values struct {
	Places
	User, Data, Environment, EnvironmentDir, Secrets, Backups string

	Control string // posternctl
}

func (p Places) values() values {
	return values{Places: p, User: User, Data: Data, Environment: Environment,
		EnvironmentDir: filepath.Dir(Environment), Secrets: Secrets, Backups: Backups,
		Control: filepath.Join(filepath.Dir(filepath.Dir(p.Binary)), "sbin", "posternctl")}
}

// Unit writes the unit.
func (p Places) Unit(out io.Writer) error { return unit.Execute(out, p.values()) }

// Control writes posternctl.
func (p Places) Control(out io.Writer) error { return control.Execute(out, p.values()) }

// Script writes a shell script that puts all of them in place.
func (p Places) Script(out io.Writer) error { return script.Execute(out, p.values()) }

// aboutEnvironment stands above the settings. The format is systemd's (systemd.exec(5), EnvironmentFile=).
const aboutEnvironment = `# The settings of Postern, read at its start: systemctl restart postern. Run posternctl config to see what they come to,
# and what is wrong. A line that begins with # has no effect; what stands there is the default. A value is the rest of
# its line, spaces and all.
#
# Passwords and keys stand in files of their own in %[1]s (root's, mode 0600). The service finds
# %[1]s/NAME as /run/credentials/postern.service/secret_NAME.
#
# For letters to leave, set these; without them they stay in the inbox at http://127.0.0.1:8080/inbox:
#POSTERN_PUBLIC_URL=https://gate.example.org
#POSTERN_MAIL_FROM=Example Gate <gate@example.org>
#POSTERN_SMTP_URL=smtp://gate@smtp.example.org:587
#POSTERN_SMTP_PASSWORD_FILE=/run/credentials/postern.service/secret_smtp-password
# Behind a proxy on this machine:
#POSTERN_TRUSTED_PROXIES=127.0.0.1,::1
# A backup a day; copy them, and once the keys (/var/lib/postern/postern.keys), to another machine:
#POSTERN_BACKUP_DIR=%[2]s
`

// WriteEnvironment writes the file of the settings: all of them but where the data are, which is the unit's; none in
// force.
func WriteEnvironment(out io.Writer) error {
	_, err := io.WriteString(out, config.EnvFile(fmt.Sprintf(aboutEnvironment, Secrets, Backups), "POSTERN_DATA"))
	return err
}
