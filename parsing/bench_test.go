package parsing_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/weir-ml/weir/parsing"
)

// sentiments is an answer about that many reviews.
func sentiments(records int) string {
	labels := []string{"positive", "negative", "neutral"}
	parts := make([]string, records)
	for i := range parts {
		parts[i] = fmt.Sprintf(`  {"index": %d, "value": %q}`, i+1, labels[i*7%3])
	}
	return "[\n" + strings.Join(parts, ",\n") + "\n]"
}

// entities is an answer whose values are arrays of objects.
func entities(records int) string {
	parts := make([]string, records)
	for i := range parts {
		parts[i] = fmt.Sprintf(`{"index": %d, "value": [{"text": "Berlin %d", "type": "place"}, {"text": "12.5 \u20ac", "type": "amount"}]}`, i+1, i)
	}
	return "[" + strings.Join(parts, ", ") + "]"
}

func BenchmarkParse(b *testing.B) {
	for _, records := range []int{20, 64} {
		for name, reply := range map[string]string{
			"sentiment":   sentiments(records),
			"entities":    entities(records),
			"in prose":    "Here are [all] the {results}:\n```json\n" + sentiments(records) + "\n```\nAnything else?",
			"renumbered":  sentiments(records - 1),
			"one dropped": strings.Replace(sentiments(records), `"index": 3,`, `"index": 99,`, 1),
			"damaged":     strings.Replace(sentiments(records), `}`, "", 1),
		} {
			b.Run(fmt.Sprintf("%s/%d", name, records), func(b *testing.B) { benchmarkParse(b, reply, records) })
		}
	}
}

func benchmarkParse(b *testing.B, reply string, records int) {
	b.Helper()
	p := newParser(b, parsing.Config{})
	b.SetBytes(int64(len(reply)))
	b.ReportAllocs()
	for b.Loop() {
		p.Parse(parsing.Reply{Text: reply}, records)
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*records), "ns/record")
}

// BenchmarkFormats reads the same answers in every format, whole and cut off in the last entry.
func BenchmarkFormats(b *testing.B) {
	for _, records := range []int{20, 64} {
		for _, f := range renderings {
			var reply strings.Builder
			reply.WriteString(f.open)
			for i := range records {
				reply.WriteString(f.entry(fmt.Sprint(i+1), "positive"))
			}
			reply.WriteString(f.shut)
			for damage, text := range map[string]string{"": reply.String(), "/cut off": reply.String()[:reply.Len()-len(f.shut)-4]} {
				b.Run(fmt.Sprintf("%s/%d%s", f.name, records, damage), func(b *testing.B) {
					p := newParser(b, f.cfg)
					b.SetBytes(int64(len(text)))
					b.ReportAllocs()
					for b.Loop() {
						p.Parse(parsing.Reply{Text: text, CutOff: damage != ""}, records)
					}
				})
			}
		}
	}
}

// BenchmarkEncodingJSON is what the standard library takes to read the same entries, with neither search nor matching.
func BenchmarkEncodingJSON(b *testing.B) {
	for _, records := range []int{20, 64} {
		for name, reply := range map[string]string{"sentiment": sentiments(records), "entities": entities(records)} {
			b.Run(fmt.Sprintf("%s/%d", name, records), func(b *testing.B) {
				b.SetBytes(int64(len(reply)))
				b.ReportAllocs()
				for b.Loop() {
					var found []map[string]json.RawMessage
					if err := json.Unmarshal([]byte(reply), &found); err != nil {
						b.Fatal(err)
					}
				}
				b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*records), "ns/record")
			})
		}
	}
}

// BenchmarkHostile is what a mebibyte of nonsense costs.
func BenchmarkHostile(b *testing.B) {
	for name, reply := range hostile {
		b.Run(name, func(b *testing.B) { benchmarkParse(b, reply, 20) })
	}
}
