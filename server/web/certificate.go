package web

import (
	"bytes"
	"context"
	"crypto/tls"
	"fmt"
	"sync/atomic"
	"time"

	"github.com/rs/zerolog"

	"postern/server/input"
)

// CertReloader serves a certificate from two PEM files and follows them when they change. What can't be used is
// logged once and leaves the old one in place.
type CertReloader struct {
	certFile, keyFile string
	log               zerolog.Logger
	current           atomic.Pointer[tls.Certificate]
	tried             [2][]byte // the files as last looked at; Run's goroutine owns it after NewCertReloader
}

// reloadEvery is how soon a new certificate is taken up at the latest.
const reloadEvery = 10 * time.Second

// NewCertReloader reads the files for the first time; an error says which setting is wrong.
func NewCertReloader(certFile, keyFile string, log zerolog.Logger) (*CertReloader, error) {
	r := &CertReloader{certFile: certFile, keyFile: keyFile, log: log}
	if _, err := r.load(); err != nil {
		return nil, fmt.Errorf("certificate %s with key %s can't be used: %w", certFile, keyFile, err)
	}
	return r, nil
}

// Get is for tls.Config.GetCertificate.
func (r *CertReloader) Get(*tls.ClientHelloInfo) (*tls.Certificate, error) {
	return r.current.Load(), nil
}

// Until returns when the certificate that is served ends.
func (r *CertReloader) Until() time.Time { return r.current.Load().Leaf.NotAfter }

// Run looks at the files every 10 s until ctx ends.
func (r *CertReloader) Run(ctx context.Context) {
	tick := time.NewTicker(reloadEvery)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
			r.reload()
		}
	}
}

// reload takes up changed files, or says why not.
func (r *CertReloader) reload() {
	switch changed, err := r.load(); {
	case err != nil && changed:
		r.log.Error().Err(err).Str("certificate", r.certFile).Msg(
			"new TLS certificate can't be used; the old one stays")
	case changed:
		r.log.Info().Str("certificate", r.certFile).Time("until",
			r.Until()).Msg("new TLS certificate taken up")
	}
}

// load reads the files and, where they differ from last time, makes them current. It compares contents, not times: a
// copy may keep the old time, and a certificate whose key comes a moment later is tried again when that has come.
func (r *CertReloader) load() (changed bool, err error) {
	cert, certErr := input.ReadFile(r.certFile)
	key, keyErr := input.ReadFile(r.keyFile)
	changed = !bytes.Equal(cert, r.tried[0]) || !bytes.Equal(key, r.tried[1])
	r.tried = [2][]byte{cert, key}
	switch {
	case certErr != nil:
		return changed, certErr
	case keyErr != nil:
		return changed, keyErr
	case !changed && r.current.Load() != nil: // two empty files are like none tried before
		return false, nil
	}
	pair, err := tls.X509KeyPair(input.Text(cert), input.Text(key))
	if err != nil {
		return true, err
	}
	r.current.Store(&pair)
	return true, nil
}

// LoadCertificate reads a certificate and its key from two PEM files.
func LoadCertificate(certFile, keyFile string) (tls.Certificate, error) {
	r := CertReloader{certFile: certFile, keyFile: keyFile}
	if _, err := r.load(); err != nil {
		return tls.Certificate{}, err
	}
	return *r.current.Load(), nil
}
