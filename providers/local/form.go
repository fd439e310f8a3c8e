package local

import (
	"encoding/json"
	"slices"
	"strings"
	"unicode/utf8"
)

// Kind is what a field of an answer says of a record.
type Kind int

// The kinds. The zero Kind is KindLabel.
const (
	// KindLabel is the sentiment in a word.
	KindLabel Kind = iota
	// KindScore is the sentiment from -1 to +1.
	KindScore
	// KindConfidence is how sure the label is, from 0 to 1: the strength of the score, or for a neutral label its weakness.
	KindConfidence
	// KindEntities is the list of entities.
	KindEntities
	// KindEcho is the record's echo. An example shows "<echo>" for it.
	KindEcho
)

// Form is the shape of a wanted answer: a JSON array with an object for each record, or a JSON object with a member for each.
type Form struct {
	// Keyed: an object with the members r1, r2, … is wanted, by the records' indexes. There are no Wrappers and no Index then.
	Keyed bool
	// Plain: the value of a member is that of the one field, without an object around it.
	Plain bool
	// Index is the name of the field with the record's index; "" if the entries have none.
	Index string
	// Fields are the other fields, in order; at least one.
	Fields []Field
	// Wrappers are the names of the objects' members around the array, outermost first; none if the array stands alone.
	Wrappers []string
	// Bare: one record's value is wanted and nothing around it.
	Bare bool
}

// Field is a wanted field.
type Field struct {
	Name string
	Kind Kind
	// Labels are the words for positive, negative and neutral, as the prompt has them. An empty neutral is no choice.
	Labels [3]string
}

// The bounds of what is read of an instruction.
const (
	// maxFields is the most fields of an answer.
	maxFields = 64
	// maxExample is the longest example of an answer.
	maxExample = 4 << 10
	// maxTries is how many braces are looked at for an example.
	maxTries = 64
)

var (
	indexNames  = []string{"index", "idx", "id", "i", "n", "no", "nr", "num", "number", "input", "item", "position"}
	openNames   = []string{"value", "values", "result", "answer", "output", "response", "prediction"}
	answerNames = []string{"sentiment", "label", "class", "category", "reason", "explanation", "polarity", "compound"}
)

func isIndexName(name string) bool { return slices.Contains(indexNames, strings.ToLower(name)) }
func isOpenName(name string) bool  { return slices.Contains(openNames, strings.ToLower(name)) }

// isAnswerName reports whether a field of this name belongs to an answer rather than to a record.
func isAnswerName(name string) bool {
	lower := strings.ToLower(name)
	return isIndexName(lower) || isOpenName(lower) || slices.Contains(answerNames, lower) || kindOf(lower) != KindLabel
}

// kindOf is what a field's name asks for. What the model does not know it answers with the label.
func kindOf(name string) Kind {
	lower := strings.ToLower(name)
	for _, k := range []struct {
		part string
		kind Kind
	}{
		{"entit", KindEntities},
		{"confidence", KindConfidence},
		{"certainty", KindConfidence},
		{"probability", KindConfidence},
		{"score", KindScore},
		{"compound", KindScore},
		{"polarity", KindScore},
	} {
		if strings.Contains(lower, k.part) {
			return k.kind
		}
	}
	return KindLabel
}

// form is the wanted form: as an example shows it, as quoted names tell it, or weir's default.
func form(around []string, system string) Form {
	wantsEntities := asksForEntities(append(slices.Clone(around), system))
	if f, ok := keyedForm(append(slices.Clone(around), system), wantsEntities); ok {
		return f
	}
	example := formIn(around...)
	if !example.shown() {
		example = formIn(system)
	}
	if !example.shown() {
		example = quotedNames(around)
	}
	f := example.form(wantsEntities)
	f.Bare = !example.shown() && !slices.ContainsFunc(around, namesJSON) && !namesJSON(system)
	return f
}

// single is the form of the answer about a message that is itself the record.
func single(system string) Form {
	f := example{}.form(asksForEntities([]string{system}))
	f.Bare = true
	return f
}

func namesJSON(piece string) bool {
	return strings.Contains(piece, "JSON") || strings.Contains(piece, "json")
}

func asksForEntities(pieces []string) bool {
	entities := false
	for _, p := range pieces {
		if strings.Contains(p, "entiment") {
			return false
		}
		entities = entities || strings.Contains(p, "ntities") || strings.Contains(p, "ntity")
	}
	return entities
}

// example is an example of an answer as it stands in a prompt: not always JSON.
type example struct {
	wrappers []string
	members  []member
}

type member struct{ name, raw string }

func (e example) shown() bool { return len(e.members) > 0 }

// form makes a form of an example, the default one of none. Open names such as "value" take their kind from the words.
func (e example) form(wantsEntities bool) Form {
	f := Form{Wrappers: e.wrappers}
	for i, m := range e.members {
		switch {
		case f.Index == "" && e.isIndex(i):
			f.Index = m.name
		case len(f.Fields) < maxFields:
			f.Fields = append(f.Fields, newField(m, wantsEntities))
		}
	}
	if !e.shown() {
		f.Index = "index"
	}
	if len(f.Fields) == 0 {
		f.Fields = []Field{newField(member{name: "value"}, wantsEntities)}
	}
	return f
}

// echoSign stands for an echo in the example of an answer.
const echoSign = "<echo>"

func newField(m member, wantsEntities bool) Field {
	f := Field{Name: m.name, Kind: kindOf(m.name), Labels: labelsIn(m.raw)}
	switch {
	case strings.Trim(m.raw, `"`) == echoSign:
		f.Kind = KindEcho
	case wantsEntities && isOpenName(m.name):
		f.Kind = KindEntities
	}
	return f
}

