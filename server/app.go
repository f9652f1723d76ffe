// Package server is the whole appliance as one value: Open takes the data directory, Run answers and sends until it is
// told to stop, Close lets go. Tests run the same App, in a directory of their own and on port 0.
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
	"time"

	"github.com/rs/zerolog"

	"postern/mail"
	"postern/mail/letters"
	"postern/mail/smtp"
	"postern/server/biker"
	"postern/server/config"
	"postern/server/eecd"
	"postern/server/inbox"
	"postern/server/metrics"
	"postern/server/operator"
	"postern/server/partner"
	"postern/server/web"
	"postern/store"
	"postern/store/limit"
	"postern/tokens"
	"postern/tokens/password"
)

// App is one appliance.
type App struct {
	config config.Config
	log    zerolog.Logger
	now    func() time.Time
	random io.Reader

	store    *store.Store
	sealer   *tokens.Sealer
	operator http.Handler

	draining context.Context // ended when the appliance begins to stop: calls that wait are answered then
	drain    context.CancelFunc

	listeners *listeners // nil before Listen
	rooms     rooms
	courier   *mail.Courier

	attendance *attendance
	limits     *limitWatch
	metrics    *metrics.Metrics
	security   *web.SecurityLog
	smarthost  *smtp.Smarthost // nil: letters go to the built-in inbox
}

// rooms are what the route table is made of. Those of the operator are not there where nothing listens.
type rooms struct {
	partner *partner.Room
	biker   *biker.Room
	eecd    *eecd.Room
	inbox   *inbox.Room // nil with a smarthost
}

// Open takes the data directory, which is made where it is missing, and reads or makes the keys. Nothing is answered or
// sent before Run. Its errors are sentences for the operator; errors.Is(err, file.ErrInUse) where another appliance
// holds the directory.
func Open(config config.Config, log zerolog.Logger) (*App, error) {
	return open(config, log, time.Now, rand.Reader)
}

func open(config config.Config, log zerolog.Logger, now func() time.Time, random io.Reader) (_ *App, err error) {
	a := &App{config: config, log: log, now: now, random: random, attendance: newAttendance(now),
		limits: newLimitWatch(log, now), security: web.NewSecurityLog()}
	a.metrics = metrics.New(a.measured())
	a.draining, a.drain = context.WithCancel(context.Background())
	var ring *tokens.Keyring
	a.store, err = store.Open(config.Data, store.Options{
		Now: now, Random: random, MailDomain: mailDomain(config), OverLimit: a.limits.note,
		AddressKey: func(knowsPeople bool) (key [32]byte, err error) {
			if ring, err = a.keyring(knowsPeople); err == nil {
				key = ring.AddressKey()
			}
			return key, err
		},
		Rules: store.Rules{
			ConfirmationReuse: config.ConfirmationReuse, ReactivateAfter: config.ReactivateAfter,
			GiveUpAfter: config.GiveUpAfter, MailboxSignIn: config.MailboxSignIn,
			StrangerLetters: config.Limits.StrangerLetters, AddressLetters: config.Limits.AddressLetters,
			PartnerLetters: config.Limits.PartnerLetters,
			PartnerPeople:  config.Limits.PartnerPeople, PartnerAnswers: config.Limits.PartnerAnswers,
			RepeatLettersAfter: config.RepeatLettersAfter,
			LoginTries:         config.Limits.Login,
		},
	})
	if err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, a.store.Close())
		}
	}()
	if a.sealer, err = tokens.NewSealer(ring, a.store.ApplianceID(), random); err != nil {
		return nil, err
	}
	return a, a.openOperator()
}

// keyring reads the keys, once the store holds the data directory. They are made at the first start alone: while the data
// file knows people, a missing key file is a loss that only the operator can judge.
func (a *App) keyring(knowsPeople bool) (*tokens.Keyring, error) {
	ring, err := tokens.LoadKeyring(a.config.KeyFile)
	if !errors.Is(err, fs.ErrNotExist) {
		return ring, err
	}
	if knowsPeople {
		return nil, fmt.Errorf("the key file %s is missing, and the data file knows people whose links and tokens it sealed: "+
			"put the file back from where it was kept, or set POSTERN_KEY_FILE to it", a.config.KeyFile)
	}
	return tokens.CreateKeyring(a.config.KeyFile, a.random, a.now())
}

func (a *App) openOperator() error {
	o := operator.Options{
		Store: a.store, Dir: a.config.Data, ReactivateAfter: a.config.ReactivateAfter,
		Draining: a.draining, Now: a.now, Random: a.random,
	}
	if a.config.SMTP != nil {
		var err error
		if a.smarthost, err = newSmarthost(a.config.SMTP); err != nil {
			return err
		}
		o.CheckSmarthost = checkerOf(a.smarthost) // the courier's own, so that refused logins are counted together
	}
	acts, err := operator.New(o)
	if err != nil {
		return err
	}
	frame, err := web.NewFrame(web.Options{Log: a.log, Random: a.random})
	if err != nil {
		return err
	}
	a.operator = frame.Handler(web.ForAnybody, acts.Routes())
	return nil
}

// Operator answers the operator's acts, in process or behind the socket.
func (a *App) Operator() http.Handler { return a.operator }

// PublicURL is the base of the links in letters. After Listen it has the port that was chosen.
func (a *App) PublicURL() string { return a.config.PublicURL.String() }

// Addr is where HTTP is answered; nil before Listen.
func (a *App) Addr() net.Addr {
	if a.listeners == nil {
		return nil
	}
	return a.listeners.public.Addr()
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
		PerMinute: a.perMinute(), Observer: a.metrics, Log: a.log, Now: a.now,
	})
	signIn := a.limiter("sign_in", a.config.Limits.SignIn)
	a.rooms.partner = partner.New(partner.Options{Store: a.store, PartnerSeen: a.attendance.note})
	a.rooms.biker, err = biker.New(biker.Options{
		Store: a.store, Sealer: a.sealer, Hasher: password.NewHasher(password.HasherOptions{Random: a.random}),
		Now: a.now, Random: a.random, PasswordMin: a.config.PasswordMin, Organisation: a.config.Organisation,
		LoginTries: a.config.Limits.Login, LoginExempt: a.config.Limits.Exempt, ForgotLimit: signIn,
	})
	if err != nil {
		return err
	}
	a.rooms.eecd, err = eecd.New(eecd.Options{
		Store: a.store, Sealer: a.sealer, Now: a.now, UserTokenTTL: a.config.UserTokenTTL, PublicURL: a.config.PublicURL,
		RegisterLimit: a.limiter("register", a.config.Limits.Register),
		Answers:       web.NewPlaces(largeAnswers, a.config.Limits.Exempt),
		SignInLimit:   signIn, // sign-in and forgot calls count together
	})
	return err
}
