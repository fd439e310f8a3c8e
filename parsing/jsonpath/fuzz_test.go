package jsonpath_test

import (
	"testing"

	"github.com/weir-ml/weir/parsing/jsonpath"
)

// FuzzParse: no panic, and what is read can be read again behind a further step.
func FuzzParse(f *testing.F) {
	for _, seed := range []string{"$", "$[*]", "$..a['b',1:-1:2]", `$[?@['\u00e9']<=-1.5e3||!(count($..*)>2&&null!=true)]`, "$[?match(@.a,'[^a-z]{2,3}')]", "$ [ ?@ ]"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, expr string) {
		if _, err := jsonpath.Parse(expr); err != nil {
			return
		}
		if _, err := jsonpath.Parse(expr + "[*]"); err != nil && limitOf(err) < 0 {
			t.Errorf("%q is read, and with [*] behind it: %v", expr, err)
		}
	})
}
