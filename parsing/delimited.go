package parsing

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// delimitedFormat reads lines of cells. The columns are the index, the echo if there is one, and the values in the order of Config,
// unless the fields are numbers of columns (1, 2, …) or a line with their names comes first.
type delimitedFormat struct {
	names
	delimiter string
	// columns are those of heads, counted from 0.
	columns []int
	tokens  bool
}

// heads are the names of the columns.
func (f *delimitedFormat) heads() []string { return append(f.before(), f.values...) }

// before are those before the values.
func (f *delimitedFormat) before() []string {
	if f.echo == "" {
		return []string{f.index}
	}
	return []string{f.index, f.echo}
}

const defaultDelimiter = "|"

func newDelimitedFormat(cfg Config) (Format, []error) {
	n, problems := newNames(cfg)
	f := &delimitedFormat{names: n, delimiter: cfg.Delimiter, tokens: cfg.Tokens}
	switch f.delimiter {
	case "":
		f.delimiter = defaultDelimiter
	case `\t`, "tab":
		f.delimiter = "\t"
	}
	if d := f.delimiter; len(d) > 8 || strings.ContainsAny(d, "\r\n\"") || strings.Trim(d, " ") == "" || isDigit(d[0]) {
		problems = append(problems,
			fmt.Errorf("response.delimiter: %q cannot be one: up to 8 bytes, no line break, quote, digit or blank alone", d))
	}
	if cfg.Path != "" {
		problems = append(problems,
			errors.New("response.path: the format delimited has no path; its columns are response.index.field and response.value.field"))
	}
	f.columns = f.positions()
	return f, problems
}

// positions are the columns where the fields are numbers, else their order.
func (f *delimitedFormat) positions() []int {
	columns := make([]int, 0, len(f.values)+1)
	for i, name := range f.heads() {
		n, err := strconv.Atoi(name)
		if err != nil || n < 1 || n > 1000 {
			n = i + 1
		}
		columns = append(columns, n-1)
	}
	return columns
}

func (f *delimitedFormat) Instruction() string {
	line := func(i int) string {
		first := f.example(i, f.tokens)
		if f.echo != "" {
			first += f.delimiter + echoExample
		}
		return first + strings.Repeat(f.delimiter+"…", len(f.values))
	}
	head := strings.Join(f.heads(), f.delimiter)
	how := ""
	if f.delimiter == "," {
		how = " A value with a comma or a quote in it is put in double quotes, and quotes in it are doubled."
	}
	return "Answer with lines and nothing else: this one first, then one for each input.\n" +
		head + "\n" + line(1) + "\n" + line(2) + "\n" +
		f.meaning(f.tokens, func(name string) string { return name }) + how
}

func (f *delimitedFormat) Read(reply Reply) Reading {
	text, ok := spoken(reply.Text)
	if !ok {
		return unfinishedThinking()
	}
	r := Reading{Problem: ProblemUnparsable, Message: fmt.Sprintf("no line in the reply has the delimiter %q", f.delimiter)}
	if reply.CutOff {
		r.CutOff = true
		text = text[:strings.LastIndexByte(text, '\n')+1] // the last line has no end
	}
	columns := f.columns
	for line := range strings.Lines(text) {
		cells := f.cells(line)
		if len(cells) < 2 || isRule(cells) {
			continue
		}
		if head, ok := f.header(cells); ok {
			columns = head
			continue
		}
		if len(r.Claims) == maxEntries {
			return Reading{Problem: ProblemUnparsable, Message: fmt.Sprintf("the reply has more than %d entries", maxEntries)}
		}
		r.Claims = append(r.Claims, f.claim(cells, columns))
	}
	return r
}

// claim reads a line. What is more than there are columns belongs to the last of them.
func (f *delimitedFormat) claim(cells []string, columns []int) Claim {
	most := slices.Max(columns)
	if len(cells) <= columns[0] {
		return Claim{}
	}
	c := Claim{Named: true, ID: cells[columns[0]]}
	if len(cells) <= most {
		c.Problem, c.Message = ProblemInvalid, fmt.Sprintf("the answer for this record has %d columns and needs %d", len(cells), most+1)
		return c
	}
	values := make([]string, len(f.values))
	others := len(f.before())
	if others > 1 {
		c.Echo = strings.TrimSpace(cells[columns[1]])
	}
	for i, column := range columns[others:] {
		values[i] = cells[column]
		if column == most {
			values[i] = strings.Join(cells[column:], f.delimiter)
		}
	}
	c.Fields, c.Problem, c.Message = f.fieldsOf(values)
	return c
}

// header returns the columns that a line with the names of all fields gives.
func (f *delimitedFormat) header(cells []string) ([]int, bool) {
	columns := make([]int, 0, len(f.values)+1)
	for _, name := range f.heads() {
		at := slices.IndexFunc(cells, func(cell string) bool { return strings.EqualFold(strings.TrimSpace(cell), name) })
		if at < 0 {
			return nil, false
		}
		columns = append(columns, at)
	}
	return columns, true
}

// cells splits a line. The bars around the rows of a table do not count.
func (f *delimitedFormat) cells(line string) []string {
	line = strings.TrimRight(line, "\r\n")
	if f.delimiter == "|" {
		line = strings.TrimSpace(line)
		if strings.HasPrefix(line, "|") && strings.HasSuffix(line, "|") && len(line) > 1 {
			line = line[1 : len(line)-1]
		}
	}
	if f.delimiter != "," || !strings.Contains(line, `"`) {
		return strings.Split(line, f.delimiter)
	}
	var cells []string
	for {
		cell, rest, more := csvCell(line)
		cells = append(cells, cell)
		if !more {
			return cells
		}
		line = rest
	}
}

// csvCell takes the first cell off a line, in quotes or without. One whose quotes do not close ends at the next comma.
func csvCell(line string) (cell, rest string, more bool) {
	if inner, quoted := strings.CutPrefix(strings.TrimLeft(line, " "), `"`); quoted {
		for at := 0; ; at += 2 {
			next := strings.IndexByte(inner[at:], '"')
			if next < 0 {
				break
			}
			at += next
			if strings.HasPrefix(inner[at+1:], `"`) {
				continue
			}
			rest = strings.TrimLeft(inner[at+1:], " ")
			if rest == "" || rest[0] == ',' {
				return strings.ReplaceAll(inner[:at], `""`, `"`), strings.TrimPrefix(rest, ","), rest != ""
			}
			break
		}
	}
	return strings.Cut(line, ",")
}

// isRule reports whether a line is the one between the head and the rows of a table.
func isRule(cells []string) bool {
	for _, cell := range cells {
		if cell = strings.TrimSpace(cell); strings.Trim(cell, "-:=") != "" || len(cell) < 2 {
			return false
		}
	}
	return true
}
