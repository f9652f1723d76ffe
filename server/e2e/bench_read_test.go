package e2e

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"testing"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/julienschmidt/httprouter"

	"postern/store"
	"postern/store/guid"
	"postern/tokens"
)

// BenchmarkRead has a user token checked and a cleaning of the demo's read over HTTP, in turn with a bare router's
// empty JSON answer to the same request over as many connections. Of the numbers of people it takes the last.
func BenchmarkRead(b *testing.B) {
	sizes := benchPeople(b)
	dir, ring := seededDir(b, sizes[len(sizes)-1])
	request := readRequest(b, dir, ring)
	app := run(b, benchSettings(dir, silentSmarthost(b))...)
	address := startBare(b)
	for _, connections := range []int{1, 16, 64} {
		b.Run(fmt.Sprintf("connections=%d", connections), func(b *testing.B) {
			reader := func(unit, address string) side {
				clients := rawClients(b, address, connections)
				return side{unit, func(worker int) error { return clients[worker].ask(request, http.StatusOK) }}
			}
			duel(b, connections, 6400, reader("reads/s", app.Addr().String()), reader("empty/s", address))
		})
	}
}

// startBare answers {} to every GET of a cleaning: what a Go program with a router costs that does nothing.
func startBare(b *testing.B) (address string) {
	b.Helper()
	router := httprouter.New()
	router.GET("/non-license-user/cleanings/:id", func(w http.ResponseWriter, _ *http.Request, _ httprouter.Params) {
		w.Header().Set("Content-Type", "application/json")
		_, _ = w.Write([]byte("{}"))
	})
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		b.Fatal(err)
	}
	server := &http.Server{Handler: router}
	done := make(chan error)
	go func() { done <- server.Serve(listener) }()
	b.Cleanup(func() {
		_ = server.Close()
		if err := <-done; !errors.Is(err, http.ErrServerClosed) {
			b.Error(err)
		}
	})
	return listener.Addr().String()
}

// readRequest stores a cleaning and a person, and asks for the one with a proven token of the other.
func readRequest(b *testing.B, dir string, ring *tokens.Keyring) []byte {
	b.Helper()
	s, err := store.Open(dir, store.Options{MailDomain: benchMailDomain})
	if err != nil {
		b.Fatal(err)
	}
	cleaning := demoCleaning(b)
	_, err = s.PutCleanings(context.Background(), "", []store.CleaningInput{cleaning})
	if err != nil {
		b.Fatal(err)
	}
	user, err := s.RegisterUser(context.Background(), benchRegistration(freshAddress()))
	if err != nil {
		b.Fatal(err)
	}
	sealer, err := tokens.NewSealer(ring, s.ApplianceID(), rand.Reader)
	if err != nil {
		b.Fatal(err)
	}
	token, err := sealer.Seal(tokens.UserToken, tokens.Claims{Subject: user.ID, Email: tokens.EmailHash(user.Email),
		Generation: user.TokenGeneration, Proven: true, IssuedAt: time.Now(), ExpiresAt: time.Now().Add(24 * time.Hour)})
	if err := errors.Join(err, s.Close()); err != nil {
		b.Fatal(err)
	}
	return fmt.Appendf(nil, "GET /non-license-user/cleanings/%s HTTP/1.1\r\nHost: 127.0.0.1\r\n"+
		"X-NALLIAN-TOKEN: %s\r\n\r\n", cleaning.ID, token)
}

// demoCleaning is the first one of the demo.
func demoCleaning(b *testing.B) store.CleaningInput {
	b.Helper()
	text, err := os.ReadFile("../command/demo/cleanings.json")
	if err != nil {
		b.Fatal(err)
	}
	var all []struct {
		ID guid.ID `json:"id"`
		store.CleaningData
	}
	if err := json.Unmarshal(text, &all); err != nil {
		b.Fatal(err)
	}
	return store.CleaningInput{ID: all[0].ID, CleaningData: all[0].CleaningData}
}
