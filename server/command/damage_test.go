package command

import (
	"bytes"
	"compress/gzip"
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"postern/store"
	"postern/store/file"
	"postern/store/guid"
)

// dataPage is the page size of the released data file.
const dataPage = 4096

// overflowBits is where the three upper bytes of a page's number of overflow pages begin. bbolt believes the number,
// and a write that frees the page notes as many free pages: that ends in an error, but takes minutes and gigabytes
// first.
const overflowBits = 13 * 8

// dataCommands are those that open the data file in this process, each with words that it gets that far with. Check
// reads it in a process of its own.
var dataCommands = []string{
	"partner list", "partner add Beta", "partner rotate Acme", "partner revoke Acme",
	"plan list", "plan add SYN-DMG --client C", "plan remove SYN-NL",
	"biker show lotte@example.com", "biker export lotte@example.com", "biker block lotte@example.com",
	"biker unblock lotte@example.com", "biker move lotte@example.com --partner Acme --plan SYN-XX",
	"biker delete lotte@example.com",
	"cleaning list", "cleaning show 00000000-0000-4000-8000-000000000001", "cleaning add CLEANING",
	"cleaning delete 00000000-0000-4000-8000-000000000001",
	"user show zoe@example.com", "user export zoe@example.com", "user block zoe@example.com",
	"user unblock zoe@example.com", "user reactivate zoe@example.com", "user delete zoe@example.com",
	"letter list", "letter list --state queued --to zoe@example.com", "letter show LETTER", "letter retry LETTER",
	"letter cancel LETTER", "letter hold LETTER", "letter release LETTER", "letter retry --failed",
	"letter release --held", "letter test zoe@example.com", "letter check", "letter pause", "letter resume", "events",
	"key list", "key rotate", "key retire 01020304",
}

// foreign are words that mean something to whoever wrote the code alone.
var foreign = regexp.MustCompile(
	`(?i)panic|something went wrong|runtime error|goroutine|invalid memory|unaligned|assertion|` +
		`out of range|fault address|nil pointer|page [0-9]+|0x[0-9a-f]+|\.go:`)

// TestDamagedData holds that whatever page of the data file is damaged, a command that reads it itself ends well or
// with sentences that are meant for people.
func TestDamagedData(t *testing.T) {
	dir, whole := dataDir(t)
	damages, commandsEach := 6, 3
	if testing.Short() {
		damages, commandsEach = 2, 1
	}
	random := rand.New(rand.NewPCG(7, 8))
	next := 0
	for page := 2; page < len(whole)/dataPage; page++ {
		for n := range damages {
			data := bytes.Clone(whole)
			bit := -1
			if n == 0 {
				clear(data[page*dataPage : (page+1)*dataPage])
			} else {
				for bit = overflowBits; bit >= overflowBits && bit < overflowBits+24; {
					bit = random.IntN(8 * 300) // where headers, first entries and keys are
				}
				data[page*dataPage+bit/8] ^= 1 << (bit % 8)
			}
			must(t, os.WriteFile(file.DataFile(dir), data, 0o600))
			for range commandsEach {
				words := dataCommands[next%len(dataCommands)]
				next++
				code, said := runHere(dir, words)
				if bad := foreign.FindString(said); bad != "" || code == exitUsage {
					t.Errorf("page %d, bit %d: postern %s exits %d and says %q:\n%s", page, bit, words, code, bad, said)
				}
			}
		}
	}
}

// runHere runs a command in this process. What it prints of the data is left out.
func runHere(dir, text string) (code int, said string) {
	text = strings.ReplaceAll(text, "LETTER", "019cad8f-ac00-7ae6-b83f-4fc181f8f0e3")
	text = strings.ReplaceAll(text, "CLEANING", filepath.Join(dir, "cleaning.json"))
	var errors bytes.Buffer
	code = Main(context.Background(), strings.Fields(text),
		Process{In: strings.NewReader(""), Out: io.Discard, Err: &errors})
	return code, errors.String()
}

// dataDir makes a data directory with keys and a file that holds something in every table, and trees of several pages.
// The content is without the room that a file grows ahead.
func dataDir(t *testing.T) (dir string, content []byte) {
	t.Helper()
	dir = t.TempDir()
	must(t, os.Chmod(dir, 0o700))
	t.Setenv("POSTERN_DATA", dir)
	if code, said := runHere(dir, "plan add SYN-1 --client C"); code != exitDone { // makes the keys
		t.Fatal(said)
	}
	must(t, os.WriteFile(filepath.Join(dir, "cleaning.json"), []byte(`{"id": "00000000-0000-4000-8000-0000000000aa",
		"number": "SYN-1", "station": {"name": "Kaai 9"}, "status": "planned", "equipment": {"kind": "silo"}}`), 0o600))
	must(t, os.WriteFile(file.DataFile(dir), releasedFile(t), 0o600))
	copied := filepath.Join(t.TempDir(), "postern.db")
	growFile(t, dir, copied)
	content, err := os.ReadFile(copied)
	must(t, err)
	for _, words := range dataCommands { // on a file that is whole none of them is wrong
		must(t, os.WriteFile(file.DataFile(dir), content, 0o600))
		if code, said := runHere(dir, words); code == exitUsage || foreign.MatchString(said) {
			t.Fatalf("postern %s: %d, %s", words, code, said)
		}
	}
	return dir, content
}

// releasedFile is the data file of the newest schema that the store's tests keep.
func releasedFile(t *testing.T) []byte {
	t.Helper()
	released, err := filepath.Glob("../../store/testdata/schema-*.db.gz")
	must(t, err)
	packed, err := os.Open(released[len(released)-1])
	must(t, err)
	defer packed.Close()
	unzip, err := gzip.NewReader(packed)
	must(t, err)
	content, err := io.ReadAll(unzip)
	must(t, err)
	return content
}

// growFile adds bikers and cleanings to a data file and copies it.
func growFile(t *testing.T, dir, to string) {
	t.Helper()
	s, err := store.Open(dir, store.Options{})
	must(t, err)
	var list store.BikerList
	var cleanings []store.CleaningInput
	for i := range 80 {
		email := fmt.Sprintf("biker%d@example.com", i)
		list.People = append(list.People, store.Candidate{Email: email, Said: email, BikerData: store.BikerData{
			BikePlanCode: "SYN-NL", FirstName: "Lotte", LastName: "Maes", Language: "nl", EmployeeID: strconv.Itoa(i)}})
		cleanings = append(cleanings,
			store.CleaningInput{ID: guid.ID{15: byte(i + 2)}, CleaningData: store.CleaningData{
				Number: "SYN", Station: store.Station{Name: "Kaai 9"}, Equipment: store.Equipment{Kind: "silo"},
				Status: "planned"}})
	}
	list.Partner = "Acme"
	_, err = s.RegisterBikers(t.Context(), list)
	must(t, err)
	_, err = s.PutCleanings(t.Context(), "", cleanings)
	must(t, err)
	must(t, s.Copy(to))
	must(t, s.Close())
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
