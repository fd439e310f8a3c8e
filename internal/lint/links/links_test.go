package links_test

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

const (
	root     = "../../.."
	javaRoot = "flink/src/main/java/io/github/weirml"
)

var (
	place = regexp.MustCompile("`([a-z][a-zA-Z0-9_/]*\\.go):([A-Za-z]+)`")
	java  = regexp.MustCompile("`((?:client|flink)/[A-Za-z/]+\\.java):([A-Za-z]+)`")
	file  = regexp.MustCompile("`((?:cmd|server|batching|inference|providers|templates|parsing|config|options|simulator|flink|docs|bench|examples|internal|proto|clients)/[A-Za-z0-9_./-]+)`")
	link  = regexp.MustCompile(`\]\(([^)#:]+)(?:#[^)]*)?\)`)
)

// TestPlaces: every `file.go:func` that a document names is there.
func TestPlaces(t *testing.T) {
	t.Parallel()
	for _, doc := range documents(t) {
		for _, m := range place.FindAllStringSubmatch(read(t, doc), -1) {
			if m[1] == "file.go" { // the pattern itself
				continue
			}
			source, err := os.ReadFile(filepath.Join(root, m[1]))
			if err != nil {
				t.Errorf("%s names `%s`: no such file", doc, m[0])
				continue
			}
			if !regexp.MustCompile(`(?m)^func (\([^)]*\) )?` + m[2] + `[(\[]`).Match(source) {
				t.Errorf("%s names %s: no such function", doc, m[0])
			}
		}
	}
}

// TestJavaPlaces: the same for `client/File.java:method`, which is below the folder of the connector's code. A constructor's
// method is the class itself.
func TestJavaPlaces(t *testing.T) {
	t.Parallel()
	for _, doc := range documents(t) {
		for _, m := range java.FindAllStringSubmatch(read(t, doc), -1) {
			source, err := os.ReadFile(filepath.Join(root, javaRoot, m[1]))
			if err != nil {
				t.Errorf("%s names %s: no such file", doc, m[0])
				continue
			}
			if !regexp.MustCompile(`(?m)^    +[A-Za-z<][A-Za-z<>\[\], .]* ` + m[2] + `\(`).Match(source) {
				t.Errorf("%s names %s: no such method", doc, m[0])
			}
		}
	}
}

// TestFiles: every file of the repository that a document names or links to is there.
func TestFiles(t *testing.T) {
	t.Parallel()
	for _, doc := range documents(t) {
		text := read(t, doc)
		for _, m := range file.FindAllStringSubmatch(text, -1) {
			exists(t, doc, filepath.Join(root, m[1]))
		}
		for _, m := range link.FindAllStringSubmatch(text, -1) {
			exists(t, doc, filepath.Join(root, filepath.Dir(doc), m[1]))
		}
	}
}

func exists(t *testing.T, doc, path string) {
	t.Helper()
	if strings.Contains(path, "NNNN") || strings.Contains(path, "/flink/target/") { // a pattern; what a build makes
		return
	}
	if _, err := os.Stat(path); err != nil {
		t.Errorf("%s points to %s: not there", doc, strings.TrimPrefix(path, root+"/"))
	}
}

func documents(t *testing.T) []string {
	t.Helper()
	var docs []string
	err := fs.WalkDir(os.DirFS(root), ".", func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() && (strings.HasPrefix(d.Name(), ".") && path != "." || d.Name() == "bin" || d.Name() == "testdata") {
			return fs.SkipDir
		}
		if strings.HasSuffix(path, ".md") {
			docs = append(docs, path)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return docs
}

func read(t *testing.T, doc string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(root, doc))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}
