// Command sink is an SMTP server (RFC 5321) for benchmarks: it takes everything and keeps nothing, at as little cost as
// it can.
//
//	sink COUNT [SAMPLE]
//
// It prints its address, and after every COUNT messages a line of JSON: the seconds from the first of them, its MAIL,
// to the answer to the last one's final dot; their octets; and how many connections brought them. The last of the first
// COUNT is written to the file SAMPLE.
package main

import (
	"bufio"
	"bytes"
	"fmt"
	"log"
	"net"
	"os"
	"strconv"
	"sync"
	"time"
)

func main() {
	log.SetFlags(0)
	if len(os.Args) < 2 || len(os.Args) > 3 {
		log.Fatal("usage: sink COUNT [SAMPLE]")
	}
	count, err := strconv.Atoi(os.Args[1])
	if err != nil || count < 1 {
		log.Fatal("sink: COUNT is a number from 1")
	}
	s := &sink{batch: count, clients: map[net.Conn]bool{}}
	if len(os.Args) == 3 {
		s.sample = os.Args[2]
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(listener.Addr())
	for {
		conn, err := listener.Accept()
		if err != nil {
			log.Fatal(err)
		}
		go s.serve(conn)
	}
}

// sink counts what its connections bring.
type sink struct {
	batch  int    // messages until figures are printed
	sample string // where to write a message to; "": nowhere, or done

	mu       sync.Mutex
	began    time.Time // of this batch; zero: no message yet
	messages int
	octets   int
	clients  map[net.Conn]bool // that brought messages of this batch
}

func (s *sink) begin() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.began.IsZero() {
		s.began = time.Now()
	}
}

// end counts a message, which is told of only if the sink looks for a sample.
func (s *sink) end(conn net.Conn, octets int, message []byte) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.messages, s.octets, s.clients[conn] = s.messages+1, s.octets+octets, true
	if s.messages < s.batch {
		return
	}
	fmt.Printf(`{"seconds":%.6f,"octets":%d,"connections":%d}`+"\n",
		time.Since(s.began).Seconds(), s.octets, len(s.clients))
	if s.sample != "" {
		if err := os.WriteFile(s.sample, message, 0o644); err != nil {
			log.Fatal(err)
		}
	}
	s.began, s.messages, s.octets, s.clients, s.sample = time.Time{}, 0, 0, map[net.Conn]bool{}, ""
}

// serve answers one client. Answers to commands that came together (RFC 2920) leave together.
func (s *sink) serve(conn net.Conn) {
	defer conn.Close()
	in, out := bufio.NewReaderSize(conn, 64<<10), bufio.NewWriter(conn)
	say := func(lines string) {
		_, _ = out.WriteString(lines + "\r\n")
		if in.Buffered() == 0 {
			_ = out.Flush()
		}
	}
	say("220 sink ESMTP")
	for {
		line, err := in.ReadSlice('\n')
		if err != nil {
			return
		}
		switch string(bytes.ToUpper(line[:min(4, len(line))])) {
		case "EHLO":
			say("250-sink\r\n250-PIPELINING\r\n250-8BITMIME\r\n250 ENHANCEDSTATUSCODES")
		case "MAIL":
			s.begin()
			say("250 2.1.0 ok")
		case "DATA":
			say("354 go on")
			octets, message, err := s.swallow(in)
			if err != nil {
				return
			}
			s.end(conn, octets, message)
			say("250 2.0.0 queued")
		case "QUIT":
			say("221 2.0.0 bye")
			return
		default:
			say("250 2.0.0 ok")
		}
	}
}

// swallow reads up to the final dot. The message is kept only where there is a sample to write.
func (s *sink) swallow(in *bufio.Reader) (octets int, message []byte, err error) {
	s.mu.Lock()
	keep := s.sample != ""
	s.mu.Unlock()
	for {
		line, err := in.ReadSlice('\n')
		if err != nil || bytes.Equal(line, []byte(".\r\n")) {
			return octets, message, err
		}
		octets += len(line)
		if keep {
			message = append(message, bytes.TrimPrefix(line, []byte("."))...)
		}
	}
}
