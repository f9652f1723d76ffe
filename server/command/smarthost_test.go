package command

import (
	"bufio"
	"fmt"
	"net"
	"strings"
	"sync"

	"github.com/rogpeppe/go-internal/testscript"
)

// smarthost opens a smarthost without TLS that answers every login so, and puts its URL into a variable:
// smarthost POSTERN_SMTP_URL 235.
func smarthost(ts *testscript.TestScript, _ bool, args []string) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	ts.Check(err)
	var served sync.WaitGroup
	served.Go(func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			served.Go(func() { converse(conn, args[1]) })
		}
	})
	ts.Defer(func() { listener.Close(); served.Wait() })
	ts.Setenv(args[0], "smtp://postern:s3cret@"+listener.Addr().String()+"?tls=off")
}

// converse answers until the client has said goodbye or hung up.
func converse(conn net.Conn, login string) {
	defer conn.Close()
	answers := map[string]string{"EHLO": "250-here\r\n250 AUTH PLAIN", "AUTH": login + " no such user",
		"QUIT": "221 bye"}
	fmt.Fprint(conn, "220 here\r\n")
	for lines := bufio.NewScanner(conn); lines.Scan(); {
		verb, _, _ := strings.Cut(lines.Text(), " ")
		answer, known := answers[strings.ToUpper(verb)]
		if !known {
			answer = "502 what?"
		}
		fmt.Fprint(conn, answer+"\r\n")
	}
}
