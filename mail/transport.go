package mail

import (
	"context"

	"postern/mail/letters"
	"postern/mail/smtp"
	"postern/store"
)

// Transport is a way out for letters: the smarthost, or the built-in inbox where none is set.
type Transport interface {
	// Lane makes a way for one worker alone. When ctx ends, whatever is under way on it is cut off.
	Conn(ctx context.Context) Conn

	// Connections tells how many connections are open at this moment.
	Connections() int

	// Forgive forgets the faults of late that keep something from being tried: the operator says that they are mended.
	ForgetFaults()

	// Mended delivers a value when a check by the operator has found the way out to be well. It may be nil.
	Mended() <-chan struct{}
}

// Relay makes a smarthost a way out for letters.
func Relay(h *smtp.Smarthost) Transport { return relay{h} }

type relay struct{ *smtp.Smarthost }

func (r relay) Conn(ctx context.Context) Conn { return r.Smarthost.Conn(ctx) }

// Lane hands over one message at a time. It is used by one goroutine.
type Conn interface {
	// Send hands over a message and tells how that ended; when and how long is for the caller to add. The end of stop
	// cuts it off as long as nothing of the message has been said.
	Send(stop context.Context, message letters.Message) store.Attempt

	// Rest lets go of a connection that is kept for the next message. The next Send makes a new one.
	CloseIdle()
}
