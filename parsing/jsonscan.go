package parsing

import "strings"

// maxTries is how many times the beginning of a JSON value is looked for in one reply.
const maxTries = 1024

// scan finds the JSON arrays and objects that stand in a reply, one after another, whatever is around them: prose,
// fences, brackets that mean nothing. It goes through a reply at most twice.
//
// It never looks inside of a value for another one: where a value is damaged, what is in it is passed over as well,
// because a part of it (an object within a value, say) may look like an answer and is none.
type scan struct {
	tree tree
	// start is where the value in tree begins, pos where it ends.
	start, pos int
	// found counts the values.
	found int
	// damage is the first value that was meant to be JSON and is not. With damage.limit the scan has ended there, and
	// nothing that it found may be used: what follows is unknown.
	damage *damage

	// complete is how much of the tree's text the reply has; what is behind it was added because the reply is cut off. -1:
	// all of it.
	complete int
	// mended says that a value was only read after it had been mended.
	mended bool
	// ended says that a value ended too early, and cut that more than its brackets is missing.
	ended, cut bool

	reply string
	tries int
	// effort is how many bytes may still be looked at to mend values.
	effort int
}

func newScan(reply string, start int) scan {
	room := min(len(reply)/12, 4096) // as many values as there are in most answers of that length
	return scan{tree: tree{nodes: make([]node, 0, room)}, reply: reply, pos: start, complete: -1, effort: 4*len(reply) + 1024}
}

// next reads the next value into tree; false if there is none.
func (s *scan) next() bool {
	for {
		start := s.candidate()
		if start < 0 {
			return false
		}
		end, d := s.tree.read(s.reply, start)
		s.complete = -1
		if d != nil && !d.limit {
			end, d = s.mend(start, d)
		}
		if d == nil {
			s.start, s.pos = start, end
			s.found++
			return true
		}
		s.pass(d)
		if d.limit {
			return false
		}
	}
}

// candidate returns where the next array or object may begin, -1 if nowhere.
func (s *scan) candidate() int {
	for ; s.pos < len(s.reply); s.pos++ {
		if c := s.reply[s.pos]; c != '[' && c != '{' || !s.plausible() {
			continue
		}
		if s.tries == maxTries {
			s.damage = &damage{offset: s.pos, expected: "is in too many pieces", limit: true}
			return -1
		}
		s.tries++
		return s.pos
	}
	return -1
}

// plausible tells the bracket of an array or object from most of those in prose, by what follows.
func (s *scan) plausible() bool {
	rest := s.reply[s.pos+1:]
	for len(rest) > 0 && isSpace(rest[0]) {
		rest = rest[1:]
	}
	if rest == "" {
		return false
	}
	if s.reply[s.pos] == '{' {
		return rest[0] == '"' || rest[0] == '}' || rest[0] == '\'' || strings.HasPrefix(rest, "//") || strings.HasPrefix(rest, "/*")
	}
	return strings.IndexByte(`{["']-0123456789tfn/`, rest[0]) >= 0
}

// mend tries to read a value that is damaged in a way that leaves no doubt about what it says. It returns the damage as it
// was where it cannot.
func (s *scan) mend(start int, d *damage) (int, *damage) {
	if s.effort <= 0 {
		return 0, d
	}
	m := mendJSON(s.reply[start:])
	s.effort -= m.used
	if !m.ok {
		return 0, d
	}
	keyed := s.tree.keyed
	if end, again := s.tree.read(m.text, 0); again != nil || end != len(m.text) || !s.tree.keyed && m.complete >= 0 {
		s.tree.keyed = keyed || s.tree.keyed
		return 0, d
	}
	s.mended, s.complete = true, m.complete
	s.ended, s.cut = s.ended || m.complete >= 0, s.cut || m.complete >= 0 && m.within
	return start + m.used, nil
}

// pass goes past a value that is damaged. Without a single name it was prose, and the scan goes on where it went wrong.
// Else it goes on behind the end of the value, or nowhere if that cannot be seen.
func (s *scan) pass(d *damage) {
	if d.limit || s.tree.keyed && s.damage == nil {
		s.damage = d
	}
	s.pos = d.offset
	if s.tree.keyed {
		s.pos = closing(s.reply, d)
	}
}

// closing returns where the arrays and objects that are open at d are closed, the end of text if they are not. Brackets
// in strings do not count.
func closing(text string, d *damage) int {
	pos, depth, inString := d.offset, d.depth, d.inString
	for ; pos < len(text) && depth > 0; pos++ {
		switch c := text[pos]; {
		case c == '"':
			inString = !inString
		case c == '\\':
			pos++
		case inString:
		case c == '[' || c == '{':
			depth++
		case c == ']' || c == '}':
			depth--
		}
	}
	return min(pos, len(text))
}
