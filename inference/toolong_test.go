package inference_test

import (
	"context"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/weir-ml/weir/inference"
	"github.com/weir-ml/weir/options"
	"github.com/weir-ml/weir/providers"
)

// TestLongAnswers: answers that have been longer than a call may be say nothing against the records that come.
func TestLongAnswers(t *testing.T) {
	t.Parallel()
	for _, overflow := range []string{options.OverflowError, options.OverflowTruncateTail} {
		synctest.Test(t, func(t *testing.T) {
			thinks := driver(func(_ context.Context, req *providers.Request) (*providers.Response, error) {
				return &providers.Response{
					Text: answersTo(textsOf(req)), Finish: providers.FinishStop,
					Usage: providers.Usage{PromptTokens: 300, CompletionTokens: 3000, Reported: true},
				}, nil
			})
			engine := newEngine(t, thinks, map[string]string{"batch.size": "2", "batch.max.tokens": "2000", "record.overflow": overflow})
			for call := range 5 {
				for tag, r := range predict(t, engine, english(400, 400, 400)) {
					if r.Err != nil || len(r.Warnings) > 0 {
						t.Errorf("%s, call %d, record %d: %v, warnings %q", overflow, call, tag, r.Err, r.Warnings)
					}
				}
			}
		})
	}
}

// TestUncuttable: a record that may be cut and cannot be is no worse off than one that may not: it is asked about, if it may fit.
func TestUncuttable(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		bytes int
		calls int
		says  string
	}{{3500, 1, ""}, {8000, 0, "it has no text of which 256 bytes would fit"}} {
		synctest.Test(t, func(t *testing.T) {
			calls := 0
			values := driver(func(context.Context, *providers.Request) (*providers.Response, error) {
				calls++
				return &providers.Response{Text: `[{"index": 1, "value": "good"}]`, Finish: providers.FinishStop}, nil
			})
			engine := newEngine(t, values, map[string]string{
				"batch.size": "2", "batch.max.tokens": "1000", "record.overflow": options.OverflowTruncateTail,
			})
			got := predict(t, engine, []inference.Record{{Tag: 1, Fields: []inference.Field{
				{Name: "j", JSON: true, Value: `"` + strings.Repeat("x", test.bytes) + `"`},
			}}})[1]
			if calls != test.calls || (got.Err == nil) != (test.says == "") || got.Err != nil && !strings.Contains(got.Err.Message, test.says) {
				t.Errorf("%d bytes: %d calls, %v", test.bytes, calls, got.Err)
			}
		})
	}
}

// TestNarrowPrompt: the error names the bound that the record does not fit into.
func TestNarrowPrompt(t *testing.T) {
	t.Parallel()
	engine, err := inference.New(inference.Config{Models: []inference.ModelConfig{{
		Name: "m", Driver: says("x"), ContextTokens: 100_000, MaxInputTokens: 1000,
	}}})
	if err != nil {
		t.Fatal(err)
	}
	got := predict(t, engine, english(9000))[1]
	if got.Err == nil || !strings.Contains(got.Err.Message, "a prompt of the model may have 1000") {
		t.Errorf("%v", got.Err)
	}
}
