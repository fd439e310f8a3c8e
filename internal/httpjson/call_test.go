package httpjson_test

import (
	"io"
	"net/http"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/weir-ml/weir/internal/httpjson"
	"github.com/weir-ml/weir/providers"
)

func TestDo(t *testing.T) {
	var uri, signed, body, accept string
	server := serve(t, func(_ http.ResponseWriter, r *http.Request) {
		sent, _ := io.ReadAll(r.Body)
		uri, signed, body, accept = r.RequestURI, r.Header.Get("X-Signed"), string(sent), r.Header.Get("Accept")
	})
	c := client(t, httpjson.Config{URL: server.URL + "/v1/?api-version=2"})
	sign := func(r *http.Request) *providers.Error {
		r.Header.Set("X-Signed", r.URL.EscapedPath())
		return nil
	}
	tests := map[string]struct {
		call httpjson.Call
		want []string // URI, signature, body, another header
	}{
		"plain":  {httpjson.Call{Body: []byte("{}")}, []string{"/v1/?api-version=2", "", "{}", "application/json"}},
		"path":   {httpjson.Call{Path: "model/a%3Ab%2Fc"}, []string{"/v1/model/a%3Ab%2Fc?api-version=2", "", "", "application/json"}},
		"signed": {httpjson.Call{Path: "m%3A1", Sign: sign}, []string{"/v1/m%3A1?api-version=2", "/v1/m%3A1", "", "application/json"}},
		"after":  {httpjson.Call{Path: "m"}, []string{"/v1/m?api-version=2", "", "", "application/json"}},
	}
	for _, name := range []string{"plain", "path", "signed", "after"} { // a signature must not stay on the next call
		reply, err := c.Do(t.Context(), tests[name].call)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		reply.Close()
		if diff := cmp.Diff(tests[name].want, []string{uri, signed, body, accept}); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
}

func TestDoFailsBeforeTheCall(t *testing.T) {
	c := client(t, httpjson.Config{URL: "http://weir.invalid"})
	refuse := func(*http.Request) *providers.Error { return &providers.Error{Kind: providers.KindUnauthorized} }
	for kind, call := range map[providers.Kind]httpjson.Call{
		providers.KindInternal:     {Path: "%zz"},
		providers.KindUnauthorized: {Sign: refuse},
	} {
		if _, err := c.Do(t.Context(), call); providers.AsError(err).Kind != kind {
			t.Errorf("%v, want kind %q", err, kind)
		}
	}
}

func TestEscapeSegment(t *testing.T) {
	for s, want := range map[string]string{
		"gemini-2.5-flash":                       "gemini-2.5-flash",
		"anthropic.claude-3-haiku-20240307-v1:0": "anthropic.claude-3-haiku-20240307-v1%3A0",
		"arn:aws:bedrock:x::p/y":                 "arn%3Aaws%3Abedrock%3Ax%3A%3Ap%2Fy",
		"a b?c#d%e é":                            "a%20b%3Fc%23d%25e%20%C3%A9",
		"":                                       "",
		"..":                                     "",
	} {
		got, ok := httpjson.EscapeSegment(s)
		if got != want || ok != (want != "") {
			t.Errorf("EscapeSegment(%q) = %q, %v, want %q", s, got, ok, want)
		}
	}
}
