package openai

import (
	"encoding/json"
	"slices"
	"strings"

	"github.com/tidwall/gjson"
)

// filters are the names of the content filters that have seen something, as Azure reports them.
type filters []string

// most is how many filters are named.
const most = 8

// filtersIn reads {"hate":{"filtered":true,"severity":"high"}, …}. What it cannot read is none: filters explain, and must
// not cost an answer.
func filtersIn(results gjson.Result) filters {
	var all any
	_ = json.Unmarshal([]byte(results.Raw), &all) // gjson's Value looks at what is deep once for each level
	return active(all)
}

// filtersOf reads the innererror of a failure.
func filtersOf(inner any) filters {
	fields, _ := inner.(map[string]any)
	for _, name := range [...]string{"content_filter_result", "content_filter_results"} {
		if results := active(fields[name]); len(results) > 0 {
			return results
		}
	}
	return nil
}

func active(results any) filters {
	var names filters
	fields, _ := results.(map[string]any)
	for name, result := range fields {
		details, _ := result.(map[string]any)
		if filtered, _ := details["filtered"].(bool); filtered && plain(name) {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names[:min(len(names), most)]
}

// plain reports whether a name is one: what else a server writes there must not get into a message.
func plain(name string) bool {
	other := func(r rune) bool { return r != '_' && (r < 'a' || r > 'z') }
	return name != "" && len(name) <= 40 && !strings.ContainsFunc(name, other)
}

// names returns them for a message.
func (f filters) names() string {
	if len(f) == 0 {
		return ""
	}
	return " (" + strings.Join(f, ", ") + ")"
}
