package inbox

import (
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"postern/mail/inbox"
)

const api = "/inbox/api/v1/"

// TestShapes holds the members that Mailpit's clients read, by their exact names.
func TestShapes(t *testing.T) {
	s := open(t)
	id := s.deliver(t, "ann@example.com", "One", multipart)
	const message = "Attachments Bcc Cc Date From HTML ID Inline Links ListUnsubscribe MessageID ReplyTo " +
		"ReturnPath Size Subject Tags Text To Username"
	for path, want := range map[string]string{
		"messages":                   "count messages messages_count messages_unread start tags total unread",
		"search?query=to:ann":        "count messages messages_count messages_unread start tags total unread",
		"message/" + id:              message,
		"message/" + id + "/headers": "Content-Type From Message-Id Subject To",
		"webui":                      "ChaosEnabled DuplicatesIgnored HideDeleteAllButton Label MessageRelay SpamAssassin",
		"info":                       "Database DatabaseSize LatestVersion Messages Tags Unread Version",
	} {
		got := strings.Join(slices.Sorted(maps.Keys(get[map[string]any](t, s, api+path))), " ")
		if got != want {
			t.Errorf("%s: %s", path, got)
		}
	}
	list := get[struct {
		Messages []map[string]any `json:"messages"`
	}](t, s, api+"messages")
	if n := list.Messages[0]["Attachments"]; n != 1.0 {
		t.Errorf("%v attachments beside the inline part", n)
	}
	if tags := get[[]string](t, s, api+"tags"); tags == nil {
		t.Error("no list of tags")
	}
	want := "Attachments Bcc Cc Created From ID MessageID Read ReplyTo Size Snippet Subject Tags To Username"
	if got := strings.Join(slices.Sorted(maps.Keys(list.Messages[0])), " "); got != want {
		t.Errorf("summary: %s", got)
	}
}

func TestMessage(t *testing.T) {
	s := open(t)
	s.deliver(t, "bob@example.com", "Other", "\r\nother\r\n")
	id := s.deliver(t, "ann@example.com", "One", multipart)
	m := get[message](t, s, api+"message/latest")
	if m.ID != id || m.MessageID != "m@localhost" || m.From.Name != "Postern" || m.To[0].Address != "ann@example.com" ||
		m.ReturnPath != "bounce@localhost" ||
		!strings.HasPrefix(m.Text, "Open http") || !strings.Contains(m.HTML, "<p>Hi</p>") || len(m.Links) != 1 ||
		m.Links[0] != "http://localhost/a?b=1&c=2" {
		t.Errorf("message: %+v", m)
	}
	if len(m.Attachments) != 1 || m.Attachments[0].FileName != "a b.pdf" || m.Attachments[0].Checksums.MD5 == "" ||
		len(m.Inline) != 1 || m.Inline[0].ContentID != "cid" {
		t.Errorf("files: %+v, inline %+v", m.Attachments, m.Inline)
	}
	if m := get[message](t, s, api+"message/latest?query=to:bob"); m.Subject != "Other" {
		t.Errorf("the latest to bob: %s", m.Subject)
	}
	for _, c := range []struct{ path, kind, disposition, policy, body string }{
		{id + "/raw", "text/plain; charset=utf-8", "", "", "From: Postern"},
		{"latest/raw?dl=1", "text/plain; charset=utf-8", `attachment; filename="` + id + `.eml"`, "", "From: Postern"},
		{id + "/part/3", "application/pdf", `inline; filename="a b.pdf"`, "", "%PDF"},
		{id + "/part/4", "text/html", "attachment; filename=evil.html",
			"default-src 'none'; sandbox; frame-ancestors 'none'", "<script>"},
	} {
		status, h, body := s.call(t, "GET", api+"message/"+c.path, "")
		if status != 200 || h.Get("Content-Type") != c.kind || h.Get("Content-Disposition") != c.disposition ||
			h.Get("Content-Security-Policy") != c.policy || h.Get("X-Content-Type-Options") != "nosniff" ||
			!strings.HasPrefix(body, c.body) {
			t.Errorf("%s: %d %v %.40s", c.path, status, h, body)
		}
	}
	for _, path := range []string{"nobody", "nobody/raw", "nobody/headers", "nobody/part/1", id + "/part/1",
		id + "/part/9", "latest?query=to:nobody"} {
		if status, h, _ := s.call(t, "GET", api+"message/"+path, ""); status != 404 ||
			h.Get("Content-Type") != "application/problem+json" {
			t.Errorf("%s: %d", path, status)
		}
	}
}

