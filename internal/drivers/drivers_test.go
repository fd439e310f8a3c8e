package drivers_test

import (
	"fmt"
	"math"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/weir-ml/weir/internal/drivers"
	"github.com/weir-ml/weir/internal/httpjson"
	"github.com/weir-ml/weir/providers"
)

func message(role providers.Role, content string, stable int) providers.Message {
	return providers.Message{Role: role, Content: content, Stable: stable}
}

func TestSort(t *testing.T) {
	const s, u = providers.RoleSystem, providers.RoleUser
	a, b, blank := message(s, "a", 0), message(u, "b", 0), message(s, " \n", 0)
	tests := map[string]struct {
		in   []providers.Message
		want drivers.Prompt
	}{
		"both":        {[]providers.Message{a, b}, drivers.Prompt{System: []string{"a"}, User: []providers.Message{b}}},
		"system last": {[]providers.Message{b, a, a}, drivers.Prompt{System: []string{"a", "a"}, User: []providers.Message{b}}},
		"blank":       {[]providers.Message{blank, b}, drivers.Prompt{User: []providers.Message{b}}},
		"system only": {[]providers.Message{a}, drivers.Prompt{User: []providers.Message{message(u, "a", 0)}}},
		"nothing":     {nil, drivers.Prompt{}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			got := drivers.Sort(test.in)
			if diff := cmp.Diff(test.want, got); diff != "" || got.SystemBytes() != len(strings.Join(test.want.System, "")) {
				t.Errorf("%d bytes of system, (-want +got):\n%s", got.SystemBytes(), diff)
			}
		})
	}
}

func ExampleSplit() {
	m := providers.Message{Content: "Rate each review.\nInput 1: good", Stable: len("Rate each review.\n")}
	stable, rest := drivers.Split(m)
	fmt.Printf("%q %q\n", stable, rest)
	// Output: "Rate each review.\n" "Input 1: good"
}

func TestSplit(t *testing.T) {
	tests := map[string]struct {
		content      string
		n            int
		stable, rest string
	}{
		"nothing":            {"abc", 0, "", "abc"},
		"negative":           {"abc", -1, "", "abc"},
		"beyond":             {"abc", 9, "abc", ""},
		"within a character": {"aé", 2, "a", "é"},
		"blank start":        {" \nabc", 2, "", " \nabc"},
		"blank rest":         {"abc \n", 3, "abc \n", ""},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			stable, rest := drivers.Split(message(providers.RoleUser, test.content, test.n))
			if stable != test.stable || rest != test.rest {
				t.Errorf("%q and %q, want %q and %q", stable, rest, test.stable, test.rest)
			}
		})
	}
}

// TestRefusals: what is refused is remembered for an hour, and of too many the oldest is forgotten.
func TestRefusals(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var r drivers.Refusals
		if r.Has("a") {
			t.Error("the zero value remembers something")
		}
		r.Add("a")
		<-time.After(59 * time.Minute)
		if !r.Has("a") || r.Has("b") {
			t.Error("forgotten before an hour, or remembered without a refusal")
		}
		<-time.After(time.Minute)
		if r.Has("a") {
			t.Error("remembered after an hour")
		}
		for i := range 257 {
			r.Add(fmt.Sprint(i))
			<-time.After(time.Millisecond)
		}
		if r.Has("0") || !r.Has("1") || !r.Has("256") {
			t.Error("of 257 refusals the oldest is to be forgotten, and no other")
		}
		r.Add("7") // known: nothing is forgotten for it
		if !r.Has("1") {
			t.Error("something known has cost another its place")
		}
	})
}

func TestAllowance(t *testing.T) {
	now := time.Date(2026, 11, 25, 12, 0, 0, 0, time.UTC)
	names := drivers.AllowanceHeaders{Limit: "L", Left: "R", Reset: "T"}
	all := map[string]string{"L": "50", "R": "3", "T": "2026-11-25T12:00:30Z"}
	change := func(name, value string) map[string]string {
		changed := map[string]string{"L": all["L"], "R": all["R"], "T": all["T"]}
		changed[name] = value
		return changed
	}
	unreset := providers.Allowance{Limit: 50, Left: 3}
	tests := map[string]struct {
		header map[string]string
		want   providers.Allowance
	}{
		"all":            {all, providers.Allowance{Limit: 50, Left: 3, Reset: 30 * time.Second}},
		"their clock":    {change("Date", "Wed, 25 Nov 2026 12:00:20 GMT"), providers.Allowance{Limit: 50, Left: 3, Reset: 10 * time.Second}},
		"none":           {nil, providers.Allowance{}},
		"negative":       {change("R", "-1"), providers.Allowance{}},
		"absurd":         {change("L", "99999999999999999999"), providers.Allowance{}},
		"words":          {change("L", "many"), providers.Allowance{}},
		"no limit":       {change("L", "0"), providers.Allowance{}},
		"reset in words": {change("T", "soon"), unreset},
		"reset past":     {change("T", "2020-01-01T00:00:00Z"), unreset},
		"reset far off":  {change("T", "2099-01-01T00:00:00Z"), providers.Allowance{Limit: 50, Left: 3, Reset: 24 * time.Hour}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			h := http.Header{}
			for name, value := range test.header {
				h.Set(name, value)
			}
			if diff := cmp.Diff(test.want, drivers.Allowance(h, names, now)); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestSane(t *testing.T) {
	for _, bad := range []float64{-1, math.NaN(), math.Inf(1), 1e30} {
		if drivers.Sane(1, bad) {
			t.Errorf("%v can be a count", bad)
		}
	}
	if !drivers.Sane(0, 1, 1e6) {
		t.Error("usual counts cannot be")
	}
}

func TestID(t *testing.T) {
	for id, want := range map[string]string{
		"req_1": "req_1", "": "", "a b": "", "a\n": "", "é": "", strings.Repeat("r", 500): strings.Repeat("r", 128),
	} {
		if got := drivers.ID(id); got != want {
			t.Errorf("ID(%q) = %q, want %q", id, got, want)
		}
	}
}

// TestComplete: what a driver knows better than the headers stays.
func TestComplete(t *testing.T) {
	reply := &httpjson.Reply{Status: 429, Header: http.Header{"Retry-After": {"7"}, "Request-Id": {"of the header"}}}
	e := &providers.Error{}
	drivers.Complete(e, reply, time.Now())
	if diff := cmp.Diff(&providers.Error{Status: 429, RetryAfter: 7 * time.Second, RequestID: "of the header"}, e); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	e = &providers.Error{RetryAfter: time.Second, RequestID: "of the body"}
	drivers.Complete(e, reply, time.Now())
	if e.RetryAfter != time.Second || e.RequestID != "of the body" {
		t.Errorf("%+v: the driver's own is lost", e)
	}
}
