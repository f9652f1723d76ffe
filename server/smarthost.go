package server

import (
	"context"
	"net"
	"strconv"
	"strings"

	"golang.org/x/oauth2/clientcredentials"

	"postern/mail"
	"postern/server/operator"
)

// smarthost is the SMTP server that the settings name; there is one.
func (c Config) smarthost() (*mail.Smarthost, error) {
	smtp := c.SMTP
	o := mail.SmarthostOptions{
		Addr: net.JoinHostPort(smtp.Host, strconv.Itoa(smtp.Port)), Implicit: smtp.ImplicitTLS, Plain: smtp.NoTLS,
		Username: smtp.User, Password: smtp.Password, Auth: smtp.Auth, Hello: smtp.Hello, Roots: smtp.Roots,
	}
	if smtp.OAuth != nil {
		o.Tokens = smtp.OAuth.tokens()
	}
	return mail.NewSmarthost(o)
}

// tokens fetches the smarthost's tokens by client credentials (RFC 6749 §4.4).
func (o *OAuth) tokens() *clientcredentials.Config {
	return &clientcredentials.Config{ClientID: o.ClientID, ClientSecret: o.Secret, TokenURL: o.URL, Scopes: strings.Fields(o.Scope)}
}

// SmarthostChecker checks the smarthost that the settings name, without an appliance; nil where letters go to the built-in
// inbox.
func (c Config) SmarthostChecker() (operator.SmarthostChecker, error) {
	if c.SMTP == nil {
		return nil, nil
	}
	smarthost, err := c.smarthost()
	return checkerOf(smarthost), err
}

// checkerOf is a smarthost's check in the operator's words.
func checkerOf(smarthost *mail.Smarthost) operator.SmarthostChecker {
	return func(ctx context.Context) ([]operator.Step, error) {
		found := smarthost.Check(ctx)
		steps := make([]operator.Step, len(found))
		for i, step := range found {
			steps[i] = operator.Step(step)
		}
		return steps, nil
	}
}