// isNumberSign reports whether an example's value stands for a number: 1, <n>, <index>.
func isNumberSign(raw string) bool {
	inner, ok := strings.CutPrefix(strings.Trim(raw, `"`), "<")
	if ok {
		inner = strings.TrimSuffix(inner, ">")
		return isIndexName(inner) || strings.HasPrefix(inner, "int")
	}
	n, end := number(raw, 0)
	return n >= 0 && end == len(raw)
}

// labelsIn finds the words to choose from in "<good|bad|mixed>"-like values that begin as the usual ones do.
func labelsIn(raw string) [3]string {
	usual := [3]string{"positive", "negative", "neutral"}
	words := strings.FieldsFunc(raw, func(r rune) bool { return strings.ContainsRune(`"'<>|/ ,`, r) })
	var labels [3]string
	for i, label := range usual {
		for _, word := range words {
			if len(word) >= 3 && strings.EqualFold(word[:3], label[:3]) && labels[i] == "" {
				labels[i] = word
			}
		}
	}
	if labels[0] == "" || labels[1] == "" {
		return usual
	}
	return labels
}

// formIn finds the first example in pieces of a prompt that has an index, or else the first one.
func formIn(pieces ...string) example {
	var first example
	tries := 0
	for _, piece := range pieces {
		for at := strings.IndexByte(piece, '{'); at >= 0 && tries < maxTries; tries++ {
			e, end := exampleAt(piece[:min(len(piece), at+maxExample)], at)
			if e.indexed() {
				return e
			}
			if e.shown() && !first.shown() {
				first = e
			}
			next := strings.IndexByte(piece[end:], '{')
			if next < 0 {
				break
			}
			at = end + next
		}
	}
	return first
}

func (e example) indexed() bool {
	for i := range e.members {
		if e.isIndex(i) {
			return true
		}
	}
	return false
}

// isIndex goes by the name, and for the first member also by the value.
func (e example) isIndex(i int) bool {
	return isIndexName(e.members[i].name) || i == 0 && isNumberSign(e.members[0].raw)
}

// exampleAt reads {"index": <n>, "sentiment": "…", ...} leniently and returns where to look on.
func exampleAt(text string, brace int) (e example, end int) {
	at := space(text, brace+1)
	for at < len(text) && (text[at] == '"' || text[at] == '\'') {
		size := strings.IndexByte(text[at+1:], text[at])
		colon := 0
		if size > 0 {
			colon = space(text, at+size+2)
		}
		if colon == 0 || colon >= len(text) || text[colon] != ':' {
			return example{}, brace + 1
		}
		name, start := text[at+1:at+1+size], space(text, colon+1)
		stop := signEnd(text, start)
		if inner, ok := wrapped(text[start:stop]); ok && len(e.members) == 0 {
			return example{wrappers: append([]string{name}, inner.wrappers...), members: inner.members}, stop
		}
		e.members = append(e.members, member{name, strings.TrimSpace(text[start:stop])})
		if at = stop; at < len(text) && text[at] == ',' {
			at = space(text, at+1)
		}
	}
	closing := strings.IndexByte(text[at:], '}')
	if closing < 0 || len(e.members) > maxFields {
		return example{}, brace + 1
	}
	return e, at + closing + 1
}

// wrapped reads an example inside [{…}], or inside further objects.
func wrapped(raw string) (example, bool) {
	at := 0
	if strings.HasPrefix(raw, "[") {
		at = space(raw, 1)
	}
	if at >= len(raw) || raw[at] != '{' || strings.Count(raw, "{") > maxFields {
		return example{}, false
	}
	e, _ := exampleAt(raw, at)
	return e, e.indexed() && (raw[0] == '[' || len(e.wrappers) > 0)
}

// signEnd returns where an example's value ends: at the comma or brace behind it.
func signEnd(text string, start int) int {
	depth, quote := 0, byte(0)
	for at := start; at < len(text); at++ {
		switch c := text[at]; {
		case quote != 0:
			if c == quote {
				quote = 0
			}
		case c == '"':
			quote = c
		case c == '[' || c == '{':
			depth++
		case depth == 0 && (c == ',' || c == '}'):
			return at
		case c == ']' || c == '}':
			depth--
		}
	}
	return len(text)
}

// quotedNames reads a form from words: objects with "index" and "sentiment" fields.
func quotedNames(pieces []string) example {
	var e example
	for _, piece := range pieces {
		parts := strings.Split(piece[:min(len(piece), maxExample)], `"`)
		for i := 1; i+1 < len(parts); i += 2 {
			if isName(parts[i]) {
				e.members = append(e.members, member{name: parts[i]})
			}
		}
	}
	if !e.indexed() || len(e.members) < 2 || len(e.members) > maxFields {
		return example{}
	}
	return e
}

func isName(s string) bool {
	for i := range len(s) {
		if !isLetter(s[i]) && s[i] != '_' && (i == 0 || !isDigit(s[i])) {
			return false
		}
	}
	return s != "" && len(s) <= 64
}

// appendName appends a field's name as JSON.
func appendName(dst []byte, name string) []byte {
	return append(appendString(dst, name), ": "...)
}

// appendString appends s as a JSON string.
func appendString(dst []byte, s string) []byte {
	if isPlain(s) {
		return append(append(append(dst, '"'), s...), '"')
	}
	encoded, err := json.Marshal(s)
	if err != nil {
		return append(dst, `""`...) // no string gets here: json replaces what is not UTF-8
	}
	return append(dst, encoded...)
}

// isPlain reports whether s is the same in JSON.
func isPlain(s string) bool {
	for i := range len(s) {
		if c := s[i]; c < ' ' || c >= utf8.RuneSelf || c == '"' || c == '\\' {
			return false
		}
	}
	return true
}
