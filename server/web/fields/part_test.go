package fields

import (
	"strings"
	"testing"

	"postern/store/refuse"
)

// TestOpen holds that a body is refused as a whole for what makes it unreadable, and for nothing else.
func TestOpen(t *testing.T) {
	for _, test := range []struct{ name, body, want string }{
		{"list", "\ufeff [1,2]\r\n", "list"},
		{"object", `{"a":1}`, "object"},
		{"text", `"a"`, "other"},
		{"null", ` null `, "absent"},
		{"twice", `[{"a":1,"a":2},{"b":{"c":1,"c":1}}]`, "list, not strict"},
		{"twice in two spellings", `{"a":1,"A":2}`, "object"},
		{"twice, then broken", `[{"a":1,"a":2},{]`, "refused"},
		{"twice, then more", `[{"a":1,"a":2}] []`, "refused"},
		{"twice, then half a surrogate", `[{"a":1,"a":2},"\ud800"]`, "list, not strict"},
		{"half a surrogate, then broken", `["\ud800",tru]`, "refused"},
		{"half a surrogate in a name", `{"\udc00":1}`, "object, not strict"},
		{"wide", `[{` + strings.Repeat(`"x":1,`, maxMembers) + `"y":1}]`, "list, not strict"},
		{"invalid UTF-8", "[\"\xff\"]", "refused"},
		{"deep", strings.Repeat("[", 33) + strings.Repeat("]", 33), "list, not strict"},
		{"deep and broken", strings.Repeat("[", 33) + strings.Repeat("]", 32) + "}", "refused"},
		{"deeper than any parser goes", strings.Repeat("[", 1<<20), "refused"},
		{"empty", " ", "refused"},
		{"cut short", `[1,`, "refused"},
	} {
		t.Run(test.name, func(t *testing.T) {
			part, err := Open([]byte(test.body))
			got := "other"
			switch {
			case err != nil:
				got = "refused"
			case part.IsAbsent():
				got = "absent"
			case part.IsList():
				got = "list"
			case part.IsObject():
				got = "object"
			}
			if part.Strict() != nil {
				got += ", not strict"
			}
			if got != test.want {
				t.Errorf("got %q, want %q; %v", got, test.want, err)
			}
			if err != nil && !refuse.Is(err, refuse.Invalid) {
				t.Errorf("no refusal of a wrong request: %#v", err)
			}
		})
	}
}

// TestParts takes a body apart, in which nearly everything is wrong in a part of its own.
func TestParts(t *testing.T) {
	body := `{"People":[{"email":"a@b.org"},{"email":"a@b.org","email":"c@d.org"},{"Email":"a@b.org","x":{"y":1,"y":2}},` +
		`7,null,{"email":"a","z":[{"y":1}]},{"EMAIL":"a@b.org","email":"a@b.org"}],"rest":{"y":1}}`
	whole, err := Open([]byte(body))
	if err != nil {
		t.Fatal(err)
	}
	var people Part
	if r := whole.Read(Object{"people": Keep(&people)}); summaryOf(r) != "?rest" {
		t.Errorf("the whole: %s", summaryOf(r))
	}
	items, all := people.Items(7)
	if !all || len(items) != 7 {
		t.Fatalf("%d items, %v", len(items), all)
	}
	if none, all := people.Items(6); all || none != nil {
		t.Error("a list that is too long was given")
	}
	var got []string
	for _, item := range items {
		var email string
		got = append(got, summaryOf(item.Read(Object{"Email": Email(&email)})))
	}
	if want := ", -, - ?x, -, -, Email ?z, -"; strings.Join(got, ", ") != want {
		t.Errorf("got %q, want %q", strings.Join(got, ", "), want)
	}
	if rest := whole.Member("REST"); !rest.IsObject() || !whole.Member("nothing").IsAbsent() ||
		!items[3].Member("x").IsAbsent() ||
		!items[4].Member("x").IsAbsent() {
		t.Error("members are not found, or found where there are none")
	}
}

func summaryOf(r Report) string { return summary(r.Unknown, r.refusal()) }

func TestEmailAsSaid(t *testing.T) {
	long := strings.Repeat("é", 300)
	for _, test := range []struct{ body, email, said string }{
		{`{"e":" Jane@BÜCHER.example "}`, "Jane@xn--bcher-kva.example", "Jane@BÜCHER.example"},
		{`{"e":"a@@b"}`, "", "a@@b"},
		{`{"e":"` + long + `"}`, "", strings.Repeat("é", 254) + "…"},
		{`{"e":7}`, "", ""},
		{`{}`, "", ""},
	} {
		email, said := "", "what was there before"
		_, _ = Decode([]byte(test.body), Object{"e": EmailAsSaid(&email, &said)})
		if email != test.email || said != test.said {
			t.Errorf("%.40s: %q, said %q", test.body, email, said)
		}
	}
}
