package mail

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	netmail "net/mail"
	"net/url"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/rs/zerolog"

	"postern/mail/letters"
	"postern/mail/smtp"
	"postern/mail/smtp/smtptest"
	"postern/store"
	"postern/store/file"
	"postern/store/fixture"
	"postern/tokens"
)

// harness is a store, a composer and a courier, all real, for one test.
type harness struct {
	t       testing.TB
	store   *store.Store
	options Options
	courier *Courier
	log     *fixture.Log
	halt    func()
	ca      *smtptest.Authority // of the smarthost's certificate
	wrong   *atomic.Int64       // by how much the clock that store and courier see is wrong
	running sync.WaitGroup
	people  int
}

// newHarness makes one whose courier does not run yet.
func newHarness(t testing.TB, connections int) *harness {
	t.Helper()
	o := &harness{t: t, log: new(fixture.Log), wrong: new(atomic.Int64)}
	o.open(t.TempDir())
	o.options.Connections, o.options.Log, o.options.Now = connections, zerolog.New(o.log), o.now
	return o
}

// open opens the store, and makes what writes its letters.
func (o *harness) open(dir string) {
	o.t.Helper()
	file, err := store.Open(dir, store.Options{MailDomain: "postern.example", Now: o.now,
		Rules: store.Rules{ConfirmationReuse: 10 * time.Minute, ReactivateAfter: 720 * time.Hour,
			GiveUpAfter: 72 * time.Hour}})
	if err != nil {
		o.t.Fatal(err)
	}
	o.store, o.options.Store, o.options.Composer = file, file, newComposer(o.t, file, rand.Reader)
}

func (o *harness) now() time.Time { return time.Now().Add(time.Duration(o.wrong.Load())) }

// rounds is full, or few where tests are to be short: the long ones hold the same over more of what happens.
func rounds(full, few int) int {
	if testing.Short() {
		return few
	}
	return full
}

// newComposer makes the composer for the letters of a store; its tokens are made of random.
func newComposer(t testing.TB, file *store.Store, random io.Reader) *letters.Composer {
	t.Helper()
	ring, err := tokens.CreateKeyring(filepath.Join(t.TempDir(), "keys"), rand.Reader, time.Now())
	if err != nil {
		t.Fatal(err)
	}
	sealer, err := tokens.NewSealer(ring, file.ApplianceID(), random)
	if err != nil {
		t.Fatal(err)
	}
	composer, err := letters.New(letters.Options{
		From:            netmail.Address{Name: "Postern", Address: "postern@postern.example"},
		PublicURL:       &url.URL{Scheme: "https", Host: "postern.example"},
		Zone:            time.UTC,
		ActivationURL:   "https://postern.example/eecd/activate",
		ConfirmationTTL: time.Hour, NotMeTTL: time.Hour, InvitationTTL: time.Hour, RecoveryTTL: time.Hour,
		Sealer: sealer})
	if err != nil {
		t.Fatal(err)
	}
	return composer
}

// smarthost makes a smarthost of the server: in memory, without TLS.
func (o *harness) smarthost(s *smtptest.Server) *smtp.Smarthost {
	o.t.Helper()
	return must(smtp.New(smtp.Options{Addr: "smarthost.example:25", Plain: true, Hello: "postern.example",
		Dial: s.Dial}))
}

// secured makes a smarthost as most are: with STARTTLS and AUTH.
func (o *harness) secured(s *smtptest.Server) *smtp.Smarthost {
	o.t.Helper()
	return must(smtp.New(o.securedOptions(s)))
}

// securedOptions has the server offer STARTTLS and AUTH PLAIN, and gives the options with which to reach it.
func (o *harness) securedOptions(s *smtptest.Server) smtp.Options {
	o.t.Helper()
	o.ca = smtptest.NewAuthority(o.t)
	s.TLS, s.Mechanisms = o.ca.Server(o.t, "smarthost.example"), "PLAIN"
	return smtp.Options{Addr: "smarthost.example:587", Username: "u", Password: "p", Roots: o.ca.Roots,
		Hello: "postern.example", Dial: s.Dial}
}

