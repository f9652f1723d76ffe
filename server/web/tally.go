package web

// Tally counts what is held, in all and by each holder, and forgets who holds nothing. The zero Tally is ready for use;
// its owner guards it.
type Tally struct {
	All int
	by  map[string]int
}

// Of is what a holder holds.
func (t *Tally) Of(holder string) int { return t.by[holder] }

// Full reports whether as much is held as may be, in all or by the holder.
func (t *Tally) Full(holder string, inAll, ofOne int) bool {
	return t.All >= inAll || t.by[holder] >= ofOne
}

// Count adds to what a holder holds.
func (t *Tally) Count(holder string, by int) {
	if t.by == nil {
		t.by = make(map[string]int)
	}
	t.All += by
	if t.by[holder] += by; t.by[holder] == 0 {
		delete(t.by, holder)
	}
}
