package e2e

import (
	"bufio"
	"context"
	"net"
	"os"
	"os/exec"
	"os/signal"
	"regexp"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"postern/server/command"
)

// runAsPostern makes the test binary the product itself, so that a test can kill a real process.
const runAsPostern = "RUN_AS_POSTERN"

func TestMain(m *testing.M) {
	if os.Getenv(runAsPostern) == "" {
		os.Exit(m.Run())
	}
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM)
	defer stop()
	os.Exit(command.Main(ctx, os.Args[1:], command.Process{In: os.Stdin, Out: os.Stdout, Err: os.Stderr}))
}

// atFull is the size of a test in full, or the smaller one where tests are to be short.
func atFull(full, short int) int {
	if testing.Short() {
		return short
	}
	return full
}

// process is a real appliance in a process of its own.
type process struct {
	*exec.Cmd
	url string
	log *strings.Builder // of what it said before it listened
}

// startProcess starts an appliance and waits until it listens.
func startProcess(t *testing.T, settings ...string) *process {
	t.Helper()
	p := &process{Cmd: exec.Command(os.Args[0], "serve"), log: &strings.Builder{}}
	p.Env = append(os.Environ(), runAsPostern+"=1", "POSTERN_LISTEN=127.0.0.1:0")
	for _, setting := range settings {
		p.Env = append(p.Env, "POSTERN_"+setting)
	}
	said, err := p.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := p.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = p.Process.Kill() })
	lines := bufio.NewScanner(said)
	for lines.Scan() {
		p.log.WriteString(lines.Text() + "\n")
		if found := regexp.MustCompile(`"address":"([^"]+)".*"listening"`).FindStringSubmatch(lines.Text()); found != nil {
			p.url = "http://" + found[1]
			go func() { // the pipe must not fill up
				for lines.Scan() {
				}
			}()
			return p
		}
	}
	t.Fatalf("the appliance did not start:\n%s", p.log)
	return nil
}

// kill ends the process without a warning, as a power switch does.
func (p *process) kill() {
	_ = p.Process.Kill()
	_ = p.Wait()
}

// sink is an SMTP server that takes everything, and remembers what came when.
type sink struct {
	net.Listener
	mu       sync.Mutex
	arrivals map[string][]arrival // by recipient
	changed  chan struct{}        // closed and replaced at each arrival

	read func(to, message string) // nil, or what is done with each letter, beside the answer
}

type arrival struct {
	at        time.Time
	messageID string
	from      string // envelope sender
}

func newSink(t testing.TB, address string) *sink {
	t.Helper()
	listener, err := net.Listen("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	s := &sink{Listener: listener, arrivals: make(map[string][]arrival), changed: make(chan struct{})}
	t.Cleanup(func() { _ = listener.Close() })
	go func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			go s.talk(conn)
		}
	}()
	return s
}

// talk speaks as much SMTP (RFC 5321) as a client needs.
func (s *sink) talk(conn net.Conn) {
	defer conn.Close()
	in := bufio.NewReader(conn)
	say := func(line string) { _, _ = conn.Write([]byte(line + "\r\n")) }
	say("220 sink ESMTP")
	to, from := "", ""
	for {
		line, err := in.ReadString('\n')
		if err != nil {
			return
		}
		switch verb := strings.ToUpper(line[:min(4, len(line))]); verb {
		case "MAIL":
			from = line[strings.Index(line, "<")+1 : strings.Index(line, ">")]
			say("250 ok")
		case "RCPT":
			to = strings.ToLower(line[strings.Index(line, "<")+1 : strings.Index(line, ">")])
			say("250 ok")
		case "DATA":
			say("354 go on")
			message, err := readMessage(in)
			if err != nil {
				return
			}
			s.arrived(to, from, messageID(message))
			if s.read != nil {
				go s.read(to, message)
			}
			say("250 2.0.0 queued")
		case "QUIT":
			say("221 bye")
			return
		default:
			say("250 ok")
		}
	}
}

// readMessage reads up to the final dot.
func readMessage(in *bufio.Reader) (message string, err error) {
	for {
		line, err := in.ReadString('\n')
		if err != nil || line == ".\r\n" {
			return message, err
		}
		message += line
	}
}

func messageID(message string) string {
	for line := range strings.Lines(message) {
		if name, value, _ := strings.Cut(line, ":"); strings.EqualFold(name, "Message-ID") {
			return strings.Clone(strings.TrimSpace(value)) // not to keep the whole message
		}
	}
	return ""
}

func (s *sink) arrived(to, from, messageID string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.arrivals[to] = append(s.arrivals[to], arrival{time.Now(), messageID, from})
	close(s.changed)
	s.changed = make(chan struct{})
}

// await waits until each of the addresses has got a letter. It gives up when none has come for a minute.
func (s *sink) await(t *testing.T, addresses []string) {
	t.Helper()
	for {
		s.mu.Lock()
		for len(addresses) > 0 && len(s.arrivals[addresses[0]]) > 0 {
			addresses = addresses[1:]
		}
		changed := s.changed
		s.mu.Unlock()
		if len(addresses) == 0 {
			return
		}
		select {
		case <-changed:
		case <-time.After(time.Minute):
			t.Fatalf("%s and up to %d others did not get their letters", addresses[0], len(addresses)-1)
		}
	}
}
