package smtp

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"sync/atomic"
	"testing"

	"golang.org/x/oauth2/clientcredentials"
)

// TestTokenLoopback fetches a token over a real socket, and follows no redirection with the client's secret.
func TestTokenLoopback(t *testing.T) {
	var foreign atomic.Int32
	other := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { foreign.Add(1) }))
	defer other.Close()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/moved" {
			http.Redirect(w, r, other.URL, http.StatusTemporaryRedirect)
			return
		}
		w.Header().Set("Content-Type", "application/json")
		fmt.Fprint(w, `{"access_token":"abc","token_type":"Bearer"}`)
	}))
	defer server.Close()
	token, err := newTokenCache(clientOf(server.URL)).get(context.Background())
	if token != "abc" || err != nil {
		t.Errorf("%q %v", token, err)
	}
	if token, err := newTokenCache(clientOf(server.URL + "/moved")).get(context.Background()); err == nil ||
		foreign.Load() > 0 {
		t.Errorf("%q, and the secret was sent on %d times", token, foreign.Load())
	}
}

// clientOf is a client of a token endpoint.
func clientOf(url string) *clientcredentials.Config {
	return &clientcredentials.Config{ClientID: "id", ClientSecret: "s3cret", TokenURL: url}
}
