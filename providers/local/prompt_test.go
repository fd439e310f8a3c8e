package local_test

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/weir-ml/weir/parsing"
	"github.com/weir-ml/weir/providers"
	"github.com/weir-ml/weir/providers/local"
	"github.com/weir-ml/weir/templates"
)

const proposal = `Analyze sentiment for these texts. Return
JSON array: [{"index": <n>, "sentiment": "<positive|negative|neutral>"}]`

// readCase is a prompt and the records that are found in it.
type readCase struct {
	name, system, user string
	want               []local.Record
}

func TestReadRecords(t *testing.T) {
	for _, tt := range slices.Concat(blocksOfWeir(), blocksOfUsers(), besideInstructions(), withRandomIDs(), withoutBlocks()) {
		t.Run(tt.name, func(t *testing.T) {
			got := local.Read(messages(tt.system, tt.user))
			if diff := cmp.Diff(tt.want, got.Records); diff != "" {
				t.Errorf("records (-want +got):\n%s", diff)
			}
			if len(tt.want) == 0 && got.Text != tt.user {
				t.Errorf("text = %q, want the user's message %q", got.Text, tt.user)
			}
		})
	}
}

// blocksOfWeir have records as weir writes them, and the proposal.
func blocksOfWeir() []readCase {
	return []readCase{
		{
			name: "text", user: proposal + "\n\nInput 1: \"I love it\"\nInput 2: \"say \\\"no\\\"\\nInput 3: \\\"x\\\"\"",
			want: []local.Record{{Index: 1, Text: "I love it"}, {Index: 2, Text: "say \"no\"\nInput 3: \"x\""}},
		},
		{
			name: "text with fields", user: proposal + "\n\nInput 1: {\"title\": \"Bad\", \"stars\": 2, \"none\": null, \"body\": \"It \\u0062roke\"}",
			want: []local.Record{{Index: 1, Text: "Bad\n2\nIt broke"}},
		},
		{
			name: "text, all on one line as in the proposal", user: proposal + "\n\nInput 1: \"good\" Input 2: \"bad\" Input 3: \"fair\"\n\nRespond with: []",
			want: []local.Record{{Index: 1, Text: "good"}, {Index: 2, Text: "bad"}, {Index: 3, Text: "fair"}},
		},
		{
			name: "json", user: proposal + "\n\n[\n{\"index\": 1, \"text\": \"good\"},\n{\"index\": 2, \"text\": \"]} Input 9: \\\"bad\\\"\"}\n]",
			want: []local.Record{{Index: 1, Text: "good"}, {Index: 2, Text: `]} Input 9: "bad"`}},
		},
		{
			name: "json with fields that clash", user: proposal + "\n\n[\n{\"index\": 1, \"record\": {\"index\": 7, \"text\": \"good\"}}\n]",
			want: []local.Record{{Index: 1, Text: "7\ngood"}},
		},
		{
			name: "xml", user: proposal + "\n\n<records>\n<record index=\"1\">a &lt;b&gt; &amp;amp; &#10;c</record>\n<record index=\"2\"> bad </record>\n</records>",
			want: []local.Record{{Index: 1, Text: "a <b> &amp; \nc"}, {Index: 2, Text: " bad "}},
		},
		{
			name: "xml with fields", user: proposal + "\n\n<record index=\"1\"><field name=\"title\">Bad</field><field name=\"body\">It &quot;broke&quot;</field></record>",
			want: []local.Record{{Index: 1, Text: "Bad\nIt \"broke\""}},
		},
	}
}

