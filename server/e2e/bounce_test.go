package e2e

import (
	"fmt"
	"io"
	"net/http"
	"net/smtp"
	"strings"
	"testing"
	"time"
)

// dsn is a mail system's report (RFC 3464) that there is no such mailbox. clue names the letter: a line of its own.
func dsn(to, address, clue string) string {
	return strings.ReplaceAll(fmt.Sprintf(`From: MAILER-DAEMON@mx.example
To: %s
Subject: Undelivered Mail Returned to Sender
Content-Type: multipart/report; report-type=delivery-status; boundary="B"

--B
Content-Type: text/plain

It came back.
--B
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.example

Final-Recipient: rfc822; %s
Action: failed
Status: 5.1.1
Diagnostic-Code: smtp; 550 5.1.1 <%[2]s>: User unknown
--B
Content-Type: text/rfc822-headers

%[3]s
--B--
`, to, address, clue), "\n", "\r\n")
}

// get asks for a path with a token, and returns the answer's body.
func (r *running) get(t *testing.T, bearer, path string) string {
	t.Helper()
	request, err := http.NewRequest(http.MethodGet, r.url+path, nil)
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Authorization", bearer)
	answer, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(answer.Body)
	if err != nil || answer.StatusCode != http.StatusOK {
		t.Fatalf("%s: %d %s, %v", path, answer.StatusCode, body, err)
	}
	return string(body)
}

// awaitEvent reads a partner's feed until it has an event of a type.
func (r *running) awaitEvent(t *testing.T, bearer, kind string) {
	t.Helper()
	after := "0"
	for until := time.Now().Add(time.Minute); time.Now().Before(until); {
		feed := r.get(t, bearer, "/partner/v1/events?wait=10s&after="+after)
		if strings.Contains(feed, kind) {
			return
		}
		_, next, _ := strings.Cut(feed, `"next":`)
		after = strings.TrimRight(next, "}\n")
	}
	t.Fatalf("no %s within a minute", kind)
}

// TestBounceListener takes a welcome to a smarthost and its report back to BOUNCE_LISTEN, by the code in the envelope
// alone: the partner reads that the letter has failed, and gets the mended address its welcome.
func TestBounceListener(t *testing.T) {
	dir := t.TempDir()
	bearer := addPartners(t, dir, 1)[0]
	sink := newSink(t, "127.0.0.1:0")
	r := run(t, append(smarthost(sink.Addr().String()), "DATA="+dir, "BOUNCE_LISTEN=127.0.0.1:0",
		"BOUNCE_ADDRESS=gate+{code}@client.example")...)
	status, _, err := r.tryList(http.DefaultClient, bearer, "", listJSON([]string{"jan@exmaple.org"}, employeeOf))
	if err != nil || status != http.StatusOK {
		t.Fatal(status, err)
	}
	sink.await(t, []string{"jan@exmaple.org"})
	from := sink.arrivals["jan@exmaple.org"][0].from
	if !strings.HasPrefix(from, "gate+") || !strings.HasSuffix(from, "@client.example") || len(from) != 60 {
		t.Fatalf("the envelope's sender is %s", from)
	}
	address := r.BounceAddr().String()
	if err := smtp.SendMail(address, nil, "", []string{"jan@exmaple.org"}, []byte("Subject: x\r\n\r\nx\r\n")); err == nil ||
		!strings.HasPrefix(err.Error(), "550 ") {
		t.Errorf("relaying: %v", err)
	}
	report := []byte(dsn(from, "jan@exmaple.org", "Subject: x"))
	if err := smtp.SendMail(address, nil, "", []string{strings.ToUpper(from)}, report); err != nil {
		t.Fatal(err)
	}
	body := r.get(t, bearer, "/partner/v1/users?partner_EmployeeID=E-jan@exmaple.org")
	if !strings.Contains(body, `"state":"failed"`) || !strings.Contains(body, "returned: 550 5.1.1") {
		t.Errorf("read back: %s", body)
	}
	r.awaitEvent(t, bearer, "letter.failed")
	mended := strings.Replace(
		listJSON([]string{"jan@example.org"}, employeeOf),
		"E-jan@example.org",
		"E-jan@exmaple.org",
		1,
	)
	if _, answer, err := r.tryList(http.DefaultClient, bearer, "", mended); err != nil ||
		!strings.Contains(string(answer), `"outcome":"created"`) {
		t.Errorf("%s, %v", answer, err)
	}
	sink.await(t, []string{"jan@example.org"})
	if _, _, page := get(t, http.DefaultClient, r.url+"/metrics"); !strings.Contains(page,
		`postern_mail_came_back_total{source="listener",outcome="failed"} 1`) {
		t.Error("it is not counted")
	}
}

// TestInboxReturns goes the whole circle on one machine: a letter to bounced@… is in the inbox, and comes back.
func TestInboxReturns(t *testing.T) {
	dir := t.TempDir()
	bearer := addPartners(t, dir, 1)[0]
	r := run(t, "DATA="+dir)
	status, _, err := r.tryList(
		http.DefaultClient,
		bearer,
		"",
		listJSON([]string{"bounced+jan@example.org"}, employeeOf),
	)
	if err != nil || status != http.StatusOK {
		t.Fatal(status, err)
	}
	r.awaitEvent(t, bearer, "letter.failed")
	body := r.get(t, bearer, "/partner/v1/users?partner_EmployeeID=E-bounced%2Bjan@example.org")
	if !strings.Contains(body, `"state":"failed"`) || !strings.Contains(body, "returned: 550 5.1.1") {
		t.Errorf("read back: %s", body)
	}
	if _, _, all := get(t, http.DefaultClient, r.url+"/inbox/api/v1/messages"); !strings.Contains(
		all,
		"bounced+jan@example.org",
	) {
		t.Error("it is not in the inbox")
	}
}
