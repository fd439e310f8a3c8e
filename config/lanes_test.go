package config_test

import (
	"testing"

	"github.com/weir-ml/weir/config"
)

// TestLanes: a provider is called with each of its keys, at each of its endpoints, in pairs where both are several.
func TestLanes(t *testing.T) {
	setSecrets(t)
	one := secret(t, "env:WEIR_TEST_TOKEN")
	keys, urls := config.Secrets{one, secret(t, "file:testdata/key.txt")}, config.List{"http://a/v1", "http://b/v1"}
	for name, test := range map[string]struct {
		provider config.Provider
		keys     []string
		urls     []string
	}{
		"one key":           {config.Provider{APIKey: one, BaseURL: "http://x/v1"}, []string{one.String()}, []string{"http://x/v1"}},
		"keys":              {config.Provider{APIKeys: keys, BaseURL: "http://x/v1"}, []string{keys[0].String(), keys[1].String()}, []string{"http://x/v1", "http://x/v1"}},
		"endpoints":         {config.Provider{APIKey: one, BaseURL: "http://x/v1", Endpoints: urls}, []string{one.String(), one.String()}, urls},
		"keys of their own": {config.Provider{APIKeys: keys, Endpoints: urls}, []string{keys[0].String(), keys[1].String()}, urls},
	} {
		lanes := test.provider.Lanes()
		if len(lanes) != len(test.keys) {
			t.Fatalf("%s: %d lanes, want %d", name, len(lanes), len(test.keys))
		}
		for i, lane := range lanes {
			if lane.APIKey.String() != test.keys[i] || lane.BaseURL != test.urls[i] || lane.APIKeys != nil || lane.Endpoints != nil {
				t.Errorf("%s: lane %d is %+v", name, i+1, lane)
			}
		}
	}
}
