package push

import (
	"errors"
	"fmt"
	"io"
	"net"
	"net/url"
	"os"
	"strings"

	"postern/server/input"
)

// createPath is where user.create is, below whatever base the receiver has.
const createPath = "/receiver/APIv3/user.create"

// ParseTarget reads the address of a receiver: that of user.create, or the base that it stands under. In clear, over
// http, it must be this machine, unless plain is true: who reads the token on the way may register people.
func ParseTarget(text string, plain bool) (*url.URL, error) {
	target, err := url.Parse(text)
	switch {
	case err != nil || target.Host == "" || target.Scheme != "https" && target.Scheme != "http":
		return nil, errors.New("the receiver's address must be a URL, as https://api.example.org")
	case target.User != nil || target.Fragment != "" || target.RawQuery != "":
		return nil, errors.New(
			"the receiver's address must be without user, query and fragment, as https://api.example.org")
	case target.Scheme == "http" && !plain && !input.IsLoopback(target.Hostname()):
		return nil, fmt.Errorf(
			"http to %s would show the token to everybody on the way: use https, or say --plain if that way is safe",
			target.Hostname())
	}
	if !strings.HasSuffix(target.Path, "/user.create") {
		target = target.JoinPath(createPath)
	}
	return target, nil
}

// maxToken is far more than a bearer token has.
const maxToken = 8 << 10

// OpenToOthers warns of a token file that other accounts may read or write; empty: it is the owner's alone, or not
// there.
func OpenToOthers(path string) string {
	info, err := os.Stat(path)
	if err != nil || !info.Mode().IsRegular() || info.Mode().Perm()&0o077 == 0 {
		return ""
	}
	return fmt.Sprintf(
		"the token file %s is open to other accounts (mode %04o), who can register people with it: run chmod 600 %s",
		path, info.Mode().Perm(), path)
}

// ReadToken reads a bearer token from a file; surrounding white space is no part of it.
func ReadToken(path string) (string, error) {
	file, err := os.Open(path)
	if err != nil {
		return "", fmt.Errorf("the token file can't be read: %w", err)
	}
	defer file.Close()
	content, err := io.ReadAll(io.LimitReader(file, maxToken+1))
	if err != nil {
		return "", fmt.Errorf("the token file can't be read: %w", err)
	}
	token, err := ParseToken(string(content))
	if err != nil {
		return "", fmt.Errorf("the token file %s: %w", path, err)
	}
	return token, nil
}

// ParseToken looks whether a text can be a bearer token (RFC 6750 §2.1: visible ASCII). Errors do not quote it.
// It may be UTF-16, as PowerShell's > writes a token.
func ParseToken(text string) (string, error) {
	content := input.Text([]byte(text))
	token := strings.TrimSpace(string(content))
	switch {
	case token == "":
		return "", errors.New("it is empty: it must hold the bearer token and nothing else")
	case input.IsUTF16(content):
		return "", errors.New("it is UTF-16 that is cut short: save it as UTF-8")
	case len(token) > maxToken || strings.ContainsFunc(token, func(r rune) bool { return r <= ' ' || r > '~' }):
		return "", errors.New("it is no bearer token: it must be one word of ASCII characters and nothing else")
	}
	return token, nil
}

// origin names a receiver in sentences.
func origin(target *url.URL) string {
	host := target.Hostname()
	if port := target.Port(); port != "" {
		host = net.JoinHostPort(host, port)
	}
	return host
}
