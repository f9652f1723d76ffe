// Package server is the whole appliance as one value: Open takes the data directory and the addresses, Run answers and
// sends until it is told to stop, Close lets go. Tests run the same App, in a directory of their own and on port 0.
//
// It is where the rooms meet: each of them gets what it needs as plain values in its constructor, and knows neither the
// settings nor its neighbours. There are three ends. draining is ended first, so that calls which wait for something
// are answered; then the context of the workers (run.go), each of which ends its own goroutines; then Close gives the
// data directory back, when nobody can write any more.
package server

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"net/http"
	"os"
	"time"

	"github.com/rs/zerolog"

	"postern/mail"
	"postern/mail/letters"
	"postern/mail/returns"
	"postern/mail/returns/mailbox"
	"postern/mail/smtp"
	"postern/server/biker"
	"postern/server/config"
	"postern/server/console"
	"postern/server/doctor"
	"postern/server/documents"
	"postern/server/driver"
	"postern/server/eecd"
	"postern/server/history"
	"postern/server/inbox"
	"postern/server/metrics"
	"postern/server/operator"
	"postern/server/partner"
	"postern/server/supervisor"
	"postern/server/user"
	"postern/server/web"
	"postern/server/webhook"
	"postern/store"
	"postern/store/file"
	"postern/store/limit"
	"postern/tokens"
	"postern/tokens/password"
)

// Options are what an appliance is opened with.
type Options struct {
	Config config.Config
	Log    zerolog.Logger
	// Offline opens the data directory alone, for the operator's acts in process: nothing listens, nothing is sent, and
	// Run must not be called.
	Offline    bool
	Supervisor *supervisor.Supervisor // is told when the appliance answers, lives and stops; nil: nobody
	Build      metrics.Build          // which program this is, for the metrics
	Now        func() time.Time       // nil: time.Now
	Random     io.Reader              // of keys, tokens, salts and ids; nil: crypto/rand
}

// App is one appliance.
type App struct {
	config config.Config
	log    zerolog.Logger
	now    func() time.Time
	random io.Reader

	supervisor *supervisor.Supervisor
	offline    bool // opened for the operator's acts alone

	store    *store.Store
	sealer   *tokens.Sealer
	marks    *tokens.Marks
	desk     *returns.Desk // takes mail that comes back
	acts     *operator.Operator
	operator http.Handler // the acts' endpoints

	draining context.Context // ended when the appliance begins to stop: calls that wait are answered then
	drain    context.CancelFunc

	silence   *silenceWatch
	history   *history.History
	limits    *limitWatch
	backups   backupWatch
	metrics   *metrics.Metrics
	visits    doctor.Visits
	people    *peopleCount
	security  *web.SecurityLog
	smarthost *smtp.Smarthost // nil: letters go to the built-in inbox

	// What follows is nil offline.
	certificate *web.CertReloader // nil: plain HTTP
	listeners   *listeners
	rooms       rooms
	courier     *mail.Courier
	hasher      *password.Hasher
	webhook     *webhook.Sender // nil: events are posted nowhere
	playback    *mail.Playback  // nil with a smarthost
	mailbox     *mailbox.Reader // nil: none is read
}

// rooms are what the route table is made of. Those of the operator are not there where nothing listens.
type rooms struct {
	partner *partner.Handlers
	biker   *biker.Handlers
	eecd    *eecd.Handlers
	driver  *driver.Handlers
	console *console.Handlers
	inbox   *inbox.Handlers // nil with a smarthost
}

// Open takes the data directory, which is made where it is missing, reads or makes the keys, and, unless offline, opens
// the addresses. Nothing is answered or sent before Run. Its errors are sentences for the operator;
// errors.Is(err, file.ErrInUse) where another appliance holds the directory.
//
// The order is that of what must not happen twice: the directory's lock comes first, so that of two appliances that are
// started at once one leaves the keys and the addresses alone; the addresses come last, so that nobody can connect to
// one that does not start.
func Open(o Options) (_ *App, err error) {
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Random == nil {
		o.Random = rand.Reader
	}
	a := &App{
		config: o.Config, log: o.Log, now: o.Now, random: o.Random, supervisor: o.Supervisor, offline: o.Offline,
		silence: newSilenceWatch(o.Now), limits: newLimitWatch(o.Log, o.Now), security: web.NewSecurityLog(),
	}
	a.metrics = metrics.New(a.measured(), o.Build)
	a.people = newPeopleCount(func(ctx context.Context) (int, int, error) { return a.store.CountPeople(ctx) })
	a.history = history.New(history.Options{Log: o.Log, Now: o.Now})
	a.draining, a.drain = context.WithCancel(context.Background())
	ring, err := a.openStore()
	if err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, a.Close())
		}
	}()
	a.history.Store = a.store
	if a.sealer, err = tokens.NewSealer(ring, a.store.ApplianceID(), a.random); err != nil {
		return nil, err
	}
	if a.marks, err = tokens.NewMarks(ring); err != nil {
		return nil, err
	}
	a.desk = a.newDesk()
	if err = a.store.NoteKeys(a.draining, operator.Prints(ring), "", ""); err != nil {
		return nil, err
	}
	if err = a.openOperator(); err != nil {
		return nil, err
	}
	if !o.Offline {
		if err = a.openAddresses(); err != nil {
			return nil, err
		}
	}
	return a, nil
}

