package main

import (
	"bytes"
	"context"
	"regexp"
	"strings"
	"testing"
)

var ready = regexp.MustCompile(`^ready at (\S+)$`)

func shell(t *testing.T, script string) (*child, []string, error) {
	t.Helper()
	return startChild(t.Context(), []string{"sh", "-c", script}, ready, nil)
}

func TestChildIsReady(t *testing.T) {
	var echo bytes.Buffer
	c, match, err := startChild(t.Context(), []string{"sh", "-c", "echo installing; echo ready at x; echo later; sleep 100"}, ready, &echo)
	if err != nil {
		t.Fatal(err)
	}
	c.stop()
	c.stop()
	if match[1] != "x" {
		t.Errorf("ready at %q", match[1])
	}
	if echo.String() != "  installing\n" {
		t.Errorf("the echo is %q", echo.String())
	}
}

func TestChildThatNeverIsReady(t *testing.T) {
	if _, _, err := shell(t, "echo no wheel for this machine >&2; exit 3"); err == nil ||
		!strings.Contains(err.Error(), "exit status 3") || !strings.Contains(err.Error(), "no wheel for this machine") {
		t.Errorf("got %v", err)
	}
	if _, _, err := startChild(t.Context(), []string{"/no/such/program"}, ready, nil); err == nil {
		t.Error("a program that is not there starts")
	}
}

// TestChildTakesItsOwnAlong has a child with a child of its own, as an installation has.
func TestChildTakesItsOwnAlong(t *testing.T) {
	c, _, err := shell(t, "sleep 100 & echo ready at $!; wait")
	if err != nil {
		t.Fatal(err)
	}
	c.stop() // returns once nobody holds the output any more
}

func TestAServerThatEndsEndsTheRun(t *testing.T) {
	c, _, err := shell(t, "echo ready at x; read line; exit 5")
	if err != nil {
		t.Fatal(err)
	}
	defer c.stop()
	ctx, stop := (&stage{children: []*child{c}}).watch(t.Context())
	defer stop()
	<-ctx.Done()
	if cause := context.Cause(ctx); cause == nil || !strings.Contains(cause.Error(), "exit status 5") {
		t.Errorf("the cause is %v", cause)
	}
}

func TestListenerKeepsTheLastLines(t *testing.T) {
	l := &listener{ready: ready, match: make(chan []string, 1)}
	for _, part := range []string{"a\nrea", "dy at y\n", strings.Repeat("b\n", lastLines), "rest"} {
		if n, err := l.Write([]byte(part)); n != len(part) || err != nil {
			t.Errorf("wrote %d, %v", n, err)
		}
	}
	if got := <-l.match; got[1] != "y" {
		t.Errorf("ready at %q", got[1])
	}
	if got := l.last(); strings.Count(got, "b") != lastLines || strings.Contains(got, "ready") || !strings.HasSuffix(got, "rest") {
		t.Errorf("kept %q", got)
	}
}
