package server

import (
	"os/exec"
	"slices"
	"strings"
	"testing"
)

// leaves are small packages that everybody may import. They import nothing of ours.
var leaves = []string{
	"mail/moment", "mail/refusal", "server/input", "server/openapi/yaml", "server/supervisor", "server/web/schema",
	"server/web/webtest", "store/fixture", "store/guid", "store/keyed", "store/limit", "store/private", "store/refuse",
	"store/series",
}

// below says what each room may import of ours beside the leaves; a room not named here may not exist. What stands
// lower knows nothing of what stands higher, and neighbours do not know each other.
var below = map[string]string{
	"": "server/command",
	"server/command": "mail/bounce mail/letters mail/returns server server/backups server/command/manual " +
		"server/command/push server/command/service server/config server/doctor server/metrics server/operator " +
		"server/web/fields server/wire store store/file",
	"server/command/manual":  "server/config",
	"server/command/push":    "",
	"server/command/service": "server/config",
	"server": "mail mail/bounce mail/inbox mail/letters mail/returns mail/returns/listener mail/returns/mailbox " +
		"mail/smtp server/backups server/biker server/config server/console server/doctor server/documents " +
		"server/driver server/eecd server/history server/inbox server/metrics server/openapi server/operator " +
		"server/partner server/user server/web server/web/page server/webhook store store/file tokens " +
		"tokens/password",
	"server/e2e":     "",
	"server/apitest": "server/openapi server/openapi/yaml server/web",
	"server/backups": "",
	"server/biker":   "mail/letters server/web server/web/fields server/web/page store tokens tokens/password",
	"server/config":  "mail/letters mail/returns server/web server/web/page server/webhook store",
	"server/console": "server/history server/operator server/web server/web/fields server/web/page server/wire " +
		"store",
	"server/doctor":    "mail/smtp store store/file tokens",
	"server/documents": "mail/document server/web store store/memo",
	"server/driver": "mail/document server/documents server/user server/web server/web/fields server/web/page " +
		"server/wire store tokens",
	"server/eecd":    "server/documents server/user server/web server/web/fields server/wire store store/memo tokens",
	"server/history": "store",
	"server/inbox":   "mail/inbox server/web server/web/fields server/web/page",
	"server/metrics": "store",
	"server/openapi": "server/openapi/yaml server/web server/web/page",
	"server/operator": "mail/bounce mail/returns mail/smtp server/doctor server/web server/web/fields server/wire " +
		"store store/file tokens",
	"server/partner":            "server/documents server/web server/web/fields server/wire store tokens",
	"server/user":               "mail/letters server/web/fields store tokens",
	"server/web":                "server/web/fields server/web/page",
	"server/web/fields":         "",
	"server/web/page":           "",
	"server/webhook":            "server/wire store",
	"server/wire":               "server/web/fields store",
	"mail":                      "mail/inbox mail/letters mail/smtp store",
	"mail/bounce":               "",
	"mail/document":             "mail/document/pdf store",
	"mail/document/pdf":         "",
	"mail/document/pdf/pdftest": "",
	"mail/inbox":                "store",
	"mail/letters":              "mail/document store tokens",
	"mail/returns":              "mail/bounce mail/letters store tokens",
	"mail/returns/listener":     "mail/bounce mail/returns",
	"mail/returns/mailbox":      "mail/bounce mail/returns store",
	"mail/returns/returnstest":  "mail/returns store store/file tokens",
	"mail/smtp":                 "mail/letters store",
	"mail/smtp/smtptest":        "",
	"store":                     "store/file store/memo store/migrate",
	"store/file":                "",
	"store/memo":                "",
	"store/migrate":             "store/file",
	"tokens":                    "",
	"tokens/password":           "",
}

// owners are the only rooms that may import these.
var owners = map[string]string{
	"go.etcd.io/bbolt":                          "postern/store/file",
	"github.com/emersion/go-smtp":               "postern/mail",
	"github.com/emersion/go-imap/v2/imapclient": "postern/mail/returns/mailbox",
	"github.com/julienschmidt/httprouter":       "postern/server",
}

func TestImportsGoDown(t *testing.T) {
	out, err := exec.Command("go", "list", "-f", "{{.ImportPath}} {{join .Imports \" \"}}", "postern/...").Output()
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(out)) {
		words := strings.Fields(line)
		room := ours(words[0])
		allowed, known := below[room]
		if !known && !slices.Contains(leaves, room) {
			t.Errorf("%s is not in the picture", words[0])
		}
		for _, one := range strings.Fields(allowed) {
			if !slices.Contains(words[1:], "postern/"+one) {
				t.Errorf("%s may import %s, and does not: take that out of the picture", words[0], one)
			}
		}
		may := append(strings.Fields(allowed), leaves...)
		for _, imported := range words[1:] {
			switch inner := ours(imported); {
			case inner == imported: // not of ours
			case !known || !slices.Contains(may, inner):
				t.Errorf("%s imports %s, which is not below it", words[0], imported)
			}
			if owner, owned := owners[imported]; owned && words[0] != owner && !strings.HasPrefix(words[0], owner+"/") {
				t.Errorf("%s imports %s, which is %s's", words[0], imported, owner)
			}
		}
	}
}

// ours is a package of ours without the module's name; others are left as they are.
func ours(path string) string {
	return strings.TrimPrefix(strings.TrimPrefix(path, "postern"), "/")
}
