// Package parsing reads what a model replied about a batch of records and gives every record the value that is
// certainly its own, or the reason why it has none.
//
// A [Parser] works in two steps. A format (json, text) turns the reply into entries: what the model says, and the
// index it says it about. Matching then gives the entries to the records. It never guesses: an answer that may have
// moved to another record is no answer. What is left over is for the caller to ask again.
//
// The package knows no provider, calls no model, asks nothing again and does not mend broken replies. Its errors,
// messages and warnings never hold text of a reply, because a reply quotes records.
package parsing

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"
)

// MaxReplyBytes is the largest reply that is read, 16 MiB. A larger one is [ProblemUnparsable] for every record.
const MaxReplyBytes = 16 << 20

// Config says how an answer is written. The zero Config is JSON as weir asks for it: [{"index": 1, "value": …}].
type Config struct {
	// Format is the option response.format: "json" (default), "xml", "delimited", "regex", "text", or one that has been
	// registered.
	Format string
	// Path is the option response.path: where the entries are. For json a JSONPath, by default "$[*]", the elements of an
	// array; it may also select the one array that holds them, or the one object that has them by their indexes. For xml an
	// XPath 1.0, by default "//result". For regex the pattern, which there is no default of. The others have none.
	Path string
	// Delimiter is the option response.delimiter: what is between the columns of delimited. Default "|"; "\t" and "tab" are
	// the tab, and cells between commas may be in double quotes.
	Delimiter string
	// IndexField is the option response.index.field: the field with the record's index. Default "index".
	IndexField string
	// ValueFields is the option response.value.field: the fields with the values, at most 32. Default "value".
	ValueFields []string
	// EchoField is the option response.echo.field: the field in which an entry repeats its record's echo (Reply.Echoes). An entry
	// that does not is no valid answer. "": entries have no echo.
	EchoField string
	// Strict is the option response.match=strict: answers without indexes are nobody's. Default: if they are one list with
	// as many as records, they are taken in their order, and marked.
	Strict bool
	// Values is the option response.values: what the first of ValueFields may be, at most 256. An answer that differs in case,
	// or in spaces, quotes and punctuation around it, is taken for the value that it means. nil: anything.
	Values []string
	// Schema is the option response.schema: a JSON Schema of the value, or, if there are several ValueFields, of the object
	// with all of them. It refers only to what is in it. "": anything.
	Schema string
	// Tokens is the option record.ids=token: the records have ids of their own (Reply.IDs), and the instruction says so.
	Tokens bool
	// Structured is the option response.structured=on, for json alone: the instruction asks for one object with a member for
	// each record, r1, r2, …, and Parser.Schema describes it. Other forms of JSON are read all the same.
	Structured bool
}

// Parser reads answers of one form. Any number of goroutines may use it at once.
type Parser struct {
	format  Format
	strict  bool
	allowed *allowed
	schema  *schema
	fields  []string
	echo    string
	form    *answerForm // nil where Config.Structured is not set
}

// New returns a parser. Its error names every problem of cfg, each with its option.
func New(cfg Config) (*Parser, error) {
	name := cfg.Format
	if name == "" {
		name = defaultFormat
	}
	create, err := formatOf(name)
	if err != nil {
		return nil, err
	}
	p := &Parser{strict: cfg.Strict, fields: slices.Clone(cfg.ValueFields), echo: cfg.EchoField}
	f, problems := create(cfg)
	problems = append(problems, p.constrain(cfg, name == defaultFormat)...)
	problems = append(problems, p.structure(cfg, f)...)
	if len(problems) > 0 {
		return nil, errors.Join(problems...)
	}
	p.format = f
	return p, nil
}

// constrain reads what cfg demands of values.
func (p *Parser) constrain(cfg Config, typed bool) []error {
	var problems []error
	p.allowed, problems = newAllowed(cfg.Values)
	if cfg.Schema == "" {
		return problems
	}
	var err error
	if p.schema, err = newSchema(cfg.Schema, typed); err != nil {
		return append(problems, fmt.Errorf("response.schema: %w", err))
	}
	return problems
}

func (p *Parser) valueName() string {
	if p.form != nil && len(p.fields) <= 1 {
		return "Each value"
	}
	if len(p.fields) == 0 {
		return quote(defaultValue)
	}
	return quote(p.fields[0])
}

// Instruction returns what a prompt says about the form of the answer when its template does not. It is empty where
// any reply will do.
func (p *Parser) Instruction() string {
	if form := p.format.Instruction(); form != "" {
		return form + p.demands()
	}
	return ""
}

