package server

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"

	"postern/server/operator"
	"postern/server/web"
)

// How many connections are open at once: a limit against strangers who hold them, far above what people need.
const (
	connectionsInAll     = 4096
	connectionsPerClient = 256
)

// largeAnswers bounds the documents that are read at the same time: each takes some 100 KiB, and as long as its
// reader may take. A browser that shows several needs a few.
var largeAnswers = web.PlaceLimits{All: 256, Client: 32, Holder: 8}

// listeners are where the appliance answers.
type listeners struct {
	public   net.Listener
	operator net.Listener // OPERATOR_LISTEN; nil: on public, for this machine alone
	socket   net.Listener // the command line's
	bounces  net.Listener // BOUNCE_LISTEN; nil: none
}

func (l *listeners) close() error {
	var faults []error
	for _, listener := range []net.Listener{l.public, l.operator, l.socket, l.bounces} {
		if listener != nil {
			if err := listener.Close(); !errors.Is(err, net.ErrClosed) {
				faults = append(faults, err)
			}
		}
	}
	return errors.Join(faults...)
}

// openAddresses reads the certificate, opens the addresses and builds what needs to know them: with a port of 0 only
// the listener knows its address, and the links in letters have it.
func (a *App) openAddresses() (err error) {
	if a.config.TLSCert != "" {
		if a.certificate, err = web.NewCertReloader(a.config.TLSCert, a.config.TLSKey, a.log); err != nil {
			return err
		}
	}
	a.listeners = &listeners{}
	if a.listeners.public, err = a.listenOn("LISTEN", a.config.Listen); err != nil {
		return err
	}
	a.config = a.config.WithAddress(a.listeners.public.Addr())
	if a.config.OperatorListen != "" {
		if a.listeners.operator, err = a.listenOn("OPERATOR_LISTEN", a.config.OperatorListen); err != nil {
			return err
		}
	}
	if err = a.listenForBounces(); err != nil {
		return err
	}
	if a.listeners.socket, err = operator.Listen(a.config.Data); err != nil {
		return err
	}
	return a.makeRooms()
}

func (a *App) listenOn(setting, address string) (net.Listener, error) {
	listener, err := listenAt(setting, address)
	if err != nil {
		return nil, err
	}
	return web.LimitConnections(listener, connectionsInAll, connectionsPerClient, a.config.TrustedProxies), nil
}

// listenAt opens the address that a setting names.
func listenAt(setting, address string) (net.Listener, error) {
	listener, err := net.Listen("tcp", address)
	if err != nil {
		return nil, fmt.Errorf("POSTERN_%s is %s, and nothing can listen there: %w", setting, address, err)
	}
	return listener, nil
}

// servers are workers that answer HTTP, one for each listener.
func (a *App) servers() ([]worker, error) {
	self, err := web.ParseOrigin(a.config.PublicURL.Scheme + "://" + a.config.PublicURL.Host)
	if err != nil {
		return nil, err
	}
	operatorAccess, operatorHosts := a.operatorAccess()
	middleware, err := web.NewMiddleware(web.Options{
		Security: a.security, Observe: a.observed,
		Log: a.log, Random: a.random, TrustedProxies: a.config.TrustedProxies, PublicOrigin: self,
		AllowedOrigins: a.config.AllowedOrigins, CrossOrigin: []string{"/non-license-user/"},
		Look: a.look(), OperatorHosts: operatorHosts,
	})
	if err != nil {
		return nil, err
	}
	access := web.ForLoopback
	if a.listeners.operator != nil {
		access = web.ForNobody
	}
	routes, err := a.publicRoutes(middleware.Files())
	if err != nil {
		return nil, err
	}
	public := web.ServerOptions{Log: a.log, Certificate: a.certificate}
	plain := web.ServerOptions{Log: a.log}
	all := []worker{
		{"LISTEN", answering(web.NewServer(middleware.Handler(access, routes), public), a.listeners.public)},
		{"the operator's socket", answering(web.NewServer(a.operator, plain), a.listeners.socket)},
	}
	if a.listeners.operator != nil {
		routes, err := a.operatorAddressRoutes(middleware.Files())
		if err != nil {
			return nil, err
		}
		handler := middleware.Handler(operatorAccess, routes)
		all = append(all, worker{"OPERATOR_LISTEN", answering(web.NewServer(handler, plain), a.listeners.operator)})
	}
	return all, nil
}

// answering makes the work of a server: it answers until ctx ends, and then ends the requests that run, for at most
// drainTime. It owns the goroutine that accepts, and waits for it.
func answering(s *http.Server, on net.Listener) func(context.Context) error {
	serve := func() error { return s.Serve(on) }
	if s.TLSConfig != nil { // the public address's, with the certificate in it
		serve = func() error { return s.ServeTLS(on, "", "") }
	}
	return func(ctx context.Context) error {
		ended := make(chan error, 1)
		go func() { ended <- serve() }()
		select {
		case err := <-ended: // by itself: the listener is broken
			return err
		case <-ctx.Done():
		}
		limit, cancel := context.WithTimeout(context.WithoutCancel(ctx), drainTime)
		defer cancel()
		if s.Shutdown(limit) != nil {
			_ = s.Close() // whoever is still there has been given time enough
		}
		if err := <-ended; !errors.Is(err, http.ErrServerClosed) {
			return err
		}
		return nil
	}
}

// operatorAccess is for OPERATOR_LISTEN, with the names that it answers to. A web page that is open where that can be
// reached could read along under a name of its own (DNS rebinding): so on this machine alone it answers to loopback
// Hosts, and elsewhere to IP addresses, which no page can call itself, and to the names of the appliance.
func (a *App) operatorAccess() (access web.Access, hosts []string) {
	if a.listeners.operator == nil {
		return web.ForNobody, nil
	}
	if tcp, ok := a.listeners.operator.Addr().(*net.TCPAddr); ok && tcp.IP.IsLoopback() {
		return web.ForLocalHost, a.config.OperatorHosts
	}
	return web.ForNamedHost, a.config.AllOperatorHosts()
}
