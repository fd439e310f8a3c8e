package providertest

import (
	"bytes"
	"encoding/json"
	"errors"
	"flag"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/weir-ml/weir/providers"
)

// record is what a driver did in each case of the suite, by the case's name: "answer", or the kinds of its errors, with commas
// between. It is kept in the driver's testdata, from where the table of docs/providers.md is made.
type record map[string]string

// note notes an outcome of the running case.
func (s *suite) note(t *testing.T, e *providers.Error) {
	t.Helper()
	outcome := "answer"
	if e != nil {
		outcome = e.Kind.String()
	}
	name := strings.TrimPrefix(t.Name(), s.root+"/")
	if parts := strings.SplitN(name, "/", 3); len(parts) > 2 {
		name = parts[0] + "/" + parts[1]
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	all := append(strings.Split(s.outcomes[name], ", "), outcome)
	slices.Sort(all)
	s.outcomes[name] = strings.TrimPrefix(strings.Join(slices.Compact(all), ", "), ", ")
}

//go:generate env WEIR_UPDATE=conformance go test -count=1 -run ^TestConformance$ ../...
//go:generate go test -count=1 -run ^TestTableIsFresh$ -update .

// keep compares what was noted with the record in testdata, or writes it where golden files are to be. A run of some of the
// cases is compared as far as it goes.
func (s *suite) keep(t *testing.T) {
	t.Helper()
	path := filepath.Join("testdata", strings.TrimSuffix("conformance-"+s.Variant, "-")+".json")
	whole := !strings.Contains(flag.Lookup("test.run").Value.String(), "/")
	if updating() && whole && !t.Failed() {
		s.write(t, path)
		return
	}
	kept, err := readRecord(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		t.Errorf("%s is not there: run go generate ./providers/providertest", path)
		return
	case err != nil:
		t.Fatal(err)
	}
	for _, name := range slices.Sorted(maps.Keys(s.outcomes)) {
		if kept[name] != s.outcomes[name] {
			t.Errorf("%s: %q, but %s has %q; if that is meant, run go generate ./providers/providertest",
				name, s.outcomes[name], path, kept[name])
		}
	}
	if whole && len(kept) != len(s.outcomes) {
		t.Errorf("%s has %d cases, the suite %d: run go generate ./providers/providertest", path, len(kept), len(s.outcomes))
	}
}

func (s *suite) write(t *testing.T, path string) {
	t.Helper()
	var b bytes.Buffer
	encoder := json.NewEncoder(&b)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", " ")
	err := errors.Join(encoder.Encode(s.outcomes), os.MkdirAll("testdata", 0o750))
	if err = errors.Join(err, os.WriteFile(path, b.Bytes(), 0o600)); err != nil {
		t.Fatal(err)
	}
}

func readRecord(path string) (record, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	var kept record
	return kept, json.Unmarshal(data, &kept)
}

// updating reports whether golden files are to be written: by the test's own flag -update, or, for packages whose tests have
// none, by the environment.
func updating() bool {
	f := flag.Lookup("update")
	return f != nil && f.Value.String() == "true" || os.Getenv("WEIR_UPDATE") == "conformance"
}
