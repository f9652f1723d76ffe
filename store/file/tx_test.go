package file

import (
	"errors"
	"testing"
	"testing/iotest"
)

func TestNewIDWithoutRandomness(t *testing.T) {
	t.Parallel()
	f := openTest(t, func(o *Options) { o.Random = iotest.ErrReader(errors.New("no entropy")) })
	err := submit(f, func(t *Tx) error { t.NewID(); return nil })
	var panicked *panicError
	if !errors.As(err, &panicked) {
		t.Errorf("an id without randomness: %v", err)
	}
}
