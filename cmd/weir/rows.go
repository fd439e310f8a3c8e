package main

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"

	weirv1 "github.com/weir-ml/weir/gen/weir/v1"
)

// maxRow is the most bytes of an input row; a longer one is an error of that row.
const maxRow = 8 << 20

// row is one row of an input, and what its row of the output begins with.
type row struct {
	// line is the row's first line in the input, from 1.
	line int
	// end is the offset behind the row.
	end int64
	// head is what the output's row begins with: the input's own bytes wherever that is possible.
	head []byte
	// record is what is asked; nil where the row is bad.
	record *weirv1.Record
	// problem says why there is no record.
	problem string
	// has reports whether the row has a column of that name already.
	has func(column string) bool
}

// rowReader reads the rows of an input.
type rowReader interface {
	// next returns the next row; io.EOF at the end. Another error means that nothing more can be read.
	next() (row, error)
}

// rawRow is a row as it stands in a file.
type rawRow struct {
	text []byte // without its line end; only until the next row is read
	line int
	end  int64
	// complete is false for a last row without a line end.
	complete bool
	// tooLong is set where text is only the beginning.
	tooLong bool
}

// splitter cuts a file into rows. In CSV a row ends at the first line end that is in no quoted value. Blank lines are no
// rows.
type splitter struct {
	src    *bufio.Reader
	csv    bool
	most   int // bytes of a row
	line   int // lines read
	offset int64
	text   []byte
}

func newSplitter(src io.Reader, csv bool, most int) *splitter {
	return &splitter{src: bufio.NewReaderSize(src, 64<<10), csv: csv, most: most}
}

// errUnclosed is a quote that never ends: nothing behind it can be told apart.
var errUnclosed = errors.New("a quoted value is never closed, or longer than 8 MiB, so what follows cannot be read as CSV")

// next returns the next row; io.EOF at the end.
func (s *splitter) next() (rawRow, error) {
	for {
		r, err := s.read()
		if err != nil || len(r.text) > 0 || r.tooLong {
			return r, err
		}
	}
}

// read reads one row, blank or not.
func (s *splitter) read() (rawRow, error) {
	r := rawRow{line: s.line + 1}
	s.text = s.text[:0]
	quotes := quotesAtStart
	for {
		chunk, err := s.src.ReadSlice('\n')
		s.offset += int64(len(chunk))
		if s.csv {
			quotes = quotes.after(chunk)
		}
		s.keep(&r, chunk)
		whole := err == nil
		if whole {
			s.line++
		}
		switch {
		case errors.Is(err, bufio.ErrBufferFull):
			continue
		case err != nil && !errors.Is(err, io.EOF):
			return r, fmt.Errorf("line %d: %w", r.line, err)
		case quotes == quotesOpen && (r.tooLong || !whole):
			return s.unclosed(r)
		case whole && quotes == quotesOpen:
			continue
		case !whole && len(s.text) == 0:
			return r, io.EOF
		}
		r.text, r.end, r.complete = trimLineEnd(s.text), s.offset, whole
		return r, nil
	}
}

// unclosed is the end of a file, or of patience, within quotes. The row is not complete, which is all that resuming asks.
func (s *splitter) unclosed(r rawRow) (rawRow, error) {
	r.text, r.end = s.text, s.offset
	return r, fmt.Errorf("line %d: %w", r.line, errUnclosed)
}

func (s *splitter) keep(r *rawRow, chunk []byte) {
	if len(s.text)+len(chunk) > s.most {
		r.tooLong = true
		chunk = chunk[:s.most-len(s.text)]
	}
	s.text = append(s.text, chunk...)
}

func trimLineEnd(text []byte) []byte {
	return bytes.TrimSuffix(bytes.TrimSuffix(text, []byte("\n")), []byte("\r"))
}

// quotes is where in a CSV row a reader is.
type quotes int

const (
	quotesAtStart quotes = iota // of a value
	quotesNone                  // in a value without quotes
	quotesOpen                  // in a quoted value
	quotesSeen                  // behind a quote in a quoted value: its end, or the first of two
)

// after is where the reader is when it has read chunk.
func (q quotes) after(chunk []byte) quotes {
	for _, c := range chunk {
		switch {
		case c == '"' && (q == quotesAtStart || q == quotesSeen):
			q = quotesOpen
		case c == '"' && q == quotesOpen:
			q = quotesSeen
		case q == quotesOpen:
		case c == ',':
			q = quotesAtStart
		default:
			q = quotesNone
		}
	}
	return q
}
