package main

import (
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"

	"github.com/google/go-cmp/cmp"
)

const (
	good = "I love it: a wonderful thing"
	bad  = "I hate it: a terrible thing"
)

// rowsCase is an input of weir predict, and what becomes of it.
type rowsCase struct {
	name  string
	args  []string
	in    string
	out   string
	code  int
	notes string // must be in what it says
}

func TestPredictRows(t *testing.T) {
	server := startServer(t, "")
	for _, c := range slices.Concat(rowsInJSON(), rowsInCSV(), rowsThatAreNotAsked()) {
		t.Run(c.name, func(t *testing.T) {
			got := weir(t, c.in, append([]string{"predict", "-", "--server", server.address}, c.args...)...)
			if got.code != c.code {
				t.Errorf("exit code %d, want %d", got.code, c.code)
			}
			if diff := cmp.Diff(c.out, got.out); diff != "" {
				t.Errorf("output (-want +got):\n%s", diff)
			}
			if !strings.Contains(got.err, c.notes) {
				t.Errorf("%q does not say %q", got.err, c.notes)
			}
		})
	}
}

// rowsInJSON are rows that are asked about, a JSON object each; some are bad.
func rowsInJSON() []rowsCase {
	return []rowsCase{
		{
			name: "jsonl keeps rows as they are",
			in: `{"id": 9007199254740993, "text":"` + good + `","n":1.50, "u": "h\u00e9 ü 😀"}` + "\n" +
				"\n" +
				`  {"text": "` + bad + `" , "id":1e2 }  ` + "\r\n" +
				`{"text": "` + good + `"}`,
			out: `{"id": 9007199254740993, "text":"` + good + `","n":1.50, "u": "h\u00e9 ü 😀", "prediction": "positive"}` + "\n" +
				`{"text": "` + bad + `" , "id":1e2, "prediction": "negative"}` + "\n" +
				`{"text": "` + good + `", "prediction": "positive"}` + "\n",
		},
		{
			name: "jsonl with bad rows", code: exitRecords, notes: "4 INVALID_RECORD",
			in: `{"text": "` + good + `"}` + "\n" + `{"text": ` + "\n" + `["a"]` + "\n" + `{"body": "x"}` + "\n" + `{"text": null}` + "\n",
			out: `{"text": "` + good + `", "prediction": "positive"}` + "\n" +
				`{"line": 2, "error": "INVALID_RECORD: line 2: the row is not a JSON object: unexpected end of JSON input"}` + "\n" +
				`{"line": 3, "error": "INVALID_RECORD: line 3: the row is not a JSON object: json: cannot unmarshal array into Go value of type map[string]json.RawMessage"}` + "\n" +
				`{"body": "x", "error": "INVALID_RECORD: line 4: the row has no column \"text\""}` + "\n" +
				`{"text": null, "error": "INVALID_RECORD: line 5: column \"text\" is empty"}` + "\n",
		},
		{
			name: "jsonl bad rows only", code: exitRecords,
			in:   "{}\n" + `{"a": 1}` + "\n",
			out:  `{"error": "INVALID_RECORD: line 1: the row has no column \"review\""}` + "\n" + `{"a": 1, "error": "INVALID_RECORD: line 2: the row has no column \"review\""}` + "\n",
			args: []string{"--field", "review"},
		},
		{
			name: "a record that the server refuses", code: exitRecords, notes: "first error, line 1: INVALID_RECORD",
			in:  `{"text": " "}` + "\n",
			out: `{"text": " ", "error": "INVALID_RECORD: the record is empty: all its values are blank"}` + "\n",
		},
		{
			name: "jsonl with a chosen column and a prefix", args: []string{"-f", "review", "--prefix", "weir_"},
			in:  `{"prediction": "mine", "review": "` + bad + `"}`,
			out: `{"prediction": "mine", "review": "` + bad + `", "weir_prediction": "negative"}` + "\n",
		},
		{
			name: "several columns are fields", args: []string{"-f", "title,body"},
			in:  `{"body": "` + bad + `", "title": 5}` + "\n",
			out: `{"body": "` + bad + `", "title": 5, "prediction": "negative"}` + "\n",
		},
		{
			name: "strict", args: []string{"--strict"}, code: exitFailure, notes: "line 2: the row is not a JSON object",
			in:  `{"text": "` + good + `"}` + "\n" + `{"text": ` + "\n" + `{"text": "` + bad + `"}` + "\n",
			out: `{"text": "` + good + `", "prediction": "positive"}` + "\n",
		},
	}
}

