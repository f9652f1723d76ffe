package config

import (
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// entry is a line of the README's list: names, and their defaults in brackets.
var entry = regexp.MustCompile("(?m)^- ((?:`[A-Z_]+`(?:, )?)+) \\(([^)]*)\\)")

// TestReadme holds that the README's list has every setting, and no other, with its default.
func TestReadme(t *testing.T) {
	text, err := os.ReadFile("../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	_, list, _ := strings.Cut(string(text), "\n## Settings\n")
	list, _, _ = strings.Cut(list, "\n## ")
	told := map[string]string{}
	var names []string
	quoted := regexp.MustCompile("`([^`]*)`")
	for _, line := range entry.FindAllStringSubmatch(list, -1) {
		defaults := strings.Split(strings.ReplaceAll(line[2], "\n  ", " "), ", ")
		for i, name := range quoted.FindAllStringSubmatch(line[1], -1) {
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
