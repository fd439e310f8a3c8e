package e2e_test

import (
	"flag"
	"fmt"
	"os"
	"testing"
	"time"

	"go.uber.org/goleak"
)

// update makes TestConsole write what the commands print into the pages.
var update = flag.Bool("update", false, "rewrite the outputs in docs/grpcurl.md and README.md")

// TestMain runs the tests, or, in a process that a test has started to kill it, a client.
func TestMain(m *testing.M) {
	if addr := os.Getenv(victimEnv); addr != "" {
		if err := victim(addr); err != nil {
			fmt.Fprintln(os.Stderr, err)
		}
		return
	}
	goleak.VerifyTestMain(m, goleak.Cleanup(func(code int) {
		removeProgram()
		os.Exit(code) //nolint:forbidigo // goleak leaves that to its caller
	}))
}

// after waits for real time: only for what has no event to wait for.
func after(d time.Duration) <-chan time.Time { return time.After(d) }

// waitFor polls: for conditions that nothing tells of.
func waitFor(t tester, what string, ok func() bool) {
	t.Helper()
	for range 1500 {
		if ok() {
			return
		}
		<-after(10 * time.Millisecond)
	}
	t.Fatalf("waited in vain: %s", what)
}
