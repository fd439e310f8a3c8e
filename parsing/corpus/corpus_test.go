package corpus_test

import (
	"encoding/json"
	"flag"
	"fmt"
	"hash/fnv"
	"math/rand/v2"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/weir-ml/weir/parsing"
	"github.com/weir-ml/weir/parsing/corpus"
)

// answers is how many damaged answers each damage makes. The page is written for the default.
var answers = flag.Int("answers", answersOfPage, "how many damaged answers each damage makes; `make soak` takes more")

const (
	answersOfPage = 2000
	mostRecords   = 64
)

// form is one way of writing answers, and how it is read.
type form struct {
	name   string
	writer corpus.Writer
	config parsing.Config
	// ids: the records have random ids in place of numbers.
	ids bool
	// echo: each entry repeats its record's echo behind the value.
	echo bool
	// blind are damages that this form cannot show, although JSON can.
	blind []string
}

// XML and lines have no types, and nothing of JSON to break; a line has no end of its own, either.
var (
	blindXML   = []string{"null", "syntax"}
	blindLines = []string{"null", "syntax", "stop-early", "unclosed"}
)

const pattern = `(?m)^(?P<index>[^|\n]*)\|(?P<value>.*)$`

// forms are those of each format that a parser can read. The first of them is JSON as weir asks for it.
var forms = []form{
	{name: "json", writer: corpus.JSON{}},
	{name: "json, compact", writer: corpus.JSON{Compact: true}},
	{name: "json, index last", writer: corpus.JSON{IndexLast: true}},
	{name: "json, a line each", writer: corpus.JSON{Lines: true}},
	{name: "json, compact, index last", writer: corpus.JSON{Compact: true, IndexLast: true}},
	{name: "json, random ids", writer: corpus.JSON{}, config: parsing.Config{Tokens: true}, ids: true},
	{name: "xml", writer: corpus.XML{}, config: parsing.Config{Format: "xml"}, blind: blindXML},
	{name: "xml, elements", writer: corpus.XML{Elements: true}, config: parsing.Config{Format: "xml"}, blind: blindXML},
	{name: "delimited", writer: corpus.Lines{Delimiter: "|"}, config: parsing.Config{Format: "delimited"}, blind: blindLines},
	{name: "delimited, tab", writer: corpus.Lines{Delimiter: "\t"}, config: parsing.Config{Format: "delimited", Delimiter: "tab"}, blind: blindLines},
	{name: "regex", writer: corpus.Lines{Delimiter: "|"}, config: parsing.Config{Format: "regex", Path: pattern}, blind: blindLines},
}

// formsOf are the forms of JSON, with numbers or random ids.
func formsOf(ids bool) []form {
	return slices.DeleteFunc(slices.Clone(forms), func(f form) bool { return f.ids != ids || f.config.Format != "" })
}

// formsIn are those of another format that can show a damage.
func formsIn(format, damage string) []form {
	return slices.DeleteFunc(slices.Clone(forms), func(f form) bool {
		return f.config.Format != format || slices.Contains(f.blind, damage)
	})
}

// tally is what became of the answers with one damage.
type tally struct {
	damage                             corpus.Damage
	answers, records, good, kept, lost int
	// wrong counts records with a value that is not theirs.
	wrong int
	// worst is the shortest reply with a wrong value.
	worst string
}

// right returns a correct answer whose values tell which record each is about.
func right(random *rand.Rand, records int, ids []string) corpus.Answer {
	a := corpus.Answer{IndexField: "index"}
	style, salt := random.IntN(5), random.IntN(1000)
	for i := range records {
		e := corpus.Entry{Index: fmt.Sprint(i + 1), Of: i, Fields: []corpus.Field{{Name: "value", Value: canary(style, salt, i)}}}
		if ids != nil {
			e.Index = quote(ids[i])
		}
		a.Entries = append(a.Entries, e)
	}
	return a
}

// words returns different random ids.
func words(random *rand.Rand, records int) []string {
	const letters = "bcdfghjkmnpqrstvwxz"
	var ids []string
	for len(ids) < records {
		word := make([]byte, 4)
		for i := range word {
			word[i] = letters[random.IntN(len(letters))]
		}
		if !slices.Contains(ids, string(word)) {
			ids = append(ids, string(word))
		}
	}
	return ids
}

// canary is a value that no other record of the answer has, and that is no beginning of one.
func canary(style, salt, i int) string {
	name := fmt.Sprintf("canary %d-%d.", salt, i)
	switch style {
	case 0:
		return fmt.Sprint(1000*(i+100) + salt)
	case 1:
		return quote(name + ` "quoted" {1} [2] it's \ done`)
	case 2:
		return quote("жёлтый 🐤\u2028\u202e " + name)
	case 3:
		return fmt.Sprintf(`{"label": %s, "index": %d}`, quote(name), salt)
	default:
		return quote(name)
	}
}

