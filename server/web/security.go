package web

import (
	"sync/atomic"
	"time"

	"github.com/rs/zerolog"
)

// SecurityEvent names what an operator's monitoring watches for, in the log's field "security" and in the metrics
// (OWASP ASVS 5.0, 16.3.1 to 16.3.4).
type SecurityEvent string

// The security events.
const (
	LoggedIn      SecurityEvent = "logged_in"
	LoggedOut     SecurityEvent = "logged_out"
	PasswordSet   SecurityEvent = "password_set"
	WrongPassword SecurityEvent = "wrong_password"
	TokenRefused  SecurityEvent = "token_refused" // a bearer token, user token, confirmation token or link
	OverLimit     SecurityEvent = "over_limit"
)

// SecurityEvents lists them all, in the order in which they are reported.
var SecurityEvents = []SecurityEvent{LoggedIn, LoggedOut, PasswordSet, WrongPassword, TokenRefused, OverLimit}

// securityBurst is how many lines a minute one kind of event may write: strangers cause them, and must not fill the
// disk with them. The count goes on.
const securityBurst = 100

// SecurityLog counts security events and writes their log lines. One is shared by all that answers in an appliance.
// It is safe for concurrent use.
type SecurityLog struct {
	kinds map[SecurityEvent]*securityKind
}

type securityKind struct {
	count   atomic.Uint64
	sampler zerolog.BurstSampler
}

// NewSecurityLog makes a log that has counted nothing yet.
func NewSecurityLog() *SecurityLog {
	l := &SecurityLog{kinds: make(map[SecurityEvent]*securityKind)}
	for _, event := range SecurityEvents {
		l.kinds[event] = &securityKind{sampler: zerolog.BurstSampler{Burst: securityBurst, Period: time.Minute}}
	}
	return l
}

// Count tells how often an event has happened since the start.
func (l *SecurityLog) Count(event SecurityEvent) uint64 { return l.kinds[event].count.Load() }

// note counts an event, and reports whether it is to be written.
func (l *SecurityLog) note(event SecurityEvent) bool {
	kind := l.kinds[event]
	kind.count.Add(1)
	return kind.sampler.Sample(zerolog.InfoLevel)
}

// Security begins the log line of a security event, which the caller completes with ids, never with names, addresses or
// tokens, and sends: c.Security(web.WrongPassword).Stringer("biker", id).Msg("a wrong password"). It is nil, which
// zerolog takes, where too many of the kind have been written within the minute; they are counted all the same.
func (c *Call) Security(event SecurityEvent) *zerolog.Event {
	if log := c.handler.middleware.options.Security; log != nil && !log.note(event) {
		return nil
	}
	return c.Log().Info().Str("security", string(event))
}
