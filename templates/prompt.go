// Package templates says what is said to the model: it turns a batch of records into the messages of one call.
//
// A prompt is an instruction and the records. The instruction is plain text or a Mustache template (the option
// batch.prompt.template); the records follow it as a block that weir writes itself, in one of three styles (the option
// record.format), or stand where the template puts them:
//
//	no tag for records            the block follows, after a blank line
//	{{records}}                   the block stands here
//	{{#records}}…{{/records}}     written once for each record; the template says how, and no block is added
//
// Outside that section the tags are
//
//	count     how many records the batch has
//	fields    the names of the records' fields, as a JSON array
//	records   see above
//
// and inside it also
//
//	index     the record's number in its batch, from 1, or its ID
//	echo      the word that the model is to repeat, where there is one; else the field "echo"
//	json      the record as JSON: a string when it is plain text, else an object of its fields
//	xml       the record as XML: escaped text when it is plain text, else <field> elements
//	text      the field "text" as it is; for a record that has none, the same as json
//	NAME      the field NAME as it is: text, or JSON text (null is empty); empty for a record that has no such field
//	NAME|json the field NAME as JSON; null for a record that has no such field
//	NAME|xml  the field NAME as escaped XML text
//	first     a section for the first record only: {{#first}}…{{/first}}, or {{^first}}…{{/first}} for all others
//	last      likewise for the last record
//
// The names above win over fields of the same name, so that no record can change what they mean; NAME|json and NAME|xml
// always read the field. A section on a field, {{#NAME}}…{{/NAME}}, shows when the field is there and is not null, not
// false and not blank; {{^NAME}} is the reverse. Values are never read as templates.
//
// Record text is data. In the block, in json, xml, NAME|json and NAME|xml it is encoded and kept on one line, so that no
// record can pass for another, close its element or end the block. {{text}} and {{NAME}} show it as it is, line breaks
// and quotes included: what a record says there, the model may take for a part of the prompt.
//
// The package does not call models, does not know how an answer is read, and reads no files: Mustache's partials, and its
// changes of delimiters, are refused. Two braces that are no tag cannot be written; put a space between them.
package templates

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"sync"
)

// The bounds.
const (
	// MaxTemplateBytes is the most bytes of a template; a larger one does not compile.
	MaxTemplateBytes = 64 << 10
	// MaxNesting is how deep sections may stand in one another; a deeper template does not compile.
	MaxNesting = 16
	// MaxNames is how many different names a template may read from each record; one with more does not compile.
	MaxNames = 256
	// MaxPromptBytes is the most bytes of a rendered message; a larger one is an [ErrTooLarge].
	MaxPromptBytes = 16 << 20
)

// The options that hold templates, as problems name them.
const (
	optionSystem   = "system.prompt"
	optionTemplate = "batch.prompt.template"
	optionFormat   = "record.format"
)

// Record is one input row. A plain record has one field named "text".
type Record struct {
	// Fields are the columns, in the order in which the prompt shows them. Their names differ from one another.
	Fields []Field
	// ID is what the prompt calls the record; "": its number in the batch, from 1.
	ID string
	// Echo is a word that the prompt shows behind the record, for the model to repeat in its answer; "": none.
	Echo string
}

// Field is a named value of a record.
type Field struct {
	Name  string
	Value string
	// JSON says that Value is JSON text, which prompts then show as it is, without spaces and with every digit. A Value
	// that is no JSON is shown as text. False: Value is text.
	JSON bool
}

// Format is the style of the record block: the option record.format.
type Format string

// The styles. The zero Format is FormatText.
const (
	// FormatText writes a line for each record: Input 1: "…".
	FormatText Format = "text"
	// FormatJSON writes a JSON array with an object on each line: {"index": 1, "text": "…"}.
	FormatJSON Format = "json"
	// FormatXML writes a <records> element with an element on each line: <record index="1">…</record>. XML cannot hold
	// most control characters: they become U+FFFD. Text and JSON of the same letters look the same.
	FormatXML Format = "xml"
)

// Config is what a prompt is made of. The zero Config is the block of records and nothing else.
type Config struct {
	// System is the system message, a template without records. "" or blank: no system message.
	System string
	// Template is the instruction. "" or blank: Instruction, then the block.
	Template string
	// Instruction is what weir says when there is no Template. It is not read as a template.
	Instruction string
	// Form is what weir says of the answer beside a Template: it is added to the system message. It is not read as a template.
	Form string
	// Format is the style of the block; "" is FormatText.
	Format Format
	// Echo says that records will have an Echo: a template that writes each record itself has to show it.
	Echo bool
	// Single makes the record itself the user message: its text, or the JSON object of its fields. Instruction is not
	// used, and a Template is an error.
	Single bool
}

// Rendered is a prompt, ready to be sent.
type Rendered struct {
	// System is the system message; "" where there is none.
	System string
	// User is the user message.
	User string
	// StableSystem and StableUser are how many bytes at the start of the messages are the same in every batch of the Prompt.
	StableSystem, StableUser int
}

// ErrTooLarge is the error of a message that is larger than MaxPromptBytes. Fewer records may fit.
var ErrTooLarge = fmt.Errorf("the prompt is larger than %d MiB: send smaller records or fewer in a batch", MaxPromptBytes>>20)

