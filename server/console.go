package server

import (
	"net"
	"net/netip"
	"slices"
	"time"

	"postern/mail"
	"postern/server/console"
	"postern/server/operator"
	"postern/store"
	"postern/store/refuse"
)

// newConsole makes the operator's room.
func (a *App) newConsole() (*console.Handlers, error) {
	return console.New(console.Options{
		Acts: a.acts, History: a.history, Status: a.consoleStatus, Silent: a.consoleSilent, Seen: a.silence.last,
		Limits: a.consoleLimits, Settings: a.consoleSettings,
		PublicURL: a.config.PublicURL, Zone: a.config.Timezone, Now: a.now, Random: a.random,
	})
}

func (a *App) consoleStatus() console.Status {
	courier := a.courier.Status()
	return console.Status{Store: a.store.Ready(), Inbox: a.rooms.inbox != nil, PausedUntil: courier.PausedUntil,
		Fault: faultText(courier), Connections: courier.Connections}
}

// faultText is the smarthost's last fault, its phase and words; empty where sending does not pause.
func faultText(status mail.Status) string {
	if status.PausedUntil.IsZero() {
		return ""
	}
	return status.Fault.Phase + ": " + status.Fault.Text
}

func (a *App) consoleSilent() (list []console.Silent, err error) {
	absent, err := a.absent()
	for _, partner := range absent {
		list = append(list, console.Silent{Name: partner.Name, Since: partner.SilentSince})
	}
	return list, err
}

func (a *App) consoleLimits() (list []console.Limit) {
	for _, limit := range a.limits.inForce() {
		one := console.Limit{Words: limitWords[limit.Limit], Since: limit.Since, Last: limit.Last}
		for _, n := range limit.Counts {
			one.Count += n
		}
		list = append(list, one)
	}
	return list
}

func (a *App) consoleSettings() []console.Setting {
	all := a.config.List()
	list := make([]console.Setting, len(all))
	for i, one := range all {
		list[i] = console.Setting(one)
	}
	return list
}

// consoleLink makes a link into the console, at the address where the operator reaches it from this machine.
func (a *App) consoleLink() (operator.Link, error) {
	base, err := a.operatorURL()
	if err != nil {
		return operator.Link{}, err
	}
	path, expires, err := a.rooms.console.Link()
	return operator.Link{URL: base + path, ExpiresAt: expires.UTC()}, err
}

// operatorURL is where the operator's pages answer. Where they answer nobody it is an error that says what to set.
func (a *App) operatorURL() (string, error) {
	if a.listeners.operator != nil {
		return "http://" + reachable(a.listeners.operator.Addr()), nil
	}
	address, _ := netip.ParseAddrPort(a.listeners.public.Addr().String())
	isProxy := func(p netip.Prefix) bool {
		return p.Contains(netip.AddrFrom4([4]byte{127, 0, 0, 1})) || p.Contains(netip.IPv6Loopback())
	}
	switch {
	case !address.Addr().IsLoopback() && !address.Addr().IsUnspecified():
		return "", refuse.New(refuse.Conflict, "The console answers on LISTEN to this machine's loopback address only, "+
			"and LISTEN is "+address.String()+": set POSTERN_OPERATOR_LISTEN, as 127.0.0.1:8081, and restart.")
	case slices.ContainsFunc(a.config.TrustedProxies, isProxy):
		return "", refuse.New(refuse.Conflict, "The console answers on LISTEN to nobody behind a proxy, and "+
			"TRUSTED_PROXIES names this machine: set POSTERN_OPERATOR_LISTEN, as 127.0.0.1:8081, and restart.")
	}
	scheme := "http://"
	if a.certificate != nil {
		scheme = "https://"
	}
	return scheme + reachable(a.listeners.public.Addr()), nil
}

// reachable is an address that a browser on this machine can ask for.
func reachable(listening net.Addr) string {
	address, err := netip.ParseAddrPort(listening.String())
	if err == nil && address.Addr().IsUnspecified() {
		_, port, _ := net.SplitHostPort(listening.String())
		return net.JoinHostPort("localhost", port)
	}
	return listening.String()
}

// observers are several that the courier tells how sending goes.
type observers []mail.Observer

// Attempted tells them all.
func (o observers) Attempted(kind store.LetterKind, a store.Attempt, state store.LetterState, waited time.Duration) {
	for _, one := range o {
		one.Attempted(kind, a, state, waited)
	}
}

// Paused tells them all.
func (o observers) Paused(begins bool) {
	for _, one := range o {
		one.Paused(begins)
	}
}
