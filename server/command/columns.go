package command

import (
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/mattn/go-isatty"
	"golang.org/x/sys/unix"
)

// between stands between two columns.
const between = 2

// terminalWidth returns how many columns the terminal has that out is; 0: it is none, and nothing is to be fitted. What
// is piped goes to a program, which wants a row on a line, whole.
func terminalWidth(out io.Writer) int {
	file, is := out.(*os.File)
	if !is || !isatty.IsTerminal(file.Fd()) {
		return 0
	}
	if n, err := strconv.Atoi(os.Getenv("COLUMNS")); err == nil && n > 0 {
		return n
	}
	size, err := unix.IoctlGetWinsize(int(file.Fd()), unix.TIOCGWINSZ)
	if err != nil {
		return 0
	}
	return int(size.Col)
}

// layOut arranges rows, the first of which is the heading, in a width: as a table; with cells broken between words
// where that is too wide; and where even that does not fit, each row as lines of a name and a value. Nothing is cut
// off: an id without its end is of no use. Width 0 is any.
func layOut(rows [][]string, width int) []string {
	widths, least := measure(rows)
	if width > 0 && total(widths) > width {
		if total(least) > width {
			return records(rows)
		}
		narrow(widths, least, width)
	}
	var lines []string
	for _, row := range rows {
		lines = append(lines, rowLines(row, widths)...)
	}
	return lines
}

// measure returns how wide each column is, and how wide it must be for its longest word.
func measure(rows [][]string) (widths, least []int) {
	widths, least = make([]int, len(rows[0])), make([]int, len(rows[0]))
	for _, row := range rows {
		for i, cell := range row {
			widths[i] = max(widths[i], utf8.RuneCountInString(cell))
			for word := range strings.FieldsSeq(cell) {
				least[i] = max(least[i], utf8.RuneCountInString(word))
			}
		}
	}
	return widths, least
}

func total(widths []int) int {
	sum := between * (len(widths) - 1)
	for _, width := range widths {
		sum += width
	}
	return sum
}

// narrow takes from the widest column that can still give, until all fit.
func narrow(widths, least []int, width int) {
	for over := total(widths) - width; over > 0; over-- {
		widest := -1
		for i := range widths {
			if widths[i] > least[i] && (widest < 0 || widths[i] > widths[widest]) {
				widest = i
			}
		}
		widths[widest]--
	}
}

// rowLines are the lines of one row.
func rowLines(row []string, widths []int) []string {
	cells, height := make([][]string, len(row)), 1
	for i, cell := range row {
		cells[i] = wrap(cell, widths[i])
		height = max(height, len(cells[i]))
	}
	lines := make([]string, height)
	for y := range lines {
		var line strings.Builder
		for i, cell := range cells {
			text := ""
			if y < len(cell) {
				text = cell[y]
			}
			fmt.Fprintf(&line, "%-*s", widths[i]+between, text)
		}
		lines[y] = strings.TrimRight(line.String(), " ")
	}
	return lines
}

// wrap breaks a text between words. One that fits stays as it is, with all its spaces.
func wrap(text string, width int) []string {
	if utf8.RuneCountInString(text) <= width {
		return []string{text}
	}
	var lines []string
	line := ""
	for word := range strings.FieldsSeq(text) {
		switch {
		case line == "":
			line = word
		case utf8.RuneCountInString(line)+1+utf8.RuneCountInString(word) <= width:
			line += " " + word
		default:
			lines = append(lines, line)
			line = word
		}
	}
	return append(lines, line)
}

// records are rows below one another, each as lines of a name and a value.
func records(rows [][]string) []string {
	heading, longest := rows[0], 0
	for _, name := range heading {
		longest = max(longest, utf8.RuneCountInString(name))
	}
	var lines []string
	for i, row := range rows[1:] {
		if i > 0 {
			lines = append(lines, "")
		}
		for j, cell := range row {
			if cell != "" {
				lines = append(lines, fmt.Sprintf("%-*s  %s", longest, heading[j], cell))
			}
		}
	}
	return lines
}
