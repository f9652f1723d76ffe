package letters

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// WriteTexts writes the embedded texts into a directory, which is made where it is missing, for an operator to edit. A
// file that is there already is kept as it is. It names the files that it wrote and those that it kept, also where it
// could not write them all.
func WriteTexts(dir string) (written, kept []string, err error) {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return nil, nil, fmt.Errorf("the directory for the letters' texts cannot be made: %w", err)
	}
	entries, err := fs.ReadDir(embedded, "texts")
	if err != nil {
		return nil, nil, err
	}
	for _, entry := range entries {
		content, err := fs.ReadFile(embedded, "texts/"+entry.Name())
		if err != nil {
			return written, kept, err
		}
		name := filepath.Join(dir, entry.Name())
		switch err := writeNew(name, content); {
		case errors.Is(err, fs.ErrExist):
			kept = append(kept, name)
		case err != nil:
			return written, kept, err
		default:
			written = append(written, name)
		}
	}
	return written, kept, nil
}

// writeNew makes a file with the content. Where that fails nothing is left: half a text would be kept the next time.
func writeNew(name string, content []byte) error {
	file, err := os.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
	if err != nil {
		return err
	}
	_, err = file.Write(content)
	if err := errors.Join(err, file.Close()); err != nil {
		return errors.Join(err, os.Remove(name))
	}
	return nil
}
