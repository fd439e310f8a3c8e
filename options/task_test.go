package options_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/weir-ml/weir/options"
)

// TestTasks: an option that says something about prompts or answers is refused for embeddings, one that is about vectors for
// completions, and what is about calls and batches is good for both.
func TestTasks(t *testing.T) {
	ofBoth := []string{
		"batch.size", "batch.timeout.ms", "batch.max.bytes", "batch.max.tokens", "batch.scope", "record.overflow", "max.retries",
		"batch.failure.strategy", "request.timeout.ms",
	}
	for _, o := range options.All() {
		v, _ := options.Resolve(options.Layer{Name: "request", Set: map[string]string{o.Name: o.Example}})
		embeds, completes := isAbout(v.OfEmbeddings(), o.Name), isAbout(v.OfCompletions(), o.Name)
		ofEmbeddings := strings.HasPrefix(o.Name, "embedding.") || o.Name == "dimensions"
		ofCompletions := !ofEmbeddings && !slices.Contains(ofBoth, o.Name)
		if embeds != ofCompletions || completes != ofEmbeddings {
			t.Errorf("%s: refused for embeddings: %t, for completions: %t", o.Name, embeds, completes)
		}
	}
	if v, _ := options.Resolve(); len(v.OfEmbeddings())+len(v.OfCompletions()) != 0 {
		t.Error("a problem with options that nobody has set")
	}
}

func isAbout(problems []options.Problem, option string) bool {
	return slices.ContainsFunc(problems, func(p options.Problem) bool { return p.Option == option })
}
