// Package smtp sends letters to a smarthost: an SMTP server that relays them for us (RFC 5321, submission by RFC 6409).
//
// A Smarthost stands for the server, and each worker has a Conn to it, which keeps one connection from letter to
// letter. On a connection stand, from below: limitedConn, which bounds the time and the bytes of everything (wire.go);
// TLS; a dialogue, which reads replies as servers really write them (dialogue.go, reply.go); and go-smtp's client. A
// session is a connection on which MAIL can begin.
//
// Every attempt ends in a store.Attempt, whose class says whose fault it was (classify.go). It matters how far an
// attempt came: before MAIL was taken nothing of the letter was said, and the smarthost is at fault; after the final
// dot an attempt without an answer is uncertain, and trying again may deliver the letter twice (at-least-once
// delivery).
//
// A smarthost is trusted with the letters, and with nothing else: what it says is bounded in time and bytes, made
// printable before it is kept, and shown to the operator alone, as it may repeat an address.
//
// Tests speak to the scripted server of package smtptest.
package smtp

import (
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"os"
	"strings"
	"sync/atomic"
)

// Options say where the smarthost is and how to speak to it.
type Options struct {
	Addr     string // host:port; certificates must name the host
	Implicit bool   // TLS from the first byte (RFC 8314 §3.3) instead of STARTTLS
	Plain    bool   // no TLS at all, also for the password: only where the operator named it

	Username string // empty: no AUTH
	Password string
	Auth     string // plain, login or xoauth2; empty: PLAIN where offered, else LOGIN

	Tokens TokenSource // the access tokens for xoauth2, instead of a password; else nil

	Hello string         // name in EHLO; empty: the host's name if it is a full one, else the connection's address
	Roots *x509.CertPool // nil: the system's

	// Dial opens the connection to Addr; nil: over TCP.
	Dial func(ctx context.Context, address string) (net.Conn, error)
}

// Smarthost is the SMTP server that takes the letters. TLS is as the options name it: verified, and never downgraded.
// It may be used by several goroutines; each sends over a Conn of its own. What those share here is atomic or has a
// lock of its own: logins and access tokens belong to the account, not to a connection.
type Smarthost struct {
	options Options
	host    string
	limits  limits
	open    atomic.Int32

	smallest atomic.Int64 // bytes of the smallest message so far; 0: none
	logins   *logins
	mended   chan struct{} // one slot: a check found nothing wrong
	tokens   *tokenCache   // nil: none are needed
}

// New checks the options, and returns all that is wrong with them in one error. It does not dial: the appliance starts,
// and takes registrations, while the smarthost is down.
func New(o Options) (*Smarthost, error) {
	var faults []error
	host, port, err := net.SplitHostPort(o.Addr)
	if err != nil || host == "" || port == "" {
		faults = append(faults, fmt.Errorf("%q is not the address of a smarthost: write host:port", o.Addr))
	}
	if o.Implicit && o.Plain {
		faults = append(faults, errors.New("the smarthost is named with TLS and without it: choose one"))
	}
	faults = append(faults, o.checkAuth())
	if strings.ContainsAny(o.Hello, " \r\n") {
		faults = append(faults, fmt.Errorf("%q is no name for EHLO: write a host name", o.Hello))
	}
	if o.Hello == "" {
		o.Hello = fullHostName()
	}
	if o.Dial == nil {
		o.Dial = dialTCP
	}
	h := &Smarthost{options: o, host: host, limits: defaultLimits, logins: newLogins(), mended: make(chan struct{}, 1)}
	if o.Tokens != nil {
		h.tokens = newTokenCache(o.Tokens)
	}
	return h, errors.Join(faults...)
}

func dialTCP(ctx context.Context, address string) (net.Conn, error) {
	return new(net.Dialer).DialContext(ctx, "tcp", address)
}

// checkAuth checks that name, mechanism and token source fit together.
func (o Options) checkAuth() error {
	switch o.Auth {
	case "", authPlain, authLogin:
		if o.Tokens != nil {
			return errors.New(
				"access tokens are of use with auth=xoauth2 alone: name it, or leave out the token endpoint")
		}
	case authXOAuth2:
		if o.Tokens == nil || o.Username == "" {
			return errors.New("auth=xoauth2 needs a user name and a token endpoint")
		}
	default:
		return fmt.Errorf("%q is no way to authenticate: use plain, login or xoauth2", o.Auth)
	}
	return nil
}

// fullHostName is the host's name where it is one that means something elsewhere, else empty. RFC 5321 §4.1.4 wants a
// full name or an address literal in EHLO, and some servers refuse any other; a container's name is neither.
func fullHostName() string {
	name, err := os.Hostname()
	plain := strings.Trim(strings.ToLower(name), "abcdefghijklmnopqrstuvwxyz0123456789-.") == ""
	if err != nil || !plain || !strings.Contains(strings.Trim(name, "."), ".") ||
		strings.HasSuffix(name, ".localdomain") {
		return ""
	}
	return name
}

// Conn returns a Conn for one goroutine. It dials when it is first used. The end of ctx cuts off whatever is under way
// on it.
func (h *Smarthost) Conn(ctx context.Context) *Conn { return &Conn{host: h, hard: ctx} }

// Connections returns how many connections are open.
func (h *Smarthost) Connections() int { return int(h.open.Load()) }

// ForgetFaults forgets logins that were refused, so that the next one is tried at once.
func (h *Smarthost) ForgetFaults() { h.logins.forgive() }

// Mended delivers a value when Check has found nothing wrong.
func (h *Smarthost) Mended() <-chan struct{} { return h.mended }

// smallestOf remembers the size of a message, and returns that of the smallest so far. checkSize takes from it whether
// a limit that the smarthost names leaves room for any letter at all.
func (h *Smarthost) smallestOf(size int) int {
	for {
		smallest := h.smallest.Load()
		if smallest != 0 && smallest <= int64(size) {
			return int(smallest)
		}
		if h.smallest.CompareAndSwap(smallest, int64(size)) {
			return size
		}
	}
}