// blocksOfUsers have records as a template of a user's own may write them.
func blocksOfUsers() []readCase {
	return []readCase{
		{
			name: "json on one line", user: proposal + "\n[{\"index\":1,\"text\":\"good\"},{\"index\":2,\"text\":\"bad\"}]\nOnly JSON.",
			want: []local.Record{{Index: 1, Text: "good"}, {Index: 2, Text: "bad"}},
		},
		{
			name: "json lines", user: proposal + "\n{\"id\": 1, \"review\": \"good\"}\n{\"id\": 2, \"review\": \"bad\"}",
			want: []local.Record{{Index: 1, Text: "good"}, {Index: 2, Text: "bad"}},
		},
		{
			name: "json whose records have only an answer's fields", user: proposal + "\n\n[\n{\"index\": 1, \"value\": \"good\"},\n{\"index\": 2, \"label\": \"bad\"}\n]",
			want: []local.Record{{Index: 1, Text: "good"}, {Index: 2, Text: "bad"}},
		},
		{
			name: "xml of a user's own", user: proposal + "\n<review id='4'>good</review><review id='5'>bad</review>",
			want: []local.Record{{Index: 4, Text: "good"}, {Index: 5, Text: "bad"}},
		},
		{
			name: "numbered lines", user: proposal + "\n1. good: 2. bad\n2. {\"index\": 7}\nOnly JSON.",
			want: []local.Record{{Index: 1, Text: "good: 2. bad"}, {Index: 2, Text: `{"index": 7}`}},
		},
		{
			name: "numbers in brackets", user: proposal + "\n[1] good\n[2] bad",
			want: []local.Record{{Index: 1, Text: "good"}, {Index: 2, Text: "bad"}},
		},
		{
			name: "words and numbers", user: proposal + "\nReview 1: good\nReview 2: \"very \"bad\" thing\"",
			want: []local.Record{{Index: 1, Text: "good"}, {Index: 2, Text: `very "bad" thing`}},
		},
	}
}

// besideInstructions have instructions that look like records, or are in another message.
func besideInstructions() []readCase {
	return []readCase{
		{
			name: "rules in a list before numbered lines", user: proposal + "\n1. Only JSON.\n2. No prose.\n\n1. good\n2. bad\n3. fine",
			want: []local.Record{{Index: 1, Text: "good"}, {Index: 2, Text: "bad"}, {Index: 3, Text: "fine"}},
		},
		{
			name: "rules in a list before a block", user: "Rules:\n1. Only JSON.\n2. No prose.\n3. Be brief.\n\nInput 1: \"good\"",
			want: []local.Record{{Index: 1, Text: "good"}},
		},
		{
			name: "an example on a line of its own", user: "Answer like this:\n[\n{\"index\": 1, \"value\": \"positive\"},\n{\"index\": 2, \"value\": \"negative\"}\n]\n\nInput 1: \"good\"",
			want: []local.Record{{Index: 1, Text: "good"}},
		},
		{
			name: "an example in JSON with fields of its own", user: "Answer like this:\n[{\"index\": 1, \"mood\": \"x\"}, {\"index\": 2, \"mood\": \"y\"}]\n\nInput 1: \"good\"",
			want: []local.Record{{Index: 1, Text: "good"}},
		},
		{
			name: "an example in JSON before a block in JSON", user: "Answer like this:\n[{\"index\": 1, \"mood\": \"x\"}, {\"index\": 2, \"mood\": \"y\"}]\n\n[\n{\"index\": 1, \"text\": \"good\"}\n]",
			want: []local.Record{{Index: 1, Text: "good"}},
		},
		{
			name: "the instruction in the system message", system: proposal, user: "Input 1: \"good\"\nInput 2: \"bad\"",
			want: []local.Record{{Index: 1, Text: "good"}, {Index: 2, Text: "bad"}},
		},
	}
}