func quote(s string) string {
	text, err := json.Marshal(s)
	if err != nil {
		return err.Error()
	}
	return string(text)
}

// size draws a number of records: often few, up to 64.
func size(random *rand.Rand) int {
	if random.IntN(12) == 0 {
		return 1 + random.IntN(mostRecords)
	}
	return 1 + random.IntN(12)
}

// runAll makes n damaged answers in all forms together.
func (c *tally) runAll(t *testing.T, all []form, n int) {
	t.Helper()
	for _, f := range all {
		c.run(t, f, n/len(all))
	}
}

// run makes n damaged answers in one form and reads them.
func (c *tally) run(t *testing.T, f form, n int) {
	t.Helper()
	parser, err := parsing.New(f.config)
	if err != nil {
		t.Fatal(err)
	}
	random := rand.New(rand.NewPCG(1, seedOf(c.damage.Name+f.name)))
	for range n {
		records, ids, echoes := size(random), []string(nil), []string(nil)
		if f.ids {
			ids = words(random, records)
		}
		answer := right(random, records, ids)
		if f.echo {
			echoes = words(random, records)
			repeat(&answer, echoes)
		}
		c.judge(t, parser, c.damage.Apply(random, answer, f.writer), asked{records, ids, echoes})
	}
}

func seedOf(name string) uint64 {
	h := fnv.New64a()
	_, _ = h.Write([]byte(name))
	return h.Sum64()
}

// asked is what a call was about.
type asked struct {
	records     int
	ids, echoes []string
}

// judge reads a reply and counts what became of its records.
func (c *tally) judge(t *testing.T, parser *parsing.Parser, reply corpus.Reply, about asked) {
	t.Helper()
	records := about.records
	answer := parser.Parse(parsing.Reply{Text: reply.Text, CutOff: reply.CutOff, IDs: about.ids, Echoes: about.echoes}, records)
	if len(answer.Entries) != records {
		t.Fatalf("%d outcomes for %d records of %q", len(answer.Entries), records, reply.Text)
	}
	c.answers++
	c.records += records
	c.good += reply.Good
	for i := range answer.Entries {
		c.outcome(t, reply, i, &answer.Entries[i])
	}
}

func (c *tally) outcome(t *testing.T, reply corpus.Reply, record int, e *parsing.Entry) {
	t.Helper()
	if (e.Fields == nil) == (e.Problem == parsing.ProblemNone) {
		t.Fatalf("record %d of %q has a value and a problem, or neither: %+v", record+1, reply.Text, e)
	}
	switch {
	case e.Fields == nil:
		c.lost++
	case isOwn(reply.Answer, record, e.Fields[0]):
		c.kept++
	default:
		c.wrong++
		if c.worst == "" || len(reply.Text) < len(c.worst) {
			c.worst = fmt.Sprintf("record %d got %s from (cut off: %t)\n%s", record+1, e.Fields[0].Value, reply.CutOff, reply.Text)
		}
	}
}

// isOwn reports whether a value is what the answer says about the record.
func isOwn(a corpus.Answer, record int, got parsing.Field) bool {
	return slices.ContainsFunc(a.Entries, func(e corpus.Entry) bool {
		return e.Of == record && means(e.Fields[0].Value, got)
	})
}

// means reports whether a field holds the value that is written as JSON text.
func means(text string, got parsing.Field) bool {
	var want, have any
	if json.Unmarshal([]byte(text), &want) != nil {
		return false
	}
	if !got.JSON && strings.Join(strings.Fields(corpus.Plain(text)), " ") == strings.Join(strings.Fields(got.Value), " ") {
		return true
	}
	return json.Unmarshal([]byte(got.Value), &have) == nil && fmt.Sprint(want) == fmt.Sprint(have)
}

// TestNoDamageMovesAnAnswer is the promise: whatever a model does to its answer, as long as it shows in the reply, no record
// gets a value that is not its own, and every record has one outcome. What the parser saves is in docs/answers-damage.md.
func TestNoDamageMovesAnAnswer(t *testing.T) {
	damages := corpus.All()
	tallies, withIDs, withEcho := make([]tally, len(damages)), make([]tally, len(damages)), make([]tally, len(damages))
	t.Run("damages", func(t *testing.T) {
		for i := range damages {
			tallies[i].damage, withIDs[i].damage, withEcho[i].damage = damages[i], damages[i], damages[i]
			t.Run(damages[i].Name, func(t *testing.T) {
				t.Parallel()
				tallies[i].runAll(t, formsOf(false), *answers)
				tallies[i].check(t)
				withIDs[i].runAll(t, formsOf(true), *answers/8)
				withIDs[i].checkSeen(t)
				withEcho[i].runAll(t, echoForms("json"), *answers/8)
				withEcho[i].checkEcho(t)
			})
		}
	})
	total := 0
	for i := range tallies {
		total += tallies[i].answers + withIDs[i].answers + withEcho[i].answers
	}
	t.Logf("%d damaged answers", total)
	if *answers == answersOfPage && !t.Failed() {
		checkPage(t, columns{tallies, withIDs, withEcho}, total)
	}
	if total < 100_000 {
		t.Errorf("%d damaged answers are fewer than 100,000", total)
	}
}

