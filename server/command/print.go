package command

import (
	"errors"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
	"time"
	"unicode"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"postern/server/operator"
	"postern/store/guid"
)

// printJSON prints one value for people and machines alike: indented, and with members in the same order every time, so
// that two answers can be compared line by line.
func printJSON(out io.Writer, value any) error {
	if err := json.MarshalWrite(out, value, jsontext.WithIndent("  "), json.Deterministic(true)); err != nil {
		return err
	}
	_, err := io.WriteString(out, "\n")
	return err
}

// printFields prints names and values, one pair a line, leaving out the empty ones.
func printFields(out io.Writer, pairs ...string) error {
	columns := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	for i := 0; i+1 < len(pairs); i += 2 {
		if pairs[i+1] != "" {
			fmt.Fprintf(columns, "%s\t%s\n", pairs[i], inLine(pairs[i+1]))
		}
	}
	return columns.Flush()
}

// printRows prints a table: the heading, and a line for each row, or more where a terminal is too narrow. Nothing is
// printed where there are no rows.
func printRows(out io.Writer, heading []string, rows [][]string) error {
	if len(rows) == 0 {
		return nil
	}
	all := [][]string{heading}
	for _, row := range rows {
		cells := make([]string, len(row))
		for i, cell := range row {
			cells[i] = inLine(cell)
		}
		all = append(all, cells)
	}
	_, err := io.WriteString(out, strings.Join(layOut(all, terminalWidth(out)), "\n")+"\n")
	return err
}

// inLine keeps what others typed from breaking a line or steering the terminal. Names, comments and a smarthost's words
// come from strangers, and an escape sequence in them could rewrite what stands above.
func inLine(text string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case unicode.IsControl(r), r == '\u2028', r == '\u2029', // breaks
			r >= '\u202a' && r <= '\u202e', r >= '\u2066' && r <= '\u2069': // changes of direction
			return ' '
		}
		return r
	}, text)
}

// clock writes a time for people, in their own zone.
func clock(at time.Time) string {
	if at.IsZero() {
		return ""
	}
	return at.Local().Format("2006-01-02 15:04:05 -0700")
}

// idText writes an id, or nothing where there is none.
func idText(id guid.ID) string {
	if id.IsZero() {
		return ""
	}
	return id.String()
}

// pages returns the page of a list that begins after an item; after none it is the first.
type pages[T any] func(after guid.ID) (operator.Page[T], error)

// each hands out the pages of a list in turn. It ends with an error where one leads back to another: an index of the
// data file is damaged, and the list would never end.
func (next pages[T]) each(fn func([]T) error) error {
	seen := map[guid.ID]bool{}
	for after := (guid.ID{}); !seen[after]; {
		seen[after] = true
		page, err := next(after)
		if err != nil {
			return err
		}
		if err := fn(page.Items); err != nil || page.Next.IsZero() {
			return err
		}
		after = page.Next
	}
	return errors.New("the list leads back to its middle: the data file is damaged; run postern check, and restore a " +
		"backup where it finds damage")
}

// printPages prints a list page by page: as one JSON array, or as tables whose heading stands above the first.
func printPages[T any](out io.Writer, asJSON bool, heading []string, row func(T) []string, next pages[T]) error {
	if asJSON {
		return printArray(out, next)
	}
	return next.each(func(items []T) error {
		rows := make([][]string, len(items))
		for i, item := range items {
			rows[i] = row(item)
		}
		return printRows(out, heading, rows)
	})
}

// printArray prints the items of all pages as one JSON array, an item a line: it begins at once, and holds no more than
// a page in memory. Where a page fails the array is left open, so that no program takes the part for the whole.
func printArray[T any](out io.Writer, next pages[T]) error {
	separator := "[\n"
	err := next.each(func(items []T) error {
		for _, item := range items {
			line, err := json.Marshal(item, json.Deterministic(true))
			if err != nil {
				return err
			}
			if _, err := fmt.Fprintf(out, "%s%s", separator, line); err != nil {
				return err
			}
			separator = ",\n"
		}
		return nil
	})
	if err != nil {
		return err
	}
	if separator == "[\n" {
		_, err := io.WriteString(out, "[]\n")
		return err
	}
	_, err = io.WriteString(out, "\n]\n")
	return err
}
