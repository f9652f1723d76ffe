package operator_test

import (
	"bytes"
	"crypto/sha256"
	"path/filepath"
	"testing"
	"time"

	"github.com/go-json-experiment/json"
	"go.etcd.io/bbolt"

	"postern/server/operator"
	"postern/store"
	"postern/store/guid"
	"postern/store/keyed"
)

// TestExportHasEverything has one address use everything, as a biker and as a user, and then looks through every table
// for what is held of it: each record must be in an export. A table that is new, and holds something, fails it.
func TestExportHasEverything(t *testing.T) {
	h, file := openRoom(t, store.Options{Rules: store.Rules{ReactivateAfter: time.Hour, ConfirmationReuse: time.Minute,
		LoginTries: 5, RepeatLettersAfter: time.Hour}}, nil)
	const email = "driver@example.org"
	for _, a := range []act{
		{"POST", "/plans", `{"code":"NL-1","client":"Haven"}`, 200, ``},
		{"POST", "/partners", `{"name":"pay"}`, 200, ``},
		{"POST", "/cleanings", item(id, "S-1", ""), 200, ``},
	} {
		a.check(t, h)
	}
	decide(t, file, id)
	user, err := file.UserByEmail(email)
	check(t, err)
	cleaning, err := guid.Parse(id)
	check(t, err)
	check(t, file.MailCleaning(t.Context(), store.Holder{User: user.ID, Generation: user.TokenGeneration}, cleaning))
	person := store.Candidate{Email: email, Said: email, BikerData: store.BikerData{BikePlanCode: "NL-1",
		FirstName: "Zoë", LastName: "D’hooghe", Language: "fr", EmployeeID: "E-1", PersonnelNumber: "007"}}
	_, err = file.RegisterBikers(t.Context(), store.BikerList{Partner: "pay", Key: "k", People: []store.Candidate{person}})
	check(t, err)
	register(t, file, "pay", email, map[string][]string{"Language": {"This field is required."}})
	logIn(t, file, email)
	_, err = file.TakeLogin(t.Context(), store.LoginKey(email))
	check(t, err)
	biker, err := file.BikerByEmail(email)
	check(t, err)

	var bikers operator.BikerExport
	var users operator.UserExport
	check(t, json.Unmarshal(ask(h, "GET", "/bikers/export?email="+email, "").Body.Bytes(), &bikers))
	check(t, json.Unmarshal(ask(h, "GET", "/users/export?email="+email, "").Body.Bytes(), &users))
	in := bikers.Remembered
	exported := map[string]int{ // as many records as the table holds of the address
		"users": 1, "bikers": 1, "sessions": len(bikers.Sessions), "letters": len(bikers.Letters) + len(users.Letters),
		"events": len(bikers.Events) + len(users.Events), "cleanings": len(users.Decisions), "told": len(in.Told),
		"addresses": min(1, len(in.Links)), "logins": min(1, in.Wrong), "mailings": min(1, len(users.Remembered.Mailed)),
		"answers.results": len(in.Answers),
	}
	indices := map[string]bool{"users.address": true, "users.decided": true, "bikers.address": true,
		"bikers.employee": true, "sessions.biker": true, "answers.person": true,
		"letters.person": true, "events.person": true}
	for table, count := range heldOf(t, file, email, user.ID, biker.ID) {
		if got, known := exported[table]; !indices[table] && (!known || got != count) {
			t.Errorf("%s holds %d records of the address, and the exports have %d (known: %v)", table, count, got, known)
		}
		delete(exported, table)
	}
	if len(exported) > 0 {
		t.Errorf("exported, and nothing is found of it: %v", exported)
	}
	if bikers.Biker == nil || bikers.Biker.PersonnelNumber != "007" || in.Answers[0].EmployeeID != "E-1" ||
		in.Links[0].Kind != store.LetterActivate || users.Remembered.Mailed[0].Cleaning != cleaning {
		t.Errorf("%+v", bikers)
	}
}

// heldOf counts, by table, the records that name an address or one of the ids, in whatever spelling the store has.
func heldOf(t *testing.T, file *store.Store, email string, ids ...guid.ID) map[string]int {
	t.Helper()
	sum := sha256.Sum256([]byte(email))
	words := [][]byte{[]byte(email), sum[:], keyed.New([32]byte{}).Of(sum[:])}
	for _, id := range ids {
		words = append(words, id[:], []byte(id.String()))
	}
	path := filepath.Join(t.TempDir(), "copy.db")
	check(t, file.Copy(path))
	bolt, err := bbolt.Open(path, 0o600, &bbolt.Options{ReadOnly: true})
	check(t, err)
	defer bolt.Close()
	held := map[string]int{}
	check(t, bolt.View(func(tx *bbolt.Tx) error {
		return tx.ForEach(func(name []byte, bucket *bbolt.Bucket) error {
			return bucket.ForEach(func(key, value []byte) error {
				for _, word := range words {
					if bytes.Contains(key, word) || bytes.Contains(value, word) {
						held[string(name)]++
						break
					}
				}
				return nil
			})
		})
	}))
	return held
}

func check(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
