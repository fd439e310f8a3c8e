package main

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"slices"
	"strings"
	"syscall"

	weirv1 "github.com/weir-ml/weir/gen/weir/v1"
)

// resultColumns are the columns that the output has over the input.
type resultColumns struct {
	values  []string
	problem string
}

// columnsOf names the columns of a stream's results: one for each value field where there are several, `embedding` of a
// model that embeds, else `prediction`.
func columnsOf(started *weirv1.PredictStarted, prefix string) resultColumns {
	names := strings.Split(started.GetOptions()["response.value.field"], ",")
	switch {
	case started.GetTask() == weirv1.Task_TASK_EMBEDDING:
		names = []string{"embedding"}
	case len(names) < 2:
		names = []string{"prediction"}
	}
	for i, name := range names {
		names[i] = prefix + strings.TrimSpace(name)
	}
	return resultColumns{values: names, problem: prefix + "error"}
}

// clash returns a column that the row has already; empty: none.
func (c resultColumns) clash(r row) string {
	for _, name := range append(slices.Clone(c.values), c.problem) {
		if r.has(name) {
			return name
		}
	}
	return ""
}

// outcome is what a row gets: values, one for each column, or a problem.
type outcome struct {
	values  []value
	problem string
}

type value struct {
	text string
	json bool
}

// outcomeOf puts a result into columns; result is nil for a bad row.
func outcomeOf(r row, result *weirv1.Result) outcome {
	if result == nil {
		return outcome{problem: fmt.Sprintf("INVALID_RECORD: line %d: %s", r.line, r.problem)}
	}
	switch o := result.GetOutcome().(type) {
	case *weirv1.Result_Text:
		return outcome{values: []value{{o.Text, false}}}
	case *weirv1.Result_Json:
		return outcome{values: []value{{o.Json, true}}}
	case *weirv1.Result_Embedding:
		return outcome{values: []value{{vectorText(o.Embedding.GetValues()), true}}}
	case *weirv1.Result_Values:
		return outcome{values: valuesOf(o.Values.GetFields())}
	case *weirv1.Result_Error:
		return outcome{problem: reasonOf(o.Error) + ": " + o.Error.GetMessage()}
	}
	return outcome{problem: "INTERNAL: the server sent a result without a value"}
}

func valuesOf(fields []*weirv1.Field) []value {
	values := make([]value, len(fields))
	for i, f := range fields {
		switch v := f.GetValue().(type) {
		case *weirv1.Field_Text:
			values[i] = value{v.Text, false}
		case *weirv1.Field_Json:
			values[i] = value{v.Json, true}
		default:
			values[i] = value{"null", true}
		}
	}
	return values
}

func reasonOf(e *weirv1.RecordError) string {
	return strings.TrimPrefix(e.GetReason().String(), "REASON_")
}

// output writes rows in one format.
type output interface {
	header() []byte
	appendRow(to []byte, r row, res outcome) []byte
}

// sink is where the output goes. What it has flushed is complete rows, unless a write fails.
type sink struct {
	name    string
	file    *os.File // nil: standard output
	to      *bufio.Writer
	written int // rows, those of an earlier run included
	scratch []byte
}

func newSink(name string, to io.Writer, file *os.File) *sink {
	return &sink{name: name, file: file, to: bufio.NewWriterSize(to, 256<<10)}
}

// createOutput opens a new file for the output. One that has something in it is only overwritten where that is wanted.
func createOutput(path string, overwrite bool) (*os.File, error) {
	if info, err := os.Stat(path); err == nil && info.Mode().IsRegular() && info.Size() > 0 && !overwrite {
		return nil, misuse("--out %s is there already: go on with it (--resume), replace it (--overwrite), or choose another name", path)
	}
	file, err := os.Create(path)
	if err != nil {
		return nil, misuse("--out: %w", err)
	}
	return file, nil
}

func (s *sink) write(line []byte) error {
	_, err := s.to.Write(line)
	return s.explain(err)
}

func (s *sink) flush() error { return s.explain(s.to.Flush()) }

// close flushes and closes the file. It may be called again.
func (s *sink) close() error {
	err := s.to.Flush()
	if s.file != nil {
		if closed := s.file.Close(); !errors.Is(closed, fs.ErrClosed) {
			err = errors.Join(err, closed)
		}
	}
	return s.explain(err)
}

// explain says what a write that failed means.
func (s *sink) explain(err error) error {
	switch {
	case err == nil:
		return nil
	case errors.Is(err, syscall.EPIPE):
		return fmt.Errorf("%s was closed by its reader; rows behind that are lost", s.name)
	case errors.Is(err, syscall.ENOSPC):
		return fmt.Errorf("%s: the disk is full; make room and go on with --resume", s.name)
	default:
		return fmt.Errorf("writing %s: %w", s.name, err)
	}
}
