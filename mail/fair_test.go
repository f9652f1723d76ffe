package mail

import (
	"testing"
	"testing/synctest"
	"time"

	"postern/store"
)

// TestNewBesideOld: a letter that is owed while a long queue drains, as slowly as the smarthost wants it, does not wait for its
// end, and the old ones go out beside it.
func TestNewBesideOld(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSink(nil)
		o := openOffice(t, 2)
		defer o.close()
		o.options.PerMinute = 60
		old := o.register(600)
		time.Sleep(time.Minute)
		o.start(o.smarthost(s))
		for range 10 {
			time.Sleep(30 * time.Second)
			user, owed := o.register(1)[0], time.Now()
			for synctest.Wait(); o.letter(user).State != store.LetterSent; synctest.Wait() {
				time.Sleep(time.Second)
			}
			if took := time.Since(owed); took > 15*time.Second {
				t.Errorf("the letter to %s took %s", user.Email, took)
			}
		}
		if o.letter(old[100]).State != store.LetterSent || o.letter(old[599]).State == store.LetterSent && o.letter(old[500]).State == store.LetterQueued && o.letter(old[100]).State == store.LetterQueued {
			t.Error("the old ones wait")
		}
		time.Sleep(time.Hour)
		synctest.Wait()
		o.eachOnce(s, 610)
	})
}