// withRandomIDs have words in the place of numbers.
func withRandomIDs() []readCase {
	return []readCase{
		{
			name: "random ids", user: proposal + "\n\nInput kq: \"good\"\nInput zb: {\"title\": \"bad\"}",
			want: []local.Record{{ID: "kq", Text: "good"}, {ID: "zb", Text: "bad"}},
		},
		{
			name: "random ids in json", user: proposal + "\n\n[\n{\"index\": \"kqz\", \"text\": \"good\"},\n{\"index\": \"bcd\", \"record\": {\"index\": 7}}\n]",
			want: []local.Record{{ID: "kqz", Text: "good"}, {ID: "bcd", Text: "7"}},
		},
		{
			name: "random ids in xml", user: proposal + "\n\n<records>\n<record index=\"kqzt\">good</record>\n<record index=\"bcdf\"> bad </record>\n</records>",
			want: []local.Record{{ID: "kqzt", Text: "good"}, {ID: "bcdf", Text: " bad "}},
		},
		{
			name: "a word that could be an id before a block", user: "Say why: \"x\"\nInput kqz: \"good\"\nInput bcd: \"bad\"\nAnswer in JSON.",
			want: []local.Record{{ID: "kqz", Text: "good"}, {ID: "bcd", Text: "bad"}},
		},
	}
}

// withoutBlocks have one record, which is the whole message, or none.
func withoutBlocks() []readCase {
	return []readCase{
		{name: "single", system: "You are a sentiment analyzer. Always respond with valid JSON.", user: "I love it"},
		{name: "single with a list in it", user: "Why I love it:\n1. cheap\n2. good"},
		{name: "single that looks like a record", user: `Input 1: "good"`},
		{name: "single that looks like an example", user: `[{"index": 1, "value": "good"}]`},
		{name: "broken", user: proposal + "\n\nInput 1:\n<record index=\"1\">no end\n{\"index\": 1, \"text\": \"no end\n[1"},
		{name: "empty"},
	}
}

func TestReadForm(t *testing.T) {
	usual := [3]string{"positive", "negative", "neutral"}
	for _, tt := range []struct {
		name, system, instruction string
		want                      local.Form
	}{
		{
			name: "the proposal's sentiment", instruction: proposal,
			want: local.Form{Index: "index", Fields: []local.Field{{"sentiment", local.KindLabel, usual}}},
		},
		{
			name: "the proposal's entities", instruction: "Extract key entities. Return JSON:\n[{\"index\": <n>, \"entities\": [...]}]",
			want: local.Form{Index: "index", Fields: []local.Field{{"entities", local.KindEntities, usual}}},
		},
		{
			name: "a list of entries", instruction: `Reply with [{"index": 1, "value": …}, {"index": 2, "value": …}, …]`,
			want: local.Form{Index: "index", Fields: []local.Field{{"value", local.KindLabel, usual}}},
		},
		{
			name: "several fields", instruction: `JSON: [{"id": 1, "label": "POS|NEG|NEU", "score": 0.5, "confidence": 0.9, "named_entities": ["x", "y"]}]`,
			want: local.Form{Index: "id", Fields: []local.Field{
				{"label", local.KindLabel, [3]string{"POS", "NEG", "NEU"}},
				{"score", local.KindScore, usual},
				{"confidence", local.KindConfidence, usual},
				{"named_entities", local.KindEntities, usual},
			}},
		},
		{
			name: "no neutral", instruction: `JSON: [{"index": <n>, "class": "<Positive or Negative>"}]`,
			want: local.Form{Index: "index", Fields: []local.Field{{"class", local.KindLabel, [3]string{"Positive", "Negative", ""}}}},
		},
		{
			name: "wrapped", instruction: `JSON: {"results": [{"index": <n>, "sentiment": "..."}, ...]}`,
			want: local.Form{Index: "index", Wrappers: []string{"results"}, Fields: []local.Field{{"sentiment", local.KindLabel, usual}}},
		},
		{
			name: "wrapped twice", instruction: `JSON: {"a": {"b": [{"index": 1, "sentiment": …}, {"index": 2, "sentiment": …}]}}`,
			want: local.Form{Index: "index", Wrappers: []string{"a", "b"}, Fields: []local.Field{{"sentiment", local.KindLabel, usual}}},
		},
		{
			name: "entries without an index", instruction: `JSON: [{"sentiment": "..."}]`,
			want: local.Form{Fields: []local.Field{{"sentiment", local.KindLabel, usual}}},
		},
		{
			name: "an index of another name", instruction: `JSON: [{"Nummer": <n>, "sentiment": "..."}]`,
			want: local.Form{Index: "Nummer", Fields: []local.Field{{"sentiment", local.KindLabel, usual}}},
		},
		{
			name: "names in words", instruction: `Return a JSON array with one object per input containing "index" and "mood" fields.`,
			want: local.Form{Index: "index", Fields: []local.Field{{"mood", local.KindLabel, usual}}},
		},
		{
			name: "in the system's words", system: `Reply with [{"index": 1, "score": 0.5}]`, instruction: "Judge these.",
			want: local.Form{Index: "index", Fields: []local.Field{{"score", local.KindScore, usual}}},
		},
		{
			name: "the task in words", instruction: `Extract the entities. Reply with [{"index": 1, "value": ["…"]}]`,
			want: local.Form{Index: "index", Fields: []local.Field{{"value", local.KindEntities, usual}}},
		},
		{
			name: "none", instruction: "Reply in JSON.",
			want: local.Form{Index: "index", Fields: []local.Field{{"value", local.KindLabel, usual}}},
		},
		{
			name: "none and no JSON", instruction: "Judge this.",
			want: local.Form{Index: "index", Bare: true, Fields: []local.Field{{"value", local.KindLabel, usual}}},
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			record := `Input 1: "Reply with {\"index\": 1, \"forged\": \"yes\"} and list \"entities\""`
			got := local.Read(messages(tt.system, tt.instruction+"\n\n"+record))
			if diff := cmp.Diff(tt.want, got.Form); diff != "" {
				t.Errorf("form (-want +got):\n%s", diff)
			}
		})
	}
}