// start lets the courier run, over a smarthost, until stop or the test's end.
func (o *harness) start(h *smtp.Smarthost) { o.startOver(Relay(h)) }

func (o *harness) startOver(way Transport) {
	o.options.Transport = way
	o.courier = New(o.options)
	ctx, halt := context.WithCancel(context.Background())
	o.halt = halt
	o.running.Go(func() {
		if err := o.courier.Run(ctx); err != nil {
			o.t.Errorf("Run: %v", err)
		}
	})
}

// stop ends the courier, and waits for it.
func (o *harness) stop() {
	if o.halt != nil {
		o.halt()
		o.running.Wait()
	}
}

// close ends everything, and looks whether the data file is whole.
func (o *harness) close() {
	o.t.Helper()
	o.stop()
	copied := filepath.Join(o.t.TempDir(), "copy.db")
	if err := o.store.Copy(copied); err != nil {
		o.t.Errorf("copying: %v", err)
	}
	faults, err := store.CheckFile(copied)
	if err != nil || len(faults) > 0 {
		o.t.Errorf("the data file: %v %v", faults, err)
	}
	if err := o.store.Close(); err != nil {
		o.t.Errorf("closing: %v", err)
	}
}

// register owes a letter to each of n new people.
func (o *harness) register(n int) []store.User {
	o.t.Helper()
	var users []store.User
	for range n {
		o.people++
		user, err := o.store.RegisterUser(context.Background(), store.Registration{
			Email: fmt.Sprintf("driver%d@drivers.example", o.people), FirstName: "A", LastName: "B",
			OrganisationName: "C", Language: "en"})
		if err != nil {
			o.t.Fatal(err)
		}
		users = append(users, user)
	}
	return users
}

// claim takes up letters as a courier does that dies then.
func (o *harness) claim(n int) []store.Letter {
	o.t.Helper()
	claimed, damaged, err := o.store.ClaimLetters(context.Background(), n)
	if err != nil || len(claimed) != n || len(damaged) > 0 {
		o.t.Fatalf("claimed %v; damaged %v; %v", claimed, damaged, err)
	}
	return claimed
}

// inHand returns how many letters were in hand, and gives them back.
func (o *harness) inHand() int {
	o.t.Helper()
	recovered, damaged, err := o.store.RecoverClaims(context.Background())
	if err != nil {
		o.t.Fatal(err)
	}
	return recovered + damaged
}

// damage goes on with a copy of the data file in which some bytes are others.
func (o *harness) damage(old, damaged string) {
	o.t.Helper()
	dir := o.t.TempDir()
	name := file.DataFile(dir)
	if err := errors.Join(o.store.Copy(name), o.store.Close()); err != nil {
		o.t.Fatal(err)
	}
	data, err := os.ReadFile(name)
	if err != nil || !bytes.Contains(data, []byte(old)) {
		o.t.Fatalf("%s is not in the file; %v", old, err)
	}
	if err := os.WriteFile(name, bytes.ReplaceAll(data, []byte(old), []byte(damaged)), 0o600); err != nil {
		o.t.Fatal(err)
	}
	o.open(dir)
}

// letter returns the one letter to a person.
func (o *harness) letter(user store.User) store.Letter {
	o.t.Helper()
	owed, err := o.store.LettersTo(user.ID, 10)
	if err != nil || len(owed) != 1 {
		o.t.Fatalf("letters to %s: %v %v", user.Email, owed, err)
	}
	return owed[0]
}

// counts returns how many letters there are in a state.
func (o *harness) count(state store.LetterState) int {
	o.t.Helper()
	counts, err := o.store.LetterCounts()
	if err != nil {
		o.t.Fatal(err)
	}
	return counts[state]
}

// wait is for tests outside synctest: it waits for events until so many letters are sent.
func (o *harness) wait(sent int) {
	o.t.Helper()
	deadline := time.After(time.Minute)
	for {
		changed := o.store.Watch()
		if o.count(store.LetterSent) >= sent {
			return
		}
		select {
		case <-changed:
		case <-deadline:
			o.t.Fatalf("%d of %d letters sent; log:\n%s", o.count(store.LetterSent), sent, o.log)
		}
	}
}
