package mailbox

import (
	"bytes"
	"context"
	"crypto/tls"
	"fmt"
	"io"
	"log"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/emersion/go-imap/v2"
	"github.com/emersion/go-imap/v2/imapserver"
	"github.com/emersion/go-imap/v2/imapserver/imapmemserver"
	"github.com/rs/zerolog"

	"postern/mail/returns/returnstest"
	"postern/mail/smtp/smtptest"
	"postern/store"
)

// testServer is an IMAP server with one mailbox, and what was said to it.
type testServer struct {
	t    *testing.T
	ca   *smtptest.Authority
	addr string
	user *imapmemserver.User

	mu    sync.Mutex
	said  bytes.Buffer        // what came and went, guarded by mu
	conns map[net.Conn]string // open ones, guarded by mu
}

func (s *testServer) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.said.Write(p)
}

// count returns how often something was said.
func (s *testServer) count(text string) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return strings.Count(s.said.String(), text)
}

// drop ends all connections.
func (s *testServer) drop() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for conn := range s.conns {
		conn.Close()
		delete(s.conns, conn)
	}
}

// accepted notes the connections of a listener.
type accepted struct {
	net.Listener
	server *testServer
}

func (l accepted) Accept() (net.Conn, error) {
	conn, err := l.Listener.Accept()
	if err == nil {
		l.server.mu.Lock()
		l.server.conns[conn] = ""
		l.server.mu.Unlock()
	}
	return conn, err
}

func newServer(t *testing.T, caps ...imap.Cap) *testServer {
	t.Helper()
	s := &testServer{t: t, ca: smtptest.NewAuthority(t), user: imapmemserver.NewUser("gate@client.example", "s3cr"),
		conns: make(map[net.Conn]string)}
	mem := imapmemserver.New()
	mem.AddUser(s.user)
	for _, folder := range []string{"INBOX", "Bounces"} {
		if err := s.user.Create(folder, nil); err != nil {
			t.Fatal(err)
		}
	}
	offered := imap.CapSet{imap.CapIMAP4rev1: {}}
	for _, one := range caps {
		offered[one] = struct{}{}
	}
	server := imapserver.New(&imapserver.Options{Caps: offered, InsecureAuth: true, DebugWriter: s,
		Logger: log.New(io.Discard, "", 0),
		NewSession: func(*imapserver.Conn) (imapserver.Session, *imapserver.GreetingData, error) {
			return mem.NewSession(), nil, nil
		}})
	on, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s.addr = on.Addr().String()
	secured := tls.NewListener(accepted{on, s}, s.ca.Server(t, "imap.client.example"))
	go server.Serve(secured)
	t.Cleanup(func() { server.Close() })
	return s
}

// put delivers a message, with these flags.
func (s *testServer) put(message []byte, flags ...imap.Flag) {
	s.t.Helper()
	now := &imap.AppendOptions{Time: time.Now(), Flags: flags}
	if _, err := s.user.Append("INBOX", literal{bytes.NewReader(message)}, now); err != nil {
		s.t.Fatal(err)
	}
}

type literal struct{ *bytes.Reader }

func (l literal) Size() int64 { return l.Reader.Size() }

// holds returns how many messages a folder has, and how many of them nobody has seen.
func (s *testServer) holds(folder string) string {
	s.t.Helper()
	data, err := s.user.Status(folder, &imap.StatusOptions{NumMessages: true, NumUnseen: true})
	if err != nil {
		s.t.Fatal(err)
	}
	return fmt.Sprint(*data.NumMessages, " ", *data.NumUnseen)
}

// read runs a reader, with short pauses, until the test ends or stop is called.
func (s *testServer) read(d *returnstest.Desk, change func(*Reader)) (r *Reader, stop func()) {
	s.t.Helper()
	r = New(Options{Desk: d.Desk, Host: "imap.client.example", Addr: s.addr, User: "gate@client.example",
		Password: "s3cr", Roots: s.ca.Roots, Folder: "INBOX", Back: 14 * 24 * time.Hour, Log: zerolog.Nop()})
	r.times.least, r.times.most = time.Millisecond, 10*time.Millisecond
	r.times.refused, r.times.rest = 10*time.Millisecond, 20*time.Millisecond
	// This server does not tell, within IDLE, of what came between the last command and that: it has to be asked soon.
	// What is not answered must end well before await gives up; else one exchange that stalls on a busy machine fails
	// a test that the next one would have passed.
	r.times.idle, r.times.answer = 100*time.Millisecond, 10*time.Second
	if change != nil {
		change(r)
	}
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error)
	go func() { ended <- r.Run(ctx) }()
	stop = sync.OnceFunc(func() {
		cancel()
		if err := <-ended; err != nil {
			s.t.Error(err)
		}
	})
	s.t.Cleanup(stop)
	return r, stop
}