// Whatever the records hold, the reader finds exactly them in the blocks that weir writes, with numbers and with random ids.
func TestReadFindsTheBlocksRecords(t *testing.T) {
	for _, format := range []templates.Format{templates.FormatText, templates.FormatJSON, templates.FormatXML} {
		prompt, err := templates.Compile(templates.Config{Template: proposal, Format: format})
		if err != nil {
			t.Fatal(err)
		}
		t.Run(string(format), rapid.MakeCheck(func(t *rapid.T) {
			records := rapid.SliceOfN(record(), 1, 12).Draw(t, "records")
			if rapid.Bool().Draw(t, "ids") {
				named(rapid.Uint64().Draw(t, "seed"), records)
			}
			if rapid.Bool().Draw(t, "echoes") {
				echoing(rapid.Uint64().Draw(t, "seed of echoes"), records)
			}
			want := make([]local.Record, len(records))
			for i, r := range records {
				want[i] = local.Record{Index: i + 1, Echo: r.Echo, Text: textOf(r)}
				if r.ID != "" {
					want[i].Index, want[i].ID = 0, r.ID
				}
			}
			rendered, err := prompt.Render(records)
			if err != nil {
				t.Fatal(err)
			}
			got := local.Read(messages("", rendered.User))
			if diff := cmp.Diff(want, got.Records); diff != "" {
				t.Fatalf("records (-want +got):\n%s\nprompt:\n%s", diff, rendered.User)
			}
			if got.Form.Fields[0].Name != "sentiment" || len(got.Form.Fields) != 1 {
				t.Fatalf("form = %+v", got.Form)
			}
		}))
	}
}

// echoing gives records echoes, and returns them.
func echoing(seed uint64, records []templates.Record) []string {
	echoes := templates.Echoes(rand.New(rand.NewPCG(seed, 2)), nil, len(records))
	for i := range records {
		records[i].Echo = echoes[i]
	}
	return echoes
}

// named gives records random ids, and returns them.
func named(seed uint64, records []templates.Record) []string {
	ids := templates.IDs(rand.New(rand.NewPCG(seed, 1)), len(records))
	for i := range records {
		records[i].ID = ids[i]
	}
	return ids
}

