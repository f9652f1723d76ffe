package server

import (
	"os/exec"
	"slices"
	"strings"
	"testing"
)

// below says what each room may import of ours; a room not named here may not exist. What stands lower knows nothing of
// what stands higher, and neighbours do not know each other.
var below = map[string][]string{
	"postern":                   {"server/command"},
	"postern/server/command":    {"mail/letters", "server", "server/input", "server/operator", "server/push", "server/web", "server/web/fields", "store", "tokens"},
	"postern/server":            {"server/biker", "server/eecd", "server/partner", "server/operator", "server/inbox", "server/input", "server/metrics", "server/web", "server/web/fields", "mail", "mail/letters", "store", "store/private", "tokens"},
	"postern/server/eecd":       {"server/web", "server/web/fields", "mail/document", "store", "tokens"},
	"postern/server/biker":      {"server/web", "server/web/fields", "store", "tokens"},
	"postern/server/partner":    {"server/input", "server/web", "server/web/fields", "store", "tokens"},
	"postern/server/operator":   {"server/web", "server/web/fields", "store", "store/private", "tokens"},
	"postern/server/push":       {"server/input"},
	"postern/server/input":      {},
	"postern/server/metrics":    {"store"},
	"postern/server/inbox":      {"server/web", "server/web/fields", "mail", "store"},
	"postern/server/web":        {"server/input", "server/web/fields", "store"},
	"postern/server/web/fields": {"server/input", "store"},
	"postern/mail":              {"mail/letters", "store"},
	"postern/mail/letters":      {"mail/document", "store", "tokens"},
	"postern/mail/document":     {"store"},
	"postern/store":             {"store/private"},
	"postern/store/private":     {},
	"postern/tokens":            {"store/private"},
}

// owners are the only rooms that may import these.
var owners = map[string]string{
	"go.etcd.io/bbolt":                    "postern/store",
	"github.com/emersion/go-smtp":         "postern/mail",
	"github.com/julienschmidt/httprouter": "postern/server",
}

func TestImportsGoDown(t *testing.T) {
	out, err := exec.Command("go", "list", "-f", "{{.ImportPath}} {{join .Imports \" \"}}", "postern/...").Output()
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(out)) {
		words := strings.Fields(line)
		room := words[0]
		allowed, known := below[room]
		if !known {
			t.Errorf("%s is not in the picture", room)
		}
		for _, imported := range words[1:] {
			if ours, is := strings.CutPrefix(imported, "postern/"); is && !slices.Contains(allowed, ours) {
				t.Errorf("%s imports %s, which is not below it", room, imported)
			}
			if owner, owned := owners[imported]; owned && room != owner && !strings.HasPrefix(room, owner+"/") {
				t.Errorf("%s imports %s, which is %s's", room, imported, owner)
			}
		}
	}
}
