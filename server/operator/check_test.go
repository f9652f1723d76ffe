package operator_test

import (
	"context"
	"io"
	"net"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"postern/server/operator"
	"postern/server/web"
	"postern/store"
)

// pipes is a listener whose connections stay in memory, so that their deadlines go by the test's clock.
type pipes chan net.Conn

func (p pipes) Accept() (net.Conn, error) {
	conn, open := <-p
	if !open {
		return nil, net.ErrClosed
	}
	return conn, nil
}

func (p pipes) Close() error   { close(p); return nil }
func (p pipes) Addr() net.Addr { return &net.UnixAddr{Net: "unix"} }

func (p pipes) dial(context.Context, string, string) (net.Conn, error) {
	ours, theirs := net.Pipe()
	p <- theirs
	return ours, nil
}

// A check of a large file may take longer than answers otherwise may.
func TestLongCheck(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h, _ := openRoom(t, store.Options{}, func(context.Context, string) ([]string, error) {
			time.Sleep(time.Hour)
			return []string{"one"}, nil
		})
		listener := make(pipes)
		server := web.NewServer(h, web.ServerOptions{})
		done := make(chan error)
		go func() { done <- server.Serve(listener) }()
		client := http.Client{Transport: &http.Transport{DialContext: listener.dial}}
		response, err := client.Post("http://localhost"+operator.Prefix+"/check", "", nil)
		if err != nil {
			t.Error(err)
		} else if body, err := io.ReadAll(response.Body); string(body) != `{"faults":["one"]}`+"\n" {
			t.Errorf("answered %q, %v", body, err)
		}
		client.CloseIdleConnections()
		server.Close()
		<-done
	})
}
