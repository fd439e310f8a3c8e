package telemetry_test

import (
	"strings"
	"testing"

	"github.com/weir-ml/weir/inference"
	"github.com/weir-ml/weir/providers"
)

// TestFailuresAreLogged: the log says that a provider's calls fail, once for each kind of error, however many there are; it says
// nothing of what only one call's records are to blame for, or of what was not sent.
func TestFailuresAreLogged(t *testing.T) {
	quietEnvironment(t)
	s := startSystem(t)
	hooks := s.telemetry.InferenceHooks()
	call := inference.Call{Model: "m", Provider: "p"}
	fail := func(e providers.Error) {
		e.Message, e.RequestID = "a record, perhaps", "a record, perhaps"
		hooks.CallEnd(hooks.CallStart(t.Context(), call), call, inference.CallEnd{Err: &e})
	}
	for range 50 {
		fail(providers.Error{Kind: providers.KindUnauthorized, Status: 401})
		fail(providers.Error{Kind: providers.KindRateLimited, Status: 429})
		fail(providers.Error{Kind: providers.KindRefused, Status: 200})
		fail(providers.Error{Kind: providers.KindContextOverflow, Status: 400})
		fail(providers.Error{Kind: providers.KindCancelled})
		fail(providers.Error{Kind: providers.KindUnavailable, Unsent: true})
		fail(providers.Error{Kind: providers.KindBadRequest, Status: 400, Learned: true})
	}
	log := s.log.String()
	if n := strings.Count(log, "a call has failed"); n != 2 {
		t.Errorf("%d lines of failures, want 2", n)
	}
	for _, want := range []string{"provider=p why=unauthorized status=401", `why="rate limited" status=429`} {
		if !strings.Contains(log, want) {
			t.Errorf("no line with %s", want)
		}
	}
	if strings.Contains(log, "perhaps") {
		t.Error("the log has what the vendor says")
	}
	if t.Failed() {
		t.Log(log)
	}
}
