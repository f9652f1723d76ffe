package smtp

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"net/textproto"
	"regexp"
	"strings"
	"testing"
)

// TestReadReply holds what is made of the replies that servers are known to write.
func TestReadReply(t *testing.T) {
	long := strings.Repeat("x", 3*maxText)
	for _, tt := range []struct{ said, want string }{
		{"250 2.0.0 ok\r\n", "250 2.0.0 ok\r\n"},
		{"250\r\n", "250 \r\n"}, {"250 \r\n", "250 \r\n"}, {"250\n", "250 \r\n"}, {"250\r\r\n", "250 \r\n"},
		{"250-\r\n250\r\n", "250-\r\n250 \r\n"}, {"250-a\n250-\n250 c\n", "250-a\r\n250-\r\n250 c\r\n"},
		{"250OK\r\n", "250 OK\r\n"}, {"250\tOK \r\n", "250 OK\r\n"}, {"250  OK\r\n", "250 OK\r\n"},
		{"354Go\r\n", "354 Go\r\n"},
		{"\r\n\r\n220 hi\r\n", "220 hi\r\n"},
		{"250-a\r\nno code\r\n\r\n250b\r\n250 c\r\n", "250-a\r\n250-no code\r\n250-\r\n250-250b\r\n250 c\r\n"},
		{"220-a\r\n100 users\r\n220 c\r\n", "220-a\r\n220-100 users\r\n220 c\r\n"},
		{"550-no\r\n554 never\r\n", "554-no\r\n554 never\r\n"},
		{"250-a\r\n251-b\r\n250 c\r\n", "250-a\r\n250-b\r\n250 c\r\n"},
		{"2500 what\r\n", "2500 what\r\n"}, {"25 what\r\n", "25 what\r\n"}, {"ok 250\r\n", "ok 250\r\n"},
		{" 250 ok\r\n", " 250 ok\r\n"}, {"-250 ok\r\n", "-250 ok\r\n"},
		{"550 " + long + "\r\n", "550 " + long[:maxText] + "\r\n"},
		{"550-" + long + "\r\n550 end\r\n", "550-" + long[:maxText] + "\r\n550 end\r\n"},
		{strings.Repeat("550-more\r\n", 10*MaxLines) + "550 end\r\n",
			strings.Repeat("550-more\r\n", MaxLines-1) + "550 end\r\n"},
	} {
		r, err := readReply(bufio.NewReader(strings.NewReader(tt.said + "221 the next\r\n")))
		if got := string(r.bytes()); err != nil || got != tt.want {
			t.Errorf("%.80q was read as %.80q, %v; want %.80q", tt.said, got, err, tt.want)
		}
	}
	for _, broken := range []string{"", "250 ok", "250", "250-a\r\n", "250-a\r\n250 b", "\r\n"} {
		if r, err := readReply(bufio.NewReader(strings.NewReader(broken))); !errors.Is(err, io.EOF) {
			t.Errorf("%q was read as %q, %v", broken, r, err)
		}
	}
}

// TestOffers holds what is made of answers to EHLO.
func TestOffers(t *testing.T) {
	for _, tt := range []struct{ said, want string }{
		{"250 auth plain", "250 auth plain\r\n"}, // the name of the server
		{"250-host\n250-auth plain Login\n250 starttls", "250-host\r\n250-AUTH PLAIN LOGIN\r\n250 STARTTLS\r\n"},
		{"250-host\n250-AUTH LOGIN\n250-Size  1000\n250-AUTH=LOGIN PLAIN\n250 auth xoauth2",
			"250-host\r\n250-AUTH LOGIN PLAIN XOAUTH2\r\n250 SIZE 1000\r\n"},
		{"250-host\n250-AUTH= PLAIN\n250 AUTH", "250-host\r\n250 AUTH PLAIN\r\n"},
		{"250-host\n250 AUTH", "250-host\r\n250 AUTH\r\n"}, {"250-host\n250-\n250 dsn", "250-host\r\n250 DSN\r\n"},
		{"250-host\n250", "250 host\r\n"},
		{"550-5.7.1 auth\n550 5.7.1 first", "550-5.7.1 auth\r\n550 5.7.1 first\r\n"},
		{"what\n", "what\r\n"},
		// capitals of ASCII alone
		{"250-host\n250-\u017fize 1\n250 \xff=x", "250-host\r\n250-\u017fIZE 1\r\n250 \xff x\r\n"},
	} {
		r, err := readReply(bufio.NewReader(strings.NewReader(tt.said + "\n")))
		if got := string(r.normalizedEHLO().bytes()); err != nil || got != tt.want {
			t.Errorf("%q was read as %q, %v; want %q", tt.said, got, err, tt.want)
		}
	}
}

// FuzzReply: a reply comes out as one that net/textproto takes, and bounded; what comes out is read as itself; and what
// net/textproto reads by itself, it reads in the same way.
func FuzzReply(f *testing.F) {
	for _, said := range []string{"250 ok\r\n", "250\n", "250-auth plain\n250-AUTH=login\n250",
		"250-a\r\nb\r\n550 c\r\n", "250OK\r\n", "\n\n421-x\r\n421\r\n",
		" 250 x\n", "250-" + strings.Repeat("y", 5000) + "\n250 z\n", strings.Repeat("250-\n", 300) + "250 end\n",
		"\x00\xff\n", "334 VXNlcm5hbWU6\r\n"} {
		f.Add([]byte(said))
	}
	f.Fuzz(func(t *testing.T, said []byte) {
		r, err := readReply(bufio.NewReaderSize(bytes.NewReader(said), 2048))
		if err != nil {
			return
		}
		for _, r := range []reply{r, r.normalizedEHLO()} {
			written := r.bytes()
			if len(written) > MaxLines*(maxText+8) {
				t.Fatalf("%d bytes of %d", len(written), len(said))
			}
			again, err := readReply(bufio.NewReaderSize(bytes.NewReader(written), 2048))
			if err != nil || !bytes.Equal(again.bytes(), written) ||
				!bytes.Equal(r.normalizedEHLO().normalizedEHLO().bytes(), r.normalizedEHLO().bytes()) {
				t.Fatalf("%q is read as %q, and that as %q; %v", said, written, again.bytes(), err)
			}
			if _, _, err := textproto.NewReader(bufio.NewReader(bytes.NewReader(written))).
				ReadResponse(0); (err == nil) != (r.code != "") {
				t.Fatalf("%q is read as %q: %v", said, written, err)
			}
		}
		if len(said) > maxText || len(r.lines) == MaxLines || r.code == "" {
			return // what is cut differs
		}
		code, message, err := textproto.NewReader(bufio.NewReader(bytes.NewReader(said))).ReadResponse(0)
		if err != nil {
			return
		}
		_, text, _ := textproto.NewReader(bufio.NewReader(bytes.NewReader(r.bytes()))).ReadResponse(0)
		if trimmed(text) != trimmed(message) || code < 100 {
			if !otherCode.MatchString(message) { // where codes differ net/textproto reads on to the first one
				t.Fatalf("%q: net/textproto reads %d %q, and %q after readReply", said, code, message, text)
			}
		}
	})
}

var otherCode = regexp.MustCompile(`(?m)^[2-5]\d\d(?:[ \t-]|\r*$)`)

// trimmed is a text without the white space around its lines.
func trimmed(text string) string {
	lines := strings.Split(text, "\n")
	for i, line := range lines {
		lines[i] = strings.Trim(line, " \t\r")
	}
	return strings.Join(lines, "\n")
}