// Reply is what a model replied.
type Reply struct {
	// Text is the reply as it came. Bytes that are not UTF-8 are read as U+FFFD.
	Text string
	// CutOff says that the reply ends because of a limit and not because the model was done. Where it ends within an
	// answer, that explains why the answers behind are missing.
	CutOff bool
	// IDs are the ids that the call gave its records, in their order: short words, one for each record, different also where
	// case is ignored. Then they are the indexes, and a number is none. nil: the indexes are 1, 2, ….
	IDs []string
	// Echoes are the words that the call wrote behind its records, in their order, one for each, different as the IDs are. nil:
	// none were, and nothing is compared.
	Echoes []string
}

// Parse reads the reply to a call about that many records, whose indexes are 1, 2, … or reply.IDs. It takes time and memory in
// proportion to the reply, never waits, and never fails as a whole: what is wrong is said per record. Values may share
// memory with reply.Text.
func (p *Parser) Parse(reply Reply, records int) Answer {
	asked := newCall(reply)
	asked.records, asked.strict, asked.echoField = max(records, 0), p.strict, p.echo
	found := p.read(reply)
	p.check(&found)
	return match(found, asked)
}

// read keeps from formats what none of them shall have to deal with.
func (p *Parser) read(reply Reply) Reading {
	if len(reply.Text) > MaxReplyBytes {
		message := fmt.Sprintf("the reply has %d bytes; weir reads at most %d", len(reply.Text), MaxReplyBytes)
		return Reading{Problem: ProblemUnparsable, Message: message}
	}
	if strings.Trim(reply.Text, "\ufeff \t\r\n") == "" {
		return Reading{Problem: ProblemMissing, Message: "the model's reply is empty"}
	}
	if !utf8.ValidString(reply.Text) {
		reply.Text = string([]rune(reply.Text)) // one U+FFFD for each bad byte, as encoding/json does it
	}
	return p.format.Read(reply)
}

// Answer is what a reply says.
type Answer struct {
	// Entries has one Entry for each record, in the records' order; always.
	Entries []Entry
	// Suspect says that the model seems to have lost count: no record has a value, because any of them may be another's. To
	// ask for all of them again in smaller batches is better than to ask for some.
	Suspect bool
	// Warnings are what a careful reader should know about the whole answer: at most 8, in English, without text of
	// the reply.
	Warnings []string
}

// Entry is what a reply says about one record: values or a problem, never both, never neither.
type Entry struct {
	// Fields are the record's values, in the order of Config.ValueFields. nil exactly when there is a Problem.
	Fields []Field
	// Match says how the values found the record.
	Match Match
	// Problem is why there are no values; ProblemNone when there are.
	Problem Problem
	// Message explains the Problem to people. It holds no text of the reply.
	Message string
}

// Field is one value.
type Field struct {
	// Name is the field's name, as in Config.ValueFields; "value" in the format text.
	Name string
	// Value is the text, or JSON text exactly as the model wrote it: every digit, the order of the keys; only white
	// space is taken out. Always UTF-8.
	Value string
	// JSON says which: JSON text for numbers, booleans, arrays, objects and null; else plain text.
	JSON bool
}

// Match says how values found their record.
type Match int

// The ways to find a record.
const (
	// MatchNone is an entry without values.
	MatchNone Match = iota
	// MatchIndex: the model named the record's index.
	MatchIndex
	// MatchPosition: no answer had an index and there were exactly as many as records, so that their order decided.
	// Best effort.
	MatchPosition
	// MatchSingle: the record was alone and the whole reply is its value.
	MatchSingle
)

// String returns the match in one word.
func (m Match) String() string { return word(int(m), []string{"none", "index", "position", "single"}) }

// Problem is why a record has no values.
type Problem int

// The problems.
const (
	// ProblemNone: there are values.
	ProblemNone Problem = iota
	// ProblemMissing: nothing in the reply is certainly meant for this record.
	ProblemMissing
	// ProblemUnparsable: the reply cannot be read in the expected form. It then has this problem for every record.
	ProblemUnparsable
	// ProblemInvalid: the reply names this record, but without a value, with null, with two different values, or without its echo.
	ProblemInvalid
)

// String returns the problem in one word.
func (p Problem) String() string {
	return word(int(p), []string{"none", "missing", "unparsable", "invalid"})
}

func word(n int, words []string) string {
	if n < 0 || n >= len(words) {
		return fmt.Sprintf("number %d", n)
	}
	return words[n]
}
