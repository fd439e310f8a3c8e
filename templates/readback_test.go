package templates_test

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"testing"
	"unicode"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/weir-ml/weir/templates"
)

// The tests of this file read prompts back with readers that know nothing of weir, and must find exactly the records
// that went in, whatever these hold.

// read is a record as a reader finds it.
type read struct {
	Index  int
	Plain  bool
	Text   string
	Fields []readField
}

// readField holds text, or JSON decoded with all digits.
type readField struct {
	Name  string
	Value any
}

func TestReadBackText(t *testing.T) {
	prompt := compile(t, templates.Config{})
	rapid.Check(t, func(t *rapid.T) {
		records := genRecords.Draw(t, "records")
		got, err := readText(block(t, prompt, records))
		same(t, want(records), got, err)
	})
}

func TestReadBackJSON(t *testing.T) {
	prompt := compile(t, templates.Config{Format: templates.FormatJSON})
	rapid.Check(t, func(t *rapid.T) {
		records := genRecords.Draw(t, "records")
		got, err := readJSON(block(t, prompt, records))
		same(t, wantJSON(records), got, err)
	})
}

func TestReadBackXML(t *testing.T) {
	prompt := compile(t, templates.Config{Format: templates.FormatXML})
	rapid.Check(t, func(t *rapid.T) {
		records := genRecords.Draw(t, "records")
		got, err := readXML(block(t, prompt, records))
		same(t, wantXML(records), got, err)
	})
}

func TestReadBackSection(t *testing.T) {
	asText := compile(t, templates.Config{Template: "{{#records}}\nInput {{index}}: {{json}}\n{{/records}}\n"})
	asXML := compile(t, templates.Config{
		Template: "<records>\n{{#records}}\n<record index=\"{{index}}\">{{xml}}</record>\n{{/records}}\n</records>",
	})
	byField := compile(t, templates.Config{Template: "{{#records}}\n{{text|json}}\n<r>{{text|xml}}</r>\n{{/records}}\n"})
	rapid.Check(t, func(t *rapid.T) {
		records := genRecords.Draw(t, "records")
		got, err := readText(strings.TrimSuffix(block(t, asText, records), "\n"))
		same(t, want(records), got, err)
		got, err = readXML(block(t, asXML, records))
		same(t, wantXML(records), got, err)
		readTextField(t, block(t, byField, records), records)
	})
}

func readTextField(t *rapid.T, prompt string, records []templates.Record) {
	lines := strings.Split(prompt, "\n")
	if len(lines) != 2*len(records)+1 {
		t.Fatalf("%d lines for %d records", len(lines), len(records))
	}
	for i, r := range records {
		var wantValue, got any
		wantText := ""
		for _, f := range r.Fields {
			if f.Name == "text" {
				wantValue, wantText = decoded(f), shownInXML(f)
			}
		}
		err := decode([]byte(lines[2*i]), &got)
		same(t, wantValue, got, err)
		var element string
		err = xml.Unmarshal([]byte(lines[2*i+1]), &element)
		same(t, wantText, element, err)
	}
}

// block renders and checks what holds for every style: no record leaves its line.
func block(t *rapid.T, prompt *templates.Prompt, records []templates.Record) string {
	rendered, err := prompt.Render(records)
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range rendered.User {
		if r != '\n' && (unicode.IsControl(r) || r == '\u2028' || r == '\u2029') {
			t.Fatalf("the prompt holds %U", r)
		}
	}
	return rendered.User
}

func same[T any](t *rapid.T, want, got T, err error) {
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Fatalf("read back (-want +got):\n%s", diff)
	}
}

// want is what a reader of JSON shall find.
func want(records []templates.Record) []read {
	list := make([]read, len(records))
	for i, r := range records {
		list[i].Index = i + 1
		if len(r.Fields) == 1 && r.Fields[0].Name == "text" && !r.Fields[0].JSON {
			list[i].Plain, list[i].Text = true, utf(r.Fields[0].Value)
			continue
		}
		for _, f := range r.Fields {
			list[i].Fields = append(list[i].Fields, readField{utf(f.Name), decoded(f)})
		}
	}
	return list
}

// decoded is the value of a field as a decoder of JSON gives it.
func decoded(f templates.Field) any {
	var v any
	if f.JSON && decode([]byte(f.Value), &v) == nil {
		return v
	}
	return utf(f.Value)
}

// wantJSON is what a reader of the JSON block shall find, where a text is a field like any other.
func wantJSON(records []templates.Record) []read {
	list := want(records)
	for i, r := range list {
		if r.Plain {
			list[i] = read{Index: r.Index, Fields: []readField{{"text", r.Text}}}
		}
	}
	return list
}

// wantXML is what a reader of XML shall find, which cannot tell text from JSON.
func wantXML(records []templates.Record) []read {
	list := want(records)
	for i, r := range records {
		list[i].Text = printable(list[i].Text)
		for j := range list[i].Fields {
			list[i].Fields[j] = readField{printable(list[i].Fields[j].Name), shownInXML(r.Fields[j])}
		}
	}
	return list
}