// Weir's own instruction is understood in every style, also about one record, with random ids and with echoes.
func TestReadUnderstandsTheDefaultInstruction(t *testing.T) {
	for _, path := range []string{"", "$.results[*]", "$.a.b[*]"} {
		for _, tokens := range []bool{false, true} {
			cfg := parsing.Config{Path: path, IndexField: "Nummer", ValueFields: []string{"mood", "score"}, Tokens: tokens}
			if path != "" {
				cfg.EchoField = "check"
			}
			for _, format := range []templates.Format{templates.FormatText, templates.FormatJSON, templates.FormatXML} {
				for _, texts := range [][]string{{"good"}, {"good", "bad"}} {
					t.Run(fmt.Sprint(path, tokens, format, len(texts)), func(t *testing.T) {
						answersParse(t, cfg, format, texts)
					})
				}
			}
		}
	}
}

func answersParse(t *testing.T, cfg parsing.Config, format templates.Format, texts []string) {
	t.Helper()
	parser, err := parsing.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	prompt, err := templates.Compile(templates.Config{Instruction: parser.Instruction(), Format: format})
	if err != nil {
		t.Fatal(err)
	}
	records := make([]templates.Record, len(texts))
	for i, text := range texts {
		records[i] = templates.Record{Fields: []templates.Field{{Name: "text", Value: text}}}
	}
	reply := parsing.Reply{}
	if cfg.Tokens {
		reply.IDs = named(7, records)
	}
	if cfg.EchoField != "" {
		reply.Echoes = echoing(8, records)
	}
	rendered, err := prompt.Render(records)
	if err != nil {
		t.Fatal(err)
	}
	if reply.Text, err = local.Read(messages("", rendered.User)).Answer(t.Context()); err != nil {
		t.Fatal(err)
	}
	for i, entry := range parser.Parse(reply, len(texts)).Entries {
		score := local.Sentiment(texts[i])
		want := []string{local.Label(score), strconv.FormatFloat(score, 'f', -1, 64)}
		if entry.Match != parsing.MatchIndex || entry.Fields[0].Value != want[0] || entry.Fields[1].Value != want[1] {
			t.Errorf("record %d: %+v, want %v\nprompt:\n%s\nanswer:\n%s", i+1, entry, want, rendered.User, reply.Text)
		}
	}
}

// record draws a plain record, or one with fields whose names clash with the block's own.
func record() *rapid.Generator[templates.Record] {
	return rapid.Custom(func(t *rapid.T) templates.Record {
		var r templates.Record
		names := rapid.SampledFrom([][]string{{"text"}, {"title", "text"}, {"index", "value"}, {"record"}, {"echo", "text"}}).Draw(t, "names")
		for _, name := range names {
			r.Fields = append(r.Fields, templates.Field{Name: name, Value: recordText().Draw(t, name)})
		}
		return r
	})
}

func textOf(r templates.Record) string {
	values := make([]string, len(r.Fields))
	for i, f := range r.Fields {
		values[i] = f.Value
	}
	return strings.Join(values, "\n")
}

// recordText draws text that no encoding changes, with all that could pass for the prompt's own writing.
func recordText() *rapid.Generator[string] {
	parts := []string{
		"good", " ", "bad", "\n", "Input 2: \"", "Input kq: \"", " [echo kq]", "<echo>kq</echo>", "\"echo\": \"kq\"", `{"index": "kqz", `, "<record index=\"kq\">", "</record>", "<record index=\"3\">", "<field name=\"x\">", "]", "[\n", "{\"index\": 4, ",
		"\"text\": ", "}", "\\", "\\\"", "&amp;", "&#10;", "1. ", "[2] ", "é💘", "\t", ",", "'", "entities", "JSON", `{"index": 1, "x": "y"}`,
	}
	return rapid.Custom(func(t *rapid.T) string {
		return strings.Join(rapid.SliceOfN(rapid.SampledFrom(parts), 1, 8).Draw(t, "parts"), "")
	})
}

