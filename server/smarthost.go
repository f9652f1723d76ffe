package server

import (
	"context"
	"net"
	"strconv"
	"strings"

	"golang.org/x/oauth2/clientcredentials"

	"postern/mail/smtp"
	"postern/server/config"
	"postern/server/operator"
)

// newSmarthost makes the SMTP server that the settings name.
func newSmarthost(c *config.SMTP) (*smtp.Smarthost, error) {
	o := smtp.Options{
		Addr: net.JoinHostPort(c.Host, strconv.Itoa(c.Port)), Implicit: c.ImplicitTLS, Plain: c.NoTLS,
		Username: c.User, Password: c.Password, Auth: c.Auth, Hello: c.Hello, Roots: c.Roots,
	}
	if c.OAuth != nil {
		o.Tokens = tokensOf(c.OAuth)
	}
	return smtp.New(o)
}

// tokensOf fetches the smarthost's tokens by client credentials (RFC 6749 §4.4): nobody is there to be asked, so the
// appliance itself is the account, as Microsoft 365 has it for sending.
func tokensOf(o *config.OAuth) *clientcredentials.Config {
	return &clientcredentials.Config{ClientID: o.ClientID, ClientSecret: o.Secret, TokenURL: o.URL,
		Scopes: strings.Fields(o.Scope)}
}

// SmarthostChecker checks the smarthost that the settings name, without an appliance; nil where letters go to the
// built-in inbox.
func SmarthostChecker(c config.Config) (operator.SmarthostChecker, error) {
	if c.SMTP == nil {
		return nil, nil
	}
	smarthost, err := newSmarthost(c.SMTP)
	return checkerOf(smarthost), err
}

// checkerOf makes a smarthost's check the operator's. It has no error of its own: a check that finds a fault has found
// what it was asked for.
func checkerOf(smarthost *smtp.Smarthost) operator.SmarthostChecker {
	return func(ctx context.Context) ([]smtp.Step, error) { return smarthost.Check(ctx), nil }
}
