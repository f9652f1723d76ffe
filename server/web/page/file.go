package page

import (
	"crypto/sha256"
	"encoding/hex"
)

// File is what pages refer to. Browsers keep it for good: its URL changes with its content.
type File struct {
	Path, Type string
	Data       []byte
	Version    string
}

// NewFile makes the file of a path on the server.
func NewFile(path, contentType string, data []byte) File {
	sum := sha256.Sum256(data)
	return File{Path: path, Type: contentType, Data: data, Version: hex.EncodeToString(sum[:8])}
}

// URL is what pages refer to the file by.
func (f File) URL() string { return f.Path + "?v=" + f.Version }