// rowsInCSV are the same in CSV.
func rowsInCSV() []rowsCase {
	return []rowsCase{
		{
			name: "csv with quotes and line breaks in a value", args: []string{"--format", "csv"},
			in: "id,text,note\n" +
				`1,"` + good + `, ""really""","two` + "\n" + `lines, ü"` + "\n" +
				"2," + bad + ",\n",
			out: "id,text,note,prediction,error\n" +
				`1,"` + good + `, ""really""","two` + "\n" + `lines, ü",positive,` + "\n" +
				"2," + bad + ",,negative,\n",
		},
		{
			name: "csv of another system", args: []string{"--format", "csv"},
			in:  "\ufefftext,id\r\n" + good + ",1\r\n\r\n" + bad + ",2",
			out: "\ufefftext,id,prediction,error\r\n" + good + ",1,positive,\r\n" + bad + ",2,negative,\r\n",
		},
		{
			name: "csv with bad rows", args: []string{"--format", "csv"}, code: exitRecords, notes: "4 INVALID_RECORD",
			in: "id,text\n1,a,b\n2\n3,a\"b\n4,\n5," + good + "\n",
			out: "id,text,prediction,error\n" +
				`1,a,,"INVALID_RECORD: line 2: the row has 3 columns, the header has 2"` + "\n" +
				`2,,,"INVALID_RECORD: line 3: the row has 1 columns, the header has 2"` + "\n" +
				`"3,a""b",,,"INVALID_RECORD: line 4: the row is not CSV: bare "" in non-quoted-field"` + "\n" +
				`4,,,"INVALID_RECORD: line 5: column ""text"" is empty"` + "\n" +
				"5," + good + ",positive,\n",
		},
		{
			name: "a quote that never ends", args: []string{"--format", "csv"}, code: exitFailure, notes: "line 3: a quoted value is never closed",
			in:  "id,text\n1," + good + "\n2,\"open\n3,x\n",
			out: "id,text,prediction,error\n1," + good + ",positive,\n",
		},
	}
}

// rowsThatAreNotAsked are inputs without a row, and commands that cannot be carried out.
func rowsThatAreNotAsked() []rowsCase {
	return []rowsCase{
		{name: "nothing", in: "\n\n", notes: "has no rows"},
		{name: "a header only", in: "id,text\n", args: []string{"--format", "csv"}, notes: "has no rows"},
		{name: "no text column", in: `{"review": "a", "id": 1}`, code: exitUsage, notes: "--field: id, review"},
		{name: "no such csv column", in: "id,body\n1,a\n", args: []string{"--format", "csv"}, code: exitUsage, notes: "--field: id, body"},
		{name: "the column is there", in: `{"text": "a", "error": 1}`, code: exitUsage, notes: "--prefix"},
		{name: "the csv column is there", in: "text,prediction\na,b\n", args: []string{"--format", "csv"}, code: exitUsage, notes: "--prefix"},
		{name: "an unknown model", args: []string{"-m", "nobody"}, in: `{"text": "a"}`, code: exitUsage, notes: `no model "nobody"`},
		{name: "an unknown option", args: []string{"-o", "batch.siz=2"}, in: `{"text": "a"}`, code: exitUsage, notes: "batch.size"},
	}
}

// TestPredictValues asks for several values of each record: each has a column.
func TestPredictValues(t *testing.T) {
	server := startServer(t, "")
	options := []string{
		"-o", `batch.prompt.template=Find the sentiment and the entities of each text. Answer: [{"index": <n>, "sentiment": "...", "entities": [...]}]`,
		"-o", "response.value.field=sentiment,entities",
	}
	row := `{"text": "I love Anna in Paris"}` + "\n"
	got := weir(t, row, append([]string{"predict", "-", "--server", server.address}, options...)...)
	if got.code != exitOK || !strings.HasPrefix(got.out, `{"text": "I love Anna in Paris", "sentiment": "positive", "entities": [`) {
		t.Errorf("exit code %d, %s%s", got.code, got.out, got.err)
	}
	asCSV := weir(t, "text\nI love Anna in Paris\n", append([]string{"predict", "-", "--format", "csv", "--server", server.address}, options...)...)
	if asCSV.code != exitOK || !strings.HasPrefix(asCSV.out, "text,sentiment,entities,error\nI love Anna in Paris,positive,\"[") {
		t.Errorf("exit code %d, %s%s", asCSV.code, asCSV.out, asCSV.err)
	}
}

