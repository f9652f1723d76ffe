package inbox

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"postern/store"
)

var noon = time.Date(2026, 3, 14, 12, 0, 0, 0, time.UTC)

func testInbox() *Inbox { return New(func() time.Time { return noon }, rand.Reader) }

// plainLetter is a small letter to somebody.
func plainLetter(to, subject string) []byte {
	return []byte("From: Postern <postern@localhost>\r\nTo: " + to + "\r\nSubject: " + subject + "\r\n\r\nHello\r\n")
}

func deliver(t *testing.T, b *Inbox, to, subject string) {
	t.Helper()
	if err := b.Deliver("postern@localhost", to, plainLetter(to, subject)); err != nil {
		t.Fatal(err)
	}
}

func subjects(letters []*Letter) (all []string) {
	for _, c := range letters {
		all = append(all, c.Subject)
	}
	return all
}

func TestOrderAndMarks(t *testing.T) {
	b := testInbox()
	for _, subject := range []string{"one", "two", "three"} {
		deliver(t, b, "ann@example.com", subject)
	}
	all := b.Find(Query{})
	if got := subjects(all); !slices.Equal(got, []string{"three", "two", "one"}) {
		t.Fatalf("order: %v", got)
	}
	two := all[1].ID
	version, changed := b.Watch()
	b.MarkRead(true, func(c *Letter) bool { return c.ID == two })
	if total, unread := b.Counts(); total != 3 || unread != 2 {
		t.Errorf("counts: %d, %d unread", total, unread)
	}
	select {
	case <-changed:
	default:
		t.Error("marking a letter as read did not wake the watchers")
	}
	if after, _ := b.Watch(); after == version {
		t.Error("the version stayed")
	}
	_, changed = b.Watch()
	b.MarkRead(true, func(c *Letter) bool { return c.ID == two })
	if n := b.Delete(func(c *Letter) bool { return c.ID == "unknown" }); n != 0 {
		t.Errorf("deleted %d letters of an unknown name", n)
	}
	select {
	case <-changed:
		t.Error("nothing changed, and the watchers were woken")
	default:
	}
	if n := b.Delete(func(c *Letter) bool { return c.ID == two }); n != 1 {
		t.Errorf("deleted %d", n)
	}
	if _, found := b.Letter(two); found {
		t.Error("a deleted letter is still there")
	}
	if n := b.Delete(func(*Letter) bool { return true }); n != 2 || b.size != 0 {
		t.Errorf("deleted %d, %d octets left over", n, b.size)
	}
}

func TestLimits(t *testing.T) {
	t.Run("letters", func(t *testing.T) {
		b := testInbox()
		for i := range MaxLetters + 25 {
			deliver(t, b, "ann@example.com", fmt.Sprint(i))
		}
		all := b.Find(Query{})
		if len(all) != MaxLetters || all[0].Subject != "1024" || all[MaxLetters-1].Subject != "25" {
			t.Errorf("%d letters from %s to %s", len(all), all[0].Subject, all[len(all)-1].Subject)
		}
	})
	t.Run("octets", func(t *testing.T) {
		b := testInbox()
		// A multipart without boundary is kept unread: what counts here is its size.
		big := append([]byte("Subject: big\r\nContent-Type: multipart/mixed\r\n\r\n"),
			bytes.Repeat([]byte("x"), 10<<20)...)
		for range 8 {
			if err := b.Deliver("", "ann@example.com", big); err != nil {
				t.Fatal(err)
			}
		}
		if n, _ := b.Counts(); n != 6 || b.size > MaxBytes {
			t.Errorf("%d letters, %d octets", n, b.size)
		}
		before, _ := b.Watch()
		if err := b.Deliver("", "ann@example.com", make([]byte, MaxBytes)); err == nil {
			t.Error("a letter bigger than the inbox was taken")
		}
		if after, _ := b.Watch(); after != before {
			t.Error("a refused letter changed the inbox")
		}
	})
	t.Run("no randomness", func(t *testing.T) {
		b := New(time.Now, strings.NewReader(""))
		if err := b.Deliver("", "ann@example.com", nil); !errors.Is(err, io.EOF) {
			t.Errorf("got %v", err)
		}
	})
}

