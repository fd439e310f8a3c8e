package parsing

import (
	"fmt"
	"slices"
	"strings"

	"github.com/weir-ml/weir/parsing/jsonpath"
)

// jsonFormat reads entries that are JSON objects with a field for the index and fields for the values.
type jsonFormat struct {
	path *jsonpath.Path
	// isOwn says that the path is $[*], weir's default.
	isOwn bool
	names
	// nested says that a field's name is a path.
	nested bool
	tokens bool
	// structured says that the answer shall be an object with a member for each record, and schema what each value must fit;
	// nil: anything.
	structured bool
	schema     *schema
}

func (f *jsonFormat) Read(reply Reply) Reading {
	start := afterThinking(reply.Text)
	if start < 0 {
		return Reading{Problem: ProblemUnparsable, Message: "the reply ends before the model has done thinking"}
	}
	limits := jsonpath.Limits{Visits: maxVisits, Results: maxEntries}
	c := collector{format: f, scan: newScan(reply.Text, start), limits: limits, start: start, asked: newCall(reply)}
	for !c.failed && c.scan.next() {
		c.add()
	}
	return c.reading(reply.CutOff)
}

// The tags around what a model says to itself before it answers. Some servers swallow the first one.
const (
	thinkStart = "<think>"
	thinkEnd   = "</think>"
)

// afterThinking returns where the answer begins behind the model's thinking, -1 if the thinking does not end. A tag
// inside of a value is no tag: an end without a beginning counts at the start of a line alone, where no JSON string is.
func afterThinking(text string) int {
	start := len(text) - len(strings.TrimLeft(text, "\ufeff \t\r\n"))
	if strings.HasPrefix(text[start:], thinkStart) {
		end := strings.Index(text, thinkEnd)
		if end < 0 {
			return -1
		}
		start = end + len(thinkEnd)
	}
	if end := strings.LastIndex(text[start:], "\n"+thinkEnd); end >= 0 {
		start += end + len("\n"+thinkEnd)
	}
	return start
}

// collector gathers the entries of all JSON values of one reply. A model that corrects itself, or splits its answer,
// writes several: they count together, and whether they contradict each other is for matching to see.
type collector struct {
	format *jsonFormat
	scan   scan
	// limits bounds what the path may look at in all values together.
	limits jsonpath.Limits
	// start is where the answer begins in the reply.
	start int
	// asked knows what an index is.
	asked call
	// answers are the entries of payloads in which at least one entry has a value. The others are quoted: the records
	// themselves, say, or a list of labels; they count only if there is nothing else.
	answers, quoted []Claim
	// payloads counts those with answers, and nameless those of them without a single index.
	payloads, nameless int
	// inOrder says that the last payload with answers is a list in which each element is an entry with a value.
	inOrder bool
	// list is where the last payload with answers ends that is a list and not a line; 0: there is none.
	list int
	// strangers counts objects with neither an index nor a value.
	strangers int
	// lines says that the last entry with a value is a value of its own and the end of the reply: behind it there may be more.
	lines bool
	// failed says that there is too much in the reply.
	failed bool
}

// The bounds of one reply, over all its JSON values.
const (
	// maxEntries is how many entries it may have.
	maxEntries = 1 << 14
	// maxVisits is how many values the path may look at.
	maxVisits = jsonpath.DefaultVisits
)

// add takes in the value that the scan is at.
func (c *collector) add() {
	t := &c.scan.tree
	nodes, err := c.format.entries(t, &c.limits)
	if err != nil || len(nodes) > maxEntries || len(c.answers)+len(c.quoted) > maxEntries {
		c.failed = true
		return
	}
	if objects := c.keyed(nodes); objects != nil {
		c.addKeyed(objects)
		return
	}
	nodes = c.wholeOnly(nodes)
	if c.format.areTexts(t, nodes) {
		c.addTexts(nodes)
		return
	}
	c.addObjects(nodes)
}

