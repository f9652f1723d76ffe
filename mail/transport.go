package mail

import (
	"context"

	"postern/mail/letters"
	"postern/mail/smtp"
	"postern/store"
)

// Transport is a way out for letters: Relay or Capture.
type Transport interface {
	// Conn makes a connection for one worker alone. When ctx ends, whatever is under way on it is cut off.
	Conn(ctx context.Context) Conn

	// Connections returns how many connections are open at this moment.
	Connections() int

	// ForgetFaults lets everything be tried at once that waits because of faults of late: the operator says that they
	// are mended.
	ForgetFaults()

	// Mended delivers a value when a check by the operator found nothing wrong. It may be nil.
	Mended() <-chan struct{}
}

// Relay makes a smarthost a Transport.
func Relay(h *smtp.Smarthost) Transport { return relay{h} }

// relay returns a Conn of package smtp as the interface that the courier knows.
type relay struct{ *smtp.Smarthost }

func (r relay) Conn(ctx context.Context) Conn { return r.Smarthost.Conn(ctx) }

// Conn sends one message at a time. It is used by one goroutine.
type Conn interface {
	// Send sends a message and returns how that ended, but for the time and the duration, which the caller knows.
	// The end of stop cuts it off as long as nothing of the message has been sent.
	Send(stop context.Context, message letters.Message) store.Attempt

	// CloseIdle closes the connection that is kept for the next message. The next Send opens a new one.
	CloseIdle()
}