// patience is how long a test waits: for many exchanges of a machine that does ten things at once.
const patience = 2 * time.Minute

// await waits until something is so.
func await(t *testing.T, what string, is func() bool) {
	t.Helper()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for until := time.Now().Add(patience); !is(); <-tick.C {
		if time.Now().After(until) {
			t.Fatalf("it does not come to it that %s", what)
		}
	}
}

// TestMailbox holds that a report which is there, and one that comes while the server tells or is asked, fail their
// letters; that they are marked, and moved where wanted; and that everything else is left as it was.
func TestMailbox(t *testing.T) {
	for name, test := range map[string]struct {
		caps []imap.Cap
		move string
	}{
		"IDLE":             {[]imap.Cap{imap.CapIdle}, ""},
		"asked":            {nil, ""},
		"IDLE, MOVE":       {[]imap.Cap{imap.CapIdle, imap.CapMove, imap.CapUIDPlus}, "Bounces"},
		"COPY and EXPUNGE": {[]imap.Cap{imap.CapIdle, imap.CapUIDPlus}, "Bounces"},
		"IMAP4rev2":        {[]imap.Cap{imap.CapIMAP4rev2}, "Bounces"},
	} {
		t.Run(name, func(t *testing.T) {
			d, s := returnstest.NewDesk(t), newServer(t, test.caps...)
			one, two := d.Sent("jan@far.example"), d.Sent("an@far.example")
			report := returnstest.Report(d.Sender(one), one, "failed", "5.1.1")
			s.put([]byte("From: a@b.example\r\nSubject: hello\r\n\r\nhello\r\n"))
			s.put(report)
			s.put([]byte("From: an@far.example\r\nTo: " + d.Sender(two) +
				"\r\nAuto-Submitted: auto-replied\r\n\r\nI am away\r\n"))
			s.put(returnstest.Report("gate@client.example",
				store.Letter{To: "x@y.example", MessageID: "other@else.example"}, "failed", "5.1.1"))
			r, _ := s.read(d, func(r *Reader) { r.options.MoveTo, r.times.poll = test.move, 20*time.Millisecond })
			await(t, "all is looked at", func() bool { return r.Status().Connected })
			if d.Letter(one).State != store.LetterFailed || d.Letter(two).State != store.LetterSent {
				t.Errorf("%s, %s", d.Letter(one).State, d.Letter(two).State)
			}
			s.put(returnstest.Report(d.Sender(two), two, "failed", "5.1.1"))
			await(t, "the new one is taken", func() bool { return d.Letter(two).State == store.LetterFailed })
			want := []string{"5 3", "0 0"}
			if test.move != "" {
				want = []string{"3 3", "2 0"}
			}
			await(t, "they are put away", func() bool {
				return s.holds("INBOX") == want[0] && s.holds("Bounces") == want[1]
			})
			if got := fmt.Sprint(d.Counted()); got != "map[mailbox failed:2 mailbox ignored:2 mailbox unmatched:1]" &&
				got != "map[mailbox failed:2 mailbox ignored:1 mailbox unmatched:1 mailbox unread:1]" {
				t.Error(got)
			}
		})
	}
}

// TestNothingLost holds that moving takes nothing from the mailbox but what has arrived in the other folder: neither
// what somebody else has marked as deleted, where the server knows no way to remove single messages, nor a report that
// the other folder does not take.
func TestNothingLost(t *testing.T) {
	uidPlus := []imap.Cap{imap.CapIdle, imap.CapUIDPlus}
	for name, test := range map[string]struct {
		caps           []imap.Cap
		to             string
		inbox, bounces string // messages, and unseen ones, in the end
	}{
		"COPY alone":            {[]imap.Cap{imap.CapIdle}, "Bounces", "2 1", "1 0"},
		"COPY and EXPUNGE":      {uidPlus, "Bounces", "1 1", "1 0"},
		"MOVE to no folder":     {append(uidPlus, imap.CapMove), "None", "2 1", "0 0"},
		"COPY to no folder":     {uidPlus, "None", "2 1", "0 0"},
		"COPY alone, no folder": {[]imap.Cap{imap.CapIdle}, "None", "2 1", "0 0"},
	} {
		t.Run(name, func(t *testing.T) {
			d, s := returnstest.NewDesk(t), newServer(t, test.caps...)
			letter := d.Sent("jan@far.example")
			s.put([]byte("From: a@b.example\r\nSubject: hello\r\n\r\nhello\r\n"), imap.FlagDeleted)
			s.put(returnstest.Report(d.Sender(letter), letter, "failed", "5.1.1"))
			r, _ := s.read(d, func(r *Reader) { r.options.MoveTo = test.to })
			await(t, "all is looked at", func() bool { return r.Status().Connected })
			if d.Letter(letter).State != store.LetterFailed {
				t.Error("the letter is not failed")
			}
			if inbox, bounces := s.holds("INBOX"), s.holds("Bounces"); inbox != test.inbox || bounces != test.bounces {
				t.Errorf("INBOX holds %s, Bounces %s", inbox, bounces)
			}
		})
	}
}

