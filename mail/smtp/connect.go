package smtp

import (
	"bufio"
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"net/textproto"
	"time"

	gosmtp "github.com/emersion/go-smtp"
)

// connect opens a session. Where there is a login to be refused, no more connections are made at a time than may be
// refused (see logins).
func (h *Smarthost) connect(stop, hard context.Context) (*session, *fault) {
	if h.options.Username == "" {
		return h.establish(stop, hard)
	}
	if fail := h.logins.begin(stop); fail != nil {
		return nil, fail
	}
	s, fail := h.establish(stop, hard)
	h.logins.end(fail, stop.Err() != nil)
	return s, fail
}

// establish dials, and takes the connection through TLS, EHLO and AUTH.
func (h *Smarthost) establish(stop, hard context.Context) (*session, *fault) {
	s, fail := h.reach(stop, hard)
	if fail != nil {
		return nil, fail
	}
	defer s.wire.cutBy(stop)()
	if fail = h.greet(stop, s); fail == nil && h.options.Username != "" {
		_, fail = h.authenticate(stop, s)
	}
	if fail != nil {
		s.drop()
		return nil, fail
	}
	return s, nil
}

// reach dials. The session has nothing but its connection yet.
func (h *Smarthost) reach(stop, hard context.Context) (*session, *fault) {
	dialling, cancel := context.WithTimeout(stop, h.limits.dial)
	defer cancel()
	raw, err := h.options.Dial(dialling, h.options.Addr)
	if err != nil {
		return nil, &fault{phase: PhaseConnect, err: err}
	}
	s := &session{wire: newLimitedConn(raw, h.limits), host: h, since: time.Now()}
	h.open.Add(1)
	s.stopWatching = context.AfterFunc(hard, func() { raw.Close() }) // go-smtp knows no context; a close ends any call
	return s, nil
}

// greet makes the session's client: TLS, and EHLO within it.
func (h *Smarthost) greet(ctx context.Context, s *session) (fail *fault) {
	name := h.helloName(s.wire)
	if s.dialogue, fail = h.secure(ctx, s.wire, name); fail != nil {
		return fail
	}
	s.client, fail = h.hello(s.dialogue, name)
	return fail
}

// hello makes a client and has it say EHLO.
func (h *Smarthost) hello(on *dialogue, name string) (*gosmtp.Client, *fault) {
	client := gosmtp.NewClient(on)
	client.CommandTimeout, client.SubmissionTimeout = h.limits.command, h.limits.dot
	on.hello = true
	err := client.Hello(name)
	on.hello = false
	if err != nil {
		return nil, &fault{phase: PhaseHello, err: err}
	}
	return client, nil
}

// secure returns the dialogue on which the session goes on, within TLS unless the options name none. There is no way
// from one to the other: a smarthost that does not offer STARTTLS, or whose certificate is not right, gets no letter,
// since whoever sits in between could take the offer out (RFC 3207 §6).
func (h *Smarthost) secure(ctx context.Context, wire *limitedConn, name string) (*dialogue, *fault) {
	switch {
	case h.options.Plain:
		return newDialogue(wire), nil
	case h.options.Implicit:
		return h.handshake(ctx, wire)
	}
	clear := newDialogue(wire)
	client, fail := h.hello(clear, name) // this client is done for after STARTTLS: what it has heard was in the clear
	if fail != nil {
		return nil, fail
	}
	if offered, _ := client.Extension("STARTTLS"); !offered {
		return nil, &fault{phase: PhaseTLS, err: errors.New("the smarthost does not offer STARTTLS")}
	}
	if err := h.startTLS(clear); err != nil {
		return nil, &fault{phase: PhaseTLS, err: err}
	}
	top, fail := h.handshake(ctx, wire)
	if fail == nil {
		top.greeted, top.greeting = clear.greeted, clear.greeting
		top.reply = []byte("220 go on\r\n") // go-smtp waits for a greeting; within TLS nobody greets again
	}
	return top, fail
}

// startTLS asks for TLS (RFC 3207 §4). go-smtp would say EHLO as "localhost" and hide the handshake in a later command.
// What comes in the clear after the answer was put there by somebody else, and must not count as said within TLS.
func (h *Smarthost) startTLS(clear *dialogue) error {
	if err := clear.SetDeadline(time.Now().Add(h.limits.command)); err != nil {
		return err
	}
	if _, err := io.WriteString(clear, "STARTTLS\r\n"); err != nil {
		return err
	}
	_, _, err := textproto.NewReader(bufio.NewReader(clear)).ReadResponse(220)
	if refused, ok := errors.AsType[*textproto.Error](err); ok {
		return replyOf(refused)
	}
	if err == nil && clear.in.Buffered() > 0 {
		return errors.New("the smarthost, or somebody in between, goes on in clear text after STARTTLS")
	}
	return err
}

// handshake makes TLS on a connection. The smarthost's certificate must name the host of the options.
func (h *Smarthost) handshake(ctx context.Context, wire *limitedConn) (*dialogue, *fault) {
	if err := wire.SetDeadline(time.Now().Add(h.limits.command)); err != nil {
		return nil, &fault{phase: PhaseTLS, err: err}
	}
	secured := tls.Client(wire, &tls.Config{ServerName: h.host, RootCAs: h.options.Roots, MinVersion: tls.VersionTLS12})
	if err := secured.HandshakeContext(ctx); err != nil {
		return nil, &fault{phase: PhaseTLS, err: err}
	}
	return newDialogue(secured), nil
}

// helloName returns the name for EHLO: a host name, or the address literal of our end (RFC 5321 §4.1.4).
func (h *Smarthost) helloName(wire interface{ LocalAddr() net.Addr }) string {
	if h.options.Hello != "" {
		return h.options.Hello
	}
	local, ok := wire.LocalAddr().(*net.TCPAddr)
	switch {
	case !ok:
		return "[127.0.0.1]"
	case local.IP.To4() != nil:
		return "[" + local.IP.String() + "]"
	}
	return "[IPv6:" + local.IP.String() + "]"
}