// Prompt is a compiled Config. It does not change; several goroutines may use it at once.
type Prompt struct {
	system  source
	user    source
	style   style
	where   placement
	stable  stable
	form    string
	buffers sync.Pool
}

// placement says where the records stand in the user message.
type placement int

const (
	asMessage placement = iota // the record is the message
	appended                   // the block follows the instruction
	byTag                      // the block stands where the template has {{records}}
	bySection                  // the template writes each record
)

// Compile checks cfg and makes a Prompt of it. Its error joins every problem; problems of a template are [*Error]s with
// their position.
func Compile(cfg Config) (*Prompt, error) {
	look, styleErr := styleOf(cfg.Format)
	system, systemErr := compileSource(optionSystem, cfg.System)
	user, userErr := compileSource(optionTemplate, cfg.Template)
	if err := errors.Join(styleErr, systemErr, userErr, cfg.conflict(user)); err != nil {
		return nil, err
	}
	if user.blank() {
		user = source{literal: cfg.Instruction}
	}
	p := &Prompt{system: system, user: user, style: look, where: placementOf(cfg, user), form: cfg.Form}
	p.stable = p.findStable()
	return p, nil
}

func (cfg Config) conflict(user source) error {
	if cfg.Echo && user.uses.section && !user.uses.has(showEcho) {
		return &Error{Option: optionTemplate, Message: "response.echo.field is set, so {{#records}} has to show {{echo}}, " +
			"best behind the record, and the template has to tell the model to repeat it"}
	}
	if cfg.Single && strings.TrimSpace(cfg.Template) != "" {
		return &Error{Option: optionTemplate, Message: "a template needs batch mode: " +
			"in single mode the record itself is the message"}
	}
	return nil
}

func placementOf(cfg Config, user source) placement {
	switch {
	case cfg.Single:
		return asMessage
	case user.uses.section:
		return bySection
	case user.uses.block:
		return byTag
	default:
		return appended
	}
}

// Render makes the prompt of a batch: records is not empty, and has one record in single mode. The first record has the
// index 1. A batch of one record looks like any other. The error is [ErrTooLarge], or a fault of the caller or of weir;
// it holds no record text.
func (p *Prompt) Render(records []Record) (Rendered, error) {
	if err := p.accept(records); err != nil {
		return Rendered{}, err
	}
	buf := p.buffer()
	defer p.release(buf)
	system, err := p.message(buf, records, p.appendSystem)
	if err != nil {
		return Rendered{}, fmt.Errorf("%s: %w", optionSystem, err)
	}
	user, err := p.message(buf, records, p.appendUser)
	if err != nil {
		return Rendered{}, fmt.Errorf("%s: %w", optionTemplate, err)
	}
	return Rendered{
		System: system, StableSystem: sharedBytes(system, p.stable.system),
		User: user, StableUser: sharedBytes(user, p.stable.user),
	}, nil
}

func (p *Prompt) accept(records []Record) error {
	switch {
	case len(records) == 0:
		return errors.New("templates: a prompt needs at least one record")
	case p.where == asMessage && len(records) > 1:
		return fmt.Errorf("templates: single mode takes one record, not %d", len(records))
	default:
		return nil
	}
}

// message appends to a buffer that is used again and copies the text out once, at its true size.
func (p *Prompt) message(buf *[]byte, records []Record, write func([]byte, []Record) ([]byte, error)) (string, error) {
	text, err := write((*buf)[:0], records)
	*buf = text
	switch {
	case err != nil:
		return "", err
	case len(text) > MaxPromptBytes:
		return "", ErrTooLarge
	default:
		return string(text), nil
	}
}

func (p *Prompt) appendSystem(dst []byte, records []Record) ([]byte, error) {
	if p.system.blank() {
		return append(dst, p.form...), nil
	}
	dst, err := p.system.append(dst, records, p.style)
	if err != nil || p.form == "" {
		return dst, err
	}
	return append(append(bytes.TrimRight(dst, " \t\r\n"), "\n\n"...), p.form...), nil
}

func (p *Prompt) appendUser(dst []byte, records []Record) ([]byte, error) {
	if p.where == asMessage {
		return appendMessage(dst, records[0]), nil
	}
	dst, err := p.user.append(dst, records, p.style)
	if err != nil || p.where != appended {
		return dst, err
	}
	if dst = bytes.TrimRight(dst, " \t\r\n"); len(dst) > 0 {
		dst = append(dst, "\n\n"...)
	}
	return p.style.appendBlock(dst, records)
}

// keptBuffer is the largest buffer that is used again: one huge batch shall not hold its memory for ever.
const keptBuffer = 1 << 20

func (p *Prompt) buffer() *[]byte {
	if buf, ok := p.buffers.Get().(*[]byte); ok {
		return buf
	}
	return new([]byte)
}

func (p *Prompt) release(buf *[]byte) {
	if cap(*buf) <= keptBuffer {
		p.buffers.Put(buf)
	}
}

// UsesBlock reports whether weir writes the record block itself: false in single mode and for a template with a
// {{#records}} section.
func (p *Prompt) UsesBlock() bool { return p.where == appended || p.where == byTag }

// Fields returns the names of the fields that the template reads, each once, in the order of the template; empty for a
// prompt with a block, which shows all fields. A record that lacks one renders with an empty text there, so a caller may
// want to compare them with its records and warn.
func (p *Prompt) Fields() []string { return p.user.uses.fieldNames() }
