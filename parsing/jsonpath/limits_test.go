package jsonpath_test

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/weir-ml/weir/parsing/jsonpath"
)

func limitOf(err error) jsonpath.Limit {
	if e, ok := errors.AsType[*jsonpath.LimitError](err); ok {
		return e.Limit
	}
	return -1
}

func TestParseIsBounded(t *testing.T) {
	for _, c := range []struct {
		name    string
		fits    string
		tooMuch string
		limit   jsonpath.Limit
	}{
		{"bytes", "$." + strings.Repeat("a", jsonpath.MaxBytes-2), "$." + strings.Repeat("a", jsonpath.MaxBytes-1), jsonpath.LimitBytes},
		{"nesting", "$" + strings.Repeat("[?@", 32) + strings.Repeat("]", 32), "$" + strings.Repeat("[?@", 33) + strings.Repeat("]", 33), jsonpath.LimitNesting},
		{"parentheses", "$[?" + strings.Repeat("(", 31) + "@" + strings.Repeat(")", 31) + "]", "$[?" + strings.Repeat("(", 900), jsonpath.LimitNesting},
		{"selectors", "$" + strings.Repeat(".a", 128), "$" + strings.Repeat(".a", 129), jsonpath.LimitSelectors},
		{"pattern", "$[?match(@,'(ab){500}')]", "$[?match(@,'(ab){501}')]", jsonpath.LimitPattern},
		{"nested repetitions", "$[?match(@,'(a{30}){30}')]", "$[?match(@,'((a{100}){100}){100}')]", jsonpath.LimitPattern},
	} {
		if _, err := jsonpath.Parse(c.fits); err != nil {
			t.Errorf("%s: %v", c.name, err)
		}
		if _, err := jsonpath.Parse(c.tooMuch); limitOf(err) != c.limit {
			t.Errorf("%s: %v, want limit %d", c.name, err, c.limit)
		}
	}
}

// TestSelectIsBounded: what would multiply ends at a bound, soon.
func TestSelectIsBounded(t *testing.T) {
	deep := strings.Repeat("[", 500) + strings.Repeat("]", 500)
	text := strings.Repeat("ab", 500_000)
	for _, c := range []struct {
		path, doc string
		limit     jsonpath.Limit
	}{
		{"$..[?@..[?@..[?count(@..*)>1000]]]", "[" + strings.Repeat(deep+",", 20) + deep + "]", jsonpath.LimitVisits},
		{"$..[?count(@..*)>1000]", deep[:500] + strings.Repeat(deep+",", 10) + deep + deep[500:], jsonpath.LimitVisits},
		{"$" + strings.Repeat("..*", 100), deep, jsonpath.LimitResults},
		{"$[?search(@,'(a|b){200}c')]", `["` + text + `"]`, jsonpath.LimitVisits},
		{"$..*", "[" + strings.Repeat("0,", jsonpath.DefaultResults) + "0]", jsonpath.LimitResults},
		{"$[?match('',@)]", `["` + text + `"]`, jsonpath.LimitPattern},
		{"$[?@[0]==@[1]]", "[[" + strings.Repeat("[", 1100) + strings.Repeat("]", 1100) + "," + strings.Repeat("[", 1100) + strings.Repeat("]", 1100) + "]]", jsonpath.LimitCompared},
	} {
		p, err := jsonpath.Parse(c.path)
		if err != nil {
			t.Fatal(err)
		}
		doc := mustRead(t, c.doc)
		start := time.Now()
		nodes, err := p.Select(doc, nil)
		if limitOf(err) != c.limit || nodes != nil {
			t.Errorf("%s: %d nodes, %v, want limit %d", c.path, len(nodes), err, c.limit)
		}
		if took := time.Since(start); took > 20*time.Second { // for busy machines under the race detector
			t.Errorf("%s took %v", c.path, took)
		}
	}
}

// FuzzSelect: no panic, no endless work; and the location of whatever is selected selects it alone.
func FuzzSelect(f *testing.F) {
	f.Add("$..[?@.a>1||match(@.b,'x+')]", `[{"a":2,"b":"xx"},[1,{"a":null}]]`)
	f.Add("$[::-1]['a',0,1:2].*", `[[1,2],{"a":{"'":"\\"}}]`)
	f.Add("$[?value(@..a)==length(@)]", `[{"a":1},"a"]`)
	f.Fuzz(func(t *testing.T, expr, text string) {
		p, err := jsonpath.Parse(expr)
		doc, ok := read(text)
		if err != nil || !ok {
			return
		}
		nodes, err := p.Select(doc, &jsonpath.Limits{Visits: 1 << 16, Results: 100})
		if err != nil && limitOf(err) < 0 {
			t.Fatal(err)
		}
		for _, n := range nodes {
			where := jsonpath.Location(doc, n)
			at, err := jsonpath.Parse(where)
			if err != nil {
				if limitOf(err) < 0 {
					t.Fatalf("%s: %v", where, err)
				}
				continue
			}
			one, ok := at.SelectOne(doc, 0)
			all, err := at.Select(doc, nil)
			if !ok || err != nil || !slices.Equal(all, []jsonpath.Node{one}) || jsonpath.Location(doc, one) != where {
				t.Errorf("%s in %s is at %s, which selects %v, %v", expr, text, where, one, all)
			}
		}
	})
}

func TestSingularName(t *testing.T) {
	doc := mustRead(t, `{"result":{"label":"a","a-b":1}}`)
	for name, want := range map[string]string{"result.label": "$.result.label", "result.a-b": "$.result['a-b']"} {
		p, err := jsonpath.SingularName(name)
		if err != nil || p.String() != want || !p.IsSingular() {
			t.Fatalf("%s: %v, %v", name, p, err)
		}
		if _, ok := p.SelectOne(doc, 0); !ok {
			t.Errorf("%s selects nothing", name)
		}
		if n := testing.AllocsPerRun(10, func() { p.SelectOne(doc, 0) }); n > 0 {
			t.Errorf("%s allocates %v times", name, n)
		}
	}
	for _, name := range []string{"", "a.", ".a", "a..b", "\xff"} {
		if _, err := jsonpath.SingularName(name); err == nil {
			t.Errorf("%q is taken", name)
		}
	}
}

func BenchmarkSelect(b *testing.B) {
	list := "[" + strings.TrimSuffix(strings.Repeat(`{"index": 12, "value": "positive"},`, 64), ",") + "]"
	for path, text := range map[string]string{"$[*]": list, "$.results[*]": `{"results":` + list + "}", "$[?@.value == 'positive' && @.index > 3]": list} {
		doc := mustRead(b, text)
		b.Run(path, func(b *testing.B) {
			p, err := jsonpath.Parse(path)
			for b.Loop() && err == nil {
				_, err = p.Select(doc, nil)
			}
			if err != nil {
				b.Fatal(err)
			}
		})
	}
}

func BenchmarkParse(b *testing.B) {
	for b.Loop() {
		if _, err := jsonpath.Parse("$.results[?@.value == 'positive' && @.index > 3]"); err != nil {
			b.Fatal(err)
		}
	}
}
