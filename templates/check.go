package templates

import (
	"strings"
	"unicode"
)

// checker goes through the tags of a template once: it finds what is wrong and notes which data the template uses.
type checker struct {
	problems
	system bool
	open   []tag
	uses   uses
}

func (c *checker) check(tags []tag) {
	for _, t := range tags {
		if !c.tag(t) {
			return
		}
	}
	for _, t := range c.open {
		c.unclosed(t)
	}
	if c.uses.block && c.uses.section {
		c.addf(0, "the template has both {{records}} and {{#records}}…{{/records}}: the records would stand in the prompt twice; "+
			"keep one of them")
	}
}

// tag checks one tag. It returns false where going on would only find follow-up problems.
func (c *checker) tag(t tag) bool {
	switch t.kind {
	case section, inverted:
		return c.enter(t)
	case end:
		c.leave(t)
	case partial:
		c.addf(t.offset, "{{>%s}} is a partial, which reads another file; weir has none: write the text here", t.name)
	case delimiters:
		c.addf(t.offset, "changing the delimiters is not supported; tags are always {{…}}")
		return false
	case comment:
	default:
		c.variable(t)
	}
	return true
}

func (c *checker) enter(t tag) bool {
	if len(c.open) == MaxNesting {
		c.addf(t.offset, "sections stand more than %d deep in one another; weir reads no further", MaxNesting)
		return false
	}
	switch {
	case t.name == nameRecords:
		c.enterRecords(t)
	case handlebars(t.name) != "":
		about := handlebars(t.name)
		c.addf(t.offset, "{{#%s}} is not Mustache: write {{#%s}}…{{/%s}}", clip(t.name), about, about)
		return false
	case strings.Contains(t.name, "|"):
		c.addf(t.offset, "a section takes a name alone, without a |: {{%c%s}}", t.kind, fieldOf(t.name))
	default:
		c.name(t)
	}
	c.open = append(c.open, t)
	return true
}

func (c *checker) enterRecords(t tag) {
	switch {
	case c.system:
		c.addf(t.offset, recordsInSystem)
	case c.inRecords():
		c.addf(t.offset, "{{#records}} stands inside another {{#records}}: each record would be written with all others")
	case t.kind == inverted:
		c.addf(t.offset, "{{^records}} never shows: a batch has at least one record")
	default:
		c.uses.section = true
	}
}

const recordsInSystem = "records belong in " + optionTemplate + "; here only {{count}} and {{fields}} are known"

func (c *checker) leave(t tag) {
	at := len(c.open) - 1
	for at >= 0 && c.open[at].name != t.name {
		at--
	}
	if at < 0 {
		c.addf(t.offset, "{{/%s}} closes a section that is not open", t.name)
		return
	}
	for _, inner := range c.open[at+1:] {
		c.unclosed(inner)
	}
	c.open = c.open[:at]
}

func (c *checker) unclosed(t tag) {
	c.addf(t.offset, "the section {{%c%s}} is not closed; end it with {{/%s}}", t.kind, t.name, t.name)
}

func (c *checker) inRecords() bool {
	for _, t := range c.open {
		if t.name == nameRecords && t.kind == section {
			return true
		}
	}
	return false
}

func (c *checker) variable(t tag) {
	if t.name != nameRecords {
		c.name(t)
		return
	}
	switch {
	case c.system:
		c.addf(t.offset, recordsInSystem)
	case c.inRecords():
		c.addf(t.offset, "{{records}} stands inside {{#records}}: each record would be written with all others; use {{json}}")
	default:
		c.uses.block = true
	}
}

// name checks a name where it stands and notes its use.
func (c *checker) name(t tag) {
	switch {
	case t.name == "":
		c.addf(t.offset, "a tag without a name. "+bracesHint)
	case foreign[t.name] != "":
		c.addf(t.offset, "{{%s}} is not Mustache: %s", t.name, foreign[t.name])
	case t.name == nameCount:
		c.uses.count = true
	case t.name == nameFields:
		c.uses.fields = true
	case c.inRecords():
		c.recordName(t)
	default:
		c.unknown(t)
	}
}

// foreign are the words of other template languages, with what to write instead.
var foreign = map[string]string{
	".":      "write the name of the value",
	"this":   "write {{json}} for the record or the name of a field",
	"else":   "end the section and write the other case as {{^name}}…{{/name}}",
	"@index": "write {{index}}",
	"@first": "write {{#first}}…{{/first}}",
	"@last":  "write {{#last}}…{{/last}}",
}

func (c *checker) unknown(t tag) {
	_, own := ownNames[t.name]
	switch near := nearest(t.name); {
	case c.system:
		c.addf(t.offset, "{{%s}} is unknown here: only {{count}} and {{fields}} are known in %s", clip(t.name), optionSystem)
	case own || strings.Contains(t.name, "|"):
		c.addf(t.offset, "{{%s}} belongs to one record: write it inside {{#records}}…{{/records}}", clip(t.name))
	case near != "":
		c.addf(t.offset, "{{%s}} is unknown here; did you mean {{%s}}? Fields of a record stand inside {{#records}}…{{/records}}",
			clip(t.name), near)
	default:
		c.addf(t.offset, "{{%s}} is unknown: outside of {{#records}}…{{/records}} only {{count}}, {{fields}} and {{records}} are known. %s",
			clip(t.name), bracesHint)
	}
}

func (c *checker) recordName(t tag) {
	s, known := slotOf(t.name)
	switch {
	case !known:
		c.addf(t.offset, "{{%s}}: after a | only json and xml are known", clip(t.name))
	case !isName(s.field):
		c.addf(t.offset, "{{%s}} is not the name of a field: a name has letters, digits, spaces, _, - and $; "+
			"{{json}} shows a record with all its fields. %s", clip(t.name), bracesHint)
	case (s.shows == showFirst || s.shows == showLast) && t.kind == variable:
		c.addf(t.offset, "{{%s}} has no text of its own: write {{#%s}}…{{/%s}}; a field of that name is {{%s|json}}",
			s.field, s.field, s.field, s.field)
	case !c.uses.add(s):
		c.addf(t.offset, "the template reads more than %d names from a record; {{json}} shows all fields at once", MaxNames)
	}
}

// isName refuses what can only be a mistake: the library would take any text for a name and show nothing.
func isName(s string) bool {
	for _, r := range s {
		if !unicode.In(r, unicode.L, unicode.M, unicode.Nd) && !strings.ContainsRune(" _-$", r) {
			return false
		}
	}
	return s != ""
}

// handlebars returns what a block helper like {{#if NAME}} or {{#each NAME}} is about; "" for any other name.
func handlebars(name string) string {
	word, about, _ := strings.Cut(name, " ")
	switch word {
	case "if", "unless", "each", "with":
		return clip(strings.TrimSpace(about))
	default:
		return ""
	}
}

// nearest returns the name known outside of records that name is most likely meant to be, or "".
func nearest(name string) string {
	best, least := "", 3
	for _, known := range []string{nameCount, nameFields, nameRecords} {
		if d := distance(strings.ToLower(name), known, least); d < least {
			best, least = known, d
		}
	}
	return best
}

// distance counts the letters to insert, remove or change to make b of a; limit stands for anything from there on.
func distance(a, b string, limit int) int {
	if len(a)-len(b) >= limit || len(b)-len(a) >= limit {
		return limit
	}
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			change := diagonal
			if a[i] != b[j] {
				change++
			}
			diagonal = row[j+1]
			row[j+1] = min(change, row[j]+1, diagonal+1)
		}
	}
	return row[len(b)]
}
