package web

import (
	"crypto/rand"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/go-json-experiment/json"
	"github.com/julienschmidt/httprouter"
	"github.com/rs/zerolog"

	"postern/store/fixture"
)

// sink takes an answer without keeping it.
type sink struct{ header http.Header }

func (s *sink) Header() http.Header         { return s.header }
func (s *sink) WriteHeader(int)             {}
func (s *sink) Write(p []byte) (int, error) { return len(p), nil }
func (s *sink) Reset() *sink                { clear(s.header); return s }
func bareAnswer(w http.ResponseWriter, id string) {
	_ = json.MarshalWrite(w, map[string]string{"id": id})
}

// BenchmarkMiddleware is what the middleware costs around a handler, beside a bare router's JSON answer.
func BenchmarkMiddleware(b *testing.B) {
	bare := httprouter.New()
	bare.GET("/api/things/:id", func(w http.ResponseWriter, _ *http.Request, p httprouter.Params) {
		w.Header().Set("Content-Type", "application/json")
		bareAnswer(w, p.ByName("id"))
	})
	f, err := NewMiddleware(Options{Log: zerolog.Nop().Level(zerolog.InfoLevel), Random: rand.Reader,
		CrossOrigin: []string{"/api/"}})
	if err != nil {
		b.Fatal(err)
	}
	surrounded := f.Handler(ForLoopback, []Route{
		{Method: "GET", Path: "/api/things/:id",
			Handle: func(c *Call) error { return c.JSON(200, map[string]string{"id": c.Param("id")}) }},
		{Method: "POST", Path: "/api/things", Handle: decodeThing},
	})
	w := &sink{header: make(http.Header)}
	for name, h := range map[string]http.Handler{"bare": bare, "with middleware": surrounded} {
		b.Run(name, func(b *testing.B) {
			r := httptest.NewRequest("GET", "/api/things/0190a6f2-5c1e-7d3a-9b44-3f2a1c0d9e8f", nil)
			r.Header.Set("User-Agent", "bench")
			b.ReportAllocs()
			for b.Loop() {
				h.ServeHTTP(w.Reset(), r)
			}
		})
	}
	b.Run("with middleware, a body", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			r := httptest.NewRequest("POST", "/api/things", strings.NewReader(`{"name":"x"}`))
			r.Header.Set("Content-Type", "application/json")
			surrounded.ServeHTTP(w.Reset(), r)
		}
	})
}

// BenchmarkMiddlewareOverHTTP is the same over loopback connections, as a share of what net/http itself costs.
func BenchmarkMiddlewareOverHTTP(b *testing.B) {
	bare := httprouter.New()
	bare.GET("/api/things/:id", func(w http.ResponseWriter, _ *http.Request, p httprouter.Params) {
		w.Header().Set("Content-Type", "application/json")
		bareAnswer(w, p.ByName("id"))
	})
	o := options(&fixture.Log{})
	o.Log = zerolog.Nop()
	for name, h := range map[string]http.Handler{"bare": bare, "with middleware": newHandler(b, ForLoopback, o)} {
		address := start(b, h, ServerOptions{})
		b.Run(name, func(b *testing.B) {
			client := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 64}}
			defer client.CloseIdleConnections()
			b.RunParallel(func(pb *testing.PB) {
				for pb.Next() {
					answer, err := client.Get("http://" + address + "/api/things/7")
					if err != nil {
						b.Error(err)
						return
					}
					_ = answer.Body.Close()
				}
			})
		})
	}
}
