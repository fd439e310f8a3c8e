package e2e_test

import (
	"bytes"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// documented is the address that the pages use; the test puts that of its own server in its place.
const documented = "127.0.0.1:9347"

// TestConsole runs every `$ grpcurl` line of the pages against a real server and wants the very output that they show.
func TestConsole(t *testing.T) {
	t.Parallel()
	bin := filepath.Dir(grpcurl(t))
	addr := startProgram(t, "", "--admin", "off").addr
	for name, least := range map[string]int{"docs/grpcurl.md": 10, "README.md": 0} {
		t.Run(filepath.Base(name), func(t *testing.T) {
			t.Parallel()
			path := filepath.Join(root, name)
			page, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			got, commands := replay(t, string(page), func(command string) string { return runConsole(t, bin, addr, command) })
			t.Logf("%d commands", commands)
			if commands < least {
				t.Errorf("only %d commands were found", commands)
			}
			comparePage(t, path, string(page), got)
		})
	}
}

// comparePage wants a page to be as it was replayed, or makes it so.
func comparePage(t *testing.T, path, page, got string) {
	t.Helper()
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o600); err != nil {
			t.Fatal(err)
		}
		return
	}
	if diff := cmp.Diff(strings.Split(page, "\n"), strings.Split(got, "\n")); diff != "" {
		t.Errorf("%s shows something else than is printed (-page +printed); -update writes it anew:\n%s", path, diff)
	}
}

// runConsole runs a command with the pinned grpcurl first in PATH and returns all that it prints.
func runConsole(t *testing.T, bin, addr, command string) string {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "bash", "-c", strings.ReplaceAll(command, documented, addr))
	cmd.Env = append(os.Environ(), "PATH="+bin+string(os.PathListSeparator)+os.Getenv("PATH"))
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	// grpcurl ends with an error where the server answers with one: what counts is what it prints.
	if err := cmd.Run(); err != nil && !errors.As(err, new(*exec.ExitError)) {
		t.Fatalf("%s: %v", command, err)
	}
	return strings.ReplaceAll(out.String(), addr, documented)
}

const (
	fence    = "```"
	prompt   = "$ "
	goesOn   = "> "
	console  = fence + "console"
	replayed = prompt + "grpcurl"
)

// replay returns a page with the output of its commands put in anew, and how many commands it has: those of the `console`
// blocks that begin with `$ grpcurl`.
func replay(t *testing.T, page string, run func(command string) string) (string, int) {
	t.Helper()
	var out strings.Builder
	commands := 0
	lines := strings.SplitAfter(page, "\n")
	for len(lines) > 0 {
		line := lines[0]
		out.WriteString(line)
		lines = lines[1:]
		if strings.TrimSpace(line) != console || len(lines) == 0 || !strings.HasPrefix(lines[0], replayed) {
			continue
		}
		for len(lines) > 0 && !strings.HasPrefix(lines[0], fence) {
			shown, command := takeCommand(t, lines)
			lines = lines[shown:]
			for _, part := range command {
				out.WriteString(part)
			}
			out.WriteString(run(plain(command)))
			commands++
			for len(lines) > 0 && !strings.HasPrefix(lines[0], fence) && !strings.HasPrefix(lines[0], prompt) {
				lines = lines[1:] // the output so far
			}
		}
	}
	return out.String(), commands
}

// takeCommand returns the lines of the command that lines begin with, and how many they are. A command goes on behind a
// backslash, within single quotes, and to the end of its heredoc.
func takeCommand(t *testing.T, lines []string) (int, []string) {
	t.Helper()
	end, quotes := "", 0
	for i, line := range lines {
		bare := strings.TrimPrefix(strings.TrimRight(line, "\n"), goesOn)
		if _, after, ok := strings.Cut(bare, "<<"); ok && end == "" {
			end = strings.Trim(after, `'"`)
			continue
		}
		if end == "" {
			quotes += strings.Count(bare, "'")
		}
		if end == bare || end == "" && quotes%2 == 0 && !strings.HasSuffix(bare, `\`) {
			return i + 1, lines[:i+1]
		}
	}
	t.Fatalf("a command does not end: %s", lines[0])
	return 0, nil
}

// plain is a command without its prompts.
func plain(command []string) string {
	var out strings.Builder
	for _, line := range command {
		out.WriteString(strings.TrimPrefix(strings.TrimPrefix(line, prompt), goesOn))
	}
	return out.String()
}

// TestReplay checks the reader of pages.
func TestReplay(t *testing.T) {
	t.Parallel()
	page := strings.Join([]string{
		"text", console, "$ grpcurl a \\", "  b", "old", "", "older", "$ grpcurl c <<'EOF'", "in", "EOF", fence,
		console, "$ make", "stays", fence, console, "$ grpcurl d 'x", "> y' e", "old", fence, "",
	}, "\n")
	var ran []string
	got, commands := replay(t, page, func(command string) string {
		ran = append(ran, command)
		return "new\n"
	})
	want := strings.NewReplacer("old\n\nolder\n", "new\n", "EOF\n"+fence, "EOF\nnew\n"+fence, "old\n", "new\n").Replace(page)
	if diff := cmp.Diff(want, got); diff != "" || commands != 3 {
		t.Errorf("%d commands (-want +got):\n%s", commands, diff)
	}
	if diff := cmp.Diff([]string{"grpcurl a \\\n  b\n", "grpcurl c <<'EOF'\nin\nEOF\n", "grpcurl d 'x\ny' e\n"}, ran); diff != "" {
		t.Errorf("commands (-want +got):\n%s", diff)
	}
}