func shownInXML(f templates.Field) string {
	var compact bytes.Buffer
	if f.JSON && json.Compact(&compact, []byte(f.Value)) == nil {
		return printable(utf(compact.String()))
	}
	return printable(utf(f.Value))
}

// utf replaces every byte that is not UTF-8.
func utf(s string) string { return string([]rune(s)) }

// printable replaces what XML 1.0 cannot hold.
func printable(s string) string {
	return strings.Map(func(r rune) rune {
		if r < ' ' && r != '\t' && r != '\n' && r != '\r' || r == '\ufffe' || r == '\uffff' {
			return unicode.ReplacementChar
		}
		return r
	}, s)
}

func readText(block string) ([]read, error) {
	var list []read
	for line := range strings.SplitSeq(block, "\n") {
		number, rest, _ := strings.Cut(strings.TrimPrefix(line, "Input "), ": ")
		index, err := strconv.Atoi(number)
		if err != nil {
			return nil, fmt.Errorf("line %q: %w", line, err)
		}
		record := read{Index: index}
		if record.Plain = strings.HasPrefix(rest, `"`); record.Plain {
			err = decode([]byte(rest), &record.Text)
		} else {
			record.Fields, err = members([]byte(rest))
		}
		if err != nil {
			return nil, fmt.Errorf("line %q: %w", line, err)
		}
		list = append(list, record)
	}
	return list, nil
}

func readJSON(block string) ([]read, error) {
	var objects []json.RawMessage
	if err := json.Unmarshal([]byte(block), &objects); err != nil {
		return nil, fmt.Errorf("block %q: %w", block, err)
	}
	var list []read
	for _, object := range objects {
		record, err := readObject(object)
		if err != nil {
			return nil, fmt.Errorf("object %s: %w", object, err)
		}
		list = append(list, record)
	}
	if lines := strings.Count(block, "\n") + 1; lines != len(list)+2 {
		return nil, fmt.Errorf("%d lines for %d records", lines, len(list))
	}
	return list, nil
}

func readObject(object []byte) (read, error) {
	fields, err := members(object)
	if err != nil || len(fields) == 0 || fields[0].Name != "index" {
		return read{}, errors.Join(err, errors.New("does not begin with its index"))
	}
	index, err := strconv.Atoi(fmt.Sprint(fields[0].Value))
	fields = fields[1:]
	switch {
	case err != nil:
		return read{}, err
	case len(fields) == 0:
		return read{Index: index}, nil
	case fields[0].Name == "record" && len(fields) == 1:
		var nested struct{ Record json.RawMessage }
		err = json.Unmarshal(object, &nested)
		if err == nil {
			fields, err = members(nested.Record)
		}
	default:
	}
	return read{Index: index, Fields: fields}, err
}

// members reads an object, keeping the order of its members.
func members(object []byte) ([]readField, error) {
	var fields []readField
	decoder := json.NewDecoder(bytes.NewReader(object))
	decoder.UseNumber()
	if brace, err := decoder.Token(); err != nil || brace != json.Delim('{') {
		return nil, fmt.Errorf("no object: %v, %w", brace, err)
	}
	for decoder.More() {
		name, err := decoder.Token()
		if err != nil {
			return nil, err
		}
		var v any
		if err := decoder.Decode(&v); err != nil {
			return nil, err
		}
		fields = append(fields, readField{fmt.Sprint(name), v})
	}
	if _, err := decoder.Token(); err != nil || decoder.InputOffset() != int64(len(object)) {
		return nil, fmt.Errorf("more than an object: %w", err)
	}
	return fields, nil
}

// decode reads one value with all its digits, and nothing after it.
func decode(text []byte, v any) error {
	if !json.Valid(text) {
		return fmt.Errorf("no JSON: %q", text)
	}
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.UseNumber()
	return decoder.Decode(v)
}

func readXML(block string) ([]read, error) {
	var found struct {
		XMLName xml.Name `xml:"records"`
		Records []struct {
			Index  int    `xml:"index,attr"`
			Text   string `xml:",chardata"`
			Fields []struct {
				Name string `xml:"name,attr"`
				Text string `xml:",chardata"`
			} `xml:"field"`
			Other []string `xml:",any"`
		} `xml:"record"`
		Other []string `xml:",any"`
	}
	if err := xml.Unmarshal([]byte(block), &found); err != nil {
		return nil, fmt.Errorf("block %q: %w", block, err)
	}
	if lines := strings.Count(block, "\n") + 1; lines != len(found.Records)+2 || len(found.Other) > 0 {
		return nil, fmt.Errorf("%d lines for %d records, others %q", lines, len(found.Records), found.Other)
	}
	list := make([]read, len(found.Records))
	for i, r := range found.Records {
		list[i] = read{Index: r.Index, Plain: len(r.Fields) == 0, Text: r.Text}
		for _, f := range r.Fields {
			list[i].Fields = append(list[i].Fields, readField{f.Name, f.Text})
		}
		if len(r.Other) > 0 {
			return nil, fmt.Errorf("record %d holds %q", r.Index, r.Other)
		}
	}
	return list, nil
}
