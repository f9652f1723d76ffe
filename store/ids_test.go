package store

import (
	"errors"
	"testing"
	"testing/iotest"
)

func TestNewIDWithoutRandomness(t *testing.T) {
	t.Parallel()
	cause := errors.New("no entropy")
	s := openTest(t)
	s.options.Random = iotest.ErrReader(cause)
	err := submit(s, func(t *tx) (int, error) { t.newID(); return 0, nil })
	var panicked *panicError
	if !errors.As(err, &panicked) {
		t.Errorf("an id without randomness: %v", err)
	}
}
