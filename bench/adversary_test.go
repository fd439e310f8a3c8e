package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/google/go-cmp/cmp"

	weirv1 "github.com/weir-ml/weir/gen/weir/v1"
)

func textResult(text string) *weirv1.Result {
	return &weirv1.Result{Outcome: &weirv1.Result_Text{Text: text}}
}

func errorResult(reason weirv1.Reason) *weirv1.Result {
	return &weirv1.Result{Outcome: &weirv1.Result_Error{Error: &weirv1.RecordError{Reason: reason}}}
}

// TestJudgeFindsWhatIsWrong: one right, one doubled and one missing entry, and then what weir must not make of them.
func TestJudgeFindsWhatIsWrong(t *testing.T) {
	texts := []string{"one", "two", "three"}
	said := []exchange{
		{
			ids:   map[string]string{"one": "1", "two": "2", "three": "3"},
			reply: `[{"index": 2, "value": "b"}, {"index": 1, "value": "a"}, {"index": 2, "value": "c"}]`,
		},
		{ids: map[string]string{"two": "1"}, reply: `[{"index": "1", "value": "d"}]`},
		{ids: map[string]string{"three": "1"}},
	}
	missing := errorResult(weirv1.Reason_REASON_MISSING_ANSWER)
	for _, tt := range []struct {
		name    string
		results []*weirv1.Result
		want    verdict
	}{
		{"right", []*weirv1.Result{textResult("a"), textResult("d"), missing}, verdict{values: 2, named: 2}},
		{"a doubled entry is believed", []*weirv1.Result{textResult("a"), textResult("c"), missing}, verdict{values: 2, named: 1}},
		{"another record's value", []*weirv1.Result{textResult("d"), textResult("a"), missing}, verdict{values: 2}},
		{"a value of nowhere", []*weirv1.Result{textResult("a"), textResult("d"), textResult("a")}, verdict{values: 3, named: 2}},
		{"no reason, no value", []*weirv1.Result{errorResult(0), textResult(""), missing}, verdict{untyped: 2}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got, err := judge(texts, &answered{results: tt.results, said: said})
			if err != nil {
				t.Fatal(err)
			}
			if got.calls != 3 || got.entries != 4 || got.doubled != 2 || got.whole != 1 {
				t.Errorf("what the model did is counted wrongly: %+v", got)
			}
			if got.values != tt.want.values || got.named != tt.want.named || got.untyped != tt.want.untyped {
				t.Errorf("got %+v, want %+v", got, tt.want)
			}
		})
	}
}

// TestRelay: a call arrives with the form of its answer, and what was asked and said is kept, also of a call that fails.
func TestRelay(t *testing.T) {
	const answer = `{"choices": [{"message": {"content": "[]"}}], "usage": {"total_tokens": 7}}`
	var arrived map[string]any
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		if err := json.NewDecoder(req.Body).Decode(&arrived); err != nil || req.URL.Path != "/v1/chat/completions" {
			t.Errorf("%s: %v", req.URL, err)
		}
		if arrived["model"] == "broken" {
			w.WriteHeader(http.StatusServiceUnavailable)
			return
		}
		_, _ = io.WriteString(w, answer)
	}))
	defer server.Close()
	r, err := startRelay(t.Context(), server.URL, func(ids []string) any { return ids })
	if err != nil {
		t.Fatal(err)
	}
	defer r.close()
	r.begin([]string{"a \"b\"", "c"})
	prompt := "Input 1: \"an example\"\nInput 2: \"a \\\"b\\\"\"\nInput kqz: \"c\"\nThe answer is:"
	for model, want := range map[string]int{"m": http.StatusOK, "broken": http.StatusServiceUnavailable} {
		call := fmt.Sprintf(`{"model": %q, "messages": [{"role": "user", "content": %s}]}`, model, quote(prompt))
		resp, err := http.Post(r.base+"/chat/completions", "application/json", bytes.NewBufferString(call))
		if err != nil {
			t.Fatal(err)
		}
		got, err := io.ReadAll(resp.Body)
		if err != nil || resp.Body.Close() != nil || resp.StatusCode != want || want == http.StatusOK && string(got) != answer {
			t.Errorf("%s: %s %s %v", model, resp.Status, got, err)
		}
		schema := fmt.Sprint(arrived["response_format"])
		if schema != "map[json_schema:map[name:answer schema:[2 kqz] strict:true] type:json_schema]" {
			t.Errorf("the form is %s", schema)
		}
	}
	ids := map[string]string{"a \"b\"": "2", "c": "kqz"}
	said := r.said()
	if said[0].reply == "" {
		said[0], said[1] = said[1], said[0]
	}
	want := []exchange{{ids: ids, reply: "[]", tokens: 7}, {ids: ids}}
	if diff := cmp.Diff(want, said, cmp.AllowUnexported(exchange{})); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}

func TestFirstCalls(t *testing.T) {
	about := func(texts ...string) exchange {
		ids := map[string]string{}
		for _, text := range texts {
			ids[text] = "1"
		}
		return exchange{ids: ids}
	}
	got := firstCalls([]exchange{about("a", "b"), about("b"), about("c"), about("a", "c")})
	if diff := cmp.Diff([]bool{true, false, true, false}, got); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}