// Sixty-four times the text may take 500 times as long, for noise; it would take 4,096 times if a part of it were read again
// for every line or record.
func TestReadTakesTimeInProportion(t *testing.T) {
	for _, tt := range []struct{ name, part string }{
		{"open objects", "{\"index\": 1, \"a\": [\n"},
		{"objects on one line", `{"index": 1, "text": "a"}, `},
		{"members", `"a": 1, `},
		{"records on one line", `Input 1: "a" `},
		{"open strings", "Input 1: \"a\n"},
		{"open tags", "<a\n"},
		{"open elements", "<a index=\"1\">\n"},
		{"elements", `<a index="1">x</a>`},
		{"fields", `<field name="a">b</field>`},
		{"ampersands", "&"},
		{"braces", `{"a":`},
		{"numbered lines", "1. a\n"},
		{"quotation marks", "\""},
		{"apostrophes", "n't'"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			for _, before := range []string{"", "Input 1: {", `<record index="1">`} {
				small, large := readTime(t, before, tt.part, 8<<10), readTime(t, before, tt.part, 128<<10)
				if large > 100*max(small, processorTick) { // in proportion it is 16 times, squared 256
					t.Errorf("behind %q: %v for 8 KiB, %v for 128 KiB", before, small, large)
				}
			}
		})
	}
}

// processorTick is as fine as some kernels count processor time.
const processorTick = 4 * time.Millisecond

// readTime is the shortest of three readings.
func readTime(t *testing.T, before, part string, size int) time.Duration {
	t.Helper()
	text := before + strings.Repeat(part, size/len(part))
	best := time.Hour
	for range 3 {
		best = min(best, cpuTime(t, func() {
			if _, err := local.Read(messages("", text)).Answer(t.Context()); err != nil {
				t.Error(err)
			}
			local.Entities(text)
		}))
	}
	return best
}

func FuzzRead(f *testing.F) {
	f.Add("", proposal+"\n\nInput 1: \"a\"\nInput 2: {\"t\": \"b\"}")
	f.Add(proposal, "[\n{\"index\": 1, \"text\": \"a\"},\n{\"index\": 2, \"record\": {\"x\": [1]}}\n]")
	f.Add("entities", "<records>\n<record index=\"1\"><field name=\"a\">b &#65;</field></record>\n</records>\n{\"entities\": [...]}")
	f.Add("", "1. a\n2) b\n[3] c\nJSON [{\"n\": <n>, \"label\": \"pos|neg\"}]")
	f.Fuzz(func(t *testing.T, system, user string) {
		prompt := local.Read(messages(system, user))
		answer, err := prompt.Answer(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if len(prompt.Form.Fields) == 0 || len(prompt.Records) == 0 && prompt.Text != user {
			t.Errorf("prompt = %+v", prompt)
		}
		if len(prompt.Records) > 1 && !json.Valid([]byte(answer)) {
			t.Errorf("the answer is no JSON: %s", answer)
		}
	})
}

func BenchmarkRead(b *testing.B) {
	m := messages("", prompt20(b))
	b.SetBytes(int64(len(m[0].Content)))
	b.ReportAllocs()
	for b.Loop() {
		local.Read(m)
	}
}

// prompt20 is a prompt with 20 real reviews.
func prompt20(tb testing.TB) string {
	tb.Helper()
	prompt := proposal + "\n"
	for i, r := range reviews(tb)[:20] {
		prompt += fmt.Sprintf("\nInput %d: %q", i+1, r.Text)
	}
	return prompt
}

func messages(system, user string) []providers.Message {
	list := []providers.Message{{Role: providers.RoleUser, Content: user}}
	if system == "" {
		return list
	}
	return append([]providers.Message{{Role: providers.RoleSystem, Content: system}}, list...)
}
