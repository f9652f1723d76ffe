package input

import (
	"io"
	"os"
	"syscall"
)

// Open opens a file that a setting names, for reading. A named pipe that nobody writes to is empty, where os.Open would
// wait for a writer for ever, and a start with it that says nothing and hears no signal.
func Open(path string) (*os.File, error) {
	return os.OpenFile(path, os.O_RDONLY|syscall.O_NONBLOCK, 0)
}

// ReadFile is os.ReadFile by Open.
func ReadFile(path string) ([]byte, error) {
	file, err := Open(path)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	return io.ReadAll(file)
}
