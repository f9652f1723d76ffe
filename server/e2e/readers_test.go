package e2e

import (
	"bufio"
	"bytes"
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"fmt"
	"io"
	"net"
	"net/http"
	"runtime"
	"testing"
)

const (
	largestPDF   = 10 << 20
	readerMemory = 256 << 10 // what one slow reader may cost, its client's side in this process included
)

// TestSlowReaders: fifty people (ten with -short) who read a document of 10 MiB slowly, over HTTP/1.1 or over one
// HTTP/2 connection, cost a small part of it in memory, and those who go on get all of it.
func TestSlowReaders(t *testing.T) {
	t.Run("HTTP/1.1", func(t *testing.T) {
		app := run(t, "LIMIT_REGISTER=off")
		app.readSlowly(t, func(token string) (*http.Response, error) {
			conn, err := net.Dial("tcp", app.Addr().String())
			if err != nil {
				return nil, err
			}
			t.Cleanup(func() { conn.Close() })
			fmt.Fprintf(conn, "GET %s HTTP/1.1\r\nHost: a\r\nX-NALLIAN-TOKEN: %s\r\n\r\n", largeDocument, token)
			return http.ReadResponse(bufio.NewReader(conn), nil)
		})
	})
	t.Run("HTTP/2", func(t *testing.T) {
		cert, key, roots := certificate(t)
		app := run(t, "LIMIT_REGISTER=off", "TLS_CERT="+cert, "TLS_KEY="+key)
		app.url = "https://" + app.Addr().String()
		trust(t, roots)
		one := &http.Transport{TLSClientConfig: &tls.Config{RootCAs: roots}, ForceAttemptHTTP2: true,
			MaxConnsPerHost: 1, HTTP2: &http.HTTP2Config{MaxReceiveBufferPerStream: 64 << 10}}
		t.Cleanup(one.CloseIdleConnections)
		app.readSlowly(t, func(token string) (*http.Response, error) {
			request, err := http.NewRequestWithContext(t.Context(), "GET", app.url+largeDocument, nil)
			if err != nil {
				return nil, err
			}
			request.Header.Set("X-NALLIAN-TOKEN", token)
			answer, err := one.RoundTrip(request)
			if err == nil && answer.ProtoMajor != 2 {
				err = fmt.Errorf("answered over %s", answer.Proto)
			}
			return answer, err
		})
	})
}

// trust has the default client believe in a test's certificate.
func trust(t *testing.T, roots *x509.CertPool) {
	usual := http.DefaultTransport
	transport := &http.Transport{TLSClientConfig: &tls.Config{RootCAs: roots}}
	http.DefaultTransport = transport
	t.Cleanup(func() { http.DefaultTransport = usual; transport.CloseIdleConnections() })
}

const largeDocument = "/non-license-user/cleanings/00000000-0000-4000-8000-000000000001/document"

// readSlowly has readers begin, looks at the memory while they stand still, and lets some read to the end.
func (r *running) readSlowly(t *testing.T, begin func(token string) (*http.Response, error)) {
	t.Helper()
	pdf := append([]byte("%PDF-1.7 xref "), bytes.Repeat([]byte("postern "), largestPDF/8-5)...)
	pdf = append(pdf, "startxref\n9\n%%EOF"...)
	r.act(t, "/operator/v1/cleanings", `{"id":"00000000-0000-4000-8000-000000000001","number":"1",
		"station":{"name":"S"},"equipment":{"kind":"silo"},"status":"signedOff","pdf":"`+
		base64.StdEncoding.EncodeToString(pdf)+`"}`)
	slow, toTheEnd := atFull(50, 10), atFull(5, 2)
	var users []string
	for n := range slow / 5 {
		users = append(users, r.user(t, fmt.Sprintf("reader%d@example.com", n)))
	}
	before := heap()
	var readers []*http.Response
	for n := range slow {
		answer, err := begin(users[n%len(users)])
		if err != nil || answer.StatusCode != http.StatusOK || answer.ContentLength != int64(len(pdf)) {
			t.Fatalf("reader %d: %+v, %v", n, answer, err)
		}
		if _, err := io.ReadFull(answer.Body, make([]byte, 9)); err != nil {
			t.Fatal(err)
		}
		readers = append(readers, answer)
		t.Cleanup(func() { answer.Body.Close() })
	}
	if grown := heap() - before; grown > slow*readerMemory {
		t.Errorf("%d slow readers take %d KiB each", slow, grown/slow>>10)
	} else {
		t.Logf("%d KiB a reader", grown/slow>>10)
	}
	for n, answer := range readers[:toTheEnd] {
		if rest, err := io.ReadAll(answer.Body); err != nil || !bytes.Equal(rest, pdf[9:]) {
			t.Errorf("reader %d got %d more bytes, %v", n, len(rest), err)
		}
	}
}

// heap is what is in use, in bytes.
func heap() int {
	runtime.GC()
	runtime.GC() // what pools keep is let go by a second one
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int(m.HeapAlloc)
}
