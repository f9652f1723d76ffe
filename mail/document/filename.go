package document

import (
	"strings"

	"postern/store"
)

// fileNameLimit bounds the number's part of a file name, in bytes.
const fileNameLimit = 80

// FileName names the PDF after the cleaning's number, in characters that every system takes. A number without any such
// character returns way to the cleaning's id.
func FileName(c store.Cleaning) string {
	var name strings.Builder
	dash := true // none in front, none twice
	for _, r := range c.Number {
		safe := r >= '0' && r <= '9' || r >= 'A' && r <= 'Z' || r >= 'a' && r <= 'z'
		switch {
		case safe || r == '_' || r == '.' && !dash:
			name.WriteRune(r)
			dash = r == '.'
		case !dash:
			name.WriteByte('-')
			dash = true
		}
		if name.Len() == fileNameLimit {
			break
		}
	}
	number := strings.TrimRight(name.String(), "-.")
	if number == "" {
		number = c.ID.String()
	}
	return "eecd-" + number + ".pdf"
}
