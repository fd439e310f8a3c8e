package options

import (
	"fmt"
	"slices"
	"strings"
)

// inAnswer are the options that say where in an answer the values are. The format text knows no such places.
var inAnswer = [...]string{responsePath, indexField, valueField, echoField}

// defaultPaths are those of the formats that have one.
var defaultPaths = map[string]string{FormatJSON: "$[*]", FormatXML: "//result"}

// settle finds the defaults that depend on other options.
func (r *resolution) settle() {
	v := &r.values
	single := v.BatchSize == 1 && v.PromptTemplate == "" && !r.anySet(recordFormat, responseFormat) && !r.anySet(inAnswer[:]...)
	r.structure(single)
	if single && v.Structured == StructuredOff {
		v.ResponseFormat = FormatText
	}
	if !v.IsSet(responsePath) {
		v.ResponsePath = defaultPaths[v.ResponseFormat]
	}
	if v.ResponseFormat == FormatText {
		v.ResponsePath, v.IndexField, v.ValueFields, v.EchoField = "", "", nil, ""
	}
	if !v.IsSet(recordIDs) {
		v.RecordIDs = v.defaultIDs()
	}
}

func (r *resolution) anySet(names ...string) bool { return slices.ContainsFunc(names, r.values.IsSet) }

// contradictions adds the problems that only several options together have.
func (r *resolution) contradictions() {
	r.unstructurable()
	v := &r.values
	if v.ResponseFormat != FormatText {
		if slices.Contains(v.ValueFields, v.IndexField) {
			r.contradictf(valueField, "names %s, which is the %s: an entry's index is not its value", quote(v.IndexField), indexField)
		}
		r.contradictEcho()
		if v.ResponseFormat == FormatDelimited && v.IsSet(responsePath) {
			r.contradictf(responsePath, "has no meaning where %s is delimited: the columns are %s and %s",
				responseFormat, indexField, valueField)
		}
		return
	}
	if v.BatchSize > 1 {
		r.contradictf(responseFormat, "text takes the whole reply as the value of one record, but %s is %d: use json, or a %s of 1",
			batchSize, v.BatchSize, batchSize)
	}
	for _, name := range inAnswer {
		if v.IsSet(name) {
			r.contradictf(name, "has no meaning where %s is text: use json, or set %s to the empty text", responseFormat, name)
		}
	}
	if v.PromptTemplate == "" && v.RecordFormat != RecordText {
		r.contradictf(recordFormat, "has no meaning where %s is text and there is no %s: the record's text is sent as it is",
			responseFormat, promptTemplate)
	}
}

// contradictEcho adds the problems of an echo that no entry could have.
func (r *resolution) contradictEcho() {
	v := &r.values
	switch field := v.EchoField; {
	case field == "":
	case field == v.IndexField || slices.Contains(v.ValueFields, field):
		r.contradictf(echoField, "is %s, which is the field of the index or of a value", quote(field))
	case v.PromptTemplate != "" && !strings.Contains(v.PromptTemplate+v.SystemPrompt, field):
		r.contradictf(echoField, "is %s, but %s does not say so to the model: ask for the field in each entry, with the word that "+
			"stands behind the input, copied exactly", quote(field), promptTemplate)
	}
}

func (r *resolution) contradictf(option, format string, args ...any) {
	r.add(r.values.setBy[option], option, fmt.Sprintf(format, args...))
}
