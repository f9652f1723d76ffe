package inbox

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
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
		at := noon
		b := New(func() time.Time { at = at.Add(time.Minute); return at }, rand.Reader)
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

// flooded is an inbox that is sent letters by the hundred, at a clock that a test moves.
type flooded struct {
	*Inbox
	t  *testing.T
	at time.Time
}

func newFlooded(t *testing.T) *flooded {
	f := &flooded{t: t, at: noon}
	f.Inbox = New(func() time.Time { return f.at }, rand.Reader)
	return f
}

// welcome delivers n letters of one kind, some milliseconds apart, and lets a while pass.
func (f *flooded) welcome(name string, n int, pause time.Duration) {
	f.t.Helper()
	for i := range n {
		f.owe(store.LetterWelcome, name+strconv.Itoa(i))
		f.at = f.at.Add(3 * time.Millisecond)
	}
	f.at = f.at.Add(pause)
}

func (f *flooded) owe(kind store.LetterKind, name string) {
	f.t.Helper()
	to := name + "@example.com"
	if err := f.DeliverKind(kind, "postern@localhost", to, plainLetter(to, "Hello "+to)); err != nil {
		f.t.Fatal(err)
	}
}

// kept returns how many letters there are to people of that name.
func (f *flooded) kept(name string) int {
	return len(f.Find(Query{}.To(name)))
}

// TestFlood holds that letters to 5,000 people leave those of others where they are, also where nobody has opened
// these, they are of the same kind and came a moment before; and that a flood's own newest can be seen.
func TestFlood(t *testing.T) {
	for _, test := range []struct {
		name string
		sent func(*flooded)
		kept map[string]int // at least, by name
	}{
		{"a moment before", func(f *flooded) { f.welcome("own", 20, 0); f.welcome("flood", 5000, 0) },
			map[string]int{"own": 20, "flood4999": 1, "flood": 980}},
		{"a batch long before", func(f *flooded) { f.welcome("own", 5, time.Hour); f.welcome("flood", 1500, 0) },
			map[string]int{"own": 5, "flood": 995}},
		{"a large batch before", func(f *flooded) { f.welcome("batch", 800, time.Minute); f.welcome("flood", 1500, 0) },
			map[string]int{"batch": 800, "flood": 200, "flood1499": 1}},
		{"another flood before", func(f *flooded) {
			f.welcome("own", 5, time.Minute)
			f.welcome("batch", 1500, time.Minute)
			f.welcome("flood", 1500, 0)
		}, map[string]int{"own": 5, "batch": 895, "flood": 100, "flood1499": 1, "batch1499": 1, "batch0": 1}},
		{"a slow flood", func(f *flooded) {
			f.welcome("batch", 700, time.Minute)
			for i := range 20 {
				f.welcome(fmt.Sprintf("flood%02d-", i), 75, 8*time.Second)
			}
		}, map[string]int{"batch": 700, "flood": 300, "flood19-": 75}},
		{"others meanwhile and after", func(f *flooded) {
			f.welcome("flood", 750, 0)
			f.owe(store.LetterActivate, "driver")
			f.welcome("flood", 750, time.Minute)
			f.welcome("later", 20, 0)
		}, map[string]int{"driver": 1, "later": 20, "flood": 979}},
		{"one of its kind among its newest", func(f *flooded) {
			f.welcome("flood", 1200, 0)
			f.welcome("own", 1, 0)
			f.welcome("flood", 800, 0)
		}, map[string]int{"own": 1, "flood0": 1, "flood": 999}},
		{"an opened one in its middle", func(f *flooded) {
			f.welcome("flood", 500, 0)
			f.welcome("opened", 1, 0)
			f.MarkRead(true, func(c *Letter) bool { return c.Recipient == "opened0@example.com" })
			f.welcome("flood", 1000, 0)
		}, map[string]int{"opened": 1, "flood": 999}},
		{"singles push out a flood, then the oldest", func(f *flooded) {
			f.welcome("flood", 1000, time.Minute)
			for i := range 1200 {
				f.welcome(fmt.Sprintf("single%04d-", i), 1, time.Minute)
			}
		}, map[string]int{"single": 1000, "single0200-": 1, "single1199-": 1}},
	} {
		t.Run(test.name, func(t *testing.T) {
			f := newFlooded(t)
			test.sent(f)
			for name, least := range test.kept {
				if n := f.kept(name); n < least {
					t.Errorf("%s: %d letters of at least %d", name, n, least)
				}
			}
			octets := 0
			for _, c := range f.Find(Query{}) {
				octets += c.size()
			}
			if n, _ := f.Counts(); n != MaxLetters || f.size != octets {
				t.Errorf("%d letters, %d octets counted of %d", n, f.size, octets)
			}
		})
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
