# Makes Postern a service of systemd, where there is no Debian package of it. Read it, then run it as root:
#
#   {{quoted .Self}} install | sudo sh
#
# It stops at what fails, changes no file of settings that is there, and can be run again, as after an update.
set -eu
{{- if ne .Self .Binary}}
install -m 0755 {{quoted .Self}} {{.Binary}}
{{- end}}
getent passwd {{.User}} >/dev/null ||
  useradd --system --user-group --home-dir {{.Data}} --shell /usr/sbin/nologin {{.User}}
install -d -m 0700 {{.Secrets}}
install -d -m 0700 -o {{.User}} -g {{.User}} {{.Backups}}
mkdir -p {{.EnvironmentDir}}
[ -e {{.Environment}} ] || (umask 077; {{.Binary}} install --env > {{.Environment}})
{{.Binary}} install --ctl > {{.Control}}
chmod 0755 {{.Control}}
{{.Binary}} install --unit > /etc/systemd/system/{{.User}}.service
systemctl daemon-reload
systemctl enable {{.User}}
systemctl restart {{.User}}

# Then: set PUBLIC_URL, MAIL_FROM and SMTP_URL in {{.Environment}}, put the password into
# {{.Secrets}}, and run systemctl restart {{.User}}. Commands: {{.Control}} letter list.
# To be rid of it: systemctl disable --now {{.User}}; rm /etc/systemd/system/{{.User}}.service {{.Control}} {{.Binary}};
# the data stay in {{.Data}}, backups in {{.Backups}}.
