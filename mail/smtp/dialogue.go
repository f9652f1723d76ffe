package smtp

import (
	"bufio"
	"net"
	"strings"
)

// dialogue stands between go-smtp and the connection (above TLS, where there is TLS), for what go-smtp has no setting
// for. What the smarthost says goes through it reply by reply, each as net/textproto and go-smtp want it. It belongs to
// the goroutine of its session; hello and auth tell it which command of go-smtp's runs, as go-smtp does not.
type dialogue struct {
	net.Conn
	in    *bufio.Reader
	reply []byte // what is left of the one that is being read
	hello bool   // EHLO is under way
	auth  bool   // AUTH is under way

	greeted  bool   // the first reply has come
	greeting string // its text
}

func newDialogue(wire net.Conn) *dialogue {
	return &dialogue{Conn: wire, in: bufio.NewReaderSize(wire, 2048)} // most replies whole; readLine takes longer lines
}

// Read returns whole replies alone: net/textproto would take the beginning of one for an answer when the connection
// breaks in the middle of it.
func (d *dialogue) Read(p []byte) (int, error) {
	if len(d.reply) == 0 {
		r, err := readReply(d.in)
		if err != nil {
			return 0, err
		}
		if !d.greeted {
			d.greeted, d.greeting = true, strings.Join(r.lines, " ")
		}
		if d.hello {
			r = r.normalizedEHLO()
		}
		d.reply = r.bytes()
	}
	n := copy(p, d.reply)
	d.reply = d.reply[n:]
	return n, nil
}

// Write keeps back the stray "*" that go-smtp sends after a refused AUTH, waiting minutes for an answer.
func (d *dialogue) Write(p []byte) (int, error) {
	if d.auth && string(p) == "*\r\n" {
		return 0, errAuthAborted
	}
	return d.Conn.Write(p)
}