// reviews makes n rows whose label can be told from their number.
func reviews(n int) (in, out string) {
	var i, o strings.Builder
	for k := range n {
		text, label := good, "positive"
		if k%3 == 0 {
			text, label = bad, "negative"
		}
		fmt.Fprintf(&i, `{"id": %d, "text": "%s"}`+"\n", k, text)
		fmt.Fprintf(&o, `{"id": %d, "text": "%s", "prediction": "%s"}`+"\n", k, text, label)
	}
	return i.String(), o.String()
}

func TestPredictManyRows(t *testing.T) {
	server := startServer(t, "")
	in, want := reviews(10_000)
	got := weir(t, in, "predict", "--server", server.address)
	if got.code != exitOK || got.out != want {
		t.Errorf("exit code %d, %d bytes of output, want %d; %s", got.code, len(got.out), len(want), got.err)
	}
	for _, part := range []string{"10,000 rows", "no errors", "at least 500 calls", "tokens in"} {
		if !strings.Contains(got.err, part) {
			t.Errorf("the summary does not say %q: %s", part, got.err)
		}
	}
	if strings.Contains(got.err, "\r") {
		t.Error("a bar where there is no terminal")
	}
}

func TestPredictQuiet(t *testing.T) {
	server := startServer(t, "")
	if got := weir(t, `{"text": "a"}`, "predict", "-q", "--server", server.address); got.err != "" {
		t.Errorf("it says %q", got.err)
	}
}

func TestPredictOutputFile(t *testing.T) {
	server := startServer(t, "")
	in, want := reviews(50)
	file := writeFile(t, "in.jsonl", in)
	out := filepath.Join(t.TempDir(), "out.jsonl")
	args := []string{"predict", file, "--server", server.address, "--out", out}
	if got := weir(t, "", args...); got.code != exitOK || got.out != "" || readFile(t, out) != want {
		t.Fatalf("exit code %d, %s", got.code, got.err)
	}
	if got := weir(t, "", args...); got.code != exitUsage || !strings.Contains(got.err, "--overwrite") {
		t.Errorf("over a file that is there: exit code %d, %s", got.code, got.err)
	}
	if got := weir(t, "", append(args, "--overwrite")...); got.code != exitOK || readFile(t, out) != want {
		t.Errorf("with --overwrite: exit code %d, %s", got.code, got.err)
	}
	if got := weir(t, "", "predict", file, "--server", server.address, "--out", file, "--overwrite"); got.code != exitUsage || readFile(t, file) != in {
		t.Errorf("the input as output: exit code %d, %s", got.code, got.err)
	}
}

// failing is a writer that fails after some bytes.
type failing struct {
	left int
	err  error
}

func (f *failing) Write(p []byte) (int, error) {
	if len(p) > f.left {
		n := f.left
		f.left = 0
		return n, f.err
	}
	f.left -= len(p)
	return len(p), nil
}

func TestPredictCannotWrite(t *testing.T) {
	server := startServer(t, "")
	in, _ := reviews(3000)
	for _, c := range []struct {
		err  error
		says string
	}{
		{syscall.ENOSPC, "the disk is full"},
		{syscall.EPIPE, "closed by its reader"},
		{errors.New("a fault of the medium"), "a fault of the medium"},
	} {
		var said strings.Builder
		code := run(t.Context(), []string{"predict", "--server", server.address}, streams{strings.NewReader(in), &failing{10_000, c.err}, &said})
		if code != exitFailure || strings.Count(said.String(), c.says) != 1 {
			t.Errorf("%v: exit code %d, %s", c.err, code, said.String())
		}
	}
}

// endless gives rows as long as somebody reads, and counts them.
type endless struct {
	row  string
	rest string
}

func (e *endless) Read(p []byte) (int, error) {
	if e.rest == "" {
		e.rest = e.row
	}
	n := copy(p, e.rest)
	e.rest = e.rest[n:]
	return n, nil
}

// TestPredictReadsAsItGoes reads from an input without an end: the output comes all the same.
func TestPredictReadsAsItGoes(t *testing.T) {
	server := startServer(t, "")
	code := run(t.Context(), []string{"predict", "--server", server.address}, streams{
		in: &endless{row: `{"text": "` + good + `"}` + "\n"}, out: &failing{1 << 18, syscall.EPIPE}, err: io.Discard,
	})
	if code != exitFailure {
		t.Errorf("exit code %d", code)
	}
}
