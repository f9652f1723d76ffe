package browser

import (
	"context"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/security"
	"github.com/chromedp/chromedp"
)

// cookies are the names of the cookies that the browser keeps for the page, in order. Each must be out of the reach of
// scripts and other sites.
func (b *tab) cookies() (names []string) {
	b.Helper()
	kept := get(b, func(ctx context.Context, t *chromedp.Target) (network.GetCookiesResult, error) {
		return cdp.Call(ctx, t, network.GetCookies, network.GetCookiesParams{})
	})
	for _, c := range kept.Cookies {
		if !c.HTTPOnly || c.SameSite != network.CookieSameSiteLax || c.Path != "/" ||
			c.Secure != strings.HasPrefix(b.a.url, "https:") {
			b.Errorf("the browser keeps the cookie %+v", c)
		}
		names = append(names, c.Name)
	}
	slices.Sort(names)
	return names
}

// TestHTTPS: over TLS the browser accepts the cookies that are bound to the host.
func TestHTTPS(t *testing.T) {
	t.Parallel()
	plain := httptest.NewTLSServer(nil)
	defer plain.Close()
	a := ownAppliance(t, certificate(t, plain)...)
	a.client = plain.Client()
	b := a.newTab(t, "nl")
	b.do(call(security.SetIgnoreCertificateErrors, security.SetIgnoreCertificateErrorsParams{Ignore: true}))
	b.setPassword(a.passwordLink(t, a.newPerson(t, "NL").Email), password)
	b.loggedIn()
	if names := fmt.Sprint(b.cookies()); names != "[__Host-postern __Host-postern-browser]" {
		t.Errorf("the cookies are %s", names)
	}
	b.unfold()
	b.send(http.StatusOK, "/biker/logout-everywhere")
	b.loggedOut()
}

// certificate writes a server's certificate and key to files, and gives the settings that name them.
func certificate(t *testing.T, server *httptest.Server) (settings []string) {
	t.Helper()
	pair := server.TLS.Certificates[0]
	key, err := x509.MarshalPKCS8PrivateKey(pair.PrivateKey)
	if err != nil {
		t.Fatal(err)
	}
	for setting, block := range map[string]*pem.Block{
		"TLS_CERT": {Type: "CERTIFICATE", Bytes: pair.Certificate[0]},
		"TLS_KEY":  {Type: "PRIVATE KEY", Bytes: key},
	} {
		file := filepath.Join(t.TempDir(), setting)
		if err := os.WriteFile(file, pem.EncodeToMemory(block), 0o600); err != nil {
			t.Fatal(err)
		}
		settings = append(settings, setting+"="+file)
	}
	return settings
}

// TestForeignSite: what another site makes the browser post does nothing.
func TestForeignSite(t *testing.T) {
	t.Parallel()
	p, b := postern.newBiker(t, "NL")
	foreign := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/html")
		fmt.Fprintf(w, `<form method="post" action="%s%s"><input name="email" value="%s">`+
			`<input name="password" value="%s"><button>free bike</button></form>`,
			postern.url, r.URL.Path, p.Email, password)
	}))
	defer foreign.Close()
	// Another site than 127.0.0.1, which another port alone is not.
	from := strings.Replace(foreign.URL, "127.0.0.1", "localhost", 1)
	for _, path := range []string{"/biker/logout-everywhere", "/biker/login"} {
		b.visit(http.StatusOK, from+path)
		b.press(http.StatusForbidden, "button")
		b.speaks("nl")
	}
	b.look("foreign-site")
	b.loggedIn()
	if names := fmt.Sprint(b.cookies()); names != "[postern postern-browser]" {
		t.Errorf("the cookies are %s", names)
	}
}
