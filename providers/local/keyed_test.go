package local_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/weir-ml/weir/parsing"
	"github.com/weir-ml/weir/providers/local"
	"github.com/weir-ml/weir/templates"
)

// TestStructuredInstruction: the words of weir's own instruction for an answer with a key for each record are enough.
func TestStructuredInstruction(t *testing.T) {
	for name, test := range map[string]struct {
		cfg    parsing.Config
		format templates.Format
		want   string
	}{
		"plain":    {parsing.Config{}, templates.FormatText, `{"r1": "positive", "r2": "negative", "r3": "neutral"}`},
		"in XML":   {parsing.Config{}, templates.FormatXML, `{"r1": "positive", "r2": "negative", "r3": "neutral"}`},
		"in JSON":  {parsing.Config{}, templates.FormatJSON, `{"r1": "positive", "r2": "negative", "r3": "neutral"}`},
		"a label":  {parsing.Config{ValueFields: []string{"label"}}, templates.FormatText, `{"r1": "positive", "r2": "negative", "r3": "neutral"}`},
		"a score":  {parsing.Config{ValueFields: []string{"score"}}, templates.FormatText, `{"r1": 0.6369, "r2": -0.4767, "r3": 0}`},
		"entities": {parsing.Config{ValueFields: []string{"entities"}}, templates.FormatText, `{"r1": [], "r2": [], "r3": []}`},
		"values": {
			parsing.Config{Values: []string{"Pos", "Neg"}}, templates.FormatText, `{"r1": "Pos", "r2": "Neg", "r3": "Pos"}`,
		},
		"fields": {
			parsing.Config{ValueFields: []string{"sentiment", "score"}},
			templates.FormatText,
			`{"r1": {"sentiment": "positive", "score": 0.6369}, "r2": {"sentiment": "negative", "score": -0.4767}, ` +
				`"r3": {"sentiment": "neutral", "score": 0}}`,
		},
		"a schema with an index in it": {
			parsing.Config{Schema: `{"type": "string", "default": {"index": 1}}`},
			templates.FormatText,
			`{"r1": "positive", "r2": "negative", "r3": "neutral"}`,
		},
	} {
		t.Run(name, func(t *testing.T) {
			test.cfg.Structured = true
			parser, err := parsing.New(test.cfg)
			if err != nil {
				t.Fatal(err)
			}
			prompt, err := templates.Compile(templates.Config{Instruction: parser.Instruction(), Format: test.format})
			if err != nil {
				t.Fatal(err)
			}
			var records []templates.Record
			for _, text := range []string{"I love it", "terrible", "It is a table."} {
				records = append(records, templates.Record{Fields: []templates.Field{{Name: "text", Value: text}}})
			}
			rendered, err := prompt.Render(records)
			if err != nil {
				t.Fatal(err)
			}
			got, err := local.Read(messages(rendered.System, rendered.User)).Answer(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("(-want +got)\n%s\nto\n%s", diff, rendered.User)
			}
			for i, e := range parser.Parse(parsing.Reply{Text: got}, len(records)).Entries {
				if e.Problem != parsing.ProblemNone {
					t.Errorf("record %d: %s", i+1, e.Message)
				}
			}
		})
	}
}
