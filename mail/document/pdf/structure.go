package pdf

import (
	"fmt"
	"strings"
)

// Element is a part of the document's structure, which gives the order in which it is read and the role of each part
// (§14.7, §14.8.4): H1, P, Table, TR, TH, TD, L, LI, Lbl, LBody, Figure, Link and the like.
type Element struct {
	role       string
	attributes string
	kids       []kid
	number     int
}

// kid is an element, a marked part of a page's content, or a link.
type kid struct {
	element *Element
	page    *Page
	mark    int
	isLink  bool
	link    int // of the page's
}

// Add adds an element to this one.
func (e *Element) Add(role string) *Element {
	added := &Element{role: role}
	e.kids = append(e.kids, kid{element: added})
	return added
}

// Describe says in words what the element shows; it is read instead.
func (e *Element) Describe(words string) *Element {
	e.attributes += "/Alt" + textString(words)
	return e
}

// HeadsColumn makes a TH name the cells below it.
func (e *Element) HeadsColumn() *Element {
	e.attributes += "/A<</O/Table/Scope/Column>>"
	return e
}

// structure writes the tree of all elements, and where each marked part and link is in it.
func (f *file) structure(d *Document) (number int) {
	number = f.reserve()
	f.enumerate(d.root)
	f.element(d.root, number)
	parents := f.reserve()
	var nums strings.Builder
	for _, p := range d.pages {
		fmt.Fprintf(&nums, "%d[", p.index)
		for _, e := range p.marked {
			fmt.Fprintf(&nums, "%d 0 R ", e.number)
		}
		nums.WriteString("]")
	}
	for _, p := range d.pages {
		for i, l := range p.links {
			fmt.Fprintf(&nums, "%d %d 0 R ", d.linkKey(p, i), l.element.number)
		}
	}
	f.object(parents, "<</Nums[%s]>>", nums.String())
	f.object(number, "<</Type/StructTreeRoot/K %d 0 R/ParentTree %d 0 R/ParentTreeNextKey %d>>", d.root.number,
		parents, d.linkKey(nil, 0))
	return number
}

// linkKey is the number of a page's link in the tree of parents, after the pages' own; that of no page is the next one
// free.
func (d *Document) linkKey(page *Page, link int) int {
	key := len(d.pages) + link
	for _, p := range d.pages {
		if p == page {
			break
		}
		key += len(p.links)
	}
	return key
}

func (f *file) enumerate(e *Element) {
	e.number = f.reserve()
	for _, k := range e.kids {
		if k.element != nil {
			f.enumerate(k.element)
		}
	}
}

func (f *file) element(e *Element, parent int) {
	var page *Page // that of its first part: the others on it need not say theirs
	var kids strings.Builder
	for _, k := range e.kids {
		if k.element == nil && page == nil {
			page = k.page
		}
		switch {
		case k.element != nil:
			fmt.Fprintf(&kids, "%d 0 R ", k.element.number)
		case k.isLink:
			fmt.Fprintf(&kids, "<</Type/OBJR/Pg %d 0 R/Obj %d 0 R>>", k.page.number, k.page.links[k.link].number)
		case k.page == page:
			fmt.Fprintf(&kids, "%d ", k.mark)
		default:
			fmt.Fprintf(&kids, "<</Type/MCR/Pg %d 0 R/MCID %d>>", k.page.number, k.mark)
		}
	}
	on := ""
	if page != nil {
		on = fmt.Sprintf("/Pg %d 0 R", page.number)
	}
	f.object(e.number, "<</Type/StructElem/S/%s/P %d 0 R%s%s/K[%s]>>", e.role, parent, on, e.attributes, kids.String())
	for _, k := range e.kids {
		if k.element != nil {
			f.element(k.element, e.number)
		}
	}
}
