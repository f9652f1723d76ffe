package e2e

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"io"
	"math/big"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/rs/zerolog"

	"postern/server"
	"postern/server/config"
	"postern/store"
)

// get returns status and body of an address.
func get(t *testing.T, client *http.Client, url string) (status int, header http.Header, body string) {
	t.Helper()
	answer, err := client.Get(url)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	content, err := io.ReadAll(answer.Body)
	if err != nil {
		t.Fatal(err)
	}
	return answer.StatusCode, answer.Header, string(content)
}

// TestWhoSeesWhat: the inbox and the details of readiness are the operator's, wherever the operator listens.
func TestWhoSeesWhat(t *testing.T) {
	want := func(base, path string, status int, details bool) {
		t.Helper()
		got, _, body := get(t, http.DefaultClient, base+path)
		if got != status || strings.Contains(body, "details") != details {
			t.Errorf("%s answered %d %s", path, got, body)
		}
	}
	t.Run("on this machine", func(t *testing.T) {
		app := run(t)
		want(app.url, "/inbox", 200, false)
		want(app.url, "/healthz", 200, false)
		want(app.url, "/readyz", 200, true)
		want(app.url, "/operator/v1/events", 404, false)
		want(app.url, "/console", 401, false)
	})
	t.Run("on an address of its own", func(t *testing.T) {
		reserved, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		address := reserved.Addr().String()
		reserved.Close()
		app := run(t, "OPERATOR_LISTEN="+address)
		want(app.url, "/inbox", 404, false)
		want(app.url, "/readyz", 200, false)
		want(app.url, "/console", 404, false)
		want(app.url, "/console/enter?key=x", 404, false)
		want("http://"+address, "/console", 401, false)
		want("http://"+address, "/inbox", 200, false)
		want("http://"+address, "/readyz", 200, true)
		want("http://"+address, "/non-license-user/register", 404, false)
	})
	t.Run("with a smarthost", func(t *testing.T) {
		app := run(t, smarthost("127.0.0.1:1")...)
		want(app.url, "/inbox", 404, false)
		want(app.url, "/inbox/api/v1/messages", 404, false)
		want(app.url, "/readyz", 200, true)
	})
}

func TestTLS(t *testing.T) {
	cert, key, roots := certificate(t)
	app := run(t, "TLS_CERT="+cert, "TLS_KEY="+key)
	client := &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: roots}}}
	status, header, _ := get(t, client, "https://"+app.Addr().String()+"/healthz")
	if status != 200 || header.Get("Strict-Transport-Security") == "" {
		t.Errorf("answered %d with %v", status, header)
	}
	if !strings.HasPrefix(app.PublicURL(), "https://127.0.0.1:") {
		t.Errorf("links would lead to %s", app.PublicURL())
	}
}

// certificate makes a certificate for this machine, valid for an hour.
func certificate(t *testing.T) (certFile, keyFile string, roots *x509.CertPool) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
		NotBefore: time.Now().Add(-time.Minute), NotAfter: time.Now().Add(time.Hour)}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	secret, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	certFile, keyFile = filepath.Join(t.TempDir(), "cert.pem"), filepath.Join(t.TempDir(), "key.pem")
	certText := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})
	keyText := pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: secret})
	if os.WriteFile(certFile, certText, 0o600) != nil || os.WriteFile(keyFile, keyText, 0o600) != nil {
		t.Fatal("the certificate can't be written")
	}
	roots = x509.NewCertPool()
	roots.AppendCertsFromPEM(certText)
	return certFile, keyFile, roots
}

// TestDrain: once told to stop, the appliance answers who waits, finishes what has begun, and takes nothing new.
func TestDrain(t *testing.T) {
	app := run(t)
	dial := func(format string, args ...any) net.Conn {
		t.Helper()
		conn, err := net.Dial("tcp", app.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { conn.Close() })
		fmt.Fprintf(conn, format, args...)
		return conn
	}
	waiting := dial("GET /inbox/api/v1/wait?to=nobody@example.com&timeout=60s HTTP/1.1\r\nHost: localhost\r\n\r\n")
	body := `{"email":"late@example.com","firstName":"Jan","lastName":"Peeters","organisationName":"S"}`
	late := dial("POST /non-license-user/register HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"+
		"Content-Length: %d\r\n\r\n%s", len(body), body[:10])
	// What net/http has not read when it is told to stop it drops; what has begun is to be seen to its end.
	untilRunning(t, "/server/inbox/wait.go:", "/server/eecd/")
	stopped := make(chan struct{})
	go func() {
		app.stop()
		close(stopped)
	}()
	if answer, err := io.ReadAll(waiting); err != nil || !strings.HasPrefix(string(answer), "HTTP/1.1 503") {
		t.Errorf("who waited was answered %v: %s", err, answer)
	}
	fmt.Fprint(late, body[10:])
	if answer, err := io.ReadAll(late); err != nil || !strings.HasPrefix(string(answer), "HTTP/1.1 201") {
		t.Errorf("what had begun ended with %v: %s", err, answer)
	}
	<-stopped
}

// untilRunning waits until goroutines are in code of all these places.
func untilRunning(t *testing.T, places ...string) {
	t.Helper()
	stacks := make([]byte, 1<<20)
	late := time.Now().Add(10 * time.Second)
	for _, place := range places {
		for !bytes.Contains(stacks[:runtime.Stack(stacks, true)], []byte(place)) {
			if time.Now().After(late) {
				t.Fatalf("nothing runs in %s", place)
			}
			runtime.Gosched()
		}
	}
}

// TestKeyFile: keys are made once, and never anew in silence.
func TestKeyFile(t *testing.T) {
	dir := t.TempDir()
	t.Setenv("POSTERN_DATA", dir)
	keys := filepath.Join(dir, "postern.keys")
	open := func(want string) {
		t.Helper()
		given, err := config.ReadSettings()
		if err != nil {
			t.Fatal(err)
		}
		config, err := given.Parse()
		if err != nil {
			t.Fatal(err)
		}
		app, err := server.Open(server.Options{Config: config, Log: zerolog.Nop(), Offline: true})
		if err == nil {
			err = app.Close()
		}
		if want == "" && err != nil || want != "" && (err == nil || !strings.Contains(err.Error(), want)) {
			t.Errorf("opening: %v, want %q", err, want)
		}
	}
	open("")
	if info, err := os.Stat(keys); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("key file: %v, %v", info, err)
	}
	if err := os.Remove(keys); err != nil {
		t.Fatal(err)
	}
	open("") // as after a first start that was interrupted: nobody is known yet
	if err := os.Chmod(keys, 0o644); err != nil {
		t.Fatal(err)
	}
	open("chmod 600")
	if err := os.Remove(keys); err != nil {
		t.Fatal(err)
	}
	s, err := store.Open(dir, store.Options{MailDomain: "example.org"})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.RegisterUser(t.Context(), store.Registration{Email: "a@example.com", Language: "en"}); err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	open("is missing")
	if _, err := os.Stat(keys); err == nil {
		t.Error("keys were made anew in silence")
	}
}
