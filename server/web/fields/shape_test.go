package fields

import (
	"strings"
	"testing"
)

// TestFaultOfAPart holds that each part of a body answers for itself, also where one beside it cannot be read.
func TestFaultOfAPart(t *testing.T) {
	deep := strings.Repeat("[", maxDepth) + strings.Repeat("]", maxDepth)
	wide := `{` + strings.Repeat(`"x":1,`, maxMembers) + `"y":1}`
	items := []struct{ item, fault string }{
		{`{"a":1}`, ""}, {`[` + deep + `]`, tooDeep}, {deep, ""}, {wide, tooWide}, {`{"a":[` + wide + `]}`, tooWide},
		{`"\ud800"`, halfSurrogate}, {`{"\udc00":{}}`, halfSurrogate},
		{`"\ud83d\ude42"`, ""}, {`null`, ""}, {`{"a":1,"a":2}`, ""},
	}
	var body []string
	for _, one := range items {
		body = append(body, one.item)
	}
	list, err := Open([]byte(`[` + strings.Join(body, ",") + `]`))
	if err != nil {
		t.Fatal(err)
	}
	parts, _ := list.Items(100)
	if len(parts) != len(items) {
		t.Fatalf("%d parts", len(parts))
	}
	for i, part := range parts {
		if got := part.Fault(); got != items[i].fault {
			t.Errorf("%.40s: %q, want %q", items[i].item, got, items[i].fault)
		}
	}
}

// TestUnknownValues holds that what stands in an undocumented property is refused where the body is read strictly, and
// beside the parts of one that is taken apart.
func TestUnknownValues(t *testing.T) {
	for _, value := range []string{`"\ud800"`, `[["\ud800"]]`, `{"y":1,"y":2}`, `[{"y":1,"y":2}]`,
		strings.Repeat("[", 32) + strings.Repeat("]", 32),
		`{` + strings.Repeat(`"x":1,`, maxMembers) + `"y":1}`} {
		body := []byte(`{"x":` + value + `}`)
		if _, err := Decode(body, Object{}); err == nil {
			t.Errorf("decoded: %.40s", value)
		}
		if part, err := Open(body); err != nil || part.Strict() == nil {
			t.Errorf("%.40s: %v", value, err)
		} else if report := part.Read(Object{}); len(report.Faults[""]) == 0 && !strings.HasPrefix(value, "[[[") {
			t.Errorf("read: %.40s", value)
		}
	}
}
