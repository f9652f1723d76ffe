package document

import "postern/store"

// signatures leaves room for what is put on paper by hand: seals, signatures, a stamp. It stands at the foot of the
// last page.
func (s sheet) signatures(c store.Cleaning) {
	const height, gap, inset = 27.0, 4.0, 2.5
	const width = (contentWidth - 2*gap) / 3
	seals := s.words.Seals
	if len(c.Seals) > 0 {
		seals = s.words.FurtherSeals
	}
	s.need(height)
	s.y = contentBottom - height
	for i, box := range []struct{ label, name string }{
		{seals, ""}, {s.words.SignDriver, c.Driver}, {s.words.SignStation, c.Cleaner},
	} {
		x := margin + float64(i)*(width+gap)
		s.strokeRound(x, s.y, width, height, 1.5, hair)
		tag := s.root.Add("P")
		y := s.y + 1.8
		for _, l := range s.wrap(box.label, width-2*inset, label, tag) {
			s.write(x+inset, y, l)
			y += l.style.height()
		}
		// Names that are long stand above in full.
		small := style{size: 8, colour: ink}
		s.write(x+inset, y, line{s.shorten(s.printable(box.name), small, width-2*inset), small, tag})
	}
	s.y = contentBottom
}