// openStore opens the data file, and reads or makes the keys while it is held. The store asks for the key of its hashes
// before it changes anything, as a migration may need it: so the ring comes out of that call.
func (a *App) openStore() (ring *tokens.Keyring, err error) {
	c := a.config
	lost := !exists(file.DataFile(c.Data)) && exists(c.KeyFile)
	a.store, err = store.Open(c.Data, store.Options{
		Now: a.now, Random: a.random, MailDomain: mailDomain(c), OverLimit: a.limits.note,
		Committed: a.committed, Told: a.metrics.Told,
		AddressKey: func(knowsPeople bool) (key [32]byte, err error) {
			if ring, err = a.keyring(knowsPeople); err == nil {
				key = ring.AddressKey()
			}
			return key, err
		},
		Rules: store.Rules{
			ConfirmationReuse: c.ConfirmationReuse, ReactivateAfter: c.ReactivateAfter,
			GiveUpAfter: c.GiveUpAfter, MailboxSignIn: c.MailboxSignIn,
			StrangerLetters: c.Limits.StrangerLetters, AddressLetters: c.Limits.AddressLetters,
			PartnerLetters: c.Limits.PartnerLetters, PartnerPeople: c.Limits.PartnerPeople,
			PartnerAnswers: c.Limits.PartnerAnswers, LoginTries: c.Limits.Login,
			RepeatLettersAfter: c.RepeatLettersAfter,
		},
	})
	var other *store.OtherKeys
	if errors.As(err, &other) && other.Cause == nil {
		err = fmt.Errorf("the key file %s is not that of the data file, which needs other keys (%v): put that file "+
			"back, or set POSTERN_KEY_FILE to it; if it is lost for good, run postern key new --after-loss",
			c.KeyFile, other.Needs)
	}
	if err == nil && lost {
		a.log.Warn().Msgf("there was no data file in %s, though the key file %s has been in use: one is made, and "+
			"knows nobody; if people were registered here, stop, and put %s back from a backup",
			c.Data, c.KeyFile, file.DataFile(c.Data))
	}
	return ring, err
}

func exists(path string) bool {
	_, err := os.Lstat(path)
	return err == nil
}

// keyring reads the keys, once the store holds the data directory. They are made at the first start alone: while the
// data file knows people, a missing key file is a loss that only the operator can judge.
func (a *App) keyring(knowsPeople bool) (*tokens.Keyring, error) {
	ring, err := tokens.LoadKeyring(a.config.KeyFile)
	if !errors.Is(err, fs.ErrNotExist) {
		return ring, err
	}
	if knowsPeople {
		return nil, fmt.Errorf(
			"the key file %s is missing, and the data file knows people whose links and tokens it sealed: "+
				"put the file back from where it was kept, or set POSTERN_KEY_FILE to it; if it is lost for good, run "+
				"postern key new --after-loss", a.config.KeyFile)
	}
	return tokens.CreateKeyring(a.config.KeyFile, a.random, a.now())
}

// keyed is what the acts on the token keys need.
func (a *App) keyed() operator.Keyed {
	c := a.config
	var marks time.Duration
	if c.Bounce.Address.Coded() {
		marks = c.Keep.Sent
	}
	return operator.Keyed{File: c.KeyFile, Sealer: a.sealer, Marks: a.marks, Lives: operator.Lives{
		Confirmation: c.ConfirmationTTL, NotMe: c.Keep.Unconfirmed, Invitation: c.InvitationTTL,
		Recovery: c.RecoveryTTL, UserToken: c.UserTokenTTL, Browser: biker.BrowserLife, Sent: c.Keep.Sent, Marks: marks,
	}}
}

// committed counts a commit, for the metrics and the plots.
func (a *App) committed(took time.Duration, writes int) {
	a.metrics.Committed(took, writes)
	a.history.Committed(took)
}

// openOperator makes the acts, which need no address, and the handler of their endpoints.
func (a *App) openOperator() error {
	o := operator.Options{
		Store: a.store, Dir: a.config.Data, ReactivateAfter: a.config.ReactivateAfter,
		Draining: a.draining, Now: a.now, Random: a.random, Keys: a.keyed(), Returns: a.desk,
	}
	if !a.offline {
		o.Examine, o.WriteMetrics, o.ConsoleLink = a.examine, a.metrics.Write, a.consoleLink
	}
	if a.config.SMTP != nil {
		var err error
		if a.smarthost, err = newSmarthost(a.config.SMTP); err != nil {
			return err
		}
		o.CheckSmarthost = checkerOf(a.smarthost) // the courier's own, so that refused logins are counted together
	}
	var err error
	if a.acts, err = operator.New(o); err != nil {
		return err
	}
	middleware, err := web.NewMiddleware(web.Options{Log: a.log, Random: a.random})
	if err != nil {
		return err
	}
	a.operator = middleware.Handler(web.ForAnybody, operator.TellDamage(a.acts.Routes()))
	return nil
}

