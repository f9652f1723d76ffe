package config

import (
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// TestReadme holds that the README's table has every setting, and no other, with its default.
func TestReadme(t *testing.T) {
	text, err := os.ReadFile("../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	_, table, _ := strings.Cut(string(text), "\n## Settings\n")
	table, _, _ = strings.Cut(table, "\n## ")
	told := map[string]string{}
	var names []string
	quoted := regexp.MustCompile("`([^`]*)`")
	for line := range strings.Lines(table) {
		if !strings.HasPrefix(line, "| `") || strings.HasPrefix(line, "| `POSTERN_…`") {
			continue
		}
		cells := strings.Split(line, "|")
		row := quoted.FindAllStringSubmatch(cells[1], -1)
		defaults := strings.Split(cells[2], ", ")
		for i, name := range row {
			told[name[1]] = strings.TrimSpace(defaults[min(i, len(defaults)-1)])
			names = append(names, name[1])
		}
	}
	var s Settings
	for _, setting := range s.List(nil) {
		name := strings.TrimPrefix(setting.Name, SettingsPrefix+"_")
		said, is := told[name]
		if !is {
			t.Errorf("the README lacks %s", name)
			continue
		}
		delete(told, name)
		if plain := setting.Default != "" && setting.Value != ""; plain && said != "`"+setting.Default+"`" {
			t.Errorf("the README says that the default of %s is %s, and it is %s", name, said, setting.Default)
		} else if !plain && setting.Default == "" && said != "–" {
			t.Errorf("the README says that the default of %s is %s, and it has none", name, said)
		}
	}
	if len(told) > 0 || len(names) != len(slices.Compact(slices.Sorted(slices.Values(names)))) {
		t.Errorf("the README has settings that there are not, or twice: %v", told)
	}
}
