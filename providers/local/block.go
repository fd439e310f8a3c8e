package local

// block sorts what may be records by how sure it is.
type block struct {
	// certain is the list in a style that ends itself; plain is a list of numbered lines; examples is a list that has only
	// an answer's fields. Each is the longest list of its sort.
	certain, plain, examples []found
}

func newBlock(all []found) block {
	var b block
	for len(all) > 0 {
		n := 1
		for n < len(all) && follows(all[n-1], all[n]) {
			n++
		}
		b.take(all[:n])
		all = all[n:]
	}
	return b
}

// follows reports whether next belongs to the same list. Weir numbers upwards; numbered lines that leave out a number
// are rather two lists. Random ids have no order; in one list all are as long, behind the
// same word.
func follows(last, next found) bool {
	if last.style != next.style || len(last.ID) != len(next.ID) {
		return false
	}
	if next.ID != "" {
		return next.ID != last.ID && next.word == last.word
	}
	if next.style == plain {
		return next.Index == last.Index+1
	}
	return next.Index > last.Index
}

func (b *block) take(list []found) {
	into := &b.certain
	switch {
	case list[0].style == plain:
		into = &b.plain
	case list[0].style == object && allAnswers(list):
		into = &b.examples
	}
	was := *into
	if len(was) == 0 || rank(list) > rank(was) || rank(list) == rank(was) && len(list) >= len(was) {
		*into = list
	}
}

// rank says which of two lists is rather the block: an instruction may show an answer in JSON, but hardly one in
// another style, and hardly with a bracket on a line of its own.
func rank(list []found) int {
	switch {
	case list[0].style != object:
		return 2
	case list[0].bracketed:
		return 1
	}
	return 0
}

func allAnswers(list []found) bool {
	for _, f := range list {
		if !f.answer {
			return false
		}
	}
	return true
}