func TestReadMarks(t *testing.T) {
	s := open(t)
	id := s.deliver(t, "ann@example.com", "One", "\r\n")
	s.deliver(t, "ann@example.com", "Two", "\r\n")
	unread := func(want int) {
		t.Helper()
		if list := get[listAnswer](t, s, api+"messages"); list.Unread != want || list.MessagesUnread != want {
			t.Errorf("%d unread, want %d", list.Unread, want)
		}
	}
	s.call(t, "HEAD", api+"message/"+id, "")
	s.call(t, "GET", api+"message/"+id+"/raw", "")
	unread(2)
	s.call(t, "GET", api+"message/"+id, "")
	unread(1)
	for _, c := range []struct {
		body         string
		status, left int
	}{
		{`{"Read":true}`, 200, 0}, {`{"IDs":["` + id + `"]}`, 200, 1},
		{`{"Search":"subject:two","Read":false}`, 200, 2}, {`{"read":true,"ids":["x"]}`, 200, 2},
		{`{"Search":"after:2020-01-01","Read":false}`, 200, 2}, {`{"IDs":["x"],"Search":"y"}`, 400, 2},
		{`{"IDs":"x"}`, 400, 2}, {`{"Read":1}`, 400, 2}, {`[`, 400, 2}, {"", 200, 2},
	} {
		if status, _, body := s.call(t, "PUT", api+"messages", c.body); status != c.status {
			t.Errorf("%s: %d %s", c.body, status, body)
		}
		unread(c.left)
	}
}

func TestListing(t *testing.T) {
	s := open(t)
	for i := range 60 {
		s.deliver(t, fmt.Sprintf("p%d@example.com", i%3), fmt.Sprintf("Letter %d", i), "\r\n")
	}
	for query, want := range map[string]string{
		"messages":                                            "60 60 0 50 Letter 59",
		"messages?start=50":                                   "60 60 50 10 Letter 9",
		"messages?start=58&limit=1":                           "60 60 58 1 Letter 1",
		"messages?start=100":                                  "60 60 100 0 ",
		"messages?limit=0":                                    "60 60 0 0 ",
		"messages?start=-1&limit=x":                           "60 60 0 50 Letter 59",
		"search?query=to:p1@example.com":                      "60 20 0 20 Letter 58",
		"search?query=to:p1%20subject:letter%201":             "60 20 0 20 Letter 58",
		"search?query=subject:%22letter%204%22":               "60 11 0 11 Letter 49",
		"search?query=nothing":                                "60 0 0 0 ",
		"search?query=message-id:m@localhost&limit=2&start=1": "60 60 1 2 Letter 58",
	} {
		l := get[listAnswer](t, s, api+query)
		first := ""
		if len(l.Messages) > 0 {
			first = l.Messages[0].Subject
		}
		if got := fmt.Sprint(l.Total, l.MessagesCount, l.Start, l.Count, " ", first); strings.ReplaceAll(got, "  ",
			" ") != want || l.Tags == nil {
			t.Errorf("%s: %q", query, got)
		}
	}
	if status, _, _ := s.call(t, "GET", api+"search", ""); status != 400 {
		t.Errorf("a search for nothing: %d", status)
	}
}

func TestDeleting(t *testing.T) {
	for _, c := range []struct {
		method, path, body string
		status, left       int
	}{
		{"DELETE", "messages", `{"IDs":["$1","$2"]}`, 200, 2},
		{"DELETE", "messages", `{"IDs":["unknown"]}`, 200, 4},
		{"DELETE", "messages", `{"IDs":[""]}`, 200, 4},
		{"DELETE", "messages", `{"IDs":[]}`, 200, 0},
		{"DELETE", "messages", `{}`, 200, 0},
		{"DELETE", "messages", ``, 200, 0},
		{"DELETE", "messages", `{"IDs":[1]}`, 400, 4},
		{"DELETE", "messages", `nonsense`, 400, 4},
		{"DELETE", "messages", `{"IDs":["` + strings.Repeat("x", 70<<10) + `"]}`, 413, 4},
		{"DELETE", "search?query=to:ann", ``, 200, 2},
		{"DELETE", "search", ``, 400, 4},
		{"DELETE", "search?query=to:", ``, 400, 4},
		{"DELETE", "search?query=before:soon", ``, 200, 4},
		{"DELETE", "search?query=before:2026-01-01&tz=Europe/Atlantis", ``, 400, 4},
		{"DELETE", "message/$1", ``, 405, 4},
		{"POST", "messages", ``, 405, 4},
	} {
		s := open(t)
		s.deliver(t, "bob@example.com", "", "\r\n")
		s.deliver(t, "ann@example.com", "", "\r\n")
		ids := strings.NewReplacer("$1", s.deliver(t, "ann@example.com", "", "\r\n"), "$2",
			s.deliver(t, "cy@example.com", "", "\r\n"))
		status, _, body := s.call(t, c.method, api+ids.Replace(c.path), ids.Replace(c.body))
		if left, _ := s.Counts(); status != c.status || left != c.left || status == 200 && body != "ok" {
			t.Errorf("%s %s %.40s: %d, %d left: %s", c.method, c.path, c.body, status, left, body)
		}
	}
	s := open(t)
	s.deliver(t, "ann@example.com", "", "\r\n")
	if status, _, _ := s.call(t, "DELETE", api+"messages", "IDs=1", "Content-Type",
		"application/x-www-form-urlencoded"); status != 415 {
		t.Errorf("a form: %d", status)
	}
}

