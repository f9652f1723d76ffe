package smtptest

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"math/big"
	"net"
	"testing"
	"time"
)

// month is for how long certificates are valid, and longer than any test goes on.
const month = 30*24*time.Hour + 2*time.Hour

// Authority issues certificates to servers. Nothing is read from files: a certificate in testdata would expire one day.
type Authority struct {
	key   *ecdsa.PrivateKey
	cert  *x509.Certificate
	Roots *x509.CertPool
}

// NewAuthority returns an authority with a certificate of its own, which is its only root.
func NewAuthority(t testing.TB) *Authority {
	t.Helper()
	a := &Authority{Roots: x509.NewCertPool()}
	pair := a.issue(t, "ca", time.Now().Add(month), true)
	a.key, a.cert = pair.PrivateKey.(*ecdsa.PrivateKey), pair.Leaf
	a.Roots.AddCert(a.cert)
	return a
}

// issue makes a certificate for a host; by itself where the authority has none yet, or self says so.
func (a *Authority) issue(t testing.TB, host string, until time.Time, self bool) tls.Certificate {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: host}, NotBefore: until.Add(-2 * month),
		NotAfter: until,
		IsCA:     self, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign,
	}
	if ip := net.ParseIP(host); ip != nil {
		template.IPAddresses = []net.IP{ip}
	} else {
		template.DNSNames = []string{host}
	}
	parent, signer := a.cert, a.key
	if self {
		parent, signer = template, key
	}
	der, err := x509.CreateCertificate(rand.Reader, template, parent, &key.PublicKey, signer)
	if err != nil {
		t.Fatal(err)
	}
	leaf, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key, Leaf: leaf}
}

// Server makes the TLS configuration of a server that has a valid certificate for a host.
func (a *Authority) Server(t testing.TB, host string) *tls.Config {
	t.Helper()
	return serving(a.issue(t, host, time.Now().Add(month), false))
}

// Untrusted makes the configurations of servers whose certificate no client may take, by what is wrong with it. Each is
// wrong in one way alone, so that a client which does not look at that one is found out.
func (a *Authority) Untrusted(t testing.TB, host string) map[string]*tls.Config {
	t.Helper()
	until := time.Now().Add(month)
	return map[string]*tls.Config{
		"expired":      serving(a.issue(t, host, time.Now().Add(-time.Hour), false)),
		"wrong name":   serving(a.issue(t, "other.example", until, false)),
		"unknown root": serving(NewAuthority(t).issue(t, host, until, false)),
		"self-signed":  serving(a.issue(t, host, until, true)),
	}
}

func serving(certificate tls.Certificate) *tls.Config {
	return &tls.Config{Certificates: []tls.Certificate{certificate}}
}