// TestFlood holds that letters to 2,400 people at once leave those of others where they are.
func TestFlood(t *testing.T) {
	at := noon
	b := New(func() time.Time { return at }, rand.Reader)
	owe := func(kind store.LetterKind, to string) {
		if err := b.DeliverKind(kind, "postern@localhost", to, plainLetter(to, "Hello "+to)); err != nil {
			t.Fatal(err)
		}
	}
	welcome := func(to string) { owe(store.LetterWelcome, to) }
	welcome("early@example.com")
	at = at.Add(time.Minute)
	welcome("opened@example.com")
	b.MarkRead(true, func(c *Letter) bool { return c.Recipient == "opened@example.com" })
	flood := func(to string, n int) {
		for i := range n {
			welcome(fmt.Sprintf("%s%d@example.com", to, i))
		}
	}
	flood("first", 1200)
	owe(store.LetterActivate, "driver@example.com")
	flood("second", 1200)
	at = at.Add(time.Minute)
	for i := range 20 {
		welcome(fmt.Sprintf("later%d@example.com", i))
	}
	for _, to := range []string{"early", "opened", "driver", "later0", "later19", "second1199"} {
		if _, found := b.Latest(Query{}.To(to + "@example.com")); !found {
			t.Errorf("the letter to %s is gone", to)
		}
	}
	if _, found := b.Latest(Query{}.To("first0@example.com")); found {
		t.Error("the flood's first letter is still there")
	}
	octets := 0
	for _, c := range b.Find(Query{}) {
		octets += c.size()
	}
	if n, _ := b.Counts(); n != MaxLetters || b.size != octets {
		t.Errorf("%d letters, %d octets counted of %d", n, b.size, octets)
	}
}

func BenchmarkFlood(b *testing.B) {
	box := testInbox()
	for i := 0; b.Loop(); i++ {
		to := fmt.Sprintf("p%d@example.com", i)
		if err := box.Deliver("postern@localhost", to,
			plainLetter(to, "Welcome to your new bicycle from Acme")); err != nil {
			b.Fatal(err)
		}
	}
}

func TestWait(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := testInbox()
		deliver(t, b, "bob@example.com", "Activate")
		query := Query{}.To("ann@example.com").Subject("activate")
		go func() {
			time.Sleep(3 * time.Second)
			deliver(t, b, "ann@example.com", "Your document")
			time.Sleep(3 * time.Second)
			deliver(t, b, "Ann@Example.com", "Please ACTIVATE")
		}()
		start := time.Now()
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
		defer cancel()
		c, err := b.Wait(ctx, query)
		if err != nil || c.Subject != "Please ACTIVATE" || time.Since(start) != 6*time.Second {
			t.Fatalf("%v, %v after %s", c, err, time.Since(start))
		}
		if again, err := b.Wait(ctx, query); err != nil || again != c {
			t.Errorf("a letter that is there: %v", err)
		}
		if _, err := b.Wait(ctx, query.Subject("never")); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("after the timeout: %v", err)
		}
	})
}

func TestConcurrent(t *testing.T) {
	b := testInbox()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	var all sync.WaitGroup
	for i := range 8 {
		to := fmt.Sprintf("p%d@example.com", i)
		all.Go(func() {
			for j := range 50 {
				_ = b.Deliver("a@b.example", to, plainLetter(to, fmt.Sprint(j)))
			}
		})
		all.Go(func() {
			c, err := b.Wait(ctx, Query{}.To(to).Subject("49"))
			if err != nil {
				t.Errorf("%s: %v", to, err)
				return
			}
			b.MarkRead(true, func(o *Letter) bool { return o == c })
			c.Content("0")
			b.Find(ParseQuery("is:unread hello"))
			b.Counts()
		})
	}
	all.Wait()
	ids := map[string]bool{}
	for _, c := range b.Find(Query{}) {
		ids[c.ID] = true
	}
	if total, unread := b.Counts(); total != 400 || unread != 392 || len(ids) != 400 {
		t.Errorf("%d letters, %d unread, %d names", total, unread, len(ids))
	}
}
