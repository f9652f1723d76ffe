package web

import (
	"bytes"
	"crypto/tls"
	"log"
	"net/http"
	"time"

	"github.com/rs/zerolog"
)

// ServerOptions are what a server can be told beyond its handler. Zero values are the usual ones.
type ServerOptions struct {
	Log           zerolog.Logger
	Certificate   *CertReloader // nil: plain HTTP
	HeaderTimeout time.Duration // until the headers must be there; 0 is 5 s
	IdleTimeout   time.Duration // until a connection that asks nothing ends; 0 is 60 s
}

const (
	defaultHeaderTimeout = 5 * time.Second
	defaultIdleTimeout   = 60 * time.Second
	// writeTimeout ends small answers that nobody takes off the wire. It begins with the request, so it leaves the
	// longest body its 120 s. What is larger than a piece has a pace of its own (stream.go).
	writeTimeout = 4 * time.Minute
	// maxHeader makes 431 of more; net/http reads some 4 KiB beyond it.
	maxHeader  = 16 << 10
	maxStreams = 50 // HTTP/2 calls at once on one connection
)

// NewServer makes a server that no half request holds up: headers and idle connections are bounded here, bodies by each
// call. With a certificate it is to be run by ServeTLS(listener, "", "").
func NewServer(h http.Handler, o ServerOptions) *http.Server {
	s := &http.Server{
		Handler:                      h,
		ReadHeaderTimeout:            orDefault(o.HeaderTimeout, defaultHeaderTimeout),
		IdleTimeout:                  orDefault(o.IdleTimeout, defaultIdleTimeout),
		WriteTimeout:                 writeTimeout,
		MaxHeaderBytes:               maxHeader,
		DisableGeneralOptionsHandler: true,
		ErrorLog:                     log.New(serverLog{o.Log}, "", 0),
		HTTP2: &http.HTTP2Config{
			MaxConcurrentStreams: maxStreams,
			WriteByteTimeout:     answerStall, // or a peer that reads nothing at all would hold its calls for ever
		},
	}
	if o.Certificate != nil {
		s.TLSConfig = &tls.Config{MinVersion: tls.VersionTLS12, GetCertificate: o.Certificate.Get}
	}
	return s
}

func orDefault(given, usual time.Duration) time.Duration {
	if given == 0 {
		return usual
	}
	return given
}

// serverLog takes net/http's own lines. Most tell what a stranger's connection got wrong.
type serverLog struct{ log zerolog.Logger }

func (s serverLog) Write(line []byte) (int, error) {
	event := s.log.Warn()
	if bytes.HasPrefix(line, []byte("http: TLS handshake error")) || bytes.HasPrefix(line, []byte("http2:")) {
		event = s.log.Debug()
	}
	event.Msg(string(bytes.TrimSpace(line)))
	return len(line), nil
}
