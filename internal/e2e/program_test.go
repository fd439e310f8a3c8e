package e2e_test

import (
	"bufio"
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"syscall"
	"testing"
)

// root is the folder of the repository.
const root = "../.."

// built is the program, once a test has asked for it.
var built struct {
	once sync.Once
	dir  string
	err  error
}

// program builds weir, as a user does, with a version that does not change.
func program(t *testing.T) string {
	t.Helper()
	built.once.Do(func() {
		if built.dir, built.err = os.MkdirTemp("", "weir-e2e-"); built.err != nil { //nolint:usetesting // it outlives this test
			return
		}
		cmd := exec.Command("go", "build", "-buildvcs=false", "-ldflags=-X main.version=devel", "-o", filepath.Join(built.dir, "weir"), "./cmd/weir")
		cmd.Dir = root
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Errorf("go build: %s", out)
			built.err = err
		}
	})
	if built.err != nil {
		t.Fatal(built.err)
	}
	return filepath.Join(built.dir, "weir")
}

// removeProgram removes what program has built.
func removeProgram() {
	if built.dir != "" {
		_ = os.RemoveAll(built.dir)
	}
}

// grpcurl returns the pinned grpcurl. It is built where it is missing, but not on CI, where the build comes first.
func grpcurl(t *testing.T) string {
	t.Helper()
	path, err := filepath.Abs(filepath.Join(root, "bin", "grpcurl"))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(path); err == nil {
		return path
	}
	if os.Getenv("CI") == "true" {
		t.Fatal("bin/grpcurl is missing: make tools builds it")
	}
	cmd := exec.CommandContext(t.Context(), "go", "build", "-C", "tools", "-o", "../bin/grpcurl", "github.com/fullstorydev/grpcurl/cmd/grpcurl")
	cmd.Dir = root
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("building grpcurl: %v\n%s", err, out)
	}
	return path
}

// running is a `weir serve` in a process of its own.
type running struct {
	process *os.Process
	addr    string
}

var serves = regexp.MustCompile(`msg="weir serves" address=(\S+)`)

// startProgram runs `weir serve` on a free port, with a configuration file where there is one, until the test ends. It must
// then drain and exit with 0.
func startProgram(t *testing.T, file string, args ...string) *running {
	t.Helper()
	args = append([]string{"serve", "--listen", "127.0.0.1:0"}, args...)
	if file != "" {
		path := filepath.Join(t.TempDir(), "weir.yaml")
		if err := os.WriteFile(path, []byte(file), 0o600); err != nil {
			t.Fatal(err)
		}
		args = append(args, "--config", path)
	}
	cmd := exec.Command(program(t), args...)
	cmd.Env = append(os.Environ(), "GOGC=100")
	stderr, err := cmd.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	r := &running{process: cmd.Process}
	addr, ended := make(chan string, 1), make(chan string, 1)
	go follow(bufio.NewScanner(stderr), addr, ended)
	select {
	case r.addr = <-addr:
	case log := <-ended:
		t.Fatalf("weir serve: %v\n%s", cmd.Wait(), log)
	}
	t.Cleanup(func() {
		if err := cmd.Process.Signal(syscall.SIGTERM); err != nil {
			t.Error(err)
		}
		log := <-ended
		if err := cmd.Wait(); err != nil {
			t.Errorf("weir serve: %v\n%s", err, log)
		}
	})
	return r
}

// follow reads the log to its end and tells the address.
func follow(lines *bufio.Scanner, addr, ended chan<- string) {
	var log bytes.Buffer
	for lines.Scan() {
		log.WriteString(lines.Text() + "\n")
		if found := serves.FindStringSubmatch(lines.Text()); found != nil {
			addr <- strings.Trim(found[1], `"`)
		}
	}
	ended <- log.String()
}
