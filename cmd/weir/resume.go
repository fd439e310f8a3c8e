package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
)

// resumption is where an earlier run stopped.
type resumption struct {
	rows   int    // complete rows of the output
	end    int64  // where they end in the input
	header []byte // of the output, with its line end; CSV only
}

// resumeOutput opens an output for going on: it reads the complete rows, checks that each begins as the input's row of that
// place does, moves the input behind them, and cuts off what is not complete. A file that is not there yet begins empty.
func resumeOutput(path string, in *input) (*os.File, resumption, error) {
	file, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o644) //nolint:gosec // as os.Create: the umask decides
	if err != nil {
		return nil, resumption{}, misuse("--out: %w", err)
	}
	done, end, err := in.skip(file, path)
	if err == nil {
		err = file.Truncate(end)
	}
	if err == nil {
		_, err = file.Seek(end, io.SeekStart)
	}
	if err != nil {
		return nil, resumption{}, errors.Join(err, file.Close())
	}
	return file, done, nil
}

// skip moves the input behind the complete rows of the output, and returns where they end.
func (in *input) skip(out io.Reader, path string) (resumption, int64, error) {
	var done resumption
	var end int64
	rows := newSplitter(out, in.csv != nil, 2*maxRow)
	for {
		raw, err := rows.next()
		if errors.Is(err, io.EOF) || errors.Is(err, errUnclosed) && !raw.tooLong || err == nil && !raw.complete {
			return done, end, nil
		}
		if err != nil {
			return done, 0, fmt.Errorf("reading %s: %w", path, err)
		}
		what := "the header"
		if in.csv != nil && done.header == nil {
			done.header = bytes.Clone(rows.text)
			err = sameRow(raw.text, in.csv.head)
		} else {
			done.rows++
			what = "row " + number(done.rows)
			done.end, err = in.skipOne(raw.text)
		}
		if err != nil {
			return done, 0, misuse("--resume: %s of %s (line %d) %w; is that the output of another input?", what, path, raw.line, err)
		}
		end = raw.end
	}
}

// skipOne reads the next row of the input, compares it with that of the output, and returns where it ends.
func (in *input) skipOne(written []byte) (int64, error) {
	r, err := in.next()
	if errors.Is(err, io.EOF) {
		return 0, errors.New("is behind the last row of the input")
	}
	if err != nil {
		return 0, err
	}
	return r.end, sameRow(written, r.head)
}

// sameRow reports whether a row of the output begins with head and goes on with columns of its own.
func sameRow(written, head []byte) error {
	rest, ok := bytes.CutPrefix(written, head)
	if !ok || len(rest) == 0 || (rest[0] != ',' && !bytes.Equal(head, []byte("{"))) {
		return errors.New("does not begin as that of the input does")
	}
	return nil
}
