package options

import "strings"

// structure decides whether the answer is held to a schema where nobody has. single says that the rest asks for single mode.
//
// It goes by who has said what the answer looks like. A path, an index field, an echo, another format or ids of each call's own
// are a form that a fixed schema would contradict, and so is a template that shows entries with an index.
func (r *resolution) structure(single bool) {
	v := &r.values
	if v.Structured != StructuredAuto {
		return
	}
	v.Structured = StructuredOff
	delete(v.setBy, structured) // who leaves it to weir has not set it
	named := r.anySet(recordIDs) && v.RecordIDs == IDsToken
	formed := named || v.ResponseFormat != FormatJSON || r.anySet(responsePath, indexField, echoField)
	typed := len(v.ResponseValues) > 0 || v.ResponseSchema != ""
	switch {
	case formed:
	case v.PromptTemplate == "" && (typed || !single), typed && !showsEntries(v.PromptTemplate):
		v.Structured = StructuredOn
	}
}

// showsEntries reports whether a template says how entries are written: whoever does that names the index.
func showsEntries(template string) bool {
	return strings.Contains(template, `"index"`) || strings.Contains(template, `'index'`)
}

// unstructurable adds the problems of a schema that other options contradict.
func (r *resolution) unstructurable() {
	v := &r.values
	if v.Structured != StructuredOn {
		return
	}
	const so = "on asks for a JSON object with a member for each record, but "
	index := lookup(indexField).Default
	switch {
	case v.ResponseFormat != FormatJSON:
		r.contradictf(structured, so+"%s is %s: leave one of them unset", responseFormat, quote(v.ResponseFormat))
	case v.ResponsePath != defaultPaths[FormatJSON]:
		r.contradictf(structured, so+"%s looks elsewhere: leave one of them unset", responsePath)
	case v.IndexField != index:
		r.contradictf(structured, so+"%s asks for entries with an index: leave one of them unset", indexField)
	case v.EchoField != "":
		r.contradictf(structured, so+"%s asks for entries with an echo: leave one of them unset", echoField)
	case v.RecordIDs == IDsToken:
		r.contradictf(structured, so+"with %s token they have other names in each call: leave one of them unset", recordIDs)
	}
}
