package mail

import (
	"testing"
	"testing/synctest"
	"time"

	"postern/mail/smtp/smtptest"
	"postern/store"
	"postern/store/guid"
	"postern/tokens"
)

// TestNewBesideOld: a letter that is owed while a long queue drains, as slowly as the smarthost wants it, does not wait
// for its end, and the old ones go out beside it.
func TestNewBesideOld(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := smtptest.NewServer(nil)
		o := newHarness(t, 2)
		defer o.close()
		o.options.PerMinute = 60
		queue := rounds(600, 240)
		old := o.register(queue)
		time.Sleep(time.Minute)
		o.start(o.smarthost(s))
		newer := rounds(10, 4)
		for range newer {
			time.Sleep(30 * time.Second)
			user, owed := o.register(1)[0], time.Now()
			for synctest.Wait(); o.letter(user).State != store.LetterSent; synctest.Wait() {
				time.Sleep(time.Second)
			}
			if took := time.Since(owed); took > 15*time.Second {
				t.Errorf("the letter to %s took %s", user.Email, took)
			}
		}
		if o.letter(old[queue/6]).State != store.LetterSent {
			t.Error("the old ones wait")
		}
		time.Sleep(time.Hour)
		synctest.Wait()
		o.eachOnce(s, queue+newer)
	})
}

// TestDocumentsAtOnce: a few letters with a document are under way at the same time, however many connections there
// are and however slow the smarthost is with them; other letters go past those that wait, and all go out in the end.
func TestDocumentsAtOnce(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		const reader, documents = "driver1@drivers.example", 12
		s := smtptest.NewServer(nil)
		o := newHarness(t, 20)
		defer o.close()
		user := o.register(1)[0]
		o.start(o.smarthost(s))
		synctest.Wait()
		o.stop()

		must(o.store.ActivateUser(t.Context(), store.Confirmation{User: user.ID, Email: tokens.EmailHash(user.Email),
			Generation: user.LinkGeneration, ExpiresAt: time.Now().Add(time.Hour)}))
		user = must(o.store.UserByEmail(user.Email))
		for n := range byte(documents) {
			id := guid.ID{6: 0x40, 8: 0x80, 15: n + 1}
			must(o.store.PutCleanings(t.Context(), "", []store.CleaningInput{{ID: id, CleaningData: store.CleaningData{
				Number: "SYN-BE-000001", Station: store.Station{Name: "Kaai 9"},
				Equipment: store.Equipment{Kind: "silo"}, Status: store.SignedOff}}}))
			holder := store.Holder{User: user.ID, Generation: user.TokenGeneration}
			if err := o.store.MailCleaning(t.Context(), holder, id); err != nil {
				t.Fatal(err)
			}
		}
		before := s.Count("to " + reader)
		s.Script = func(phase string, n int) string {
			if phase == "to "+reader && n <= before+documentsAtOnce {
				return smtptest.Stall
			}
			return ""
		}
		o.register(20)
		o.start(o.smarthost(s))
		synctest.Wait()
		if begun := s.Count("to "+reader) - before; begun != documentsAtOnce || o.count(store.LetterSent) != 1+20 {
			t.Errorf("%d letters with a document are under way, %d letters were sent", begun, o.count(store.LetterSent))
		}
		time.Sleep(time.Hour)
		synctest.Wait()
		if sent := o.count(store.LetterSent); sent != 1+20+documents {
			t.Errorf("%d letters were sent in the end; log:\n%s", sent, o.log)
		}
	})
}
