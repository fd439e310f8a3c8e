package parsing_test

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/weir-ml/weir/parsing"
)

// TestParseUndoesRender: what is written as an answer comes back on its records, whatever the names and values are, in
// whatever order and layout.
func TestParseUndoesRender(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		names := rapid.SliceOfNDistinct(rapid.StringMatching(`[^.\\]{1,12}`), 2, 4, rapid.ID[string]).Draw(t, "names")
		cfg := parsing.Config{IndexField: names[0], ValueFields: names[1:]}
		records := rapid.IntRange(1, 20).Draw(t, "records")
		want := make([][]parsing.Field, records)
		objects := make([]string, records)
		for i := range want {
			want[i] = drawFields(t, cfg.ValueFields)
			objects[i] = renderEntry(t, cfg, i+1, want[i])
		}
		p, err := parsing.New(cfg)
		if err != nil {
			t.Fatal(err)
		}
		objects = rapid.Permutation(objects).Draw(t, "order")
		reply := rapid.SampledFrom([]string{"%s", "```json\n%s\n```", "Result [so far]: %s.", `{"r": %s}`}).Draw(t, "around")
		reply = fmt.Sprintf(reply, "["+strings.Join(objects, ", ")+"]")
		a := p.Parse(parsing.Reply{Text: reply}, records)
		for i, e := range a.Entries {
			if diff := cmp.Diff(parsing.Entry{Fields: want[i], Match: parsing.MatchIndex}, e); diff != "" {
				t.Fatalf("record %d of %s (-want +got)\n%s", i+1, reply, diff)
			}
		}
		if len(a.Warnings) > 0 {
			t.Errorf("warnings: %q", a.Warnings)
		}
	})
}

func drawFields(t *rapid.T, names []string) []parsing.Field {
	fields := make([]parsing.Field, len(names))
	for i, name := range names {
		fields[i] = parsing.Field{Name: name, Value: rapid.String().Draw(t, "text")}
		if rapid.Bool().Draw(t, "JSON") {
			values := []string{"0", "-1.50", "1e99", "true", "false", "[]", "{}", `[1,"] }",null]`, `{"b":{"index":1},"a":[{"index":2,"value":0}]}`}
			fields[i].JSON, fields[i].Value = true, rapid.SampledFrom(values).Draw(t, "value")
		}
	}
	return fields
}

// renderEntry writes an entry with its members in any order.
func renderEntry(t *rapid.T, cfg parsing.Config, index int, fields []parsing.Field) string {
	members := []string{renderJSON(t, cfg.IndexField) + ": " + fmt.Sprint(index)}
	for _, f := range fields {
		value := f.Value
		if !f.JSON {
			value = renderJSON(t, value)
		}
		members = append(members, renderJSON(t, f.Name)+":\n"+value)
	}
	return "{" + strings.Join(rapid.Permutation(members).Draw(t, "members"), " , ") + " }"
}

