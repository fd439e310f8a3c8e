package templates_test

import (
	"strings"
	"testing"

	"github.com/weir-ml/weir/templates"
)

// BenchmarkRender renders 20 records of 200 bytes, as a block in each style and by a section of a template.
func BenchmarkRender(b *testing.B) {
	const section = "Rate these {{count}} reviews.\n{{#records}}\nInput {{index}}: {{json}}\n{{/records}}\nAnswer in JSON.\n"
	for _, bench := range []struct {
		name string
		cfg  templates.Config
	}{
		{"text", templates.Config{Instruction: "Rate these reviews."}},
		{"json", templates.Config{Instruction: "Rate these reviews.", Format: templates.FormatJSON}},
		{"xml", templates.Config{Instruction: "Rate these reviews.", Format: templates.FormatXML}},
		{"count", templates.Config{Template: "Rate these {{count}} reviews."}},
		{"section", templates.Config{Template: section}},
	} {
		b.Run(bench.name, func(b *testing.B) { benchmarkRender(b, bench.cfg) })
	}
}

func benchmarkRender(b *testing.B, cfg templates.Config) {
	b.Helper()
	prompt := compile(b, cfg)
	review := strings.Repeat("It's \"fine\" I think, a good buy for the price. ", 5)[:200]
	records := make([]templates.Record, 20)
	for i := range records {
		records[i] = text(review)
	}
	b.ReportAllocs()
	for b.Loop() {
		if _, err := prompt.Render(records); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*len(records)), "ns/record")
}
