package server

import (
	"net/http"
	"net/netip"
	"slices"
	"strings"
	"time"

	"postern/server/doctor"
	"postern/server/web"
	"postern/server/web/schema"
	"postern/store"
)

// alive answers /healthz. It looks at nothing: whoever restarts what is not alive must not do so because a disk is full
// or a smarthost is down, which a restart does not mend.
type alive struct {
	Status string `json:"status" doc:"Always ok: whoever can answer, lives."`
}

var healthzDoc = web.Doc{
	ID: "getHealth", Summary: "Ask whether the appliance lives",
	Params: []web.Param{web.InQuery(doctor.VisitQuery, schema.Of(schema.String),
		"A word by which postern doctor sees that its call has arrived here. It changes nothing of the answer.")},
	Out: []web.Answer{web.Returns[alive](http.StatusOK, "It lives.")},
}

func (a *App) healthz(c *web.Call) error {
	if word := c.R.URL.Query().Get(doctor.VisitQuery); word != "" {
		a.visits.Note(word, a.visitOf(c))
	}
	return c.JSON(http.StatusOK, alive{"ok"})
}

// visitOf is how a call came in.
func (a *App) visitOf(c *web.Call) doctor.Visit {
	visit := doctor.Visit{Came: true, Secure: c.Secure, Forwarded: c.R.Header.Get("X-Forwarded-For") != ""}
	if peer, err := netip.ParseAddrPort(c.R.RemoteAddr); err == nil {
		visit.Peer = peer.Addr().Unmap()
		visit.Trusted = slices.ContainsFunc(a.config.TrustedProxies,
			func(network netip.Prefix) bool { return network.Contains(visit.Peer) })
	}
	return visit
}

// readiness answers /readyz. The details are the operator's alone: they name partners, and repeat a smarthost's words.
type readiness struct {
	Status  string           `json:"status" doc:"ready, or not ready."`
	Details *readinessDetail `json:"details,omitempty"`
}

type readinessDetail struct {
	Reasons   []string                  `json:"reasons,omitempty" doc:"Why it is not ready; none: it is."`
	Attention []string                  `json:"attention,omitempty" doc:"What else to look at, and what to do."`
	Store     string                    `json:"store" doc:"ok, or why no write is accepted."`
	Disk      *diskDetail               `json:"disk,omitempty"`
	Sending   sendingDetail             `json:"sending"`
	Letters   map[store.LetterState]int `json:"letters"`
	OldestDue time.Time                 `json:"oldestDue,omitzero" doc:"When the oldest letter that is due was owed."`
	Failed    int                       `json:"failedLastDay" doc:"Letters that failed in the last day."`
	Silent    []absentPartner           `json:"silentPartners,omitempty" doc:"Whose calls are expected, and do not come."`
	Limits    []limitInForce            `json:"limits,omitempty" doc:"That something went over within an hour."`
	Webhook   *webhookDetail            `json:"webhook,omitempty" doc:"A receiver that is down makes nothing unready."`
	Bounces   *bouncesDetail            `json:"bounces" doc:"How mail comes back; its ways make nothing unready."`
	Backup    *backupDetail             `json:"backup,omitempty" doc:"One that cannot be made makes nothing unready."`
}

type diskDetail struct {
	Free    uint64 `json:"freeBytes"`
	Reserve uint64 `json:"reserveBytes" doc:"Below that no write is taken."`
	File    uint64 `json:"dataFileBytes"`
}

type sendingDetail struct {
	Paused      bool      `json:"paused" doc:"Whether the operator has paused it."`
	PausedUntil time.Time `json:"pausedUntil,omitzero" doc:"The smarthost is at fault; tried again then."`
	Fault       string    `json:"fault,omitzero" doc:"Its last one: phase and words."`
	Connections int       `json:"connections"`
}

var readyzDoc = web.Doc{
	ID: "getReadiness", Summary: "Ask whether writes are taken",
	Text: "Details are there for the operator alone.",
	Out: []web.Answer{
		web.Returns[readiness](http.StatusOK, "Writes are taken."),
		web.Returns[readiness](http.StatusServiceUnavailable, "No writes are taken now, or the appliance is stopping."),
	},
}

// readyz says whether writes are taken. A smarthost that is down makes nothing unready: letters wait.
func (a *App) readyz(c *web.Call) error {
	reasons := a.notReady()
	answer, status := readiness{Status: "ready"}, http.StatusOK
	if len(reasons) > 0 {
		answer.Status, status = "not ready", http.StatusServiceUnavailable
		c.W.Header().Set("Retry-After", "30")
	}
	if c.Operator() {
		var err error
		if answer.Details, err = a.readinessDetail(reasons); err != nil {
			return err
		}
	}
	return c.JSON(status, answer)
}

// notReady tells why no writes are taken, in sentences; none: they are.
func (a *App) notReady() (reasons []string) {
	if a.draining.Err() != nil {
		reasons = append(reasons, "the appliance is stopping")
	}
	if fault := a.store.Ready(); fault != nil {
		reasons = append(reasons, fault.Error())
	}
	return reasons
}

// readinessDetail tells the operator what there is to tell. Where the store cannot even be read, as while the appliance
// closes, that is one more reason.
func (a *App) readinessDetail(reasons []string) (*readinessDetail, error) {
	detail := &readinessDetail{Reasons: reasons, Store: "ok"}
	if len(reasons) > 0 {
		detail.Store = strings.Join(reasons, "; ")
	}
	seen, err := a.appliance()
	if err != nil {
		return nil, err
	}
	seen.NotReady = "" // said already
	detail.Attention = seen.Attention(a.now())
	if b := a.backedUp(); b != nil {
		detail.Attention = append(detail.Attention, b.Attention(a.now())...)
	}
	detail.Letters, detail.OldestDue, detail.Failed = seen.Queue.Counts, seen.Queue.Oldest, seen.FailedLastDay
	status := a.courier.Status()
	detail.Sending = sendingDetail{Paused: seen.Paused, PausedUntil: status.PausedUntil, Fault: seen.Pause.Fault,
		Connections: status.Connections}
	if space, err := a.store.Space(); err == nil {
		detail.Disk = &diskDetail{space.Free, space.Reserve, space.File}
	}
	if detail.Webhook, err = a.webhookDetail(); err != nil {
		return nil, err
	}
	if detail.Backup, err = a.backupDetail(); err != nil {
		return nil, err
	}
	if detail.Silent, err = a.absent(); err != nil {
		return nil, err
	}
	detail.Limits, detail.Bounces = a.limits.inForce(), a.bouncesDetail()
	return detail, nil
}