func renderJSON(t *rapid.T, s string) string {
	b, err := json.Marshal(s)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// said is an entry of an answer whose value tells which record it belongs to.
type said struct {
	index  string
	record int
}

func correct(records int) []said {
	all := make([]said, records)
	for i := range all {
		all[i] = said{fmt.Sprint(i + 1), i}
	}
	return all
}

func renderSaid(all []said) string {
	parts := make([]string, len(all))
	for i, s := range all {
		parts[i] = fmt.Sprintf(`{"index":%s,"value":"canary %d"}`, s.index, s.record)
		if s.index == "" {
			parts[i] = fmt.Sprintf(`{"value":"canary %d"}`, s.record)
		}
	}
	return "[" + strings.Join(parts, ",") + "]"
}

// faults are what a model does to an answer of n records, each such that it shows in the answer.
var faults = map[string]func(r *rand.Rand, all []said, n int) []said{
	"nothing": func(_ *rand.Rand, all []said, _ int) []said { return all },
	"drop": func(r *rand.Rand, all []said, _ int) []said {
		for range 1 + r.IntN(len(all)) {
			i := r.IntN(len(all) + 1)
			all = slices.Delete(all, min(i, len(all)), min(i+1, len(all)))
		}
		return all
	},
	"repeat": func(r *rand.Rand, all []said, _ int) []said {
		for range 1 + r.IntN(3) {
			all = slices.Insert(all, r.IntN(len(all)), all[r.IntN(len(all))])
		}
		return all
	},
	"reorder": func(r *rand.Rand, all []said, _ int) []said {
		r.Shuffle(len(all), func(i, j int) { all[i], all[j] = all[j], all[i] })
		return all
	},
	"index out of range": func(r *rand.Rand, all []said, n int) []said {
		for range 1 + r.IntN(3) {
			all[r.IntN(len(all))].index = []string{"-1", "1e30", "2.5", "null", `"x"`, fmt.Sprint(n + 1 + r.IntN(9))}[r.IntN(6)]
		}
		return all
	},
	"no index": func(r *rand.Rand, all []said, _ int) []said {
		all[r.IntN(len(all))].index = ""
		return all
	},
	"entry of nobody": func(r *rand.Rand, all []said, n int) []said {
		return append(all, said{fmt.Sprint(n + 1 + r.IntN(9)), -1})
	},
	"another form of the index": func(r *rand.Rand, all []said, _ int) []said {
		form := []string{"%d.0", `"%d"`, `"Input %d"`, `"r%d"`, `"#%d"`}[r.IntN(5)]
		for i := range all {
			all[i].index = fmt.Sprintf(form, i+1)
		}
		return all
	},
	"drop and number on": func(r *rand.Rand, all []said, _ int) []said {
		return renumber(slices.Delete(all, len(all)-1-r.IntN(len(all)), len(all)), 1)
	},
	"drop one and number on": func(r *rand.Rand, all []said, _ int) []said {
		i := r.IntN(len(all))
		return renumber(slices.Delete(all, i, i+1), 1)
	},
	"repeat one and number on": func(r *rand.Rand, all []said, _ int) []said {
		i := r.IntN(len(all))
		return renumber(slices.Insert(all, i, all[i]), 1)[:len(all)]
	},
	"number from 0": func(_ *rand.Rand, all []said, _ int) []said { return renumber(all, 0) },
	"drop and number from 0": func(r *rand.Rand, all []said, _ int) []said {
		i := r.IntN(len(all))
		return renumber(slices.Delete(all, i, i+1), 0)
	},
	"number from 2":           func(_ *rand.Rand, all []said, _ int) []said { return renumber(all, 2) },
	"number from much higher": func(r *rand.Rand, all []said, _ int) []said { return renumber(all, 2+r.IntN(len(all))) },
	"leave out a number": func(r *rand.Rand, all []said, _ int) []said {
		i := r.IntN(len(all))
		return append(all[:i:i], renumber(all[i:], i+2)...)
	},
	"two answers for one": func(r *rand.Rand, all []said, _ int) []said {
		i := r.IntN(len(all))
		return append(all, said{all[i].index, -1})
	},
}

func renumber(all []said, from int) []said {
	for i := range all {
		all[i].index = fmt.Sprint(from + i)
	}
	return all
}

// undetectable are faults after which a wrong answer looks like a right one.
var undetectable = []string{"repeat one and number on"}

// TestNoRecordGetsAnothersValue damages right answers. It may cost records their value, but a value is always their own.
func TestNoRecordGetsAnothersValue(t *testing.T) {
	p := newParser(t, parsing.Config{})
	for name, damage := range faults {
		t.Run(name, func(t *testing.T) {
			r := rand.New(rand.NewPCG(1, 2)) // the same faults each time
			kept, total := 0, 0
			for range 1000 {
				records := 1 + r.IntN(20)
				all := damage(r, correct(records), records)
				a := p.Parse(parsing.Reply{Text: renderSaid(all)}, records)
				checkWhole(t, a, records)
				kept += countOwn(t, a, !slices.Contains(undetectable, name))
				total += records
			}
			t.Logf("%.1f %% of the records kept their answer", 100*float64(kept)/float64(total))
		})
	}
}

// TestSeveralFaultsAtOnce: as long as an entry names its own record or none, no mix of faults moves it.
func TestSeveralFaultsAtOnce(t *testing.T) {
	p := newParser(t, parsing.Config{})
	r := rand.New(rand.NewPCG(3, 4)) // the same faults each time
	for range 10000 {
		records := 1 + r.IntN(20)
		all := correct(records)
		for _, name := range []string{"drop", "repeat", "reorder", "index out of range", "entry of nobody"} {
			if len(all) > 0 && r.IntN(2) == 0 {
				all = faults[name](r, all, records)
			}
		}
		a := p.Parse(parsing.Reply{Text: renderSaid(all), CutOff: r.IntN(2) == 0}, records)
		checkWhole(t, a, records)
		countOwn(t, a, true)
	}
}

// countOwn returns how many records got their own value.
func countOwn(t *testing.T, a parsing.Answer, strict bool) int {
	t.Helper()
	own := 0
	for i, e := range a.Entries {
		switch {
		case e.Problem != parsing.ProblemNone:
		case e.Fields[0].Value == fmt.Sprintf("canary %d", i):
			own++
		case strict:
			t.Fatalf("record %d of %d has %q", i, len(a.Entries), e.Fields[0].Value)
		}
	}
	return own
}
