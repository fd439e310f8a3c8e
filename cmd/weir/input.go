package main

import (
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
)

// input is what a command reads: rows of a file or of standard input.
type input struct {
	name string
	size int64 // 0: not known
	rows rowReader
	csv  *csvReader // nil: JSONL
	file *os.File   // nil: standard input
	// ahead is the first row: it is read before anything else happens, so that an input that is empty, or without the
	// chosen column, is found early.
	ahead *row
	empty bool
}

// openInput opens a file, or standard input where path is "-" or empty. format is jsonl, csv, or empty for what the name
// ends in.
func openInput(path, format string, fields []string, stdin io.Reader) (*input, error) {
	in := &input{name: path}
	src := stdin
	if path == "" || path == "-" {
		in.name = "standard input"
	} else {
		file, err := os.Open(path)
		if err != nil {
			return nil, misuse("%w", err)
		}
		in.file, src = file, file
		if info, err := file.Stat(); err == nil && info.Mode().IsRegular() {
			in.size = info.Size()
		}
	}
	err := in.start(src, format, splitNames(fields))
	if errors.Is(err, io.EOF) {
		in.empty, err = true, nil
	}
	if err != nil {
		in.close()
		return nil, err
	}
	return in, nil
}

// start reads the header and the first row.
func (in *input) start(src io.Reader, format string, fields []string) error {
	if format == "" && strings.EqualFold(filepath.Ext(in.name), ".csv") {
		format = "csv"
	}
	switch format {
	case "csv":
		rows, err := newCSVReader(src, fields)
		if err != nil {
			return err
		}
		in.rows, in.csv = rows, rows
	case "", "jsonl":
		in.rows = newJSONLReader(src, fields)
	default:
		return misuse("--format must be jsonl or csv, not %q", format)
	}
	first, err := in.rows.next()
	if err != nil {
		return err
	}
	in.ahead = &first
	return nil
}

// next returns the next row; io.EOF at the end.
func (in *input) next() (row, error) {
	if in.empty {
		return row{}, io.EOF
	}
	if in.ahead != nil {
		first := *in.ahead
		in.ahead = nil
		return first, nil
	}
	return in.rows.next()
}

// output returns what writes the input's rows with the columns added.
func (in *input) output(columns resultColumns) output {
	if in.csv != nil {
		return csvOutput{columns: columns, head: in.csv.head, eol: in.csv.eol}
	}
	return jsonlOutput{columns: columns}
}

func (in *input) close() {
	if in.file != nil {
		_ = in.file.Close() // it was only read
	}
}

// splitNames takes lists of names with commas apart.
func splitNames(lists []string) []string {
	var names []string
	for _, list := range lists {
		for name := range strings.SplitSeq(list, ",") {
			if name = strings.TrimSpace(name); name != "" {
				names = append(names, name)
			}
		}
	}
	return names
}