// TestManyOthers holds that a mailbox of ten thousand other messages is looked at once: not when the connection is
// dropped, nor after a restart, nor when another message comes.
func TestManyOthers(t *testing.T) {
	many := 10_000
	if testing.Short() {
		many = 500
	}
	d, s := returnstest.NewDesk(t), newServer(t, imap.CapIdle)
	for i := range many {
		s.put([]byte(fmt.Sprintf("From: a@b.example\r\nSubject: %d\r\n\r\nhello\r\n", i)))
	}
	r, stop := s.read(d, nil)
	await(t, "all are looked at", func() bool { return r.Status().Connected })
	s.drop()
	await(t, "it connects anew", func() bool { return s.count("SELECT") >= 2 && r.Status().Connected })
	stop()
	r, _ = s.read(d, nil)
	await(t, "it is read after a restart", func() bool { return r.Status().Connected })
	letter := d.Sent("jan@far.example")
	s.put(returnstest.Report(d.Sender(letter), letter, "failed", "5.1.1"))
	await(t, "the report among them is taken", func() bool { return d.Letter(letter).State == store.LetterFailed })
	if looked := s.count("Subject: 1\r\n"); looked != 1 {
		t.Errorf("a message was read %d times", looked)
	}
	await(t, "it is marked", func() bool { return s.holds("INBOX") == fmt.Sprint(many+1, " ", many) })
}

// TestFaults holds what is said while a mailbox cannot be read, and that it is read once it can be; a login that is
// refused is not tried at the same pace.
func TestFaults(t *testing.T) {
	d, s := returnstest.NewDesk(t), newServer(t, imap.CapIdle)
	fault := func(change func(*Reader), want string) {
		t.Helper()
		r, stop := s.read(d, change)
		defer stop()
		await(t, "it fails: "+want, func() bool { return strings.Contains(r.Status().Fault, want) })
	}
	fault(func(r *Reader) { r.options.Password = "wrong" }, "the login is refused")
	fault(func(r *Reader) { r.options.Folder = "None" }, "selecting None")
	fault(func(r *Reader) { r.options.Roots = nil }, "TLS with")
	fault(func(r *Reader) { r.options.Host = "other.example" }, "TLS with")
	fault(func(r *Reader) { r.options.Addr = "127.0.0.1:1" }, "connecting to 127.0.0.1:1")
	fault(func(r *Reader) {
		r.times.answer = 20 * time.Millisecond
		r.options.Dial = func(context.Context, string) (net.Conn, error) { here, _ := net.Pipe(); return here, nil }
	}, "TLS with")

	var mu sync.Mutex
	broken := true
	r, _ := s.read(d, func(r *Reader) {
		dial := r.options.Dial
		r.options.Dial = func(ctx context.Context, address string) (net.Conn, error) {
			mu.Lock()
			defer mu.Unlock()
			if broken {
				return nil, io.ErrUnexpectedEOF
			}
			return dial(ctx, address)
		}
	})
	await(t, "it fails", func() bool { return r.Status().Fault != "" && !r.Status().NextTry.IsZero() })
	mu.Lock()
	broken = false
	mu.Unlock()
	await(t, "it recovers", func() bool { return r.Status().Connected && r.Status().Fault == "" })
}

// TestStoreFault holds that a report which cannot be written down stays as it was, and is taken later.
func TestStoreFault(t *testing.T) {
	d, s := returnstest.NewDesk(t), newServer(t, imap.CapIdle)
	letter := d.Sent("jan@far.example")
	s.put(returnstest.Report(d.Sender(letter), letter, "failed", "5.1.1"))
	if err := d.Store.Close(); err != nil {
		t.Fatal(err)
	}
	r, _ := s.read(d, nil)
	await(t, "it fails", func() bool { return r.Status().Fault != "" })
	if got := s.holds("INBOX"); got != "1 1" {
		t.Errorf("the mailbox holds %s", got)
	}
}
