package config

import (
	"crypto/x509"
	"errors"
	"io"
	"path/filepath"
	"strings"

	"postern/server/input"
	"postern/server/web"
	"postern/store/private"
)

// longestSecret is far more octets than a password or a client's secret has. What is longer is another file, as a log
// or a device that never ends, and is not read to its end.
const longestSecret = 64 << 10

// secret reads a file that holds one secret, as SMTP_PASSWORD_FILE: what editors and shells put around it, a byte
// order mark and line breaks at its end, is no part of it. UTF-16, as PowerShell writes it, is read too.
func (p *parser) secret(name, file string) string {
	text, err := readSecret(file)
	if err != nil {
		p.fault(name, "%s", err)
		return ""
	}
	p.exposed(name, file)
	return text
}

// readSecret returns a secret, or what is wrong with its file as the rest of a sentence that does not quote it.
func readSecret(name string) (string, error) {
	file, err := input.Open(name)
	if err != nil {
		return "", errors.New("cannot be read: " + private.Unopened("the file", name, err).Error())
	}
	defer file.Close()
	raw, err := io.ReadAll(io.LimitReader(file, longestSecret+1))
	content := input.Text(raw)
	text := strings.TrimRight(string(content), "\r\n")
	switch {
	case err != nil:
		return "", errors.New("cannot be read: " + err.Error())
	case input.IsUTF16(content):
		return "", errors.New("is UTF-16 that is cut short: save it as UTF-8: " + name)
	case text == "":
		return "", errors.New("is empty: " + name)
	case len(raw) > longestSecret || strings.ContainsAny(text, "\x00\r\n"):
		return "", errors.New("must hold the secret alone, on one line: " + name)
	}
	return text, nil
}

// roots reads SMTP_CA_FILE.
func (p *parser) roots(file string) *x509.CertPool {
	if file == "" {
		return nil
	}
	text, err := input.ReadFile(file)
	if err != nil {
		p.fault("SMTP_CA_FILE", "cannot be read: %s", err)
		return nil
	}
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(input.Text(text)) {
		p.fault("SMTP_CA_FILE", "holds no certificate in PEM form: %s", file)
		return nil
	}
	return pool
}

// certificate looks whether TLS_CERT and TLS_KEY are a pair. They are read again when the appliance listens, and from
// then on whenever they change; here it is about telling a fault together with all others.
func (p *parser) certificate(cert, key string) {
	switch {
	case cert == "" && key == "":
	case cert == "" || key == "":
		p.fault("TLS_CERT", "and POSTERN_TLS_KEY belong together: set both, or neither")
	default:
		if _, err := web.LoadCertificate(cert, key); err != nil {
			p.fault("TLS_CERT", "and POSTERN_TLS_KEY cannot be used: %s", err)
			return
		}
		p.exposed("TLS_KEY", key)
	}
}

// exposed warns of a secret that any account on this machine may read, or change. It is taken all the same: in
// containers secrets are often mounted with such a mode, and there are no other accounts.
func (p *parser) exposed(name, file string) {
	if read, write := private.Exposed(file); read || write {
		p.warn(name, "names %s, which any account here may open: run chmod o= %[1]s", file)
	}
}

// lettersDir reads LETTERS_DIR. Whoever may write there says what letters say.
func (p *parser) lettersDir(dir string) string {
	if p.directory("LETTERS_DIR", dir) == "" {
		return ""
	}
	texts, _ := filepath.Glob(filepath.Join(dir, "*.txt"))
	for _, path := range append([]string{dir}, texts...) {
		if _, write := private.Exposed(path); write {
			p.warn("LETTERS_DIR", "says what letters say, and any account here may change %s: run chmod o-w %[1]s",
				path)
		}
	}
	return dir
}

// backupDir reads BACKUP_DIR. It must be there: one that is made where a disk should be mounted fills the wrong disk.
func (p *parser) backupDir(s *Settings) string {
	dir := p.directory("BACKUP_DIR", s.Backup.Dir)
	if dir != "" && filepath.Clean(dir) == s.DataDir() {
		p.fault("BACKUP_DIR", "is the data directory: name another one, best on another disk")
	}
	return dir
}