// Operator answers the operator's acts, in process or behind the socket.
func (a *App) Operator() http.Handler { return a.operator }

// PublicURL is the base of the links in letters, with the port that was chosen where LISTEN left that open.
func (a *App) PublicURL() string { return a.config.PublicURL.String() }

// Config is the configuration that the appliance runs with: that of Open, with the port that was chosen where LISTEN
// left that open.
func (a *App) Config() config.Config { return a.config }

// Addr is where HTTP is answered; nil offline.
func (a *App) Addr() net.Addr {
	if a.listeners == nil {
		return nil
	}
	return a.listeners.public.Addr()
}

// OperatorAddr is OPERATOR_LISTEN's address, with the port that was chosen; nil where it is not set.
func (a *App) OperatorAddr() net.Addr {
	if a.listeners == nil || a.listeners.operator == nil {
		return nil
	}
	return a.listeners.operator.Addr()
}

// BounceAddr is BOUNCE_LISTEN's address, with the port that was chosen; nil where it is not set.
func (a *App) BounceAddr() net.Addr {
	if a.listeners == nil || a.listeners.bounces == nil {
		return nil
	}
	return a.listeners.bounces.Addr()
}

// Close lets go of the data directory. It is called once, after Run has returned or where it was never called.
func (a *App) Close() error {
	a.drain()
	var listening error
	if a.listeners != nil {
		listening = a.listeners.close()
	}
	return errors.Join(listening, a.store.Close())
}

// limiter counts calls per client, and has it noted when one is over the limit.
func (a *App) limiter(limit store.Limit, rate limit.Rate) *web.Limiter {
	limiter := web.NewLimiter(rate, a.config.Limits.Exempt, a.now)
	limiter.OverLimit = func() { a.limits.note(limit, store.Refused) }
	return limiter
}

// makeRooms builds what needs the public address: links in letters and pages carry it.
func (a *App) makeRooms() error {
	composer, err := letters.New(a.letterOptions())
	if err != nil {
		return err
	}
	transport, err := a.transport()
	if err != nil {
		return err
	}
	a.courier = mail.New(mail.Options{
		Store: a.store, Composer: composer, Transport: transport, Connections: a.connections(),
		PerMinute: a.perMinute(), Observer: observers{a.metrics, a.history}, Log: a.log, Now: a.now,
	})
	a.webhook, a.mailbox = a.newWebhook(), a.newMailbox()
	signIn := a.limiter("sign_in", a.config.Limits.SignIn)
	papers := documents.New(documents.Options{Store: a.store, PublicURL: a.config.PublicURL, Zone: a.config.Timezone,
		Now: a.now, Places: web.NewPlaces(largeAnswers, a.config.Limits.Exempt)})
	a.rooms.partner = partner.New(partner.Options{Store: a.store, Documents: papers, PartnerSeen: a.silence.note,
		Draining: a.draining})
	a.hasher = password.NewHasher(password.HasherOptions{Random: a.random, Observe: a.metrics.Hashed})
	a.rooms.biker, err = biker.New(biker.Options{
		Store: a.store, Sealer: a.sealer, Hasher: a.hasher,
		Now: a.now, Random: a.random, PasswordMin: a.config.PasswordMin, Organisation: a.config.Organisation,
		LoginTries: a.config.Limits.Login, LoginExempt: a.config.Limits.Exempt, ForgotLimit: signIn,
	})
	if err != nil {
		return err
	}
	if a.rooms.console, err = a.newConsole(); err != nil {
		return err
	}
	return a.makeUserRooms(papers, signIn)
}

// makeUserRooms builds the users' API and pages, which share acts and limits. Sign-in and forgot calls count together.
func (a *App) makeUserRooms(papers *documents.Documents, signIn *web.Limiter) (err error) {
	acts := user.New(user.Options{
		Store: a.store, Sealer: a.sealer, Now: a.now, TokenTTL: a.config.UserTokenTTL,
		RegisterLimit: a.limiter("register", a.config.Limits.Register), SignInLimit: signIn,
	})
	a.rooms.eecd = eecd.New(eecd.Options{Store: a.store, Acts: acts, Documents: papers})
	a.rooms.driver, err = driver.New(driver.Options{
		Store: a.store, Acts: acts, Documents: papers, Now: a.now, Zone: a.config.Timezone,
		TokenTTL: a.config.UserTokenTTL,
	})
	return err
}