func (c *tally) check(t *testing.T) {
	t.Helper()
	c.checkSeen(t)
	if c.wrong == 0 && c.kept > 0 && c.damage.Class == corpus.Unseen {
		t.Errorf("no record got a wrong value: the damage can be seen after all")
	}
}

func (c *tally) checkSeen(t *testing.T) {
	t.Helper()
	t.Logf("%d of %d records got their own value, %d were left to be asked again, %d got a wrong one", c.kept, c.records, c.lost, c.wrong)
	if c.wrong > 0 && c.damage.Class == corpus.Seen {
		t.Errorf("%d records got a value that is not theirs; the shortest case:\n%s", c.wrong, c.worst)
	}
}

// seenInJSON are damages that cannot be seen where a line without an index is prose.
var seenInJSON = map[string]string{"delimited": "zero-based-no-index-some", "regex": "zero-based-no-index-some"}

// TestOtherFormats: the same for XML, lines and patterns.
func TestOtherFormats(t *testing.T) {
	t.Parallel()
	for _, format := range []string{"xml", "delimited", "regex"} {
		t.Run(format, func(t *testing.T) {
			t.Parallel()
			for _, damage := range corpus.All() {
				t.Run(damage.Name, func(t *testing.T) {
					if seenInJSON[format] == damage.Name {
						damage.Class = corpus.Unseen
					}
					c := tally{damage: damage}
					c.runAll(t, formsIn(format, damage.Name), *answers/16)
					c.checkSeen(t)
				})
			}
		})
	}
}

// TestCutAtEveryByte: an answer that ends at any byte gives no record a part of a value, nor the value of a record whose
// index begins with the same digits.
func TestCutAtEveryByte(t *testing.T) {
	var cuts atomic.Int64
	t.Run("forms", func(t *testing.T) {
		for _, f := range formsOf(false) {
			t.Run(f.name, func(t *testing.T) {
				t.Parallel()
				c := tally{damage: corpus.Damage{Name: "cut"}}
				random := rand.New(rand.NewPCG(2, seedOf(f.name)))
				for _, records := range []int{1, 2, 5, 12, 21} {
					c.everyByte(t, f, right(random, records, nil))
				}
				c.check(t)
				cuts.Add(int64(c.answers))
			})
		}
	})
	t.Logf("%d cuts", cuts.Load())
}

func (c *tally) everyByte(t *testing.T, f form, a corpus.Answer) {
	t.Helper()
	parser, err := parsing.New(f.config)
	if err != nil {
		t.Fatal(err)
	}
	text, _ := f.writer.Write(&a)
	for end := range len(text) {
		for _, cutOff := range []bool{false, true} {
			c.judge(t, parser, corpus.Reply{Text: text[:end], CutOff: cutOff, Answer: a}, asked{records: len(a.Entries)})
		}
	}
}

// TestSameSeedSameDamage: what happens depends on the random source alone, and the answer itself stays as it is.
func TestSameSeedSameDamage(t *testing.T) {
	for _, damage := range corpus.All() {
		var texts [2]string
		for i := range texts {
			random := rand.New(rand.NewPCG(5, 6))
			a := right(random, 7, nil)
			before, _ := corpus.JSON{}.Write(&a)
			texts[i] = damage.Apply(random, a, corpus.JSON{}).Text
			if after, _ := (corpus.JSON{}).Write(&a); after != before {
				t.Errorf("%s changes the answer that it is given", damage.Name)
			}
		}
		if texts[0] != texts[1] {
			t.Errorf("%s: the same seed gives\n%s\nand\n%s", damage.Name, texts[0], texts[1])
		}
	}
}

// TestReadJSONUndoesWrite: an answer that is only a text can be damaged too.
func TestReadJSONUndoesWrite(t *testing.T) {
	random := rand.New(rand.NewPCG(7, 8))
	for range 200 {
		a := right(random, size(random), nil)
		if random.IntN(2) == 0 {
			a.Wrappers = []string{"data", "items"}
		}
		text, _ := corpus.JSON{}.Write(&a)
		got, ok := corpus.ReadJSON(text, "index")
		if again, _ := (corpus.JSON{}).Write(&got); !ok || again != text {
			t.Fatalf("read as\n%s\nit was\n%s", again, text)
		}
	}
	for _, text := range []string{"", "positive", "[]", "[1]", `{"index": 1}`, `[{"index": 1}]`, `[{"index": 1, "value": `, strings.Repeat("[", 9)} {
		if _, ok := corpus.ReadJSON(text, "index"); ok {
			t.Errorf("%q is taken for an answer", text)
		}
	}
}
