package httpjson_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/tidwall/gjson"

	"github.com/weir-ml/weir/internal/httpjson"
)

func TestReadKeepsNothing(t *testing.T) {
	body := []byte(`{"a":"b"}`)
	object, ok := httpjson.Read(body)
	clear(body) // it may go back to whoever lent it
	if got := object.Get("a").Str; !ok || got != "b" {
		t.Errorf("%v, %q", ok, got)
	}
}

// TestReadOfManyLevels: the check of gjson recurses, and a body is as large as its sender likes.
func TestReadOfManyLevels(t *testing.T) {
	for levels, want := range map[int]bool{5_000: true, 10_000: true, 10_001: false, 8 << 20: false} {
		if _, ok := httpjson.Read([]byte(strings.Repeat("[", levels) + strings.Repeat("]", levels))); ok != want {
			t.Errorf("%d levels: %v", levels, ok)
		}
	}
}

// FuzzRead: what encoding/json reads, Read reads the same, and nothing else.
func FuzzRead(f *testing.F) {
	for _, seed := range []string{
		`{"a":[1,-2.5e3,true,null],"b":"\ud83d\ude00 \u00e9\n\ud800"}`, "\"\xff\xc3 half a rune\"", `{"a":1}{}`, "[1,]", " 7 ", "", `"\q"`,
		"\"tab\there\"", `{"a":01}`, "nul", `"\\ud800\\u0041"`, `{"a" 1}`, `[{"a":{"b":[[]]}}]`, `{"":[],"":""}`,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		got, ok := httpjson.Read(body)
		if ok != json.Valid(body) {
			t.Fatalf("%q: read %v, but encoding/json says %v", body, ok, !ok)
		}
		var want any
		if err := json.Unmarshal(body, &want); err != nil || !ok {
			return // numbers that are too large for it are numbers all the same
		}
		if diff := cmp.Diff(want, value(got)); diff != "" {
			t.Errorf("%q (-encoding/json +Read):\n%s", body, diff)
		}
	})
}

// value is what encoding/json makes of a value: of a name that is there twice, the last.
func value(r gjson.Result) any {
	switch {
	case r.IsObject():
		all := map[string]any{}
		r.ForEach(func(key, field gjson.Result) bool {
			all[httpjson.Text(key)] = value(field)
			return true
		})
		return all
	case r.IsArray():
		all := []any{}
		r.ForEach(func(_, entry gjson.Result) bool {
			all = append(all, value(entry))
			return true
		})
		return all
	case r.Type == gjson.String:
		return httpjson.Text(r)
	default:
		return r.Value()
	}
}
