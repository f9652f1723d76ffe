package mailbox

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"slices"
	"time"

	"github.com/emersion/go-imap/v2"
	"github.com/emersion/go-imap/v2/imapclient"
	"github.com/emersion/go-sasl"

	"postern/mail/bounce"
	"postern/mail/returns"
	"postern/store"
)

// errRefused is for a login that the server refuses.
var errRefused = errors.New("the login is refused")

// lookAtOnce is how many messages one command fetches: each is taken while the next one comes.
const lookAtOnce = 50

// visit is one connection: it logs in, looks at what is new, and goes on looking until something goes wrong. looked
// reports whether it came as far as to look at everything once.
type visit struct {
	*Reader
	client *imapclient.Client
	news   chan struct{} // one slot: the server tells of a new message
	at     store.MailboxPosition
}

func (r *Reader) visit(ctx context.Context) (looked bool, err error) {
	v := &visit{Reader: r, news: make(chan struct{}, 1)}
	if err := v.open(ctx); err != nil {
		return false, err
	}
	defer v.client.Close()
	defer context.AfterFunc(ctx, func() { v.client.Close() })()
	for {
		if err := v.look(ctx); err != nil {
			return looked, err
		}
		looked = true
		r.looked()
		if err := v.wait(ctx); err != nil {
			return looked, err
		}
	}
}

// within runs one exchange with the server, which may take so long: else the connection is closed, which ends any.
func (v *visit) within(d time.Duration, what string, exchange func() error) error {
	timer := time.AfterFunc(d, func() { v.client.Close() })
	err := exchange()
	if !timer.Stop() && err != nil {
		err = errors.New("no answer in time")
	}
	if err != nil {
		return fmt.Errorf("%s: %w", what, err)
	}
	return nil
}

// open connects, with TLS from the first byte (RFC 8314 §3.2), logs in and selects the folder.
func (v *visit) open(ctx context.Context) error {
	dialing, cancel := context.WithTimeout(ctx, v.times.answer)
	defer cancel()
	raw, err := v.options.Dial(dialing, v.options.Addr)
	if err != nil {
		return fmt.Errorf("connecting to %s: %w", v.options.Addr, err)
	}
	secured := tls.Client(raw, &tls.Config{ServerName: v.options.Host, RootCAs: v.options.Roots,
		MinVersion: tls.VersionTLS12, NextProtos: []string{"imap"}})
	if err := secured.HandshakeContext(dialing); err != nil {
		raw.Close()
		return fmt.Errorf("TLS with %s: %w", v.options.Addr, err)
	}
	v.client = imapclient.New(secured, &imapclient.Options{UnilateralDataHandler: &imapclient.UnilateralDataHandler{
		Mailbox: func(data *imapclient.UnilateralDataMailbox) {
			if data.NumMessages != nil {
				v.tell()
			}
		},
	}})
	stop := context.AfterFunc(ctx, func() { v.client.Close() })
	defer stop()
	if err = v.enter(ctx); err != nil {
		v.client.Close()
	}
	return err
}

// tell notes that there may be something new.
func (v *visit) tell() {
	select {
	case v.news <- struct{}{}:
	default:
	}
}

// enter logs in and selects the folder.
func (v *visit) enter(ctx context.Context) error {
	if err := v.within(v.times.answer, "the greeting", v.client.WaitGreeting); err != nil {
		return err
	}
	if err := v.within(v.times.answer, "logging in", func() error { return v.logIn(ctx) }); err != nil {
		return err
	}
	return v.within(v.times.answer, "selecting "+v.options.Folder, func() error {
		box, err := v.client.Select(v.options.Folder, nil).Wait()
		if err != nil {
			return err
		}
		v.at, err = v.position(box.UIDValidity)
		return err
	})
}

func (v *visit) logIn(ctx context.Context) error {
	var err error
	switch {
	case v.options.Login != nil:
		login, unreachable := v.options.Login.Client(ctx, v.options.User)
		if unreachable != nil {
			return unreachable
		}
		err = v.client.Authenticate(login)
	case v.client.Caps().Has(imap.AuthCap(sasl.Plain)): // takes any character; LOGIN knows ASCII alone
		err = v.client.Authenticate(sasl.NewPlainClient("", v.options.User, v.options.Password))
	default:
		err = v.client.Login(v.options.User, v.options.Password).Wait()
	}
	refused, is := errors.AsType[*imap.Error](err)
	if !is || refused.Code == imap.ResponseCodeUnavailable {
		return err
	}
	if v.options.Login != nil {
		v.options.Login.Forget()
	}
	return fmt.Errorf("%w: %s", errRefused, refused.Text)
}

// look takes all messages that were not looked at yet, in their order.
func (v *visit) look(ctx context.Context) error {
	var numbers []imap.UID
	err := v.within(v.times.answer, "looking for new messages", func() error {
		found, err := v.client.UIDSearch(v.criteria(), nil).Wait()
		if err == nil {
			numbers = found.AllUIDs()
		}
		return err
	})
	if err != nil {
		return err
	}
	// A range that begins behind the last message has that in it all the same (RFC 9051 §6.4.8).
	numbers = slices.DeleteFunc(numbers, func(n imap.UID) bool { return uint32(n) <= v.at.Last })
	slices.Sort(numbers)
	for some := range slices.Chunk(numbers, lookAtOnce) {
		if err := v.take(ctx, some); err != nil {
			return err
		}
	}
	return nil
}

