package operator_test

import (
	"go/parser"
	"go/token"
	"path/filepath"
	"strings"
	"testing"

	"postern/server/operator"
	"postern/store"
	"postern/store/refuse"
)

// TestActsAsFunctions has values in and values out: what the console and other parts of the program call.
func TestActsAsFunctions(t *testing.T) {
	s, err := store.Open(t.TempDir(), store.Options{MailDomain: "example.org"})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	o, err := operator.New(operator.Options{Store: s, Dir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	ctx := t.Context()
	plan, err := o.AddPlan(ctx, operator.Plan{Code: "NL-1", Client: "Haven", Language: "NL"})
	if err != nil || plan.Language != "NL" || plan.AddedAt.IsZero() {
		t.Errorf("%+v, %v", plan, err)
	}
	made, err := o.AddPartner(ctx, operator.NewPartner{Name: "pay", Plans: []string{"NL-1", "NL-1"}})
	if err != nil || made.Token == "" || len(made.Partner.Plans) != 1 || len(made.Partner.Scopes) != len(store.Scopes) {
		t.Errorf("%+v, %v", made.Partner, err)
	}
	if all, err := o.Partners(); err != nil || len(all) != 1 || all[0].Name != "pay" {
		t.Errorf("%+v, %v", all, err)
	}
	if _, err := o.Biker("nobody@example.org"); !refuse.Is(err, refuse.NotFound) ||
		err.Error() != "There is no biker nobody@example.org." {
		t.Error(err)
	}
	if state, err := o.PauseSending(ctx); err != nil || !state.Paused {
		t.Errorf("%+v, %v", state, err)
	}
	register(t, s, "pay", "zoe@example.org", nil)
	moved, err := o.MoveBiker(ctx, operator.Move{Email: "zoe@example.org", Partner: "pay", Plan: "NL-1"})
	if err != nil || moved.BikePlanCode != "NL-1" || len(moved.Letters) != 1 {
		t.Errorf("%+v, %v", moved, err)
	}
	if feed, err := o.Events(ctx, 0, 100); err != nil || len(feed.Events) == 0 {
		t.Errorf("%+v, %v", feed, err)
	}
}

// TestActsKnowNoHTTP holds that only the JSON beside the acts knows how they are called.
func TestActsKnowNoHTTP(t *testing.T) {
	files, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range files {
		if strings.HasSuffix(name, "_json.go") || strings.HasSuffix(name, "_test.go") || name == "routes.go" ||
			name == "socket.go" {
			continue
		}
		file, err := parser.ParseFile(token.NewFileSet(), name, nil, parser.ImportsOnly)
		if err != nil {
			t.Fatal(err)
		}
		for _, imported := range file.Imports {
			if path := strings.Trim(imported.Path.Value, `"`); path == "net/http" ||
				strings.HasPrefix(path, "postern/server/web") {
				t.Errorf("%s imports %s", name, path)
			}
		}
	}
}
