package parsing

import (
	"errors"
	"strings"
)

// textFormat takes the whole reply as the value of the one record that was asked about.
type textFormat struct{}

// textField is the name of the one field.
const textField = "value"

func newTextFormat(cfg Config) (Format, []error) {
	var problems []error
	if cfg.Path != "" {
		problems = append(problems, errors.New("response.path: the format text has no path; use response.format=json"))
	}
	if cfg.IndexField != "" {
		problems = append(problems, errors.New("response.index.field: the format text has no index; use response.format=json"))
	}
	if len(cfg.ValueFields) > 0 {
		problems = append(problems, errors.New("response.value.field: the format text has no fields; use response.format=json"))
	}
	if cfg.EchoField != "" {
		problems = append(problems, errors.New("response.echo.field: the format text has no fields; use response.format=json"))
	}
	return textFormat{}, problems
}

func (textFormat) Instruction() string { return "" }

func (textFormat) Read(reply Reply) Reading {
	text := strings.TrimSpace(reply.Text)
	r := Reading{Whole: true, Claims: []Claim{{Fields: []Field{{Name: textField, Value: text}}}}}
	if reply.CutOff {
		r.Warnings = []string{"the reply was cut off at a limit; the value is its beginning"}
	}
	return r
}