// criteria are for what is new, which in a mailbox never seen before is what is no older than any letter.
func (v *visit) criteria() *imap.SearchCriteria {
	if v.at.Last == 0 {
		return &imap.SearchCriteria{Since: time.Now().Add(-v.options.Back)}
	}
	var rest imap.UIDSet
	rest.AddRange(imap.UID(v.at.Last+1), 0)
	return &imap.SearchCriteria{UID: []imap.UIDSet{rest}}
}

// take fetches some messages, without marking them as seen, and has each taken. Those that are understood are then
// marked and moved, and all are noted as looked at. Where one cannot be written down, it and those behind it are left
// for later.
func (v *visit) take(ctx context.Context, numbers []imap.UID) error {
	whole := &imap.FetchItemBodySection{Peek: true, Partial: &imap.SectionPartial{Size: bounce.MaxMessage}}
	var understood imap.UIDSet
	last, faults := v.at.Last, error(nil)
	fetch := v.client.Fetch(imap.UIDSetNum(numbers...), &imap.FetchOptions{UID: true,
		BodySection: []*imap.FetchItemBodySection{whole}})
	timer := time.AfterFunc(v.times.answer, func() { v.client.Close() })
	defer timer.Stop()
	for message := fetch.Next(); message != nil; message = fetch.Next() {
		timer.Reset(v.times.answer)
		number, content := read(message)
		if number == 0 || faults != nil {
			continue
		}
		taken, err := v.options.Desk.Take(ctx, returns.FromMailbox, content, bounce.Envelope{})
		if err != nil {
			faults = err
			continue
		}
		if taken.Understood() {
			understood.AddNum(number)
		}
		last = max(last, uint32(number))
	}
	if err := fetch.Close(); err != nil {
		return fmt.Errorf("reading messages: %w", err)
	}
	timer.Stop()
	if faults == nil {
		last = uint32(numbers[len(numbers)-1]) // some may be gone since they were found
	}
	return errors.Join(faults, v.putAway(understood), v.keep(ctx, last))
}

// read reads a message as the server sends it; number is 0 where that is not what was asked for.
func read(message *imapclient.FetchMessageData) (number imap.UID, content []byte) {
	for item := message.Next(); item != nil; item = message.Next() {
		switch item := item.(type) {
		case imapclient.FetchItemDataUID:
			number = item.UID
		case imapclient.FetchItemDataBodySection:
			if item.Literal != nil {
				// An error is the command's too.
				content, _ = io.ReadAll(io.LimitReader(item.Literal, bounce.MaxMessage))
			}
		}
	}
	return number, content
}

// putAway marks messages as seen, and moves them where that is wanted.
func (v *visit) putAway(understood imap.UIDSet) error {
	if len(understood) == 0 {
		return nil
	}
	err := v.within(v.times.answer, "marking messages", func() error { return v.mark(understood, imap.FlagSeen) })
	if err != nil || v.options.MoveTo == "" {
		return err
	}
	return v.within(v.times.answer, "moving messages to "+v.options.MoveTo, func() error { return v.move(understood) })
}

// move moves messages to MoveTo. Where the server has no MOVE they are copied, and removed here once they are there
// (go-imap's Move removes them whatever became of the copy). A server without UIDPLUS can remove all that anybody has
// marked as deleted, and nothing less: there they stay, marked so.
func (v *visit) move(messages imap.UIDSet) error {
	caps := v.client.Caps()
	if caps.Has(imap.CapMove) {
		_, err := v.client.Move(messages, v.options.MoveTo).Wait()
		return err
	}
	if _, err := v.client.Copy(messages, v.options.MoveTo).Wait(); err != nil {
		return err
	}
	if err := v.mark(messages, imap.FlagDeleted); err != nil || !caps.Has(imap.CapUIDPlus) {
		return err
	}
	return v.client.UIDExpunge(messages).Close()
}

// mark adds a flag to messages.
func (v *visit) mark(messages imap.UIDSet, flag imap.Flag) error {
	add := &imap.StoreFlags{Op: imap.StoreFlagsAdd, Silent: true, Flags: []imap.Flag{flag}}
	return v.client.Store(messages, add, nil).Close()
}

// keep notes how far the mailbox was looked at.
func (v *visit) keep(ctx context.Context, last uint32) error {
	if last == v.at.Last {
		return nil
	}
	v.at.Last = last
	return v.options.Desk.Store.KeepMailboxPosition(ctx, v.at)
}

// wait returns when there may be something new: the server tells so (IDLE, RFC 2177), or it is time to ask.
func (v *visit) wait(ctx context.Context) error {
	if !v.client.Caps().Has(imap.CapIdle) && !v.client.Caps().Has(imap.CapIMAP4rev2) {
		select {
		case <-v.news:
		case <-time.After(v.times.poll):
		case <-v.client.Closed():
			return errors.New("the server has ended the connection")
		case <-ctx.Done():
			return ctx.Err()
		}
		return v.within(v.times.answer, "asking for new messages", func() error { return v.client.Noop().Wait() })
	}
	var idle *imapclient.IdleCommand
	err := v.within(v.times.answer, "IDLE", func() (err error) {
		idle, err = v.client.Idle()
		return err
	})
	if err != nil {
		return err
	}
	select {
	case <-v.news:
	case <-time.After(v.times.idle):
	case <-v.client.Closed():
	case <-ctx.Done():
	}
	return v.within(v.times.answer, "ending IDLE", func() error { return errors.Join(idle.Close(), idle.Wait()) })
}
