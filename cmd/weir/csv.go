package main

import (
	"bufio"
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"unicode/utf8"

	weirv1 "github.com/weir-ml/weir/gen/weir/v1"
)

// csvReader reads rows of comma-separated values (RFC 4180) below a header.
type csvReader struct {
	rows    *splitter
	fields  []string
	columns []int // of the fields
	names   []string
	head    []byte // the header as it stands
	eol     string

	src    bytes.Reader
	buffer *bufio.Reader
	parser *csv.Reader
}

// newCSVReader reads the header; io.EOF where there is none. A chosen column that the header has not is a misuse.
func newCSVReader(src io.Reader, fields []string) (*csvReader, error) {
	c := &csvReader{rows: newSplitter(src, true, maxRow), fields: fields, eol: "\n"}
	c.buffer = bufio.NewReaderSize(&c.src, 4096)
	c.parser = csv.NewReader(c.buffer)
	c.parser.FieldsPerRecord = -1
	raw, err := c.rows.next()
	if err != nil {
		return nil, err
	}
	if bytes.HasSuffix(c.rows.text, []byte("\r\n")) {
		c.eol = "\r\n"
	}
	c.head = bytes.Clone(raw.text)
	c.names, err = c.parse(bytes.TrimPrefix(raw.text, []byte("\ufeff")))
	if err != nil || raw.tooLong {
		return nil, misuse("line %d: the header cannot be read as CSV: %w", raw.line, err)
	}
	return c, c.choose()
}

func (c *csvReader) choose() error {
	fields := c.fields
	if len(fields) == 0 {
		fields = []string{textField}
	}
	for _, name := range fields {
		at := slices.Index(c.names, name)
		if at < 0 {
			return misuse("there is no column %q; choose one or more with --field: %s", name, strings.Join(c.names, ", "))
		}
		c.columns = append(c.columns, at)
	}
	c.fields = fields
	return nil
}

// parse reads the values of one row.
func (c *csvReader) parse(text []byte) ([]string, error) {
	c.src.Reset(text)
	c.buffer.Reset(&c.src)
	values, err := c.parser.Read()
	if problem, is := errors.AsType[*csv.ParseError](err); is {
		return nil, problem.Err
	}
	return values, err
}

// next returns the next row.
func (c *csvReader) next() (row, error) {
	raw, err := c.rows.next()
	if err != nil {
		return row{}, err
	}
	r := row{line: raw.line, end: raw.end, has: c.has}
	values, err := c.parse(raw.text)
	switch {
	case raw.tooLong:
		r.problem = fmt.Sprintf("the row is longer than %d MiB", maxRow>>20)
		r.head = c.joined(nil)
	case err != nil:
		r.problem = "the row is not CSV: " + err.Error()
		r.head = c.joined([]string{string(raw.text)})
	case len(values) != len(c.names):
		r.problem = fmt.Sprintf("the row has %d columns, the header has %d", len(values), len(c.names))
		r.head = c.joined(values)
	default:
		r.head = bytes.Clone(raw.text)
		r.record, r.problem = c.record(values)
	}
	return r, nil
}

func (c *csvReader) has(column string) bool { return slices.Contains(c.names, column) }

// joined writes values as a row of as many columns as the header has.
func (c *csvReader) joined(values []string) []byte {
	var head []byte
	for i := range c.names {
		if i > 0 {
			head = append(head, ',')
		}
		if i < len(values) {
			head = appendCell(head, values[i])
		}
	}
	return head
}

func (c *csvReader) record(values []string) (*weirv1.Record, string) {
	record := &weirv1.Record{}
	for i, at := range c.columns {
		value := values[at]
		if !utf8.ValidString(value) {
			return nil, fmt.Sprintf("column %q is not UTF-8", c.fields[i])
		}
		if len(c.columns) == 1 {
			record.Text = value
		} else {
			record.Fields = append(record.Fields, &weirv1.Field{Name: c.fields[i], Value: &weirv1.Field_Text{Text: value}})
		}
	}
	if len(c.columns) == 1 && record.GetText() == "" {
		return nil, fmt.Sprintf("column %q is empty", c.fields[0])
	}
	return record, ""
}

// csvOutput writes rows that begin with the input's.
type csvOutput struct {
	columns resultColumns
	head    []byte // of the input
	eol     string
}

func (o csvOutput) header() []byte {
	line := bytes.Clone(o.head)
	for _, name := range append(slices.Clone(o.columns.values), o.columns.problem) {
		line = appendCell(append(line, ','), name)
	}
	return append(line, o.eol...)
}

func (o csvOutput) appendRow(to []byte, r row, res outcome) []byte {
	to = append(to, r.head...)
	for i := range o.columns.values {
		to = append(to, ',')
		if i < len(res.values) {
			to = appendCell(to, res.values[i].text)
		}
	}
	to = appendCell(append(to, ','), res.problem)
	return append(to, o.eol...)
}

// appendCell writes a value, in quotes where it needs them.
func appendCell(to []byte, value string) []byte {
	if !strings.ContainsAny(value, "\",\r\n") && strings.TrimSpace(value) == value {
		return append(to, value...)
	}
	to = append(to, '"')
	to = append(to, strings.ReplaceAll(value, `"`, `""`)...)
	return append(to, '"')
}
