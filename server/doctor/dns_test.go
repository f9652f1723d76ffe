package doctor

import (
	"context"
	"net"
	"strings"
	"testing"

	"golang.org/x/net/dns/dnsmessage"
)

// zone is a DNS server on loopback that knows a few names: by "TYPE name", the texts of TXT records, the hosts of MX
// and the addresses of A. Of any other name it says that it is not there; a nil zone never answers.
type zone map[string][]string

// resolver serves the zone until the test ends, and returns a resolver that asks nobody else.
func (z zone) resolver(t *testing.T) *net.Resolver {
	t.Helper()
	conn, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		packet := make([]byte, 2048)
		for {
			n, from, err := conn.ReadFrom(packet)
			if err != nil {
				return
			}
			if reply := z.reply(packet[:n]); reply != nil {
				_, _ = conn.WriteTo(reply, from)
			}
		}
	}()
	t.Cleanup(func() { conn.Close(); <-done })
	return &net.Resolver{PreferGo: true, Dial: func(ctx context.Context, _, _ string) (net.Conn, error) {
		return new(net.Dialer).DialContext(ctx, "udp", conn.LocalAddr().String())
	}}
}

// reply answers a query; nil: it does not.
func (z zone) reply(packet []byte) []byte {
	var query dnsmessage.Message
	if z == nil || query.Unpack(packet) != nil || len(query.Questions) != 1 {
		return nil
	}
	asked := query.Questions[0]
	reply := dnsmessage.Message{Questions: query.Questions,
		Header: dnsmessage.Header{ID: query.ID, Response: true, RecursionAvailable: true}}
	kind := strings.TrimPrefix(asked.Type.String(), "Type")
	for _, value := range z[kind+" "+strings.ToLower(strings.TrimSuffix(asked.Name.String(), "."))] {
		var body dnsmessage.ResourceBody
		switch kind {
		case "TXT":
			body = &dnsmessage.TXTResource{TXT: []string{value}}
		case "MX":
			body = &dnsmessage.MXResource{Pref: 10, MX: dnsmessage.MustNewName(value + ".")}
		case "A":
			body = &dnsmessage.AResource{A: [4]byte(net.ParseIP(value).To4())}
		}
		reply.Answers = append(reply.Answers, dnsmessage.Resource{Body: body,
			Header: dnsmessage.ResourceHeader{Name: asked.Name, Class: asked.Class, TTL: 1}})
	}
	if len(reply.Answers) == 0 {
		reply.RCode = dnsmessage.RCodeNameError
	}
	packed, err := reply.Pack()
	if err != nil {
		panic(err) // the test's own records
	}
	return packed
}