func (c *collector) addObjects(nodes []jsonpath.Node) {
	t := &c.scan.tree
	r := objectReader{format: c.format, tree: t, fields: make([]Field, 0, len(nodes)*len(c.format.values))}
	entries := make([]Claim, 0, len(nodes))
	valued := 0
	for _, id := range nodes {
		e, hasValue := r.entry(id)
		switch {
		case hasValue:
			valued++
		case !e.Named && t.nodes[id].kind == jsonpath.Object:
			c.strangers++
			continue
		case !e.Named:
			continue
		}
		entries = append(entries, e)
	}
	if valued == 0 {
		c.quoted = append(c.quoted, entries...)
		return
	}
	c.answers = append(c.answers, entries...)
	c.payloads++
	c.inOrder = valued == len(nodes) && areList(t, nodes)
	rest := strings.TrimLeft(c.scan.reply[c.scan.pos:], " \t\r\n")
	c.list = 0
	if nodes[0] != 0 {
		c.list = c.scan.pos
	}
	c.lines = len(nodes) == 1 && nodes[0] == 0 && (rest == "" || rest[0] == '{')
	if !slices.ContainsFunc(entries, func(e Claim) bool { return e.Named }) {
		c.nameless++
	}
}

// addTexts takes in an array of strings. It is the weakest form of an answer, a list of labels looks the same: it
// counts only where the reply is nothing else.
func (c *collector) addTexts(nodes []jsonpath.Node) {
	before, after := c.scan.reply[c.start:c.scan.start], c.scan.reply[c.scan.pos:]
	if !isFence(before) || !isFence(after) || !areList(&c.scan.tree, nodes) {
		return
	}
	for _, id := range nodes {
		field := Field{Name: c.format.values[0], Value: c.scan.tree.Text(id)}
		c.answers = append(c.answers, Claim{Fields: []Field{field}})
	}
	c.payloads++
	c.inOrder = true
}

// isFence reports whether there is no more to s than a code fence.
func isFence(s string) bool {
	s = strings.Trim(s, "\ufeff \t\r\n")
	s = strings.TrimPrefix(s, "```")
	return s == "" || strings.EqualFold(s, "json")
}

func (c *collector) reading(cutOff bool) Reading {
	d := c.scan.damage
	if c.failed || d != nil && d.limit {
		message := fmt.Sprintf("the JSON in the reply has more than %d entries, or response.path looks at too much of it", maxEntries)
		if d != nil && d.limit {
			message = d.message()
		}
		return Reading{Problem: ProblemUnparsable, Message: message}
	}
	if len(c.answers) == 0 {
		c.answers, c.inOrder = c.quoted, false
	}
	if len(c.answers) == 0 {
		return c.nothing(cutOff)
	}
	if c.nameless > 0 && c.nameless < c.payloads {
		// One of them may be an example, and nothing says which.
		return Reading{Problem: ProblemMissing, Message: "the reply has several answers, with an index and without"}
	}
	r := Reading{Claims: c.answers, CutOff: c.isCutOff(cutOff)}
	r.InOrder = c.inOrder && c.payloads == 1 && d == nil && !c.scan.ended
	r.Again = c.isAgain(cutOff)
	r.Warnings = c.warnings()
	return r
}

// isAgain reports whether the reply ends behind a bracket that is open, after a list of answers: in another list, of which no entry
// is whole.
func (c *collector) isAgain(limit bool) bool {
	if c.list == 0 || !limit && !c.scan.cut && !c.scan.ended && (c.scan.damage == nil || !c.scan.damage.atEnd) {
		return false
	}
	rest := c.scan.reply[c.list:]
	return strings.LastIndexAny(rest, "[{") > strings.LastIndexAny(rest, "]}")
}

// isCutOff reports whether the reply ends within its entries; limit says that it ends at a limit.
func (c *collector) isCutOff(limit bool) bool {
	d := c.scan.damage
	return c.scan.cut || limit && (c.lines || c.scan.ended || d != nil && d.atEnd)
}

func (c *collector) warnings() []string {
	var warnings []string
	if d := c.scan.damage; d != nil {
		warnings = append(warnings, d.message()+"; that part was not used")
	}
	switch {
	case c.scan.ended:
		warnings = append(warnings, "the JSON in the reply ends too early; what is not whole was not used")
	case c.scan.mended:
		warnings = append(warnings, "the JSON in the reply was not quite JSON and was mended")
	}
	return warnings
}

// nothing says why there are no entries.
func (c *collector) nothing(cutOff bool) Reading {
	r := Reading{Problem: ProblemUnparsable}
	d := c.scan.damage
	switch {
	case d != nil && cutOff:
		r.Message = "the reply was cut off at a limit before its JSON ended"
	case d != nil:
		r.Message = d.message()
	case c.scan.found == 0:
		r.Message = "there is no JSON in the reply"
	case c.strangers > 0:
		r.Message = fmt.Sprintf("no object in the reply has the field %s; there are %d objects", c.format.wanted(), c.strangers)
	default:
		r.Message = "the JSON in the reply has no entry where response.path says (" + c.format.path.String() + ")"
	}
	return r
}
