package inference

import (
	"encoding/json"
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/weir-ml/weir/templates"
)

// The bounds of a record that do not depend on configuration.
const (
	// MaxFields is the most fields of a record.
	MaxFields = 64
	// MaxFieldName is the most bytes of a field's name.
	MaxFieldName = 128
	// TextField is the name of the field that holds a record's text.
	TextField = "text"
)

// Field is a named value of a record.
type Field = templates.Field

// Record is one input row.
type Record struct {
	// Tag comes back in the record's result; it means nothing to this package.
	Tag uint64
	// Fields are the record's columns in order; one named "text" for a record that is plain text.
	Fields []Field
	// Deadline is when the record must have its result; zero means never.
	Deadline time.Time
}

// Bytes is the size of the record's names and values.
func (r *Record) Bytes() int {
	n := 0
	for i := range r.Fields {
		n += len(r.Fields[i].Name) + len(r.Fields[i].Value)
	}
	return n
}

// Validate checks a record on its own; maxBytes bounds its size. The error is nil or of ReasonInvalidRecord.
func (r *Record) Validate(maxBytes int) *Error {
	if len(r.Fields) == 0 {
		return invalid("the record is empty: give it a text or fields")
	}
	if len(r.Fields) > MaxFields {
		return invalid("the record has %d fields; at most %d are allowed", len(r.Fields), MaxFields)
	}
	if n := r.Bytes(); n > maxBytes {
		return invalid("the record has %d bytes; at most %d are allowed (limits.max_record_bytes of the server)", n, maxBytes)
	}
	blank := true
	for i := range r.Fields {
		if err := r.validateField(i); err != nil {
			return err
		}
		blank = blank && strings.TrimSpace(r.Fields[i].Value) == ""
	}
	if blank {
		return invalid("the record is empty: all its values are blank")
	}
	return nil
}

func (r *Record) validateField(i int) *Error {
	f := &r.Fields[i]
	if !utf8.ValidString(f.Value) || !utf8.ValidString(f.Name) {
		return invalid("field %d is not valid UTF-8", i+1)
	}
	if f.Name == "" || len(f.Name) > MaxFieldName {
		return invalid("the name of field %d has %d bytes; 1 to %d are allowed", i+1, len(f.Name), MaxFieldName)
	}
	for j := range i {
		if r.Fields[j].Name == f.Name {
			return invalid("fields %d and %d have the same name", j+1, i+1)
		}
	}
	if f.JSON && !json.Valid([]byte(f.Value)) {
		return invalid("field %d is not valid JSON", i+1)
	}
	return nil
}

func invalid(format string, args ...any) *Error {
	return &Error{Reason: ReasonInvalidRecord, Message: fmt.Sprintf(format, args...)}
}
