package mail

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

// month is longer than any test goes on.
const month = 30 * 24 * time.Hour

// authority issues certificates to test servers.
type authority struct {
	key   *ecdsa.PrivateKey
	cert  *x509.Certificate
	Roots *x509.CertPool
}

func newAuthority(t testing.TB) *authority {
	t.Helper()
	a := &authority{Roots: x509.NewCertPool()}
	pair := a.issue(t, "ca", time.Now().Add(month), true)
	a.key, a.cert = pair.PrivateKey.(*ecdsa.PrivateKey), pair.Leaf
	a.Roots.AddCert(a.cert)
	return a
}

// issue makes a certificate for a host; by itself where the authority has none yet, or self says so.
func (a *authority) issue(t testing.TB, host string, until time.Time, self bool) tls.Certificate {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: host}, NotBefore: until.Add(-2 * month), NotAfter: until,
		IsCA: self, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign,
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

// server makes the TLS configuration of a server with this certificate.
func server(certificate tls.Certificate) *tls.Config {
	return &tls.Config{Certificates: []tls.Certificate{certificate}}
}

// spoilt are the certificates that must not be taken, by what is wrong with them.
func (a *authority) spoilt(t testing.TB, host string) map[string]*tls.Config {
	until := time.Now().Add(month)
	return map[string]*tls.Config{
		"expired":      server(a.issue(t, host, time.Now().Add(-time.Hour), false)),
		"wrong name":   server(a.issue(t, "other.example", until, false)),
		"unknown root": server(newAuthority(t).issue(t, host, until, false)),
		"self-signed":  server(a.issue(t, host, until, true)),
	}
}
