package httpjson_test

import (
	"encoding/json"
	"math"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"pgregory.net/rapid"

	"github.com/weir-ml/weir/internal/httpjson"
)

func TestVector(t *testing.T) {
	t.Parallel()
	nan, inf := float32(math.NaN()), float32(math.Inf(1))
	for text, want := range map[string][]float32{
		`[0.1, -2,3e-2 ]`:    {0.1, -2, 0.03},
		`[ ]`:                {},
		`null`:               nil,
		`[1,null,1e99]`:      {1, nan, inf},
		`"AACAPwAAAMA="`:     {1, -2},
		`"AACA\/wAAwH8="`:    {float32(math.Inf(-1)), nan},
		`""`:                 {},
		`[-0.0123456789012]`: {-0.012345679},
	} {
		var got httpjson.Vector
		if err := json.Unmarshal([]byte(text), &got); err != nil || !cmp.Equal([]float32(got), want, cmpopts.EquateNaNs()) {
			t.Errorf("%s: %v, %v, want %v", text, got, err, want)
		}
	}
	for _, text := range []string{`"AACA"`, `"%"`, `[[1,2]]`, `["1"]`, `[true]`, `{}`, `3`, `[1,{}]`, `[-]`} {
		var got httpjson.Vector
		if err := json.Unmarshal([]byte(text), &got); err == nil {
			t.Errorf("%s: %v, want an error", text, got)
		}
	}
}

// TestVectorIsExact: a list in whatever form JSON has it gives what the standard library reads.
func TestVectorIsExact(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		want := rapid.SliceOf(rapid.Float32()).Draw(t, "vector")
		text, err := json.Marshal(want)
		if err != nil {
			t.Fatal(err) // what is drawn is finite
		}
		var got httpjson.Vector
		if err := json.Unmarshal(text, &got); err != nil || !cmp.Equal([]float32(got), want, cmpopts.EquateEmpty()) {
			t.Fatalf("%s: %v, %v", text, got, err)
		}
	})
}

func FuzzVector(f *testing.F) {
	for _, text := range []string{`[1, 2.5]`, `"AACAPw=="`, `[null]`, `[[]]`, `"\\/"`} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		var got httpjson.Vector
		if err := json.Unmarshal([]byte(text), &got); err == nil && len(got) > len(text) {
			t.Errorf("%q: %d numbers", text, len(got))
		}
	})
}
