package command

import (
	"context"
	"io"
	"sync"
)

// stdin is standard input that ends with the process's context. A read of a terminal or a pipe waits for as long as
// nobody writes, and the first interrupt would do nothing else than be noted.
type stdin struct {
	ctx   context.Context
	from  io.Reader
	begin sync.Once
	read  *io.PipeReader
	write *io.PipeWriter
}

func newStdin(ctx context.Context, from io.Reader) *stdin {
	s := &stdin{ctx: ctx, from: from}
	s.read, s.write = io.Pipe()
	return s
}

// Read begins to read with the first call: what a command does not ask for is left to whoever comes after it. Where the
// context ends first, the read under way is left behind, and the process ends.
func (s *stdin) Read(p []byte) (int, error) {
	s.begin.Do(func() {
		stop := context.AfterFunc(s.ctx, func() { s.write.CloseWithError(context.Cause(s.ctx)) })
		go func() {
			_, err := io.Copy(s.write, s.from)
			stop()
			s.write.CloseWithError(err)
		}()
	})
	return s.read.Read(p)
}
