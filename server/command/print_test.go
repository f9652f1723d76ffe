package command

import (
	"errors"
	"io"
	"strings"
	"testing"

	"postern/server/operator"
	"postern/store/guid"
)

// TestPagesEnd holds that a list which leads back to its middle ends, with what to do.
func TestPagesEnd(t *testing.T) {
	asked := 0
	round := func(after guid.ID) (operator.Page[string], error) {
		if asked++; asked > 10 {
			return operator.Page[string]{}, errors.New("asked again and again")
		}
		return operator.Page[string]{Items: []string{"one"}, Next: guid.ID{15: 1 + after[15]%3}}, nil
	}
	err := printPages(io.Discard, true, nil, nil, round)
	if err == nil || !strings.Contains(err.Error(), "postern check") {
		t.Errorf("%v", err)
	}
}