// TestZones holds that a date without an offset is in the zone that the call names.
func TestZones(t *testing.T) {
	s := open(t)
	s.deliver(t, "ann@example.com", "One", "\r\n")
	earlier := time.Now().UTC().Add(-time.Hour).Format("2006-01-02T15:04:05")
	for _, c := range []struct {
		path, zone string
		status     int
	}{
		{"message/latest", "", 200}, {"message/latest", "UTC", 200}, {"message/latest", "Etc/GMT-3", 200},
		{"message/latest", "Etc/GMT+3", 404},
		{"message/latest", "Mars/Base", 400}, {"wait", "Etc/GMT+3", 404}, {"wait", "Mars/Base", 400},
		{"search", "../zones", 400},
	} {
		path := api + c.path + "?timeout=0s&query=" + url.QueryEscape("after:"+earlier) + "&tz=" +
			url.QueryEscape(c.zone)
		if status, _, body := s.call(t, "GET", path, ""); status != c.status {
			t.Errorf("%s in %q: %d %s", c.path, c.zone, status, body)
		}
	}
}

// TestAbsent holds that Mailpit's other calls are told why there is nothing.
func TestAbsent(t *testing.T) {
	s := open(t)
	id := s.deliver(t, "ann@example.com", "One", multipart)
	for _, a := range absent {
		path := api + strings.NewReplacer(":id", id, ":part", "3", ":tag", "x").Replace(a.path)
		if status, h, body := s.call(t, a.method, path, ""); status != 501 ||
			h.Get("Content-Type") != "application/problem+json" || !strings.Contains(body, a.reason) {
			t.Errorf("%s %s: %d %s", a.method, path, status, body)
		}
	}
}

// TestHostile holds that whatever comes in is shown, by every call.
func TestHostile(t *testing.T) {
	s := open(t)
	for _, source := range []string{
		"", "\xff\xfe\x00", "Subject: \xff</title><script>alert(1)</script>\r\nTo: \xff\r\n\r\n\xc3(",
		"Subject: =?utf-8?b?/w==?=\n\nx", strings.Repeat("X: "+strings.Repeat("y", 60)+"\r\n", 5000),
		"Content-Type: multipart/mixed; boundary=x\n\n--x\nContent-Type: text/html\r\n\xff\n\n" +
			"--x\nContent-Type: a/\xffb; name=\"\xff\n\r\";;\n\nz",
	} {
		if err := s.Deliver("\xff", "ann@example.com", []byte(source)); err != nil {
			t.Fatal(err)
		}
	}
	letters := s.Find(inbox.Query{})
	for _, path := range []string{api + "messages", "/inbox", api + "search?query=%ff", "/inbox?q=%ff<script>"} {
		if status, h, body := s.call(t, "GET", path, ""); status != 200 ||
			strings.HasPrefix(h.Get("Content-Type"), "text/html") && strings.Contains(body, "<script>") {
			t.Errorf("%s: %d %s", path, status, body)
		}
	}
	for _, letter := range letters {
		paths := []string{api + "message/" + letter.ID, api + "message/" + letter.ID + "/headers",
			api + "message/" + letter.ID + "/raw"}
		for _, view := range []string{"html", "text", "source", "headers", "files", "links", "%ff"} {
			paths = append(paths, "/inbox/message/"+letter.ID+"?view="+view)
		}
		for _, f := range letter.Files {
			paths = append(paths, api+"message/"+letter.ID+"/part/"+f.PartID)
		}
		for _, path := range paths {
			status, h, body := s.call(t, "GET", path, "")
			if status != http.StatusOK ||
				strings.HasPrefix(h.Get("Content-Type"), "text/html") && strings.Contains(body, "<script>alert") {
				t.Errorf("%s: %d %.200s", path, status, body)
			}
		}
	}
}
